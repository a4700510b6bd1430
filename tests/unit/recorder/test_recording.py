"""Takes from markers and packets without a process: what is kept, what is closed, and what a full disk costs."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from recorder.control import Take
from recorder.journal import EntryKind
from recorder.journal_reader import Batch, scan
from recorder.keys import KeyStore
from recorder.recording import MARKER_GONE_NS, Recording
from recorder.take import Library, ReadRefused
from server.media.control import RecordedTrack
from server.media.ring import NO_LEVEL, Kind, MarkedTrack, Marker, Record, encode_marker
from tests.fakes.rtp_media import Sender, beeps, voice

SECOND_NS = 1_000_000_000
VOICE = RecordedTrack(peer="teacher", source="microphone")
ORIGIN_NS = 5_000 * SECOND_NS


class Stage:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.takes: list[Take] = []
        self.keys = KeyStore(folder / "keys")
        self.begin()

    def begin(self) -> None:
        """A new recorder on the same folder."""
        self.library = Library(self.folder / "data", self.keys)
        self.recording = Recording(self.folder / "data", self.keys, self.library, self.takes.append)
        self.recording.restore()

    def mark(self, take: str | None, at_s: float, *, worker: str = "w") -> None:
        live = (MarkedTrack(handle=1, track=VOICE, ssrc=1, clock_rate_hz=48_000),)
        marker = Marker(
            worker=worker,
            room="room",
            wall_ms=1_000_000 + int(at_s * 1000),
            take=take,
            teacher="teacher",
            allowed=(VOICE,),
            live=live if take else (),
        )
        self.recording.accept(Record(Kind.MARKER, 0, self.at(at_s), NO_LEVEL, encode_marker(marker)), 0)

    def speak(self, seconds: float, *, since_s: float = 0.0, start_s: float = 0.0) -> None:
        for event in voice(seconds, Sender(), beeps(seconds, 1000), start_s=start_s):
            if event.at_ns >= since_s * SECOND_NS:
                kind = Kind.SENDER_REPORT if event.is_report else Kind.RTP
                self.recording.accept(Record(kind, 1, ORIGIN_NS + event.at_ns, NO_LEVEL, event.data), 0)

    @staticmethod
    def at(seconds: float) -> int:
        return ORIGIN_NS + int(seconds * SECOND_NS)

    def frames(self) -> list[bytes]:
        take = self.takes[-1]
        return list(self.library.open(take.take, take.version).chunks(0, take.size_bytes))


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_take_is_announced_when_it_begins_and_when_it_is_ready(stage: Stage) -> None:
    stage.mark("take", 0)
    stage.speak(2)
    stage.mark(None, 2)
    assert [(take.state, take.duration_ms) for take in stage.takes] == [("recording", 0), ("ready", 2000)]
    assert stage.takes[-1].started_ms == 1_000_000
    assert sum(map(len, stage.frames())) == stage.takes[-1].size_bytes


def test_take_may_follow_a_take_without_a_break(stage: Stage) -> None:
    stage.mark("one", 0)
    stage.speak(1)
    stage.mark("two", 1)
    stage.mark(None, 3)
    assert [(take.take, take.state, take.duration_ms) for take in stage.takes] == [
        ("one", "recording", 0),
        ("one", "ready", 1000),
        ("two", "recording", 0),
        ("two", "ready", 2000),
    ]


def test_ring_keeps_what_the_journal_has_not(stage: Stage) -> None:
    stage.mark("take", 0)
    events = [event for event in voice(1, Sender(), beeps(1, 1000)) if not event.is_report]
    for position, event in enumerate(events):
        if position != 20:
            stage.recording.accept(Record(Kind.RTP, 1, ORIGIN_NS + event.at_ns, NO_LEVEL, event.data), position)
    stage.recording.advance()
    assert stage.recording.flush(1000)[0] == 21  # packet 20 may still be repaired: what is behind it waits
    stage.mark("take", 3)
    stage.recording.advance()
    assert stage.recording.flush(1000)[0] == 1000


def test_recorder_that_dies_anywhere_ends_with_the_same_sound(tmp_path: Path) -> None:
    sizes = set()
    for died_s in (0.5, 1.1, 2.3, 2.9):
        stage = Stage(tmp_path / str(died_s))
        stage.mark("take", 0)
        stage.speak(died_s)
        stage.recording.advance()
        stage.recording.flush(0)
        stage.recording.close()
        stage.begin()
        stage.mark("take", 0)
        stage.speak(3)  # all of it once more, as from a ring that was not committed
        stage.mark(None, 3)
        take = stage.takes[-1]
        assert (take.state, take.duration_ms, take.holes) == ("ready", 3000, ())
        sizes.add(voice_packets(stage))
    assert sizes == {150}


def test_abandoned_take_is_closed_where_it_was_last_seen(stage: Stage) -> None:
    stage.mark("take", 0)
    stage.speak(2)
    stage.recording.close_abandoned(stage.at(2) + MARKER_GONE_NS // 2, 0)
    assert stage.takes[-1].state == "recording"
    stage.recording.close_abandoned(stage.at(2) + MARKER_GONE_NS + SECOND_NS, 0)
    assert (stage.takes[-1].state, round(stage.takes[-1].duration_ms, -2)) == ("ready", 2000)


def test_markers_that_are_read_a_second_time_change_nothing(stage: Stage) -> None:
    stage.mark("take", 0)
    stage.speak(1)
    stage.mark(None, 1)
    ready = stage.takes[-1]
    stage.begin()
    stage.mark("take", 0)
    stage.speak(1)
    stage.mark(None, 1)
    assert stage.takes[-1] == ready
    assert stage.library.takes() == (ready,)


def test_worker_that_dies_leaves_a_hole_and_the_next_one_fills_the_rest(stage: Stage) -> None:
    stage.mark("take", 0)
    stage.speak(1)
    stage.mark("take", 3, worker="w2")
    stage.speak(2, start_s=3)  # the same handle, another sender
    stage.mark(None, 5, worker="w2")
    (hole,) = stage.takes[-1].holes
    assert (round(hole.start_ms, -2), round(hole.end_ms, -2)) == (1000, 3000)
    assert voice_packets(stage) == 150


def test_recorder_that_dies_before_its_first_record_loses_nothing(stage: Stage) -> None:
    stage.mark("take", 0)
    stage.begin()
    stage.mark("take", 0)
    stage.speak(1)
    stage.mark(None, 1)
    assert (stage.takes[-1].state, stage.takes[-1].duration_ms, stage.takes[-1].holes) == ("ready", 1000, ())


def test_full_disk_for_a_while_costs_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int, data: bytes) -> None:
        raise OSError(28, "no space left")

    stage.mark("take", 0)
    stage.speak(1)
    stage.recording.advance()
    monkeypatch.setattr("recorder.journal.write_all", full)
    assert stage.recording.flush(500)[0] == 0
    stage.speak(2, since_s=1)
    stage.recording.advance()
    assert stage.recording.flush(900)[0] == 0
    monkeypatch.undo()
    stage.mark(None, 2)
    assert (stage.takes[-1].state, stage.takes[-1].holes) == ("ready", ())
    stage.frames()


def test_destroyed_voice_cannot_be_read_any_more(stage: Stage) -> None:
    stage.mark("take", 0)
    stage.speak(1)
    stage.mark(None, 1)
    for path in (stage.folder / "keys").rglob("recorder.mix.key"):
        path.unlink()
    with pytest.raises(ReadRefused, match="damaged"):
        stage.frames()


def test_machine_that_started_anew_goes_on_by_the_wall_clock(stage: Stage) -> None:
    stage.mark("take", 0)
    stage.speak(1)
    stage.recording.advance()
    stage.recording.flush(0)
    stage.begin()
    marker = Marker(worker="w2", room="room", wall_ms=1_000_000 + 60_000, take="take", teacher="teacher", allowed=(), live=())
    stage.recording.accept(Record(Kind.MARKER, 0, 9 * SECOND_NS, NO_LEVEL, encode_marker(marker)), 0)
    end = Record(Kind.MARKER, 0, 10 * SECOND_NS, NO_LEVEL, encode_marker(marker_without_take(marker)))
    stage.recording.accept(end, 0)
    assert stage.takes[-1].duration_ms == 61_000
    assert [(hole.start_ms < 1100, hole.end_ms) for hole in stage.takes[-1].holes] == [(True, 61_000)]


def voice_packets(stage: Stage) -> int:
    """Of the teacher, in all parts of the journal."""
    paths = (stage.folder / "data" / "journals").glob("*/*.journal")
    batches = [record for path in paths for record in scan(path, stage.keys) if isinstance(record, Batch)]
    return sum(entry.kind is EntryKind.FRAME for batch in batches if batch.track.source == "microphone" for entry in batch.entries)


def marker_without_take(marker: Marker) -> Marker:
    return msgspec.structs.replace(marker, take=None)
