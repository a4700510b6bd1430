"""P1: CPU for each packet that is forwarded, beside Debian's Janus as packaged and with one event loop, in pairs by turns.

    python3 tasks.py bench forwarding [--pairs N] [--rooms N] [--seconds S] [--json FILE]

Each room: one who sends 30 pictures a second of six packets of 1,100 bytes and 50 voice packets, five who receive. Real ICE, DTLS and SRTP
(AEAD_AES_128_GCM for all) for each connection; transport-wide numbers, reports and arrival times as browsers send them, to both servers
alike. CPU is user and system time of the server's process; what is counted is what has arrived. Ratios are taken in each round, then the
median, so that a machine that others use at the same time does not matter much.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import os
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvloop

from server.media.native import load
from server.media.ring import create_ring
from tests.load._audience import Audience, Forwarder, WorkerRooms, audience
from tests.load._processes import SHARED_MEMORY, Process, running_worker
from tests.load._videoroom import JANUS, own_address, running_videoroom

LISTENERS: Final = 5
SERVERS: Final = {
    "ours": "worker",
    "ours_plain": "worker without the native loop",
    "packaged": "Janus as packaged",
    "one_loop": "Janus, one loop",
}
PACKETS_PER_S: Final = 230  # of one who sends
NEARLY_ALL: Final = 0.95
MOST_PACKAGED: Final = 0.33
MOST_ONE_LOOP: Final = 0.6


@dataclass(frozen=True)
class Cost:
    """`us` of CPU for each packet that arrived at a listener. `waited`: part of the time it stood ready for a processor.

    `numbered`: part of the packets that had transport-wide numbers.
    """

    us: float
    share: float
    forwarded_per_s: float
    lost: int
    repairs: int
    late_ms: float
    waited: float
    numbered: float


@contextlib.asynccontextmanager
async def serving(name: str, folder: Path) -> AsyncIterator[tuple[Process, Forwarder]]:
    """One of `SERVERS`, alone."""
    if name in ("packaged", "one_loop"):
        async with running_videoroom(folder / name, event_loops=1 if name == "one_loop" else 0) as (process, videoroom):
            yield process, videoroom
        return
    place = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else folder
    with tempfile.TemporaryDirectory(dir=place, prefix="microteach-bench-") as run:
        create_ring(Path(run) / "ring")
        environment = {"MT_NATIVE": "0"} if name == "ours_plain" else {}
        async with running_worker(Path(run), Path(run) / "ring", environment=environment) as process:
            rooms = WorkerRooms(*await asyncio.open_unix_connection(Path(run) / "worker.sock"))
            try:
                yield process, rooms
            finally:
                rooms.listening.cancel()
                await asyncio.gather(rooms.listening, return_exceptions=True)


def host_for(name: str) -> str:
    """The address of the peers."""
    return "127.0.0.1" if name.startswith("ours") else own_address()


async def cost(name: str, rooms: int, seconds: float) -> Cost:
    with tempfile.TemporaryDirectory(prefix="microteach-bench-") as folder:
        async with (
            serving(name, Path(folder)) as (process, forwarder),
            audience(forwarder, host_for(name), rooms, LISTENERS) as (made, pacer),
        ):
            _begin(made)
            pacer.late_ns, cpu_s, waited_s = 0, process.cpu_s, process.starved_s
            began_s = asyncio.get_running_loop().time()
            await asyncio.sleep(seconds)
            past_s = asyncio.get_running_loop().time() - began_s
            cpu_s, waited_s = process.cpu_s - cpu_s, process.starved_s - waited_s
            for receiver in made.receivers:
                receiver.read()
            got = [receiver.got for receiver in made.receivers]
            packets = sum(one.packets for one in got)
            return Cost(
                us=1e6 * cpu_s / max(1, packets),
                share=cpu_s / past_s,
                forwarded_per_s=packets / past_s,
                lost=sum(one.lost for one in got),
                repairs=sum(one.repairs for one in got),
                late_ms=pacer.late_ns / 1e6,
                waited=waited_s / past_s,
                numbered=sum(one.numbered for one in got) / max(1, packets),
            )


def _begin(made: Audience) -> None:
    gc.collect()
    for receiver in made.receivers:
        receiver.begin()


def measure(pairs: int, rooms: int, seconds: float, names: Sequence[str]) -> dict[str, list[Cost]]:
    """Each server once in each round, by turns.

    A round in which one could not be measured, or held pictures back because it got no processor, does not count.
    """
    found: dict[str, list[Cost]] = {name: [] for name in names}
    print(f"{'':42}{'µs a packet':>12}{'of a core':>11}{'packets a s':>13}", end="")
    print(f"{'lost':>6}{'again':>7}{'late ms':>9}{'waited':>8}{'numbered':>10}")
    for number in range(pairs):
        costs: dict[str, Cost] = {}
        expected_per_s = PACKETS_PER_S * rooms * LISTENERS
        for name in names:
            try:
                with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                    costs[name] = runner.run(cost(name, rooms, seconds))
            except (TimeoutError, ConnectionError) as error:  # on a busy machine; it costs the other rounds nothing
                print(f"{number + 1:>6}  {SERVERS[name]:34}not measured: {type(error).__name__}", flush=True)
                break
            _print_cost(number, name, costs[name])
        if len(costs) == len(names) and min(one.forwarded_per_s for one in costs.values()) > NEARLY_ALL * expected_per_s:
            for name, one in costs.items():
                found[name].append(one)
        else:
            print(f"{number + 1:>6}  does not count: not all of {expected_per_s} packets a second came through every server", flush=True)
    return found


def _print_cost(number: int, name: str, one: Cost) -> None:
    print(
        f"{number + 1:>6}  {SERVERS[name]:34}{one.us:>12.1f}{one.share:>11.3f}{one.forwarded_per_s:>13.0f}"
        f"{one.lost:>6}{one.repairs:>7}{one.late_ms:>9.1f}{100 * one.waited:>6.0f} %{100 * one.numbered:>8.0f} %",
        flush=True,
    )


def ratio(ours: Sequence[Cost], theirs: Sequence[Cost]) -> float:
    return round(statistics.median(one.us / other.us for one, other in zip(ours, theirs, strict=True)), 3)


def figures(found: dict[str, list[Cost]]) -> dict[str, float]:
    told = {f"{name}_us": round(statistics.median(one.us for one in costs), 2) for name, costs in found.items()}
    for name in ("packaged", "one_loop"):
        if name in found and "ours" in found:
            told[f"vs_{name}"] = ratio(found["ours"], found[name])
            if "ours_plain" in found:
                told[f"plain_vs_{name}"] = ratio(found["ours_plain"], found[name])
    return told


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="tasks.py bench forwarding", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=5, help="how many rounds of all servers")
    parser.add_argument("--rooms", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=6.0, help="that each is measured")
    parser.add_argument("--only", nargs="+", choices=SERVERS, metavar="SERVER")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    there = {"ours": True, "ours_plain": load() is not None, "packaged": JANUS is not None, "one_loop": JANUS is not None}
    names = options.only or [name for name in SERVERS if there[name]]
    if JANUS is None:
        print("Janus is not installed: only ours is measured")
    print(f"P1  {options.rooms} rooms, one sends, {LISTENERS} receive; AEAD_AES_128_GCM; {options.seconds:g} s each", flush=True)
    found = measure(options.pairs, options.rooms, options.seconds, names)
    if not found["ours" if "ours" in found else names[0]]:
        print("P1: no round was whole: this machine is too busy to say it")
        return 1
    told = figures(found)
    medians = ", ".join(f"{SERVERS[name]} {told[name + '_us']:.1f} µs" for name in found)
    print(f"median: {medians}; load average {os.getloadavg()[0]:.1f}")
    for name, most in (("packaged", MOST_PACKAGED), ("one_loop", MOST_ONE_LOOP)):
        if f"vs_{name}" in told:
            print(f"P1: {told[f'vs_{name}']:.2f} of {SERVERS[name]} (at most {most})")
    if options.json:
        options.json.write_text(json.dumps({"P1": told}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
