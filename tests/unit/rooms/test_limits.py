"""The operator's limits: at them and one over. What goes on already is never touched."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa

from server.errors import UserError
from server.people.seats import Person, new_person, new_seat
from server.rooms.registry import Rooms
from server.rooms.room import Outside, Room
from server.session.commands import Advance, ChooseRecording, StartLesson, TakeSeat
from server.session.schedule import COUNT_IN_MS
from server.store.engine import Store
from server.store.schema import takes
from server.wire.messages import Leaving, ToPage
from tests.fakes.played_session import PLANS
from tests.fakes.still_clock import StillClock

PLAN = PLANS["try-out"]


class Ear:
    translate = staticmethod(str)

    def send(self, message: ToPage) -> None:
        pass

    def leave(self, message: Leaving) -> None:
        pass


@pytest_asyncio.fixture
async def rooms(tmp_path: Path) -> AsyncIterator[Rooms]:
    outside = Outside(set_media=lambda *_: None, close_media=lambda _: None, stop_peer=lambda *_: None, delete_take=lambda _: None)
    async with Store(tmp_path / "test.db") as store:
        made = Rooms(store, StillClock(), outside)
        yield made
        await made.close()


async def test_as_many_sessions_go_on_as_the_operator_allows(rooms: Rooms) -> None:
    rooms.at_once = 2
    for _ in range(2):
        await entered(rooms, Ear())
    with pytest.raises(UserError) as refused:
        await rooms.make(PLAN, "One too many")
    assert (refused.value.code, refused.value.status) == ("too_many_rooms", 503)


async def test_a_session_in_which_nobody_is_takes_nobodys_place(rooms: Rooms) -> None:
    rooms.at_once = 1
    await rooms.make(PLAN, "Fractions")
    ear = Ear()
    room = await entered(rooms, ear)
    assert rooms.too_many
    room.leave("maria", ear)
    await rooms.make(PLAN, "There is a place again")


async def test_one_for_later_can_be_made_all_the_same(rooms: Rooms) -> None:
    rooms.at_once = 1
    await entered(rooms, Ear())
    await rooms.make(PLAN, "Tomorrow", starts_ms=StillClock().now_ms() + 24 * 3_600_000)


async def test_without_a_limit_there_is_none(rooms: Rooms) -> None:
    for _ in range(5):
        await entered(rooms, Ear())
    assert not rooms.too_many


@pytest.mark.parametrize("there_is", [True, False])
async def test_a_lesson_is_recorded_only_where_there_is_room(rooms: Rooms, there_is: bool) -> None:
    rooms.room_for_recordings(there_is=there_is)
    room = await lesson_of(rooms)
    assert (room.state.recorded is not None) == there_is
    assert await recorded(rooms) == there_is
    assert room.view("maria").recording.disk == ("fine" if there_is else "full")


async def test_a_lesson_that_is_recorded_goes_on_being_recorded(rooms: Rooms) -> None:
    room = await lesson_of(rooms)
    rooms.room_for_recordings(there_is=False)
    assert room.state.recorded is not None
    assert room.view("maria").recording.disk == "fine"
    rooms.room_for_recordings(there_is=True)
    assert not room.memory.without_room


async def entered(rooms: Rooms, ear: Ear) -> Room:
    room = await rooms.make(PLAN, "Fractions")
    assert await room.ask(TakeSeat(seat="maria", teaches=True, leads=True)) is None
    room.join("maria", ear)
    return room


async def lesson_of(rooms: Rooms) -> Room:
    """Maria's, who wants it to be recorded."""
    room = await rooms.make(PLAN, "Fractions")
    for name in ("maria", "ana"):
        await rooms._store.write(new_person(Person(person=name, name=name), f"token of {name}", 1))
        assert await room.ask(TakeSeat(seat=name, teaches=name == "maria", leads=name == "ana"), new_seat(room.id, name, name)) is None
        room.join(name, Ear())
    assert await room.ask(ChooseRecording(seat="maria", choice="record")) is None
    while room.state.teacher is None or not (room.state.phase and room.state.phase.record):
        assert await room.ask(Advance(seat="ana", decision=room.state.decision)) is None
    assert await room.ask(StartLesson(seat="maria", decision=room.state.decision, take="t1")) is None
    clock = rooms._clock
    assert isinstance(clock, StillClock)
    clock.ms += COUNT_IN_MS
    assert await room.ask(ChooseRecording(seat="ana", choice="record")) is None
    return room


async def recorded(rooms: Rooms) -> bool:
    async with rooms._store.read() as connection:
        return await connection.scalar(sa.select(takes.c.take)) is not None
