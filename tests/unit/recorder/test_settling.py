"""A take is there at once; what repairs bring later becomes its second revision."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from recorder.ends import SETTLE_NS
from recorder.opus import SILENCE
from recorder.running import RunningTake
from recorder.webm import AUDIO, VIDEO
from server.media.control import RecordedTrack
from server.media.ring import NO_LEVEL, Kind, MarkedTrack, Marker, Record, encode_marker
from tests.fakes.rtp_media import Event, Sender, beeps, film, voice
from tests.unit.recorder.test_recording import ALL, ORIGIN_NS, SECOND_NS, TRACKS, Stage, fill_disk

LOST = slice(60, 70)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def put(stage: Stage, handle: int, events: Sequence[Event], *, late_s: float = 0.0) -> None:
    for event in events:
        kind = Kind.SENDER_REPORT if event.is_report else Kind.RTP
        at_ns = ORIGIN_NS + event.at_ns + int(late_s * SECOND_NS)
        stage.recording.accept(Record(kind, handle, at_ns, NO_LEVEL, event.data), 0)
        stage.recording.advance()


def end(stage: Stage, at_s: float, *, repairing: tuple[int, ...]) -> None:
    marker = Marker(worker="w", room="room", wall_ms=0, take=None, teacher=None, allowed=(), live=(), repairing=repairing)
    stage.recording.accept(Record(Kind.MARKER, 0, stage.at(at_s), NO_LEVEL, encode_marker(marker)), 0)


async def settle(stage: Stage, at_s: float) -> None:
    stage.recording.advance()
    stage.recording.flush(0, stage.at(at_s))
    stage.recording.end_waiting(stage.at(at_s) + SETTLE_NS)
    await stage.recording.afterwards.work()


def pictures(stage: Stage) -> int:
    take = stage.takes[-1]
    rows = stage.library.open(take.take, take.version).index.table()
    return int(((rows["track"] == VIDEO) & (rows["record"] >= 0)).sum())


def sounding(stage: Stage) -> int:
    """Packets of the mixed voices that are not silence."""
    take = stage.takes[-1]
    rows = stage.library.open(take.take, take.version).index.table()
    return int(((rows["track"] == AUDIO) & (rows["record"] >= 0) & (rows["size"] > len(SILENCE))).sum())


async def test_a_take_that_lacks_nothing_has_one_revision(stage: Stage) -> None:
    stage.mark("take", 0)
    stage.speak(2)
    stage.show(2)
    end(stage, 2, repairing=(1, 2))
    first = stage.takes[-1]
    assert (first.state, first.revision, first.settled) == ("ready", 1, False)
    await settle(stage, 2)
    last = stage.takes[-1]
    assert (last.revision, last.settled, last.version) == (1, True, first.version)


async def test_pictures_that_are_repaired_after_the_end_make_the_second_revision(stage: Stage) -> None:
    packets = [event for event in film(4, Sender(), size=(320, 180)) if not event.is_report]
    stage.mark("take", 0)
    put(stage, 2, packets[: LOST.start])
    put(stage, 2, packets[LOST.stop :])
    end(stage, 4, repairing=(2,))
    first, shown = stage.takes[-1], pictures(stage)
    put(stage, 2, packets[LOST], late_s=3)
    await settle(stage, 4)
    second = stage.takes[-1]
    assert (second.revision, second.settled, second.state) == (2, True, "ready")
    assert second.version != first.version
    assert pictures(stage) > shown
    assert [(hole.what, hole.end_ms > 3_900) for hole in first.holes] == [("picture", True)]
    assert second.holes == ()
    stage.frames()


async def test_what_comes_of_nobody_that_the_end_named_is_not_kept(stage: Stage) -> None:
    packets = [event for event in film(4, Sender(), size=(320, 180)) if not event.is_report]
    stage.mark("take", 0)
    put(stage, 2, packets[: LOST.start])
    put(stage, 2, packets[LOST.stop :])
    end(stage, 4, repairing=())
    put(stage, 2, packets[LOST], late_s=3)
    await settle(stage, 4)
    assert (stage.takes[-1].revision, stage.takes[-1].settled) == (1, True)


async def test_repairs_go_to_the_take_that_they_are_of_while_the_next_one_runs(stage: Stage) -> None:
    packets = [event for event in film(4, Sender(), size=(320, 180)) if not event.is_report]
    stage.mark("one", 0)
    put(stage, 2, packets[: LOST.start])
    put(stage, 2, packets[LOST.stop :])
    track, rate = TRACKS[2]
    live = (MarkedTrack(handle=12, track=track, ssrc=2, clock_rate_hz=rate),)
    marker = Marker(worker="w", room="room", wall_ms=0, take="two", teacher="teacher", allowed=ALL, live=live, repairing=(2,))
    stage.recording.accept(Record(Kind.MARKER, 0, stage.at(4), NO_LEVEL, encode_marker(marker)), 0)
    put(stage, 2, packets[LOST], late_s=3)
    put(stage, 12, [event for event in film(2, Sender(), start_s=4, size=(320, 180)) if not event.is_report])
    await settle(stage, 4)
    assert {take.take: (take.revision, take.state) for take in stage.library.takes()} == {"one": (2, "ready"), "two": (1, "recording")}


async def test_a_voice_that_is_repaired_after_the_end_is_mixed_anew(stage: Stage) -> None:
    packets = [event for event in voice(2, Sender(), beeps(2, 1000)) if not event.is_report]
    stage.mark("take", 0, handles=(1,))
    put(stage, 1, packets[:50])
    put(stage, 1, packets[55:])
    end(stage, 2, repairing=(1,))
    heard = sounding(stage)
    put(stage, 1, packets[50:55], late_s=2)
    await settle(stage, 2)
    assert (stage.takes[-1].mixing, stage.takes[-1].settled) == (False, True)
    assert sounding(stage) > heard


async def test_repairs_go_on_when_something_is_withdrawn(stage: Stage) -> None:
    packets = [event for event in film(4, Sender(), size=(320, 180)) if not event.is_report]
    files = len(os.listdir("/proc/self/fd"))
    stage.mark("take", 0, handles=(1, 2))
    put(stage, 1, list(voice(4, Sender(), beeps(4, 500))))
    put(stage, 2, packets[: LOST.start])
    put(stage, 2, packets[LOST.stop :])
    end(stage, 4, repairing=(2,))
    put(stage, 2, packets[60:66], late_s=3)
    assert stage.recording.withdraw("take", "teacher", ("microphone",))
    put(stage, 2, packets[66:70], late_s=3)
    await settle(stage, 4)
    last = stage.takes[-1]
    assert (last.settled, last.mixing, last.holes, [track.source for track in last.tracks]) == (True, False, (), ["camera"])
    assert len(os.listdir("/proc/self/fd")) <= files
    stage.frames()


def test_repairs_are_on_the_disk_before_they_are_shown(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    packets = [event for event in film(4, Sender(), size=(320, 180)) if not event.is_report]
    stage.mark("take", 0)
    put(stage, 2, packets[: LOST.start])
    put(stage, 2, packets[LOST.stop :])
    end(stage, 4, repairing=(2,))
    put(stage, 2, packets[LOST], late_s=3)
    stage.recording.flush(0, stage.at(7))
    synced: list[int] = []
    monkeypatch.setattr("recorder.journal.os.fdatasync", synced.append)
    stage.recording.end_waiting(stage.at(4) + SETTLE_NS)
    assert synced


@pytest.mark.parametrize("what", ["add_packet", "advance", "flush"])
async def test_an_error_in_a_repair_ends_no_other_take(stage: Stage, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    stage.mark("one", 0)
    stage.speak(2)
    live = (MarkedTrack(handle=12, track=TRACKS[1][0], ssrc=2, clock_rate_hz=48_000),)
    marker = Marker(worker="w", room="room", wall_ms=0, take="two", teacher="teacher", allowed=ALL, live=live, repairing=(1,))
    stage.recording.accept(Record(Kind.MARKER, 0, stage.at(2), NO_LEVEL, encode_marker(marker)), 0)
    works = getattr(RunningTake, what)

    def broken(take: RunningTake, *arguments: object, **named: object) -> object:
        if take.manifest.take == "one":
            raise RuntimeError("decoder")
        return works(take, *arguments, **named)

    monkeypatch.setattr(RunningTake, what, broken)
    stage.speak(2.1, since_s=2)
    stage.recording.advance()
    stage.recording.flush(0, stage.at(3))
    monkeypatch.undo()
    await stage.recording.afterwards.work()
    found = {take.take: (take.state, take.settled) for take in stage.library.takes()}
    assert found == {"one": ("ready", True), "two": ("recording", False)}


async def test_a_voice_that_was_repaired_before_the_recorder_died_is_mixed_anew(stage: Stage) -> None:
    packets = [event for event in voice(4, Sender(), beeps(4, 1000)) if not event.is_report]
    stage.mark("take", 0, handles=(1,))
    put(stage, 1, packets[:50])
    put(stage, 1, packets[55:])
    end(stage, 4, repairing=(1,))
    heard = sounding(stage)
    put(stage, 1, packets[50:55], late_s=3)
    stage.recording.flush(0, stage.at(7))
    stage.recording.close()
    stage.begin()
    await stage.recording.afterwards.work()
    assert sounding(stage) > heard


def test_an_error_at_the_end_of_a_take_does_not_end_the_next(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.mark("one", 0)

    def broken(*_: object) -> None:
        raise RuntimeError("decoder")

    monkeypatch.setattr("recorder.ends.Ends.finish", broken)
    stage.mark("two", 2)
    assert [take.manifest.take for take in stage.recording._running.values()] == ["two"]


async def test_a_hole_that_the_full_disk_has_made_stays_one_in_the_next_revision(stage: Stage) -> None:
    stage.mark("take", 0)
    stage.speak(1)
    stage.recording.note_space("full", stage.at(1))
    stage.mark("take", 2)
    stage.recording.note_space("fine", stage.at(5))
    stage.mark("take", 5)
    stage.speak(6, since_s=5)
    stage.mark(None, 6)
    holes = stage.takes[-1].holes
    assert [hole.reason for hole in holes] == ["full"]
    assert stage.recording.withdraw("take", "somebody", ("camera",))
    await settle(stage, 6)
    assert (stage.takes[-1].revision, stage.takes[-1].holes) == (2, holes)


async def test_a_lesson_that_goes_on_while_its_end_waits_for_the_disk_keeps_its_sound(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.mark("take", 0)
    stage.speak(1)
    fill_disk(monkeypatch, "publish.save_index")
    stage.mark(None, 1)
    monkeypatch.undo()
    stage.mark("take", 2)
    stage.speak(5, since_s=2)
    stage.mark(None, 5)
    whole = sounding(stage)
    await settle(stage, 5)
    assert (sounding(stage), stage.takes[-1].revision) == (whole, 1)
    assert whole > 20


def test_handles_of_takes_that_are_over_are_forgotten(stage: Stage) -> None:
    for number in range(5):
        live = (MarkedTrack(handle=100 + number, track=TRACKS[1][0], ssrc=2, clock_rate_hz=48_000),)
        marker = Marker(worker="w", room=f"room{number}", wall_ms=0, take=f"{number}", teacher="teacher", allowed=ALL, live=live)
        stage.recording.accept(Record(Kind.MARKER, 0, stage.at(number), NO_LEVEL, encode_marker(marker)), 0)
        over = Marker(worker="w", room=f"room{number}", wall_ms=0, take=None, teacher=None, allowed=(), live=(), repairing=(100 + number,))
        stage.recording.accept(Record(Kind.MARKER, 0, stage.at(number + 1), NO_LEVEL, encode_marker(over)), 0)
    stage.recording.end_waiting(stage.at(6) + SETTLE_NS)
    assert not stage.recording._intake._handles


async def test_a_recorder_that_dies_before_a_take_has_settled_builds_it_anew(stage: Stage) -> None:
    packets = [event for event in film(4, Sender(), size=(320, 180)) if not event.is_report]
    stage.mark("take", 0)
    put(stage, 2, packets[: LOST.start])
    put(stage, 2, packets[LOST.stop :])
    end(stage, 4, repairing=(2,))
    put(stage, 2, packets[LOST], late_s=3)
    stage.recording.advance()
    stage.recording.flush(0, stage.at(7))
    stage.recording.close()
    stage.begin()
    await stage.recording.afterwards.work()
    assert (stage.takes[-1].revision, stage.takes[-1].settled, stage.takes[-1].holes) == (2, True, ())


async def test_a_lesson_that_goes_on_before_it_has_settled_is_one_take(stage: Stage) -> None:
    stage.mark("take", 0)
    stage.speak(2)
    end(stage, 2, repairing=(1,))
    stage.mark("take", 3)
    stage.speak(5, since_s=3)
    stage.mark(None, 5)
    await settle(stage, 5)
    assert stage.states() == ["recording", "ready", "recording", "ready", "ready"]
    assert (stage.takes[-1].duration_ms, stage.takes[-1].settled) == (5000, True)


def test_voice_tracks_are_named(stage: Stage) -> None:
    put(stage, 1, list(voice(1, Sender(), beeps(1, 1000))))
    assert stage.takes == []
    stage.mark("take", 0)
    stage.speak(1)
    stage.mark(None, 1)
    assert [(track.peer, track.source) for track in stage.takes[-1].tracks] == [("teacher", "microphone")]
    assert RecordedTrack(peer="teacher", source="microphone") in ALL
