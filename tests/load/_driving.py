"""Rooms full of people without a browser who act as in a busy session, and how long the server takes to answer and to tell everybody."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from server.wire.messages import Accepted, Changed, Error, Pong, ToPage
from tests.fakes.page import Page
from tests.load._acting import Message, Seen, Typing, acts, seen_by_all

PLAN: Final = "twenty-minute-round"
LOOKS_EACH_S: Final = (0.3, 0.7)
PINGS_EACH_S: Final = 10.0
FORGET_S: Final = 10.0
COME_AT_ONCE: Final = 16


@dataclass
class Measured:
    """Milliseconds, and counts, of what was sent between `began` and `ended`, whenever it was answered.

    `views` and `answered` are what came in that time.
    """

    began: float = float("inf")
    ended: float = float("inf")
    append: list[float] = field(default_factory=list)
    fanout: list[float] = field(default_factory=list)
    spread: list[float] = field(default_factory=list)
    ping: list[float] = field(default_factory=list)
    views: int = 0
    commands: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    unseen: int = 0
    answered: int = 0
    unanswered: int = 0

    def counts(self, at: float) -> bool:
        return self.began <= at < self.ended

    def note(self, values: list[float], sent: float, from_: float, to: float) -> None:
        if self.counts(sent):
            values.append(1000 * (to - from_))


@dataclass
class Awaited:
    """Something that happened and that the pages of `missing` have not shown yet. `first`: when anybody of the room heard of it."""

    ref: int
    sent: float
    seen: Seen
    missing: set[str]
    first: float | None = None


class Room:
    def __init__(self, measured: Measured) -> None:
        self.people: list[Person] = []
        self.measured = measured
        self._awaited: list[Awaited] = []

    def sends(self, person: Person, message: Message, ref: int, now: float) -> None:
        seen = seen_by_all(message, person.seat)
        if seen:
            self._awaited.append(Awaited(ref, now, seen, {one.seat for one in self.people}))

    def refused(self, ref: int) -> None:
        self._awaited = [one for one in self._awaited if one.ref != ref]

    def shown(self, person: Person, now: float) -> None:
        view = person.page.view
        assert view
        for one in self._awaited:
            if person.seat in one.missing and one.seen(view):
                one.first = one.first or now
                one.missing.discard(person.seat)
                if not one.missing:
                    self.measured.note(self.measured.fanout, one.sent, one.sent, now)
                    self.measured.note(self.measured.spread, one.sent, one.first, now)
        waiting = [one for one in self._awaited if one.missing and now - one.sent < FORGET_S]
        self.measured.unseen += sum(self.measured.counts(one.sent) for one in self._awaited if one.missing and one not in waiting)
        self._awaited = waiting


class Person:
    _refs = itertools.count(1)  # one row for all: a ref is then enough to know whose it is

    def __init__(self, page: Page, room: Room, chance: random.Random) -> None:
        self.page = page
        self.seat = ""
        self._room = room
        self._chance = chance
        self._sent: dict[int, float] = {}
        self._typing = Typing()

    async def connect(self) -> None:
        view = await self.page.connect()
        self.seat = view.you.seat
        self._room.people.append(self)

    async def listen(self) -> None:
        while True:
            try:
                message = await self.page.receive()
            except TimeoutError:
                continue
            self._hear(message, time.perf_counter())

    @property
    def unanswered(self) -> int:
        return len(self._sent)

    async def act(self) -> None:
        pinged = self._chance.uniform(0, PINGS_EACH_S)
        while True:
            passed_s = self._chance.uniform(*LOOKS_EACH_S)
            await asyncio.sleep(passed_s)
            assert self.page.view
            for message in acts(self.page.view, self._typing, self._chance, passed_s, waits=self.unanswered > 0):
                await self.send(message)
            pinged += passed_s
            if pinged >= PINGS_EACH_S and not self.unanswered:  # it would wait for the disk behind one's own command
                pinged = 0
                await self.page.send({"type": "ping", "sent_ms": 1000 * time.perf_counter()})

    async def send(self, message: Message) -> None:
        ref, now = next(self._refs), time.perf_counter()
        self._sent[ref] = now
        self._room.sends(self, message, ref, now)
        if self._room.measured.counts(now):
            self._room.measured.commands[message["type"]] += 1
        await self.page.send({**message, "ref": ref})

    def _hear(self, message: ToPage, now: float) -> None:
        measured = self._room.measured
        measured.answered += isinstance(message, Accepted | Error) and measured.counts(now)
        match message:
            case Changed():
                measured.views += measured.counts(now)
                self._room.shown(self, now)
            case Accepted(ref=ref):
                sent = self._sent.pop(ref)
                measured.note(measured.append, sent, sent, now)
            case Error(ref=int(ref), code=code):
                measured.refused[code] += measured.counts(self._sent.pop(ref))
                self._room.refused(ref)
            case Pong(sent_ms=sent_ms):
                measured.note(measured.ping, sent_ms / 1000, sent_ms / 1000, now)
            case _:
                raise AssertionError(message)


async def fill(url: str, room: Room, people_count: int, teachers_count: int, seed: int) -> None:
    """The first who comes leads; the last ones teach."""
    lead = Page(url)
    link, invitation = await lead.make_session(PLAN)
    for number in range(people_count):
        page = lead if number == 0 else Page(url)
        person = Person(page, room, random.Random(f"{seed}/{number}"))
        await page.join(link if number == 0 else invitation, f"Person {number}", teaches=number >= people_count - teachers_count)
        await person.connect()


async def fill_all(url: str, rooms: list[Room], people_count: int, teachers_count: int) -> None:
    gate = asyncio.Semaphore(COME_AT_ONCE)

    async def one(room: Room, seed: int) -> None:
        async with gate:
            await fill(url, room, people_count, teachers_count, seed)

    async with asyncio.TaskGroup() as tasks:
        for seed, room in enumerate(rooms):
            tasks.create_task(one(room, seed))


async def begin(room: Room, after_s: float) -> None:
    """The room waits before its first round, so that rooms are in different phases."""
    await asyncio.sleep(after_s)
    lead = room.people[0]
    assert lead.page.view
    await lead.send({"type": "advance", "decision": lead.page.view.phase.decision})
