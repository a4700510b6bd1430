"""Throw-away connections: one room each, allowed nothing, gone soon, and never mixed up with a session's."""

from __future__ import annotations

import asyncio

import pytest

from server.media import checks
from server.media.checks import CheckError, Checks
from server.media.control import MediaRefused, PeerReport, PeerState, PublishAnswer, PublishOffer, RoomPolicy, StartPeer, ToWorker


class Worker:
    """Hears what is asked for; answers what a test wants."""

    def __init__(self, *, there: bool = True) -> None:
        self.there = there
        self.rooms: dict[str, RoomPolicy] = {}
        self.closed: list[str] = []
        self.sent: list[ToWorker] = []
        self.asked = asyncio.Event()
        self.checks = Checks(self.rooms.__setitem__, self._close, self._send)

    @property
    def room(self) -> str:
        return next(iter(self.rooms))

    async def offered(self) -> asyncio.Task[str]:
        trying = asyncio.create_task(self.checks.answer("an offer"))
        await self.asked.wait()
        return trying

    def _close(self, room: str) -> None:
        self.closed.append(room)

    def _send(self, message: ToWorker) -> bool:
        self.sent.append(message)
        if isinstance(message, PublishOffer):
            self.asked.set()
        return self.there


def answer(room: str) -> PublishAnswer:
    return PublishAnswer(room=room, peer="check", session="check", offer=1, sdp="an answer")


def state(room: str, publish: str) -> PeerState:
    return PeerState(room=room, report=PeerReport(peer="check", session="check", publish=publish, subscribe="new", sources=()))  # type: ignore[arg-type]


async def test_it_is_answered_allows_nothing_and_ends_when_the_page_does() -> None:
    worker = Worker()
    trying = await worker.offered()
    assert [type(message) for message in worker.sent] == [StartPeer, PublishOffer]
    (person,) = worker.rooms[worker.room].people.values()
    assert not (person.microphone or person.camera or person.screen or person.hears or person.sees)
    assert worker.rooms[worker.room].recording is None
    assert worker.checks.take(answer(worker.room))
    assert await trying == "an answer"
    assert worker.checks.take(state(worker.room, "connected"))
    assert worker.closed == []
    assert worker.checks.take(state(worker.room, "closed"))
    assert worker.closed == [worker.room]
    assert len(worker.checks) == 0


async def test_it_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "LASTS_S", 0)
    worker = Worker()
    trying = await worker.offered()
    worker.checks.take(answer(worker.room))
    await trying
    await asyncio.sleep(0)
    assert worker.closed == [worker.room]


async def test_what_is_refused_or_not_answered_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker()
    trying = await worker.offered()
    worker.checks.take(MediaRefused(room=worker.room, peer="check", session="check", offer=1, code="sdp_syntax", message=""))
    with pytest.raises(CheckError, match="sdp_syntax"):
        await trying
    monkeypatch.setattr(checks, "ANSWER_S", 0)
    for other in (Worker(), Worker(there=False)):
        with pytest.raises(CheckError):
            await other.checks.answer("an offer")
        assert other.closed == [other.room]
        assert len(other.checks) == 0
    assert worker.closed == [worker.room]


async def test_there_are_only_so_many_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "MOST_AT_ONCE", 1)
    worker = Worker()
    trying = await worker.offered()
    with pytest.raises(CheckError, match="too many"):
        await worker.checks.answer("another offer")
    worker.checks.take(answer(worker.room))
    await trying


def test_sessions_are_none_of_its_business() -> None:
    assert not Worker().checks.take(answer("a-session"))
