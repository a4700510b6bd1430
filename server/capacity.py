"""`microteach capacity`: from what one room was measured to cost, how much machine so many rooms take. Arithmetic only.

Every figure stands once, with where it comes from; whoever has measured on another machine changes it there.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass

MEASURED = "28 November 2026, docs/performance.md: 2 shared cores of a Xeon, Python 3.11 built without optimizations"


@dataclass(frozen=True, slots=True)
class Figure:
    value: float
    source: str


# One room is six people: the teacher's 720p30 of 1.5 Mbit/s, five small pictures, six voices.
WORKER_SHARE = Figure(0.085, "P2: 8 rooms in 68 % of a core")
WORKER_SHARE_RECORDED = Figure(0.095, "P3: 9.5 % of a core for each recorded room in the media worker")
RECORDER_SHARE = Figure(0.044, "P3: 4.4 % of a core for each recorded room")
SERVER_SHARE = Figure(0.008, "bench session: pages, signaling and SQLite of a room, twenty times as busy as a session")
MOST_WORKER_SHARE = Figure(0.8, "P2, P3: one process on one core; above it pictures begin to rest")
MOST_NODE_SHARE = Figure(0.7, "a third of the other cores is left for pages, films and whatever happens")
FILM_SHARE = Figure(0.25, "assumed: films and pictures of recordings, made with what is left over")
TRANSACTIONS_PER_ROOM_S = Figure(1.0, "assumed for a busy room: somebody writes, speaks or moves on each second")
REDIS_PER_NODE_S = Figure(2.0, "assumed: one beat and one look at the others each 1.5 s, and rates of new people")

TEACHER_PACKETS_S, TEACHER_BPS = 179, 1_500_000
SMALL_PACKETS_S, SMALL_BPS = 15, 120_000
VOICE_PACKETS_S, VOICE_BPS = 50, 40_000  # with headers
MIX_BPS = 64_000
SEALED = 1.05  # keys, index, headers of journal and film
SIX = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """`recorded`: the share of the rooms in which a lesson is recorded at any moment. `hours_per_year`: that the rooms are in use, each."""

    rooms: int
    people: int = SIX
    recorded: float = 0.5
    node_cores: int = 4
    hours_per_year: int = 200
    keep_days: int = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    rooms_per_node: int
    nodes: int
    worker_cores: float
    recorder_cores: float
    server_cores: float
    film_cores: float
    in_bps: float
    out_bps: float
    out_bps_per_node: float
    disk_per_hour_bytes: float
    kept_bytes: float
    transactions_per_s: float
    redis_per_s: float
    limit: str


def plan_for(wanted: Wanted) -> Plan:
    """Raises ValueError when not even one room fits."""
    worker = WORKER_SHARE.value + wanted.recorded * (WORKER_SHARE_RECORDED.value - WORKER_SHARE.value)
    worker *= packets_s(wanted.people) / packets_s(SIX)
    recorder = RECORDER_SHARE.value * wanted.recorded * recorded_packets_s(wanted.people) / recorded_packets_s(SIX)
    server = SERVER_SHARE.value * wanted.people / SIX
    limits = {
        "the media worker's core": MOST_WORKER_SHARE.value / worker,
        "the recorder's core": MOST_WORKER_SHARE.value / recorder if recorder else math.inf,
        "all cores of a node": MOST_NODE_SHARE.value * wanted.node_cores / (worker + recorder + server),
    }
    limit = min(limits, key=lambda name: limits[name])
    per_node = math.floor(limits[limit] + 1e-9)
    if per_node < 1:
        raise ValueError(
            f"a room of {wanted.people} people with all cameras and microphones on is too large for a node of {wanted.node_cores} cores"
        )
    nodes = math.ceil(wanted.rooms / per_node)
    disk_per_hour = wanted.rooms * wanted.recorded * recorded_bps(wanted.people) / 8 * 3600
    out_bps = wanted.rooms * room_out_bps(wanted.people)
    kept_years = min(wanted.keep_days / 365, 1.0) if wanted.keep_days else 1.0
    return Plan(
        rooms_per_node=per_node,
        nodes=nodes,
        worker_cores=wanted.rooms * worker,
        recorder_cores=wanted.rooms * recorder,
        server_cores=wanted.rooms * server,
        film_cores=FILM_SHARE.value * wanted.rooms * wanted.recorded * RECORDER_SHARE.value,
        in_bps=wanted.rooms * room_in_bps(wanted.people),
        out_bps=out_bps,
        out_bps_per_node=min(per_node, wanted.rooms) * room_out_bps(wanted.people),
        disk_per_hour_bytes=disk_per_hour,
        kept_bytes=disk_per_hour * wanted.hours_per_year * kept_years,
        transactions_per_s=wanted.rooms * TRANSACTIONS_PER_ROOM_S.value * wanted.people / SIX,
        redis_per_s=nodes * REDIS_PER_NODE_S.value if nodes > 1 else 0.0,
        limit=limit,
    )


def packets_s(people: int) -> float:
    """In and out: what comes from each goes to all others."""
    return room_in_packets_s(people) * people


def room_in_packets_s(people: int) -> float:
    return TEACHER_PACKETS_S + SMALL_PACKETS_S * (people - 1) + VOICE_PACKETS_S * people


def recorded_packets_s(people: int) -> float:
    return TEACHER_PACKETS_S + VOICE_PACKETS_S * people


def room_in_bps(people: int) -> float:
    return TEACHER_BPS + SMALL_BPS * (people - 1) + VOICE_BPS * people


def room_out_bps(people: int) -> float:
    return room_in_bps(people) * (people - 1)


def recorded_bps(people: int) -> float:
    return (TEACHER_BPS + VOICE_BPS * people + MIX_BPS) * SEALED


def report(wanted: Wanted, plan: Plan) -> Iterator[str]:
    yield f"{wanted.rooms} rooms of {wanted.people} people at the same time, {wanted.recorded:.0%} of them recorded at any moment:"
    yield ""
    rows = (
        ("nodes", f"{plan.nodes} with {wanted.node_cores} cores ({plan.rooms_per_node} rooms each; the limit is {plan.limit})"),
        ("processors", _processors(plan)),
        ("network in", f"{_rate(plan.in_bps)} in all"),
        ("network out", f"{_rate(plan.out_bps)} in all, {_rate(plan.out_bps_per_node)} from each full node"),
        ("disk", f"{_size(plan.disk_per_hour_bytes)} for each hour of it"),
        ("disk in a year", f"{_size(plan.kept_bytes)} at {wanted.hours_per_year} hours, kept {_days(wanted.keep_days)}"),
        ("database", f"{plan.transactions_per_s:.0f} transactions a second" + ("" if plan.nodes > 1 else " (SQLite will do)")),
        ("Redis", f"{plan.redis_per_s:.0f} commands a second" if plan.nodes > 1 else "not needed for one node"),
    )  # fmt: skip
    for name, words in rows:
        yield f"  {name:<15} {words}"
    yield ""
    yield f"Measured {MEASURED}."
    yield "Plain loops take half as long in a Python of a distribution; that was not measured. Assumed and measured:"
    figures = (WORKER_SHARE, WORKER_SHARE_RECORDED, RECORDER_SHARE, SERVER_SHARE, MOST_WORKER_SHARE, MOST_NODE_SHARE, FILM_SHARE,
               TRANSACTIONS_PER_ROOM_S, REDIS_PER_NODE_S)  # fmt: skip
    for figure in figures:
        yield f"  {figure.value:>6g}  {figure.source}"
    yield "  Costs grow with packets: in a room of n people each packet that comes in goes out n - 1 times. A shared screen is not counted."
    yield "  A relay, where people need one, carries their part of the network once more."


def add_capacity_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    capacity = commands.add_parser("capacity", help="reckon how much machine so many rooms take, with what that is based on")
    capacity.add_argument("--rooms", type=_positive, required=True, help="at the same time")
    capacity.add_argument("--people", type=_people, default=SIX, help="in each of them (default: 6)")
    capacity.add_argument("--recorded", type=_share, default=0.5, help="share of the rooms that is recorded at any moment (default: 0.5)")
    capacity.add_argument("--node-cores", type=_positive, default=4, help="cores of each machine (default: 4)")
    capacity.add_argument("--hours-per-year", type=_positive, default=200, help="that they are in use (default: 200)")
    capacity.add_argument("--keep-days", type=int, default=365, help="how long recordings are kept, 0: for ever (default: 365)")


def run_capacity(arguments: argparse.Namespace) -> int:
    wanted = Wanted(
        rooms=arguments.rooms,
        people=arguments.people,
        recorded=arguments.recorded,
        node_cores=arguments.node_cores,
        hours_per_year=arguments.hours_per_year,
        keep_days=arguments.keep_days,
    )
    try:
        plan = plan_for(wanted)
    except ValueError as error:
        print(f"microteach: {error}")
        return 2
    print("\n".join(report(wanted, plan)))
    return 0


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return value


def _people(text: str) -> int:
    value = int(text)
    if not 2 <= value <= 30:
        raise argparse.ArgumentTypeError("between 2 and 30")
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError("between 0 and 1")
    return value


def _processors(plan: Plan) -> str:
    parts = {"media": plan.worker_cores, "recording": plan.recorder_cores, "pages and words": plan.server_cores, "films": plan.film_cores}
    return ", ".join(f"{cores:.1f} {name}" for name, cores in parts.items())


def _rate(bps: float) -> str:
    return f"{bps / 1e9:.1f} Gbit/s" if bps >= 1e9 else f"{bps / 1e6:.0f} Mbit/s"


def _size(size_bytes: float) -> str:
    return f"{size_bytes / 1e12:.1f} TB" if size_bytes >= 1e12 else f"{size_bytes / 1e9:.1f} GB"


def _days(days: int) -> str:
    return f"{days} days" if days else "for ever (so much more each year)"
