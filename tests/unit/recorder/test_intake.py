"""Nothing is recorded of anybody who has not agreed, whatever the ring holds."""

from __future__ import annotations

import msgspec

from recorder.intake import Intake, fingerprint, parse_marker
from server.media.control import RecordedTrack, Source
from server.media.ring import MarkedTrack, Marker, encode_marker


def track(peer: str, source: Source = "microphone") -> RecordedTrack:
    return RecordedTrack(peer=peer, source=source)


def marker(
    live: dict[int, RecordedTrack], allowed: tuple[RecordedTrack, ...], *, take: str | None = "take", worker: str = "w", room: str = "room"
) -> Marker:
    return Marker(
        worker=worker,
        room=room,
        wall_ms=1,
        take=take,
        teacher="teacher",
        allowed=allowed,
        live=tuple(MarkedTrack(handle=handle, track=live[handle], ssrc=handle, clock_rate_hz=48_000) for handle in live),
    )


def admitted(intake: Intake, *handles: int) -> list[bool]:
    return [intake.admit(handle) is not None for handle in handles]


def test_only_live_and_agreed_voices_and_the_teachers_picture_pass() -> None:
    live = {
        1: track("teacher", "camera"),
        2: track("teacher"),
        3: track("agreed"),
        4: track("declined"),
        5: track("agreed", "camera"),
    }
    intake = Intake()
    intake.apply(marker(live, (track("teacher", "camera"), track("teacher"), track("agreed"), track("agreed", "camera"), track("later"))))
    assert admitted(intake, 1, 2, 3, 4, 5, 6) == [True, True, True, False, False, False]
    assert intake.refused_packets == 3


def test_consent_that_is_taken_back_stops_the_voice_at_once() -> None:
    intake = Intake()
    live = {2: track("teacher"), 3: track("agreed")}
    intake.apply(marker(live, (track("teacher"), track("agreed"))))
    intake.apply(marker(live, (track("teacher"),)))
    assert admitted(intake, 2, 3) == [True, False]


def test_end_of_a_take_ends_only_its_room() -> None:
    intake = Intake()
    intake.apply(marker({1: track("teacher")}, (track("teacher"),)))
    intake.apply(marker({2: track("teacher")}, (track("teacher"),), room="other"))
    intake.apply(marker({}, (), take=None))
    assert admitted(intake, 1, 2) == [False, True]


def test_handles_of_a_dead_worker_mean_nothing_to_the_next() -> None:
    intake = Intake()
    intake.apply(marker({1: track("teacher")}, (track("teacher"),)))
    intake.apply(marker({2: track("teacher")}, (track("teacher"),), worker="w2", room="other"))
    assert admitted(intake, 1, 2) == [False, True]


def test_forgotten_handles_come_back_with_the_next_marker() -> None:
    intake = Intake()
    first = marker({1: track("teacher")}, (track("teacher"),))
    intake.apply(first)
    intake.forget()
    assert admitted(intake, 1) == [False]
    intake.apply(first)
    assert admitted(intake, 1) == [True]


def test_unreadable_marker_is_none() -> None:
    assert parse_marker(b"\xff") is None
    assert parse_marker(encode_marker(marker({}, ()))) == marker({}, ())


def test_fingerprint_ignores_only_the_time() -> None:
    first = marker({}, ())
    assert fingerprint(first) == fingerprint(msgspec.structs.replace(first, wall_ms=99))
    assert fingerprint(first) != fingerprint(msgspec.structs.replace(first, take="other"))
