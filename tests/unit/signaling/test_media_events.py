"""What the worker's news mean for rooms and pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.languages import Languages
from server.media.control import MediaRefused, PeerReport, PeerState, Report, ResendOffer, RoomReport, SameRoom
from server.signaling.media_events import WORDS, MediaEvents
from server.store.engine import Store
from server.wire.messages import Error, MediaLost
from tests.unit.rooms.test_room import Ear, House, settled


def connected(session: str = "m1") -> PeerReport:
    return PeerReport(peer="ana", session=session, publish="connected", subscribe="connected", sources=())


def report(worker: str, room: str, *peers: PeerReport) -> Report:
    return Report(worker=worker, rooms=(RoomReport(room=room, peers=peers),))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with Store(tmp_path / "test.db") as store:
        house = House(store)
        try:
            yield house
        finally:
            await house.rooms.close()


async def test_a_line_that_falls_silent_makes_its_person_away_and_a_new_worker_does_not(house: House) -> None:
    room, events, ear = await house.room_with_people(), MediaEvents(house.rooms), Ear()
    room.join("ana", ear)
    room.media_started("ana", "m1")
    await settled(lambda: room.state.seats["ana"].here)
    events(PeerState(room=room.id, report=connected()))
    events(report("another worker", room.id))
    assert ear.told[-1] == MediaLost(session="m1", reason="worker_restarted")
    assert room.state.seats["ana"].here
    room.media_started("ana", "m2")
    events(PeerState(room=room.id, report=connected("m2")))
    events(PeerState(room=room.id, report=PeerReport(peer="ana", session="m2", publish="silent", subscribe="silent", sources=())))
    await settled(lambda: not room.state.seats["ana"].here)


async def test_what_the_worker_knew_before_the_server_started_is_known_again(house: House) -> None:
    room, events = await house.room_with_people(), MediaEvents(house.rooms)
    events(report("worker", room.id, connected()))
    room.join("ana", Ear())
    assert events.resume(room, "ana") == ResendOffer(room=room.id, peer="ana", session="m1")
    assert events.resume(room, "maria") is None
    assert room.view("ana").people[1].media_works
    events.peer_stopped(room.id, "ana")
    assert events.resume(room, "ana") is None


async def test_two_in_one_room_are_told_so(house: House) -> None:
    room, events, ear = await house.room_with_people(), MediaEvents(house.rooms), Ear()
    room.join("ana", ear)
    await settled(lambda: room.state.seats["ana"].here)
    room.join("maria", Ear())
    await settled(lambda: room.state.seats["maria"].here)
    events(SameRoom(room=room.id, peers=("ana", "maria")))
    events(SameRoom(room="nowhere", peers=("ana", "maria")))
    assert room.view("ana").same_room == "maria"


@pytest.mark.parametrize("language", Languages().names)
async def test_a_refusal_that_people_see_is_told_in_their_language(house: House, language: str) -> None:
    room, events, ear = await house.room_with_people(), MediaEvents(house.rooms), Ear()
    ear.translate = Languages().translator(language)  # type: ignore[assignment]
    room.join("ana", ear)
    for code in ("too_many_offers", "worker_error"):
        events(MediaRefused(room=room.id, peer="ana", session="m1", offer=1, code=code, message="for logs"))
        told = ear.told[-1]
        assert isinstance(told, Error)
        assert (told.ref, told.code) == (None, code)
        assert told.message != "for logs"
        assert (told.message == WORDS[code]) is (language == "en")
