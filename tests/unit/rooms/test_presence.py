"""Who is here, by what pages and lines do; time moved by hand."""

from __future__ import annotations

import msgspec

from server.media.control import PeerReport, TransportState
from server.rooms.presence import LEFT_MS, RETURN_MS, SILENCE_MS, Presence
from server.session.commands import SetHere
from server.session.state import Seat, State
from tests.fakes.played_session import PLANS

START_MS = 1_000_000


def state(**here: bool) -> State:
    seats = {seat: Seat(seat=seat, teaches=False, leads=False, here=is_here) for seat, is_here in here.items()}
    return State(session="s", plan=PLANS["try-out"], created_ms=0, seats=seats)


def told(before: State, changes: list[SetHere]) -> State:
    """The state after the session has followed."""
    seats = dict(before.seats)
    for change in changes:
        seats[change.seat] = msgspec.structs.replace(seats[change.seat], here=change.here)
    return msgspec.structs.replace(before, seats=seats)


def line(publish: TransportState, subscribe: TransportState, session: str = "m1") -> PeerReport:
    return PeerReport(peer="ana", session=session, publish=publish, subscribe=subscribe, sources=())


def here(since_ms: int) -> list[SetHere]:
    return [SetHere(seat="ana", here=True, since_ms=since_ms)]


def away(since_ms: int) -> list[SetHere]:
    return [SetHere(seat="ana", here=False, since_ms=since_ms)]


def in_the_room() -> Presence:
    presence = Presence((), START_MS)
    presence.page_opened("ana", START_MS)
    presence.media_started("ana", "m1", START_MS)
    presence.media_changed(line("connected", "connected"), START_MS + 10)
    return presence


def test_a_page_without_sound_and_picture_counts_by_itself() -> None:
    presence = Presence((), START_MS)
    presence.page_opened("ana", START_MS + 5)
    assert presence.changes(state(ana=False), START_MS + 6) == here(START_MS + 5)
    assert presence.changes(state(ana=True), START_MS + 7) == [], "said once"
    presence.page_closed("ana", START_MS + 9)
    assert presence.changes(state(ana=True), START_MS + 9) == away(START_MS + 9)


def test_a_line_that_is_being_made_does_not_send_anybody_away() -> None:
    presence = Presence((), START_MS)
    presence.page_opened("ana", START_MS)
    presence.media_started("ana", "m1", START_MS)
    for publish, subscribe in (("new", "new"), ("connecting", "new"), ("silent", "connecting"), ("connected", "closed")):
        presence.media_changed(line(publish, subscribe), START_MS + 1)  # type: ignore[arg-type]
        assert presence.changes(state(ana=True), START_MS + 1) == []


def test_a_dead_line_is_somebody_who_is_away_since_it_died() -> None:
    presence = in_the_room()
    presence.media_changed(line("silent", "connected"), START_MS + 20_000)
    assert presence.changes(state(ana=True), START_MS + 20_000) == away(START_MS + 20_000 - SILENCE_MS)
    presence.media_changed(line("connecting", "connected"), START_MS + 21_000)
    assert presence.changes(state(ana=False), START_MS + 21_000) == [], "not yet back"
    presence.media_changed(line("connected", "connected"), START_MS + 22_000)
    assert presence.changes(state(ana=False), START_MS + 22_000) == here(START_MS + 22_000)


def test_a_second_window_does_not_flicker() -> None:
    presence = in_the_room()
    present = state(ana=True)
    presence.page_opened("ana", START_MS + 100)
    assert presence.changes(present, START_MS + 100) == []
    presence.media_started("ana", "m2", START_MS + 110)
    presence.media_changed(line("closed", "closed", "m1"), START_MS + 111)
    presence.media_changed(line("new", "new", "m2"), START_MS + 112)
    presence.media_changed(line("connected", "connected", "m2"), START_MS + 200)
    presence.media_changed(line("silent", "silent", "m1"), START_MS + 300)
    assert presence.changes(present, START_MS + 300) == []


def test_a_second_window_does_not_flicker_while_its_devices_are_being_opened() -> None:
    presence = in_the_room()
    presence.page_opened("ana", START_MS + 100)
    presence.media_changed(line("closed", "closed", "m1"), START_MS + 101)
    assert presence.changes(state(ana=True), START_MS + 101) == []
    presence.media_started("ana", "m2", START_MS + 900)
    assert presence.changes(state(ana=True), START_MS + 900) == []


def test_a_new_page_is_not_blamed_for_the_line_of_the_one_before() -> None:
    presence = in_the_room()
    presence.media_changed(line("silent", "silent"), START_MS + 9_000)
    presence.page_closed("ana", START_MS + 9_500)
    presence.page_opened("ana", START_MS + 10_000)
    assert presence.changes(state(ana=False), START_MS + 10_000) == here(START_MS + 10_000)


def test_a_new_media_worker_sends_nobody_away() -> None:
    presence = in_the_room()
    presence.media_lost("ana", START_MS + 50)
    assert presence.changes(state(ana=True), START_MS + 50) == []
    assert presence.lines == frozenset()


def test_after_a_restart_everybody_has_time_to_come_back() -> None:
    presence = Presence(["ana", "ben"], START_MS)
    before = state(ana=True, ben=True)
    assert presence.deadline_ms() == START_MS + RETURN_MS
    presence.page_opened("ana", START_MS + 2_000)
    assert presence.changes(before, START_MS + RETURN_MS - 1) == []
    changes = presence.changes(before, START_MS + RETURN_MS)
    assert changes == [SetHere(seat="ben", here=False, since_ms=START_MS)]
    assert presence.changes(told(before, changes), START_MS + RETURN_MS + 1) == []
    assert presence.deadline_ms() is None


def test_peer_connections_of_a_page_that_is_closed_for_long_are_given_up_once() -> None:
    presence = in_the_room()
    presence.page_opened("ben", START_MS)
    for seat in ("ana", "ben"):
        presence.page_closed(seat, START_MS + 100)
    assert presence.deadline_ms() == START_MS + 100 + LEFT_MS
    assert presence.left_for_good(START_MS + 99 + LEFT_MS) == []
    assert presence.left_for_good(START_MS + 100 + LEFT_MS) == ["ana"], "ben never had any"
    assert presence.left_for_good(START_MS + 200 + LEFT_MS) == []
    assert presence.deadline_ms() is None


def test_whoever_comes_back_keeps_them() -> None:
    presence = in_the_room()
    presence.page_closed("ana", START_MS + 100)
    presence.page_opened("ana", START_MS + 30_000)
    assert presence.left_for_good(START_MS + 10 * LEFT_MS) == []


def test_peer_connections_found_after_a_restart_whose_page_never_comes_are_given_up() -> None:
    presence = Presence(["ana"], START_MS)
    presence.media_changed(line("connected", "connected"), START_MS + 10)
    assert presence.left_for_good(START_MS + 10 + LEFT_MS) == ["ana"]
