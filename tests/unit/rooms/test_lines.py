"""Who is told what about whose connection, and what is kept of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from server.errors import UserError
from server.media.control import FromWorker, PeerQuality, PeerReport, PeerState, Report, RoomQuality, TransportState
from server.review.archive.rows import rows_of
from server.rooms.line_rows import load_lines
from server.rooms.lines import Weak
from server.rooms.room import Room
from server.session.commands import HandOver
from server.session.state import State
from server.signaling.media_events import MediaEvents
from server.store.engine import Store
from server.wire.connections import Connections, OwnConnection, Quality
from tests.fakes.media_worker import ALL_IS_WELL
from tests.fakes.played_session import PLANS
from tests.unit.rooms.test_quality import FINE, peer
from tests.unit.rooms.test_room import Ear, House, settled


class Told(Ear):
    @property
    def lines(self) -> list[Connections]:
        return [message for message in self.told if isinstance(message, Connections)]


class Place:
    """A room with Maria, who teaches, and Ana, who leads; `hear` is what the worker says for some seconds."""

    def __init__(self, house: House, room: Room) -> None:
        self.house = house
        self.room = room
        self.events = MediaEvents(house.rooms)
        self.maria, self.ana = Told(), Told()

    async def open(self) -> None:
        for seat, ear in (("maria", self.maria), ("ana", self.ana)):
            self.room.join(seat, ear)
            self.room.media_started(seat, "m1")
        await settled(lambda: self.room.state.seats["ana"].here and self.room.state.seats["maria"].here)

    def say(self, message: FromWorker) -> None:
        self.events(message)

    def hear(self, *peers: PeerQuality, times: int = 5) -> None:
        for _ in range(times):
            self.house.clock.ms += 2_000
            self.say(RoomQuality(room=self.room.id, peers=peers))


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with Store(tmp_path / "test.db") as store:
        house = House(store)
        place = Place(house, await house.room_with_people())
        await place.open()
        try:
            yield place
        finally:
            await house.rooms.close()


MARIA = peer(peer="maria")
WEAK = peer(peer="maria", up_loss=0.3)


async def test_a_weak_line_is_a_badge_for_others_words_for_its_person_and_a_way_for_who_leads(place: Place) -> None:
    place.hear(FINE, MARIA)
    assert place.maria.lines == place.ana.lines == []
    place.hear(FINE, WEAK)
    assert place.maria.lines == [Connections(badges={"maria": "poor"}, yours=OwnConnection(up="poor"), ways={}, weak=())]
    assert place.ana.lines == [Connections(badges={"maria": "poor"}, yours=OwnConnection(), ways={"maria": "up"}, weak=())]
    place.hear(FINE, MARIA, times=8)
    assert place.maria.lines[1:] == [Connections(badges={}, yours=OwnConnection(), ways={}, weak=())]


async def test_nobody_else_is_blamed_for_what_a_weak_line_does_to_the_picture_of_its_person(place: Place) -> None:
    place.hear(FINE, MARIA, times=1)
    for _ in range(8):
        still = Quality(session="m1", frozen={"maria": 90}, gaps={"maria": 40}, freezes=1, rtt_ms=40, sending="well")
        place.room.page_noticed("ana", still)
        place.hear(FINE, WEAK, times=1)
    assert {tuple(message.badges) for message in place.ana.lines} == {("maria",)}
    assert {message.yours.down for message in place.ana.lines} == {"good"}


async def test_a_page_that_comes_back_is_told_again(place: Place) -> None:
    place.hear(FINE, WEAK)
    again = Told()
    place.room.join("ana", again)
    assert [message.badges for message in again.lines] == [{"maria": "poor"}]


async def test_whoever_is_given_the_lead_sees_which_way_there_is_trouble(place: Place) -> None:
    place.hear(peer(down_loss=0.3), MARIA)
    assert place.maria.lines[-1].ways == {}
    assert await place.room.ask(HandOver(seat="ana", to="maria")) is None
    assert place.maria.lines[-1].ways == {"ana": "down"}


async def test_a_dead_line_is_a_badge_at_once(place: Place) -> None:
    place.say(report(place, "connected"))
    place.say(report(place, "silent"))
    assert place.ana.lines[-1].badges == {"maria": "lost"}
    assert place.ana.lines[-1].ways == {}
    place.say(report(place, "connected"))
    assert place.ana.lines[-1].badges == {}


async def test_a_new_worker_knows_nothing_of_weak_lines(place: Place) -> None:
    place.say(report(place, "connected"))
    place.hear(FINE, WEAK)
    place.say(Report(worker="another", rooms=()))
    assert place.ana.lines[-1].badges == {}


async def test_the_session_keeps_how_long_lines_were_weak_and_tells_who_led_after_the_end(place: Place) -> None:
    place.room.page_noticed("maria", Quality(session="m1", frozen={}, gaps={}, freezes=2, rtt_ms=None, sending="well"))
    place.room.media_started("maria", "m2")
    place.hear(FINE, WEAK, times=40)
    place.room.news()
    kept = await written(place)
    assert (kept["maria"].reconnects, kept["maria"].freezes, kept["maria"].fair_ms) == (1, 2, 0)
    assert kept["maria"].poor_ms >= 60_000
    assert "ana" not in kept
    own = (await rows_of(place.house.store, "maria"))["connections"]
    assert [(row["session"], row["poor_ms"]) for row in own] == [(place.room.id, kept["maria"].poor_ms)]
    assert (await rows_of(place.house.store, "ana"))["connections"] == []
    place.room.lines.tell(ended(place.room.state), {"ana": place.ana, "maria": place.maria})
    assert [weak.seat for weak in place.ana.lines[-1].weak] == ["maria"]
    assert place.maria.lines[-1].weak == ()


async def test_what_was_kept_goes_on_after_a_restart(tmp_path: Path) -> None:
    async with Store(tmp_path / "test.db") as store:
        house = House(store)
        place = Place(house, await house.room_with_people())
        await place.open()
        place.hear(FINE, WEAK, times=40)
        place.room.news()
        before = await written(place)
        await house.rooms.close()
        later = House(store)
        again = await later.rooms.find(place.room.id)
        await later.rooms.close()
        assert again
        assert again.lines.kept == before


async def test_a_full_server_begins_nothing_new_and_forgets_nobody(place: Place) -> None:
    rooms = place.house.rooms
    await rooms.make(PLANS["try-out"], "Before")
    place.say(msgspec.structs.replace(ALL_IS_WELL, pressure=3))
    with pytest.raises(UserError, match="server_full"):
        await rooms.make(PLANS["try-out"], "Now")
    await rooms.make(PLANS["try-out"], "Next week", place.house.clock.now_ms() + 7 * 24 * 3_600_000)
    place.say(Report(worker="another", rooms=()))
    await rooms.make(PLANS["try-out"], "Now")


def report(place: Place, state: TransportState) -> PeerState:
    return PeerState(room=place.room.id, report=PeerReport(peer="maria", session="m1", publish=state, subscribe=state, sources=()))


async def written(place: Place) -> dict[str, Weak]:
    """What is in the database, once there is something."""
    async with asyncio.timeout(5):
        while not (found := await load_lines(place.house.store, place.room.id)):
            await asyncio.sleep(0.01)
    return found


def ended(state: State) -> State:
    return msgspec.structs.replace(state, position=msgspec.structs.replace(state.position, part="ended"))
