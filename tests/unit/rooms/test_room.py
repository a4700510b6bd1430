"""A room on a real store: what is answered is on disk, and what is on disk comes back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.media.control import PeerReport, RoomPolicy
from server.people.claims import LASTS_MS
from server.people.seats import Device, Person, new_person, new_seat
from server.people.watching import recording_for
from server.rooms import rows
from server.rooms.memory import Memory
from server.rooms.registry import STILL_MS, Rooms
from server.rooms.room import NOT_SAVED, Outside, Room
from server.session.answers import Refused
from server.session.commands import AddDeck, Advance, Chat, ChooseRecording, DecideTake, SetDevices, StartLesson, TakeSeat, Untap
from server.session.events import AnyEvent, ReadyChanged
from server.session.schedule import SOON_MS
from server.session.state import State
from server.store.engine import Store, Work
from server.store.log import append, load
from server.store.schema import events
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
        self.ended: list[str] = []
        outside = Outside(
            set_media=lambda _, policy: self.policies.append(policy),
            close_media=lambda _: None,
            stop_peer=lambda _, seat: self.stopped.append(seat),
            delete_take=self.deleted.append,
            ended=self.ended.append,
        )
        self.rooms = Rooms(store, self.clock, outside)

    async def room_with_people(self) -> Room:
        room = await self.rooms.make(PLANS["try-out"], "Fractions")
        for name in ("maria", "ana"):
            await self.store.write(new_person(Person(person=name, name=name.title()), f"token of {name} {room.id}", 1))
            seat = TakeSeat(seat=name, teaches=name == "maria", leads=name == "ana")
            assert await room.ask(seat, new_seat(room.id, name, name)) is None
            room.memory.names[name] = name.title()
        return room

    async def lesson_begins(self, room: Room) -> None:
        """Asked for, counted in, begun."""
        assert await room.ask(Advance(seat="ana", decision=room.state.decision)) is None
        assert await room.ask(StartLesson(seat="maria", decision=room.state.decision, take="take-1")) is None
        self.clock.ms += 3_000
        await room.ask(Untap(seat="ana", moment="none"))
        assert room.state.lesson


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
        await house.lesson_begins(room)
        before, now_ms = room.state, house.clock.ms
    async with house_on(store) as house:
        house.clock.ms = now_ms
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
        await house.lesson_begins(room)
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


async def test_one_log_that_cannot_be_read_stops_no_other_session(store: Store) -> None:
    async with house_on(store) as house:
        broken = await house.rooms.make(PLANS["try-out"], "Broken")
        room = await house.room_with_people()
        await house.lesson_begins(room)
    await store.write(_unreadable(broken.id))
    async with house_on(store) as house:
        await house.rooms.find_all()
        assert house.rooms.present(room.id)
        assert not house.rooms.present(broken.id)


async def test_a_session_that_has_been_still_for_a_week_is_read_when_somebody_opens_it(store: Store) -> None:
    async with house_on(store) as house:
        room = await house.room_with_people()
        await house.lesson_begins(room)
        later_ms = house.clock.ms + STILL_MS + 1
    async with house_on(store) as house:
        house.clock.ms = later_ms
        await house.rooms.find_all()
        assert house.rooms.present(room.id) is None
        assert await house.rooms.find(room.id)


def _unreadable(session: str) -> Work:
    async def work(connection: AsyncConnection) -> None:
        await connection.execute(sa.update(events).where(events.c.session == session, events.c.seq == 1).values(body=b"{"))

    return work


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


async def test_before_a_turn_begins_its_picture_is_asked_for_in_full(store: Store) -> None:
    async with house_on(store) as house:
        room = await house.room_with_people()
        for seat in ("ana", "maria"):
            room.join(seat, Ear())
        await house.lesson_begins(room)
        while room.state.turn is None:
            assert room.state.ends_ms
            house.clock.ms = room.state.ends_ms - SOON_MS
            room.news()
            await asyncio.sleep(0.02)
            house.clock.ms += 2 * SOON_MS
            await room.ask(Untap(seat="ana", moment="none"))
        speaker = room.state.turn.seat
        before, after = house.policies[-2:]
        assert (before.people[speaker].camera_shown, after.people[speaker].camera_shown) == ("soon", "large")
        assert before.version < after.version


async def test_a_room_that_is_over_and_empty_is_let_go(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.rooms.room.LINGER_S", 0.01)
    async with house_on(store) as house:
        room = await house.room_with_people()
        ear, other = Ear(), Ear()
        room.join("ana", ear)
        room.join("maria", other)
        await house.lesson_begins(room)
        while room.state.position.part != "ended":
            house.clock.ms += 3_600_000
            await room.ask(Untap(seat="ana", moment="none"))
        assert house.ended == [room.id], "whoever reports it hears of it once"
        await asyncio.sleep(0.05)
        room.leave("maria", other)
        await asyncio.sleep(0.05)
        assert house.rooms.present(room.id) is room, "somebody is still there"
        room.leave("ana", ear)
        await asyncio.sleep(0.05)
        assert house.rooms.present(room.id) is None
        again = await house.rooms.find(room.id)
        assert again
        assert again.state == room.state, "and can be looked up again"


async def test_a_room_stays_while_somebody_waits_to_be_let_in(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.rooms.room.LINGER_S", 0.01)
    async with house_on(store) as house:
        room = await house.room_with_people()
        claim, secret = room.memory.claims.make("maria", house.clock.ms)
        room.news()
        await asyncio.sleep(0.05)
        assert house.rooms.present(room.id) is room
        assert room.memory.claims.look(claim, secret, house.clock.ms) == "waiting"
        house.clock.ms += LASTS_MS
        assert room.idle, "not for longer than the question lasts"


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


async def test_a_row_that_cannot_be_written_is_refused_alone(store: Store) -> None:
    async with house_on(store) as house:
        room = await house.room_with_people()
        bad = new_person(Person(person="maria", name="Twice"), "another token", 1)
        answers = await asyncio.gather(
            room.ask(ChooseRecording(seat="maria", choice="record")),
            room.ask(ChooseRecording(seat="ana", choice="record"), bad),
            room.ask(ChooseRecording(seat="ana", choice="leave_out")),
        )
        assert list(answers) == [None, NOT_SAVED, None]
        assert (room.state.seats["maria"].recording, room.state.seats["ana"].recording) == ("record", "leave_out")


async def settled(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


async def test_who_opens_a_page_is_here_and_who_closes_it_is_not(store: Store) -> None:
    async with house_on(store) as house:
        room = await house.room_with_people()
        ear = Ear()
        room.join("ana", ear)
        await settled(lambda: room.state.seats["ana"].here)
        room.leave("ana", ear)
        await settled(lambda: not room.state.seats["ana"].here)
        assert room.state.seats["ana"].changed_ms == house.clock.now_ms()


async def test_after_the_end_a_page_counts_without_sound_and_picture(store: Store) -> None:
    async with house_on(store) as house:
        room = await house.room_with_people()
        for seat in ("maria", "ana"):
            room.join(seat, Ear())
        room.media_started("ana", "m1")
        await house.lesson_begins(room)
        for state in ("connected", "closed"):
            room.media_changed(PeerReport(peer="ana", session="m1", publish=state, subscribe=state, sources=()))
            while room.state.position.part != "ended":
                assert await room.ask(Advance(seat="ana", decision=room.state.decision)) is None
        assert room.state.seats["ana"].here


async def test_after_a_restart_pages_have_five_seconds_to_come_back(store: Store) -> None:
    async with house_on(store) as house:
        room = await house.room_with_people()
        for seat in ("maria", "ana"):
            room.join(seat, Ear())
        await settled(lambda: room.state.seats["ana"].here and room.state.seats["maria"].here)
        before = [event async for event in log_of(store, room.id)]
    async with house_on(store) as house:
        again = await house.rooms.find(room.id)
        assert again
        again.join("ana", Ear())
        restarted_ms = house.clock.now_ms()
        await asyncio.sleep(0.05)
        assert again.state.seats["maria"].here, "closing the server sends nobody away"
        assert [event async for event in log_of(store, room.id)] == before
        house.clock.ms += 5_000
        await again.ask(ChooseRecording(seat="ana", choice="record"))
        maria = again.state.seats["maria"]
        assert (maria.here, maria.changed_ms) == (False, restarted_ms)
        assert again.state.seats["ana"].here


async def log_of(store: Store, session: str) -> AsyncIterator[AnyEvent]:
    for event in await load(store, session):
        yield event


async def test_a_page_is_told_only_what_is_new_to_it(store: Store) -> None:
    async with house_on(store) as house:
        room = await house.room_with_people()
        ear = Ear()
        room.join("ana", ear)
        await settled(lambda: room.state.seats["ana"].here)
        told = len(ear.told)
        house.clock.ms += 10_000
        room.publish()
        assert len(ear.told) == told
        house.clock.ms += 10_000
        room.publish()
        assert len(ear.told) == told + 1, "times that are expected move on while nothing happens"
        await room.ask(ChooseRecording(seat="ana", choice="record"))
        assert len(ear.told) == told + 2


async def test_a_room_read_from_its_log_shows_everybody_the_same(store: Store) -> None:
    async with house_on(store) as house:
        room = await house.room_with_people()
        line = rows.chat_line(room.id, "m1", "ana", "Can you hear me?", 1)
        await room.ask(Chat(seat="ana", message="m1", to=None), line, lambda: room.memory.chat.update(m1="Can you hear me?"))
        deck = rows.new_deck(room.id, "d1", "maria", "Fractions", 1)
        await room.ask(AddDeck(seat="maria", deck="d1", pages=3), deck, lambda: room.memory.decks.update(d1="Fractions"))
        before = {seat: room.view(seat) for seat in room.state.seats}
        assert [line.text for line in before["maria"].chat] == ["Can you hear me?"]
        assert [deck.title for deck in before["maria"].decks] == ["Fractions"]
    async with house_on(store) as house:
        again = await house.rooms.find(room.id)
        assert again
        for seat, seen in before.items():
            assert msgspec.to_builtins(again.view(seat)) == msgspec.to_builtins(seen)


async def test_pages_are_told_when_time_alone_changes_what_they_show(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.rooms.room.LONGEST_SLEEP_S", 0.01)
    async with house_on(store) as house:
        room = await house.room_with_people()
        ear = Ear()
        room.join("ana", ear)
        await settled(lambda: room.state.seats["ana"].here)
        await room.ask(Advance(seat="ana", decision=room.state.decision))
        assert room.view("ana").missing is None
        house.clock.ms += 181_000

        def offered() -> bool:
            last = ear.told[-1]
            return isinstance(last, Changed) and last.view.missing is not None

        await settled(offered)


async def test_the_media_of_a_seat_that_was_left_is_stopped_after_a_minute(store: Store) -> None:
    async with house_on(store) as house:
        room = await house.room_with_people()
        ear = Ear()
        room.join("ana", ear)
        room.join("maria", Ear())
        room.media_started("ana", "m1")
        room.leave("ana", ear)
        await settled(lambda: not room.state.seats["ana"].here)
        house.clock.ms += 59_000
        await room.ask(ChooseRecording(seat="maria", choice="record"))
        assert house.stopped == []
        house.clock.ms += 2_000
        await room.ask(ChooseRecording(seat="maria", choice="leave_out"))
        await settled(lambda: house.stopped == ["ana"])


async def test_what_a_teacher_deletes_is_deleted_everywhere(store: Store) -> None:
    async with house_on(store) as house:
        room = await house.room_with_people()
        for seat in ("maria", "ana"):
            room.join(seat, Ear())
        await settled(lambda: room.state.seats["maria"].here)
        await room.ask(ChooseRecording(seat="maria", choice="record"))
        await house.lesson_begins(room)
        assert room.state.recorded
        device = [Device(person=Person(person="maria", name="Maria"), session=None, created_ms=1)]
        assert await recording_for(store, "take-1", device)
        house.clock.ms += 1_000
        await room.ask(ChooseRecording(seat="maria", choice="leave_out"))
        while room.state.phase and room.state.phase.key == "lesson":
            house.clock.ms += 60_000
            await room.ask(ChooseRecording(seat="ana", choice="leave_out"))
        assert await room.ask(DecideTake(seat="maria", take="take-1", keep=False)) is None
        assert house.deleted == ["take-1"]
        assert await rows.takes_to_erase(store) == ["take-1"]
        assert await recording_for(store, "take-1", device) is None
        await rows.note_erased(store, "take-1", 9)
        assert await rows.takes_to_erase(store) == []


async def test_two_in_one_room_are_told_until_one_of_them_shares(store: Store) -> None:
    async with house_on(store) as house:
        room = await house.room_with_people()
        for seat in ("maria", "ana"):
            room.join(seat, Ear())
        await settled(lambda: room.state.seats["maria"].here and room.state.seats["ana"].here)
        room.same_room(("maria", "ana"))
        assert room.view("maria").same_room == "ana"
        assert await room.ask(SetDevices(seat="ana", microphone="shared", camera=True, shares="maria")) is None
        assert room.view("maria").sharing_asks == ("ana",)
        assert room.view("maria").same_room is None
        assert room.view("ana").same_room is None


@pytest.mark.parametrize("keys", [2_000])
def test_what_passes_stays_small(keys: int) -> None:
    memory = Memory(title="", names={}, texts={}, takes={})
    for number in range(keys):
        memory.hear_same_room(("a", f"b{number}"))
        memory.chat[f"m{number}"] = "words"
    assert memory.same_room == {"a": f"b{keys - 1}", f"b{keys - 1}": "a"}
    memory.forget_old_lines(State(session="s", plan=PLANS["try-out"], created_ms=0))
    assert memory.chat == {}


async def test_an_erased_recording_that_cannot_be_noted_is_asked_for_again(store: Store, tmp_path: Path) -> None:
    async with Store(tmp_path / "closed.db") as closed:
        pass
    await rows.note_erased(closed, "take-1", 1)


async def test_everybody_hears_of_a_full_disk_and_whoever_leads_of_one_that_is_nearly_full(store: Store) -> None:
    async with house_on(store) as house:
        room = await house.room_with_people()
        ears = {"maria": Ear(), "ana": Ear()}
        for seat, ear in ears.items():
            room.join(seat, ear)

        async def shown() -> dict[str, str]:
            await asyncio.sleep(0)
            return {seat: room.view(seat).recording.disk for seat in ears}

        house.rooms.disk_changed("low")
        assert await shown() == {"maria": "fine", "ana": "low"}
        house.rooms.disk_changed("full")
        assert await shown() == {"maria": "full", "ana": "full"}
        last = ears["maria"].told[-1]
        assert isinstance(last, Changed)
        assert last.view.recording.disk == "full"
        later = await house.rooms.make(PLANS["try-out"], "Later")
        assert later.memory.disk == "full"
        house.rooms.disk_changed("fine")
        assert await shown() == {"maria": "fine", "ana": "fine"}


async def test_a_running_lesson_keeps_the_clock_from_being_set_and_its_end_does_not(store: Store) -> None:
    async with house_on(store) as house:
        room = await house.room_with_people()
        assert not house.rooms.wait_for_time()
        await room.ask(ChooseRecording(seat="maria", choice="record"))
        await house.lesson_begins(room)
        assert house.rooms.wait_for_time()
        room.join("ana", ear := Ear())
        house.rooms.clock_set()
        async with asyncio.timeout(5):
            while not any(isinstance(message, Changed) for message in ear.told):
                await asyncio.sleep(0.01)
