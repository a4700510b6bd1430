"""From what a room costs here to ten thousand of them. Multiplication only: every factor is printed. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

ROOMS = 10_000
CORES_OF_A_NODE = 8
MOST_SHARE = 0.6  # of a processor, a database or a Redis that shall stay quick
RECORDED_ROOMS_PER_CORE = 7.2  # P3: worker and recorder, measured by `bench recorder`


def project(found: Sequence[Mapping[str, float]]) -> tuple[dict[str, float], list[str]]:
    """The numbers and the words. By the run with most nodes, where most requests were passed on."""
    most = max(found, key=lambda told: told["nodes"])
    capacity = next((told for told in found if "postgres_tx_per_s" in told), {})
    signaling_cores = ROOMS * most["minute_cpu_s"] / 60 / MOST_SHARE
    media_cores = ROOMS / RECORDED_ROOMS_PER_CORE
    nodes = math.ceil((signaling_cores + media_cores) / CORES_OF_A_NODE)
    transactions = ROOMS * most["minute_tx"] / 60 + nodes * most["idle_tx_per_node_s"]
    statements = ROOMS * most["minute_statements"] / 60 + nodes * most["idle_statements_per_node_s"]
    commands = ROOMS * most["minute_redis"] / 60 + nodes * most["idle_redis_per_node_s"]
    numbers = {
        "rooms": ROOMS,
        "signaling_cores": signaling_cores,
        "media_cores": media_cores,
        "nodes": nodes,
        "tx_per_s": transactions,
        "statements_per_s": statements,
        "redis_per_s": commands,
        "members_read_per_s": float(nodes * nodes),
    }
    cpu_s, share = most["minute_cpu_s"], f"{MOST_SHARE:.0%}"
    said = [
        f"{ROOMS:,} rooms of six at once, all recorded, all as busy as here (a projection, nothing of it was run):",
        f"  {media_cores:,.0f} cores for media ({RECORDED_ROOMS_PER_CORE:g} rooms a core, P3) and {signaling_cores:,.0f} for pages "
        f"and signaling ({cpu_s:.2f} CPU-s a room and minute, {share} used): {nodes:,} nodes of {CORES_OF_A_NODE} cores",
        f"  PostgreSQL: {transactions:,.0f} transactions and {statements:,.0f} statements a second"
        + _against(transactions, capacity, "postgres_tx_per_s"),
        f"  Redis: {commands:,.0f} commands a second{_against(commands, capacity, 'redis_per_s')}; "
        f"each node reads what all tell of themselves each second: {nodes * nodes:,} entries a second",
        "  Assumed: costs grow with rooms and not faster; one PostgreSQL and one Redis for all; people's connections spread evenly; "
        "clocks twenty times as fast as in a session, so phases change far more often than they would.",
    ]
    return numbers, said


def _against(wanted: float, capacity: Mapping[str, float], name: str) -> str:
    has = capacity.get(name, 0.0)
    if not has:
        return ""
    fits = "fits" if wanted <= MOST_SHARE * has else f"needs {wanted / has / MOST_SHARE:.1f} times that"
    return f" (this machine's did {has:,.0f} with nothing else to do; at {MOST_SHARE:.0%} of that it {fits})"
