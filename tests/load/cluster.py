"""Nodes on one machine: what a room costs them, their PostgreSQL and their Redis, and what a request to another node than the owner costs.

    python3 tasks.py bench cluster [--nodes 1 2 4] [--rooms N] [--seconds S] [--json FILE]

Real redis-server, PostgreSQL that syncs, one server process for each node, everybody driven from this process. People of a room come to
the nodes by turns, so all but one in so many are passed on to the owner. *Rooms* and *joins* (form, page, WebSocket, welcome) and *acts*
(a hand, from asking until accepted, everybody at once) are as many as go; then rooms act as in a busy session, and what that costs is
counted for a room and minute. At the end the node of some rooms is killed. Nodes on the same cores are no faster than one: what can be
compared is CPU. The projection multiplies, and says with what.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from server.cluster.coordination import LEASE_S
from tests.fakes.formats import scaled
from tests.fakes.page import Page
from tests.load._driving import PLAN, Measured, Person, Room, begin
from tests.load._nodes import Nodes, capacities, moved, retry_until_there, running_nodes
from tests.load._projection import project
from tests.load.session import SCALE, quantile

PEOPLE: Final = 6
AT_ONCE: Final = 8
ROUND_TRIPS: Final = 80
IDLE_S: Final = 8.0
ACTS_S: Final = 8.0
GONE_ACTS: Final = 80
TAKEOVER_MOST_S: Final = 30.0

Told = dict[str, float]
T = TypeVar("T")


class Bench:
    def __init__(self, nodes: Nodes, rooms: int, seconds: float) -> None:
        self._nodes = nodes
        self._seconds = seconds
        self._urls = [each.url for each in nodes.served]
        self._rooms = [Room(Measured()) for _ in range(rooms)]
        self._links: list[tuple[Page, str, str]] = []
        self.told: Told = {"nodes": len(self._urls), "sent_back": 0}

    async def run(self) -> Told:
        await self._idle()
        await self._counted("rooms", len(self._rooms), self._make_rooms)
        await self._counted("joins", PEOPLE * len(self._rooms), self._join_all)
        await self._act_at_most()
        await self._act_as_people()
        await self._passing_on()
        await self._redis_gone()
        if len(self._urls) > 1:
            await self._takeover()
        else:
            self.told |= await capacities(self._nodes)
        await asyncio.gather(*(person.page.__aexit__(None, None, None) for room in self._rooms for person in room.people))
        return self.told

    async def _idle(self) -> None:
        before = await self._nodes.asked()
        await asyncio.sleep(IDLE_S)
        asked = (await self._nodes.asked()).since(before)
        for name, value in (("redis", asked.redis), ("tx", asked.transactions), ("statements", asked.statements), ("cpu", asked.nodes_s)):
            self.told[f"idle_{name}_per_node_s"] = value / IDLE_S / len(self._urls)

    async def _counted(self, name: str, count: int, doing: Callable[[], Awaitable[None]]) -> None:
        before, began = await self._nodes.asked(), time.perf_counter()
        await doing()
        took_s = time.perf_counter() - began
        asked = (await self._nodes.asked()).since(before)
        self.told[f"{name}_per_s"] = count / took_s
        self.told[f"{name}_per_core_s"] = count / max(0.01, asked.nodes_s)
        self.told[f"{name}_tx_each"] = asked.transactions / count
        self.told[f"{name}_redis_each"] = asked.redis / count

    async def _make_rooms(self) -> None:
        async def one(number: int) -> tuple[Page, str, str]:
            lead = Page(self._urls[number % len(self._urls)])
            link, invitation = await lead.make_session(PLAN)
            return lead, link, invitation

        self._links = await _several([lambda number=number: one(number) for number in range(len(self._rooms))])  # type: ignore[misc]

    async def _join_all(self) -> None:
        async def one(room: int, number: int) -> None:
            lead, link, invitation = self._links[room]
            url = self._urls[(room + number) % len(self._urls)]
            page = lead if number == 0 else Page(url)
            person = Person(page, self._rooms[room], random.Random(f"{room}/{number}"))
            await page.join(link if number == 0 else moved(invitation, url), f"Person {number}", teaches=number >= PEOPLE // 2)
            await page.get(f"/sessions/{page.session}")
            await person.connect()

        for number in range(PEOPLE):  # the one who leads comes first
            await _several([lambda room=room, number=number: one(room, number) for room in range(len(self._rooms))])  # type: ignore[misc]

    async def _act_at_most(self) -> None:
        """Everybody puts up a hand and down again as soon as the last was accepted."""
        ends, took_ms = time.perf_counter() + ACTS_S, list[float]()

        async def one(person: Person) -> None:
            for raised in itertools.cycle((True, False)):
                began = time.perf_counter()
                if began >= ends:
                    return
                try:
                    await person.page.ask(type="raise_hand", raised=raised)
                except ConnectionError:
                    self.told["sent_back"] += 1
                    await retry_until_there(person.page, TAKEOVER_MOST_S)
                    continue
                took_ms.append(1000 * (time.perf_counter() - began))

        before = await self._nodes.asked()
        driver_s = time.process_time()
        await asyncio.gather(*(one(person) for room in self._rooms for person in room.people))
        asked = (await self._nodes.asked()).since(before)
        self.told |= {
            "acts_per_s": len(took_ms) / ACTS_S,
            "acts_per_core_s": len(took_ms) / max(0.01, asked.nodes_s),
            "acts_p50_ms": quantile(took_ms, 0.5),
            "acts_p99_ms": quantile(took_ms, 0.99),
            "acts_tx_each": asked.transactions / max(1, len(took_ms)),
            "acts_statements_each": asked.statements / max(1, len(took_ms)),
            "acts_driver_share": (time.process_time() - driver_s) / ACTS_S,
        }

    async def _act_as_people(self) -> None:
        people = [person for room in self._rooms for person in room.people]
        listening = [asyncio.create_task(person.listen()) for person in people]
        acting = [asyncio.create_task(begin(room, 0.2 * number)) for number, room in enumerate(self._rooms)]
        acting += [asyncio.create_task(person.act()) for person in people]
        await asyncio.sleep(0.2 * len(self._rooms) + 4)
        for room in self._rooms:
            room.measured.began = time.perf_counter()
        before, began = await self._nodes.asked(), time.perf_counter()
        await asyncio.sleep(self._seconds)
        asked, took_s = (await self._nodes.asked()).since(before), time.perf_counter() - began
        for task in (*acting, *listening):
            task.cancel()
        await asyncio.gather(*acting, *listening, return_exceptions=True)
        self._note_minutes(asked.redis, asked.transactions, asked.statements, took_s, asked.nodes_s, asked.postgres_s)

    def _note_minutes(self, redis: int, transactions: int, statements: int, took_s: float, nodes_s: float, postgres_s: float) -> None:
        minutes, nodes = len(self._rooms) * took_s / 60, len(self._urls)
        idle = {name: self.told[f"idle_{name}_per_node_s"] * took_s * nodes for name in ("redis", "tx", "statements", "cpu")}
        measured = [room.measured for room in self._rooms]
        append = [value for one in measured for value in one.append]
        self.told |= {
            "minute_commands": sum(sum(one.commands.values()) for one in measured) / minutes,
            "minute_redis": max(0.0, redis - idle["redis"]) / minutes,
            "minute_tx": max(0.0, transactions - idle["tx"]) / minutes,
            "minute_statements": max(0.0, statements - idle["statements"]) / minutes,
            "minute_cpu_s": max(0.0, nodes_s - idle["cpu"]) / minutes,
            "minute_postgres_cpu_s": postgres_s / minutes,
            "append_p50_ms": quantile(append, 0.5),
            "append_p99_ms": quantile(append, 0.99),
        }

    async def _passing_on(self) -> None:
        """A page and a ping, at the owner and at the node after it. Median, and the CPU that all nodes need for both."""
        invitation = self._links[0][2]
        for name, url in (("owner", self._urls[0]), ("other", self._urls[1 % len(self._urls)])):
            async with Page(url) as page:
                await page.join(moved(invitation, url), f"Guest {name}")
                await page.connect()
                before, pages_ms, pings_ms = await self._nodes.asked(), list[float](), list[float]()
                for _ in range(ROUND_TRIPS):
                    pages_ms.append(await _timed_ms(lambda page=page: page.get(f"/sessions/{page.session}")))  # type: ignore[misc]
                    pings_ms.append(await _timed_ms(lambda page=page: _pinged(page)))  # type: ignore[misc]
                asked = (await self._nodes.asked()).since(before)
            self.told |= {
                f"{name}_page_p50_ms": quantile(pages_ms, 0.5),
                f"{name}_page_p99_ms": quantile(pages_ms, 0.99),
                f"{name}_ping_p50_ms": quantile(pings_ms, 0.5),
                f"{name}_ping_p99_ms": quantile(pings_ms, 0.99),
                f"{name}_cpu_ms": 1000 * asked.nodes_s / ROUND_TRIPS,
            }

    async def _redis_gone(self) -> None:
        """P21: one act after another while Redis answers, and while it takes connections and says nothing, for longer than a lease."""
        for name in ("with", "without"):
            took_ms = []
            for number in range(GONE_ACTS):
                page, raised = self._rooms[number % len(self._rooms)].people[0].page, number // len(self._rooms) % 2 == 0
                took_ms.append(await _timed_ms(lambda page=page, raised=raised: page.ask(type="raise_hand", raised=raised)))  # type: ignore[misc]
                await asyncio.sleep(0.1)
            self.told |= {f"{name}_redis_p50_ms": quantile(took_ms, 0.5), f"{name}_redis_most_ms": max(took_ms)}
            if name == "with":
                self._nodes.redis.stop()
        self._nodes.redis.cont()
        await asyncio.sleep(LEASE_S + 3)

    async def _takeover(self) -> None:
        """The last node dies; people of its rooms come back through the first."""
        rooms = [number for number in range(len(self._rooms)) if number % len(self._urls) == len(self._urls) - 1][:5]
        guests = []
        for number in rooms:
            guest = Page(self._urls[0])
            await guest.join(moved(self._links[number][2], self._urls[0]), "Somebody who stays")
            await guest.connect()
            guests.append(guest)
        began = time.perf_counter()
        self._nodes.kill(len(self._urls) - 1)
        took_s = []

        async def come_back(guest: Page) -> None:
            await guest.until_closed()
            await retry_until_there(guest, TAKEOVER_MOST_S)
            await guest.ask(type="raise_hand", raised=True)
            took_s.append(time.perf_counter() - began)

        await asyncio.gather(*(come_back(guest) for guest in guests))
        self.told |= {"takeover_s": max(took_s), "takeover_rooms": len(rooms)}
        await asyncio.gather(*(guest.__aexit__(None, None, None) for guest in guests))


async def _several(doing: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(what: Callable[[], Awaitable[T]]) -> T:
        async with gate:
            return await what()

    return list(await asyncio.gather(*(one(what) for what in doing)))


async def _timed_ms(doing: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await doing()
    return 1000 * (time.perf_counter() - began)


async def _pinged(page: Page) -> None:
    await page.send({"type": "ping", "sent_ms": 1.0})
    while type(await page.receive()).__name__ != "Pong":
        pass


async def measure(options: argparse.Namespace) -> list[Told]:
    found = []
    for count in options.nodes:
        with tempfile.TemporaryDirectory(prefix="microteach-bench-") as made:
            folder = Path(made)
            plans = scaled(folder / "plans", PLAN, max(SCALE, (options.seconds + 60) / (60 * 20 * PEOPLE // 2)))
            people = PEOPLE * options.rooms + 20
            async with running_nodes(folder, count, plans, people) as nodes:
                found.append(await Bench(nodes, options.rooms, options.seconds).run())
                for log in sorted(folder.glob("node-*/log.txt")):
                    warned = [line for line in log.read_text().splitlines() if " WARNING " in line or " ERROR " in line]
                    print("\n".join(f"{log.parent.name}: {line}" for line in warned[:5]))
        print(told_of(found[-1]), flush=True)
    return found


def told_of(told: Told) -> str:
    one = {name: f"{value:.3g}" for name, value in told.items()}
    lines = [
        f"\n{told['nodes']:.0f} node{'s' * (told['nodes'] > 1)}, load average {os.getloadavg()[0]:.1f}",
        f"rooms    {one['rooms_per_s']} a second, {one['rooms_per_core_s']} a core-second; "
        f"each {one['rooms_tx_each']} transactions, {one['rooms_redis_each']} of Redis",
        f"joins    {one['joins_per_s']} a second, {one['joins_per_core_s']} a core-second; "
        f"each {one['joins_tx_each']} transactions, {one['joins_redis_each']} of Redis",
        f"acts     {one['acts_per_s']} a second, {one['acts_per_core_s']} a core-second; "
        f"p50 {one['acts_p50_ms']}, p99 {one['acts_p99_ms']} ms; each {one['acts_tx_each']} transactions, "
        f"{one['acts_statements_each']} statements (the load itself: {one['acts_driver_share']} of a core)",
        f"a room and minute  {one['minute_commands']} commands: {one['minute_tx']} transactions, {one['minute_statements']} statements, "
        f"{one['minute_redis']} of Redis, {one['minute_cpu_s']} CPU-s of nodes, {one['minute_postgres_cpu_s']} of PostgreSQL; "
        f"append p50 {one['append_p50_ms']}, p99 {one['append_p99_ms']} ms",
        f"an idle node and second  {one['idle_tx_per_node_s']} transactions, {one['idle_statements_per_node_s']} statements, "
        f"{one['idle_redis_per_node_s']} of Redis, {one['idle_cpu_per_node_s']} of a core",
        f"page     at its owner p50 {one['owner_page_p50_ms']}, p99 {one['owner_page_p99_ms']} ms; "
        f"passed on p50 {one['other_page_p50_ms']}, p99 {one['other_page_p99_ms']} ms",
        f"ping     at its owner p50 {one['owner_ping_p50_ms']}, p99 {one['owner_ping_p99_ms']} ms; "
        f"passed on p50 {one['other_ping_p50_ms']}, p99 {one['other_ping_p99_ms']} ms; "
        f"a page and a ping cost {one['owner_cpu_ms']} and {one['other_cpu_ms']} ms of CPU",
    ]
    lines.append(
        f"Redis    answers: an act p50 {one['with_redis_p50_ms']}, most {one['with_redis_most_ms']} ms; "
        f"is stopped: p50 {one['without_redis_p50_ms']}, most {one['without_redis_most_ms']} ms (P21: 500)"
    )
    if told["sent_back"]:
        lines.append(f"         {one['sent_back']} pages were sent back: their rooms moved, or a node was too late to say that it lives")
    if "takeover_s" in told:
        lines.append(
            f"takeover {one['takeover_s']} s until the last of {one['takeover_rooms']} rooms of a killed node took a command elsewhere"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="tasks.py bench cluster", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nodes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--rooms", type=int, default=24)
    parser.add_argument("--seconds", type=float, default=30, help="that rooms act as people do")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    found = asyncio.run(measure(options))
    projected, said = project(found)
    print("\n" + "\n".join(said))
    if options.json:
        options.json.write_text(json.dumps({"cluster": found, "projection": projected}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
