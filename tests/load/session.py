"""What sessions cost the server: many rooms of people without media, who tap, chat, raise hands, write and take turns.

    python3 tasks.py bench session [--rooms N] [--people N] [--seconds S] [--postgres] [--json FILE] [--profile FILE]

One real server process with its store on a disk; everybody is driven from this process, which says its own share of the machine. *Append*
is from a command to its `accepted`; *fan-out* from a command to the last page of its room that shows it; *spread* is from the first of
these pages to the last; *ping* never waits for a disk, so it shows how late the server's event loop is. The same is done with one room,
and a fixed piece of work is timed before and after. Clocks run twenty times as fast as people's, taps and typing do not.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.fakes.formats import scaled
from tests.fakes.postgres import own_postgres
from tests.load._driving import FORGET_S, PLAN, Measured, Person, Room, begin, fill_all
from tests.load._reference import Reference
from tests.load._serving import TICKS_PER_S, Served, serving

SCALE: Final = 1 / 20
ROUND_MIN: Final = 20
SPREAD_S: Final = 30.0
SETTLE_S: Final = 6.0
"""From when the last room has begun until its teacher is teaching."""
ALONE_S: Final = 30.0
LOOP_WATCH_S: Final = 0.02
STARVED: Final = 0.05


@dataclass(frozen=True)
class Load:
    rooms: int
    people: int
    seconds: float

    @property
    def teachers(self) -> int:
        return max(1, self.people // 2)

    @property
    def scale(self) -> float:
        """So that no session is over before the bench."""
        return max(SCALE, (self.seconds + 2 * SPREAD_S) / (60 * ROUND_MIN * self.teachers))


@dataclass(frozen=True)
class Cost:
    """Seconds of CPU in the window: the server's, this process's and everybody else's; memory at its end.

    `starved_s`: how long the server could not go on because others had the processors.
    """

    window_s: float
    server_s: float
    driver_s: float
    others_s: float
    starved_s: float
    rss_mb: float
    grown_mb: float
    late_ms: tuple[float, ...]
    load: float


async def measure(load: Load, reference: Reference, profile: Path | None = None, *, postgres: bool = False) -> tuple[Measured, Cost]:
    measured = Measured()
    rooms = [Room(measured) for _ in range(load.rooms)]
    spread_s = min(SPREAD_S, load.seconds) if load.rooms > 1 else 0
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        plans = scaled(folder / "plans", PLAN, load.scale)
        more = {"database": stack.enter_context(own_postgres()).url()} if postgres else {}
        served = await stack.enter_async_context(serving(folder, plans, load.rooms * load.people, profile, more))
        reference.measure(folder)
        empty_mb = served.rss_mb
        for room in rooms:
            stack.push_async_callback(_send_away, room)
        await fill_all(served.url, rooms, load.people, load.teachers)
        people = [person for room in rooms for person in room.people]
        listening = [asyncio.create_task(person.listen()) for person in people]
        acting = [asyncio.create_task(person.act()) for person in people]
        acting += [asyncio.create_task(begin(room, spread_s * number / load.rooms)) for number, room in enumerate(rooms)]
        await asyncio.sleep(spread_s + SETTLE_S)
        measured.began = time.perf_counter()
        cost = await _watch(served, load.seconds, empty_mb)
        measured.ended = time.perf_counter()
        await _end(acting)
        measured.unanswered = await _drained(people)
        await _end(listening)
        reference.measure(folder)
    return measured, cost


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    failed = [error for error in ended if isinstance(error, Exception)]
    if failed:
        raise ExceptionGroup("people who fell out of their rooms", failed[:3])


async def _drained(people: list[Person]) -> int:
    """What is not answered a while after the last was asked. Without that wait only the quick answers would be counted."""
    gives_up = time.perf_counter() + FORGET_S
    while (left := sum(person.unanswered for person in people)) and time.perf_counter() < gives_up:
        await asyncio.sleep(0.1)
    return left


async def _send_away(room: Room) -> None:
    for person in room.people:
        await person.page.__aexit__(None, None, None)


async def _watch(served: Served, seconds: float, empty_mb: float) -> Cost:
    late_ms: list[float] = []
    began, server_s, driver_s, machine_s = time.perf_counter(), served.cpu_s, time.process_time(), _machine_s()
    starved_s = served.starved_s
    while (now := time.perf_counter()) < began + seconds:
        await asyncio.sleep(LOOP_WATCH_S)
        late_ms.append(1000 * (time.perf_counter() - now - LOOP_WATCH_S))
    window_s = time.perf_counter() - began
    server_s, driver_s, machine_s = served.cpu_s - server_s, time.process_time() - driver_s, _machine_s() - machine_s
    return Cost(
        window_s=window_s,
        server_s=server_s,
        driver_s=driver_s,
        others_s=max(0.0, machine_s - server_s - driver_s),
        starved_s=served.starved_s - starved_s,
        rss_mb=served.rss_mb,
        grown_mb=served.rss_mb - empty_mb,
        late_ms=tuple(late_ms),
        load=os.getloadavg()[0],
    )


def _machine_s() -> float:
    """Seconds that all processors were busy or taken away, summed."""
    user, nice, system, _idle, _waiting, irq, softirq, steal, *_ = map(int, Path("/proc/stat").read_text().splitlines()[0].split()[1:])
    return (user + nice + system + irq + softirq + steal) / TICKS_PER_S


# ---- what is said


def figures(load: Load, measured: Measured, cost: Cost) -> dict[str, float]:
    named = {"append": measured.append, "fanout": measured.fanout, "spread": measured.spread, "ping": measured.ping}
    found = {f"{name}_p{part}_ms": quantile(values, part / 100) for name, values in named.items() for part in (50, 95, 99)}
    found |= {
        "commands_per_s": sum(measured.commands.values()) / cost.window_s,
        "views_per_s": measured.views / cost.window_s,
        "cpu_per_room_percent": 100 * cost.server_s / cost.window_s / load.rooms,
        "cpu_per_command_ms": 1000 * cost.server_s / max(1, measured.answered),
        "cpu_percent": 100 * cost.server_s / cost.window_s,
        "unanswered": measured.unanswered,
        "rss_mb": cost.rss_mb,
        "rss_per_room_mb": cost.grown_mb / load.rooms,
        "driver_cpu_percent": 100 * cost.driver_s / cost.window_s,
        "driver_late_p99_ms": quantile(cost.late_ms, 0.99),
        "starved_percent": 100 * cost.starved_s / cost.window_s,
        "others_cpu_percent": 100 * cost.others_s / cost.window_s,
        "load_average": cost.load,
    }
    return {name: round(value, 3) for name, value in found.items()}


def quantile(values: Sequence[float], part: float) -> float:
    """Nearest rank; nothing at all counts as 0."""
    return sorted(values)[min(len(values) - 1, int(part * len(values)))] if values else 0.0


def show(load: Load, measured: Measured, found: dict[str, float]) -> None:
    print(f"\n{load.rooms} room{'s' * (load.rooms != 1)} of {load.people} people for {load.seconds:g} s: milliseconds")
    print(f"{'':32}{'p50':>9}{'p95':>9}{'p99':>9}{'most':>9}{'values':>9}")
    rows = {
        "append: command → accepted": ("append", measured.append),
        "fan-out: command → all pages": ("fanout", measured.fanout),
        "spread: first → last page": ("spread", measured.spread),
        "ping: server's loop": ("ping", measured.ping),
    }
    for title, (name, values) in rows.items():
        parts = "".join(f"{found[f'{name}_p{part}_ms']:>9.1f}" for part in (50, 95, 99))
        print(f"{title:32}{parts}{max(values, default=0):>9.1f}{len(values):>9}")
    print(
        f"server  {found['cpu_percent']:.1f} % of a core, {found['cpu_per_room_percent']:.2f} % for each room, "
        f"{found['cpu_per_command_ms']:.2f} ms for each command; {found['rss_mb']:.0f} MB, {found['rss_per_room_mb']:.2f} for each room"
    )
    print(f"load    {found['commands_per_s']:.1f} commands and {found['views_per_s']:.1f} views a second: {_counted(measured.commands)}")
    print(
        f"        refused: {_counted(measured.refused) or 'none'}; within {FORGET_S:.0f} s unanswered: {measured.unanswered}, "
        f"not seen by all: {measured.unseen}"
    )
    print(
        f"driver  {found['driver_cpu_percent']:.1f} % of a core, late by {found['driver_late_p99_ms']:.1f} ms (p99); "
        f"others on this machine {found['others_cpu_percent']:.1f} %, load average {found['load_average']:.1f}"
    )
    if found["starved_percent"] > 100 * STARVED:
        print(
            f"        For {found['starved_percent']:.0f} % of the time the server waited for a processor: "
            "only its CPU says something about it, the milliseconds do not."
        )


def show_reference(reference: Reference, found: dict[str, float]) -> dict[str, float]:
    coding_ms, commit_ms = min(reference.coding_ms), quantile(reference.commit_ms, 0.5)
    compared = {
        "reference_coding_ms": coding_ms,
        "reference_commit_p50_ms": commit_ms,
        "reference_commit_p99_ms": quantile(reference.commit_ms, 0.99),
        "append_p99_in_commits": found["append_p99_ms"] / commit_ms,
        "fanout_p99_in_commits": found["fanout_p99_ms"] / commit_ms,
        "cpu_per_command_in_codings": found["cpu_per_command_ms"] / coding_ms,
    }
    print(
        f"\nThe same machine: a fixed piece of coding takes {coding_ms:.1f} ms of CPU (at most {max(reference.coding_ms):.1f}), "
        f"one commit {commit_ms:.2f} ms (p99 {compared['reference_commit_p99_ms']:.2f})"
    )
    print(
        f"So append p99 is {compared['append_p99_in_commits']:.1f} commits, fan-out p99 {compared['fanout_p99_in_commits']:.1f} commits, "
        f"a command {compared['cpu_per_command_in_codings']:.3f} pieces of coding"
    )
    return {name: round(value, 4) for name, value in compared.items()}


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda item: -item[1]) if count)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="tasks.py bench session", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rooms", type=int, default=100)
    parser.add_argument("--people", type=int, default=6, help="in each room, two at least")
    parser.add_argument("--seconds", type=float, default=60, help="that are measured, after all have come in and begun")
    parser.add_argument("--postgres", action="store_true", help="with a PostgreSQL of its own on this machine instead of SQLite")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--profile", type=Path, metavar="FILE", help="run the server under cProfile; its times are then no measurement")
    options = parser.parse_args(arguments)
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))  # each page holds two sockets open here, the server as many
    reference = Reference()
    alone, many = (Load(rooms, options.people, seconds) for rooms, seconds in _parts(options.rooms, options.seconds))
    results: dict[str, dict[str, float]] = {}
    for name, load, profile in (("one room", alone, None), ("session", many, options.profile)):
        measured, cost = asyncio.run(measure(load, reference, profile, postgres=options.postgres))
        results[name] = figures(load, measured, cost)
        show(load, measured, results[name])
    results["session"] |= show_reference(reference, results["session"])
    if options.json:
        options.json.write_text(json.dumps({"session": results["session"], "session_one_room": results["one room"]}))
    return 0


def _parts(rooms: int, seconds: float) -> tuple[tuple[int, float], tuple[int, float]]:
    return (1, min(ALONE_S, seconds)), (rooms, seconds)


if __name__ == "__main__":
    raise SystemExit(main())
