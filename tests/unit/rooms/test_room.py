"""A room on a real store: what is answered is on disk, and what is on disk comes back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from server.media.control import RoomPolicy
from server.people.seats import Person, new_person, new_seat
from server.rooms.registry import Rooms
from server.rooms.room import NOT_SAVED, Outside, Room
from server.session.commands import Advance, ChooseRecording, StartLesson, TakeSeat, Untap
from server.session.decide import Refused
from server.session.events import ReadyChanged
from server.store.engine import Store
from server.store.log import append
from server.wire.messages import Changed, Leaving, ToPage, Welcome
from tests.fakes.played_session import PLANS
from tests.fakes.still_clock import StillClock


class Ear:
    """A listener that keeps what it was told."""

    translate = staticmethod(str)

    def __init__(self) -> None:
        self.told: list[ToPage] = []
        self.left: Leaving | None = None

    def send(self, message: ToPage) -> None:
        self.told.append(message)

    def leave(self, message: Leaving) -> None:
        self.left = message


class House:
    def __init__(self, store: Store) -> None:
        self.clock = StillClock()
        self.policies: list[RoomPolicy] = []
        self.store = store
        self.stopped: list[str] = []
        self.deleted: list[str] = []
        outside = Outside(
            set_media=lambda _, policy: self.policies.append(policy),
            close_media=lambda _: None,
            stop_peer=lambda _, seat: self.stopped.append(seat),
            delete_take=self.deleted.append,
        )
        self.rooms = Rooms(store, self.clock, outside)

    async def room_with_people(self) -> Room:
        room = await self.rooms.make(PLANS["try-out"], "Fractions")
        for name in ("maria", "ana"):
            await self.store.write(new_person(Person(person=name, name=name.title()), f"token of {name} {room.id}", 1))
            seat = TakeSeat(seat=name, teaches=name == "maria", leads=name == "ana")
            assert await room.ask(seat, new_seat(room.id, name, name)) is None
        return room


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store(tmp_path / "test.db") as opened:
        yield opened


@contextlib.asynccontextmanager
async def house_on(store: Store) -> AsyncIterator[House]:
    house = House(store)
    try:
        yield house
    finally:
        await house.rooms.close()


async def test_a_restart_finds_the_same_phase_and_deadline(store: Store) -> None:
    async with house_on(store) as house:
        room = await house.room_with_people()
        await room.ask(ChooseRecording(seat="maria", choice="record"))
        await room.ask(Advance(seat="ana", decision=0))
        await room.ask(StartLesson(seat="maria", decision=1, take="take-1"))
        before = room.state
    async with house_on(store) as house:
        await house.rooms.find_all()
        again = house.rooms.present(before.session)
        assert again
        assert again.state == before
        assert again.memory.names == {"maria": "Maria", "ana": "Ana"}
        await asyncio.sleep(0)
        assert house.policies[-1].recording
        assert house.policies[-1].recording.take == "take-1"


async def test_the_clock_runs_without_anybody_there(store: Store) -> None:
    async with house_on(store) as house:
        room = await house.room_with_people()
        await room.ask(Advance(seat="ana", decision=0))
        await room.ask(StartLesson(seat="maria", decision=1, take="take-1"))
        session = room.id
        started_ms = house.clock.now_ms()
    async with house_on(store) as house:
        house.clock.ms = started_ms + 3_600_000
        await house.rooms.find_all()
        room_again = house.rooms.present(session)
        assert room_again
        async with asyncio.timeout(5):
            while room_again.state.phase and room_again.state.phase.key == "lesson":
                await asyncio.sleep(0.01)
        assert room_again.state.phase
        assert room_again.state.phase.key == "writing"


async def test_everybody_present_sees_a_change_and_policies_only_rise(store: Store) -> None:
    async with house_on(store) as house:
        room = await house.room_with_people()
        ears = {"maria": Ear(), "ana": Ear()}
        for seat, ear in ears.items():
            room.join(seat, ear)
        assert isinstance(ears["maria"].told[0], Welcome)
        await room.ask(Advance(seat="ana", decision=0))
        for ear in ears.values():
            last = ear.told[-1]
            assert isinstance(last, Changed)
            assert last.view.phase.key == "lesson"
        versions = [policy.version for policy in house.policies]
        assert versions == sorted(set(versions))


async def test_of_two_windows_on_one_seat_the_newer_stays(store: Store) -> None:
    async with house_on(store) as house:
        room = await house.room_with_people()
        older, newer = Ear(), Ear()
        room.join("maria", older)
        room.join("maria", newer)
        assert older.left == Leaving(reason="replaced")
        room.leave("maria", older)
        assert room.listener("maria") is newer


async def test_a_room_that_another_process_owns_is_given_up(store: Store) -> None:
    async with house_on(store) as house:
        room = await house.room_with_people()
        ear = Ear()
        room.join("maria", ear)
        await append(store, room.id, 3, [ReadyChanged(at_ms=1, seat="ana", ready=True)])
        assert await room.ask(Advance(seat="ana", decision=0)) == NOT_SAVED
        assert ear.left == Leaving(reason="restarting")
        await asyncio.sleep(0.01)
        assert house.rooms.present(room.id) is None
        assert isinstance(await room.ask(Advance(seat="ana", decision=0)), Refused), "nobody waits for ever"


async def test_a_room_that_is_over_and_empty_is_let_go(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.rooms.room.LINGER_S", 0.01)
    async with house_on(store) as house:
        room = await house.room_with_people()
        ear = Ear()
        room.join("ana", ear)
        await room.ask(Advance(seat="ana", decision=0))
        await room.ask(StartLesson(seat="maria", decision=1, take="take-1"))
        while room.state.position.part != "ended":
            house.clock.ms += 3_600_000
            await room.ask(Untap(seat="ana", moment="none"))
        await asyncio.sleep(0.05)
        assert house.rooms.present(room.id) is room, "somebody is still there"
        room.leave("ana", ear)
        await asyncio.sleep(0.05)
        assert house.rooms.present(room.id) is None
        again = await house.rooms.find(room.id)
        assert again
        assert again.state == room.state, "and can be looked up again"


async def test_taking_a_seat_twice_at_once_is_taking_it_once(store: Store) -> None:
    async with house_on(store) as house:
        room = await house.room_with_people()
        await house.store.write(new_person(Person(person="ben", name="Ben"), "token of ben", 1))
        take = TakeSeat(seat="ben", teaches=False, leads=False)
        answers = await asyncio.gather(*(room.ask(take, new_seat(room.id, "ben", "ben")) for _ in range(4)))
        assert answers == [None] * 4
        assert list(room.state.seats) == ["maria", "ana", "ben"]


async def test_a_failing_row_leaves_nobody_waiting_and_the_room_comes_back_from_its_log(store: Store) -> None:
    async def broken(_: AsyncConnection) -> None:
        raise RuntimeError

    async with house_on(store) as house:
        room = await house.room_with_people()
        ear = Ear()
        room.join("ana", ear)
        answers = await asyncio.wait_for(
            asyncio.gather(
                room.ask(ChooseRecording(seat="ana", choice="record"), broken), room.ask(ChooseRecording(seat="ana", choice="record"))
            ),
            5,
        )
        assert NOT_SAVED in answers
        late = Ear()
        room.join("maria", late)
        assert ear.left == late.left == Leaving(reason="restarting"), "a page cannot stay in a room that is gone"
        async with asyncio.timeout(5):
            while house.rooms.present(room.id) in (None, room):
                await asyncio.sleep(0.05)
