"""People of a soak: a long session whose lesson is taught again and again, and short ones that begin, end and leave recordings.

Whatever goes wrong is counted with its words, and goes on: eight hours are not given up for one answer that came late.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, Final

from server.wire.messages import Accepted, Error, ToPage
from server.wire.view import View
from tests.fakes.page import Page
from tests.load._lesson import Loop
from tests.load._pacer import Pacer
from tests.load._sdp import Layer
from tests.load._storm import Visitor

ANSWER_S: Final = 20.0
PATIENCE_S: Final = 60.0
RANGE_BYTES: Final = 65_536
RANGES: Final = 4
TELL_MOST: Final = 200


class Tally:
    """What was done, and what went wrong."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()

    async def tried(self, what: str, doing: Awaitable[Any]) -> bool:
        """Whether it went well."""
        try:
            await doing
        except Exception as error:  # noqa: BLE001 -- a soak goes on
            if len(self.wrong) < TELL_MOST:
                self.wrong[f"{what}: {type(error).__name__} {error}"[:160]] += 1
            return False
        self.done[what] += 1
        return True


class Person:
    """Somebody with a seat, whose page opens and closes. Commands go over the page that is open."""

    def __init__(self, url: str, pacer: Pacer, loops: dict[Layer, Loop]) -> None:
        self.page = Page(url)
        self._pacer = pacer
        self._loops = loops
        self._visit: _Visit | None = None

    @property
    def is_here(self) -> bool:
        return self._visit is not None

    @property
    def view(self) -> View:
        assert self.page.view
        return self.page.view

    async def come(self) -> None:
        visit = _Visit(self.page, self._pacer, self._loops)
        try:
            await visit.come()
        except BaseException:
            await visit.leave()
            raise
        self._visit = visit

    async def go(self) -> None:
        if visit := self._take():
            await visit.leave()

    async def vanish(self) -> None:
        """As when the process of a browser is killed: nobody says anything."""
        if visit := self._take():
            await visit.vanish()

    async def ask(self, **fields: Any) -> None:
        """Raises AssertionError with the code of what was refused."""
        assert self._visit, "nobody is here to ask"
        answer = await self._visit.ask(fields)
        assert isinstance(answer, Accepted), f"{fields['type']}: {answer.code}"

    async def sees(self, condition: Callable[[View], bool], within_s: float = PATIENCE_S) -> View:
        async with asyncio.timeout(within_s):
            while not condition(self.view):
                await asyncio.sleep(0.1)
        return self.view

    async def close(self) -> None:
        await self.go()
        await self.page.__aexit__(None, None, None)

    def _take(self) -> _Visit | None:
        visit, self._visit = self._visit, None
        return visit


class _Visit(Visitor):
    _refs = itertools.count(1)

    def __init__(self, page: Page, pacer: Pacer, loops: dict[Layer, Loop]) -> None:
        super().__init__(page, pacer, loops)
        self._answers: dict[int, asyncio.Future[Accepted | Error]] = {}

    async def ask(self, fields: dict[str, Any]) -> Accepted | Error:
        ref = next(self._refs)
        answered = self._answers[ref] = asyncio.get_running_loop().create_future()
        try:
            await self._page.send({**fields, "ref": ref})
            return await asyncio.wait_for(answered, ANSWER_S)
        finally:
            del self._answers[ref]

    async def vanish(self) -> None:
        socket = self._page._socket
        if socket is not None and socket._response.connection and socket._response.connection.transport:
            socket._response.connection.transport.abort()
        self._publishing.is_closed = self._subscribing.is_closed = True
        for connection in (self._publishing, self._subscribing):
            connection.socket.close()
        await self.leave()

    def _hear(self, message: ToPage) -> None:
        if isinstance(message, Accepted | Error) and message.ref in self._answers and not self._answers[message.ref].done():
            self._answers[message.ref].set_result(message)


async def watch_and_delete(teacher: Person, take: str) -> int:
    """As its page does: until the film is there, some ranges of it, then away with it. Bytes that were seen."""
    page = teacher.page
    data: dict[str, Any] = {"film": None}
    async with asyncio.timeout(PATIENCE_S):
        while not data["film"]:
            status, text = await page.get(f"/recordings/{take}/data")
            assert status == 200, f"data of a recording: {status}"
            data = json.loads(text)
            await asyncio.sleep(0.5)
    film, seen = str(data["film"]), 0
    for _ in range(RANGES):
        start = random.randrange(4) * RANGE_BYTES
        status, text = await page.get(film, Range=f"bytes={start}-{start + RANGE_BYTES - 1}")
        assert status in (206, 416), f"a range of a film: {status}"
        seen += len(text)
    status, text = await page.get(film)
    assert status == 200, f"a film: {status}"
    await delete(teacher, take)
    status, _ = await page.get(film)
    assert status in (404, 410), f"a deleted film: {status}"
    return seen + len(text)


async def delete(teacher: Person, take: str) -> None:
    status = await teacher.page.post(f"/recordings/{take}/delete", {})
    assert status == 200, f"deleting a recording: {status}"


class LongSession:
    """Six people for as long as the soak lasts. The lesson begins anew every `lesson_s`; its recording is watched and deleted."""

    def __init__(self, url: str, pacer: Pacer, loops: list[dict[Layer, Loop]], tally: Tally) -> None:
        self.people = [Person(url, pacer, each) for each in loops]
        self._tally = tally
        self._chance = random.Random(7)

    async def open(self, plan: str) -> None:
        lead, teacher = self.people[:2]
        link, invitation = await lead.page.make_session(plan)
        for number, person in enumerate(self.people):
            await person.page.join(
                link if person is lead else invitation, f"Person {number + 1}", teaches=person is teacher, recording="record"
            )
        await asyncio.gather(*(person.come() for person in self.people))
        await lead.ask(type="advance", decision=lead.view.phase.decision)
        await teacher.sees(lambda view: view.phase.key == "lesson")
        await self._start()

    async def teach_again(self) -> None:
        lead, teacher = self.people[:2]
        take = next((each.take for each in reversed(teacher.view.takes) if each.state == "recording"), "")
        await lead.ask(type="restart_lesson", decision=lead.view.phase.decision, agreed=True)
        await teacher.sees(lambda view: view.phase.status == "waiting")
        await self._start()
        assert take, "nothing was recorded"
        await watch_and_delete(teacher, take)

    async def act(self) -> None:
        """What happens in half a minute of a round."""
        for person in self.people[2:]:
            if not person.is_here:
                continue
            raised = any(one.seat == person.view.you.seat and one.hand_ms is not None for one in person.view.people)
            await self._tally.tried("hand", person.ask(type="raise_hand", raised=not raised))
        learner = self._chance.choice(self.people[2:])
        if learner.is_here and learner.view.marks:
            moment = f"{self._chance.getrandbits(96):024x}"
            mark = learner.view.marks[0].key
            if await self._tally.tried("tap", learner.ask(type="tap", moment=moment, mark=mark, at_ms=learner.view.now_ms)):
                await self._tally.tried("untap", learner.ask(type="untap", moment=moment))

    async def come_and_go(self) -> None:
        """Somebody leaves and comes back; the one who leads and the one who teaches stay."""
        person = self._chance.choice(self.people[2:])
        if person.is_here:
            await self._tally.tried("leave", person.go())
        await self._tally.tried("come", person.come())

    async def kill_one(self) -> None:
        person = self._chance.choice(self.people[2:])
        if person.is_here:
            await self._tally.tried("kill", person.vanish())

    async def close(self) -> None:
        await asyncio.gather(*(person.close() for person in self.people), return_exceptions=True)

    async def _start(self) -> None:
        teacher = self.people[1]
        await teacher.ask(type="start_lesson", decision=teacher.view.phase.decision)
        await teacher.sees(lambda view: view.phase.status == "running")


async def short_session(url: str, pacer: Pacer, loops: list[dict[Layer, Loop]], *, plan: str, lesson_s: float) -> int:
    """Three people, one recorded lesson, to the end; the recording is watched and deleted. Bytes that were seen."""
    people = [Person(url, pacer, each) for each in loops[:3]]
    lead, teacher = people[:2]
    try:
        link, invitation = await lead.page.make_session(plan)
        for number, person in enumerate(people):
            name = f"Guest {number + 1} {time.time_ns() % 10**9}"
            await person.page.join(link if person is lead else invitation, name, teaches=person is teacher, recording="record")
        await asyncio.gather(*(person.come() for person in people))
        await lead.ask(type="advance", decision=lead.view.phase.decision)
        view = await teacher.sees(lambda view: view.phase.key == "lesson")
        await teacher.ask(type="start_lesson", decision=view.phase.decision)
        view = await teacher.sees(lambda view: view.phase.status == "running" and bool(view.takes))
        await asyncio.sleep(lesson_s)
        await _to_the_end(lead)
        return await watch_and_delete(teacher, view.takes[0].take)
    finally:
        await asyncio.gather(*(person.close() for person in people), return_exceptions=True)


async def _to_the_end(lead: Person) -> None:
    for _ in range(12):
        decision = lead.view.phase.decision
        await lead.ask(type="advance", decision=decision)
        await lead.sees(lambda view, before=decision: view.phase.decision > before or view.phase.status == "ended")  # type: ignore[misc]
        if "advance" not in lead.view.you.may:
            return
