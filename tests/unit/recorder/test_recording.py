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
from recorder.webm import VIDEO, LayoutError
from server.media.control import RecordedTrack
from server.media.ring import NO_LEVEL, Kind, MarkedTrack, Marker, Record, encode_marker
from tests.fakes.rtp_media import Sender, beeps, film, voice

SECOND_NS = 1_000_000_000
VOICE = RecordedTrack(peer="teacher", source="microphone")
CAMERA = RecordedTrack(peer="teacher", source="camera")
SCREEN = RecordedTrack(peer="teacher", source="screen")
SCREEN_SOUND = RecordedTrack(peer="teacher", source="screen_sound")
ALL = (VOICE, CAMERA, SCREEN, SCREEN_SOUND)
TRACKS = {1: (VOICE, 48_000), 2: (CAMERA, 90_000), 3: (SCREEN, 90_000), 4: (SCREEN_SOUND, 48_000)}
ORIGIN_NS = 5_000 * SECOND_NS


class Stage:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.takes: list[Take] = []
        self.keys = KeyStore(folder / "keys")
        self.begin()

    def begin(self, boot: str = "boot") -> None:
        """A new recorder on the same folder."""
        self.library = Library(self.folder / "data", self.keys)
        self.recording = Recording(self.folder / "data", self.keys, self.library, self.takes.append, boot)
        self.recording.restore()

    def mark(
        self,
        take: str | None,
        at_s: float,
        *,
        worker: str = "w",
        room: str = "room",
        wall_s: float | None = None,
        handles: tuple[int, ...] = (1, 2),
        allowed: tuple[RecordedTrack, ...] = ALL,
    ) -> None:
        live = tuple(MarkedTrack(handle=n, track=TRACKS[n][0], ssrc=n, clock_rate_hz=TRACKS[n][1]) for n in handles)
        marker = Marker(
            worker=worker,
            room=room,
            wall_ms=1_000_000 + int((at_s if wall_s is None else wall_s) * 1000),
            take=take,
            teacher="teacher",
            allowed=allowed,
            live=live if take else (),
        )
        self.recording.accept(Record(Kind.MARKER, 0, self.at(at_s), NO_LEVEL, encode_marker(marker)), 0)

    def speak(self, seconds: float, *, since_s: float = 0.0, start_s: float = 0.0, handle: int = 1, pitch_hz: int = 1000) -> None:
        for event in voice(seconds, Sender(), beeps(seconds, pitch_hz), start_s=start_s):
            if event.at_ns >= since_s * SECOND_NS:
                kind = Kind.SENDER_REPORT if event.is_report else Kind.RTP
                self.recording.accept(Record(kind, handle, ORIGIN_NS + event.at_ns, NO_LEVEL, event.data), 0)

    def show(
        self, seconds: float, *, since_s: float = 0.0, start_s: float = 0.0, handle: int = 2, size: tuple[int, int] = (320, 180)
    ) -> None:
        for event in film(seconds, Sender(ssrc=handle), start_s=start_s, size=size):
            if event.at_ns >= since_s * SECOND_NS and not event.is_report:
                self.recording.accept(Record(Kind.RTP, handle, ORIGIN_NS + event.at_ns, NO_LEVEL, event.data), 0)

    def states(self) -> list[str]:
        return [take.state for take in self.takes]

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
    events = [event for event in voice(0.8, Sender(), beeps(0.8, 1000)) if not event.is_report]
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
    stage.recording.close_abandoned(stage.at(2) + MARKER_GONE_NS // 2)
    assert stage.takes[-1].state == "recording"
    stage.recording.close_abandoned(stage.at(2) + MARKER_GONE_NS + SECOND_NS)
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
    stage.begin("another boot")
    marker = Marker(worker="w2", room="room", wall_ms=1_000_000 + 60_000, take="take", teacher="teacher", allowed=(), live=())
    stage.recording.accept(Record(Kind.MARKER, 0, 9 * SECOND_NS, NO_LEVEL, encode_marker(marker)), 0)
    end = Record(Kind.MARKER, 0, 10 * SECOND_NS, NO_LEVEL, encode_marker(marker_without_take(marker)))
    stage.recording.accept(end, 0)
    assert stage.takes[-1].duration_ms == 61_000
    assert [(hole.start_ms < 1100, hole.end_ms) for hole in stage.takes[-1].holes] == [(True, 61_000)]


@pytest.mark.parametrize("what", ["publish.save_index", "publish.save_manifest"])
def test_disk_that_is_full_when_the_lesson_ends_only_delays_it(stage: Stage, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    stage.mark("take", 0)
    stage.speak(2)
    stage.recording.flush(0)
    tries = fill_disk(monkeypatch, what)
    stage.mark(None, 2)
    for tenths in range(100):
        stage.recording.end_waiting(stage.at(2 + tenths / 10))
    assert stage.states() == ["recording"]
    assert len(tries) == 1 + 4  # after 0, 1, 3 and 7 s
    monkeypatch.undo()
    stage.recording.end_waiting(stage.at(60))
    assert [(take.state, take.duration_ms, take.settled) for take in stage.takes[1:]] == [("ready", 2000, False), ("ready", 2000, True)]
    assert sum(map(len, stage.frames())) == stage.takes[-1].size_bytes


def test_recorder_that_is_started_anew_ends_what_the_full_disk_has_left(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.mark("one", 0)
    stage.mark("one", 2)
    fill_disk(monkeypatch, "publish.save_index")
    stage.mark("two", 2)
    stage.recording.flush(0)
    monkeypatch.undo()
    stage.recording.close()
    stage.begin()
    assert {take.state for take in stage.library.takes()} == {"recording"}
    stage.mark("two", 3)
    stage.recording.end_waiting(stage.at(3))
    stage.mark(None, 4)
    assert {(take.take, take.state, take.duration_ms) for take in stage.library.takes()} == {
        ("one", "ready", 2000),
        ("two", "ready", 2000),
    }


def test_lesson_that_goes_on_while_its_end_waits_for_the_disk_is_one_take(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.mark("take", 0)
    stage.speak(1)
    fill_disk(monkeypatch, "publish.save_index")
    stage.mark(None, 1)
    stage.mark("take", 2)
    monkeypatch.undo()
    stage.recording.end_waiting(stage.at(2))
    stage.mark(None, 3)
    assert [(take.state, take.duration_ms) for take in stage.takes] == [("recording", 0), ("ready", 3000)]


def test_failed_take_is_tried_again_by_the_next_recorder(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise LayoutError("cluster too large")

    stage.mark("take", 0)
    stage.speak(2)
    monkeypatch.setattr("recorder.publish.save_index", broken)
    stage.mark(None, 2)
    assert stage.states() == ["recording", "failed"]
    monkeypatch.undo()
    stage.begin()
    stage.recording.close_abandoned(stage.at(20))
    assert stage.states()[-1] == "ready"


def test_disk_that_is_full_when_the_lesson_begins_costs_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_disk(monkeypatch, "parts.save_manifest")
    stage.mark("take", 0)
    stage.speak(1)
    stage.recording.advance()
    assert stage.recording.flush(500, stage.at(0))[0] == 0
    assert not list((stage.folder / "data" / "journals").glob("*/*"))
    monkeypatch.undo()
    assert stage.recording.flush(500, stage.at(1))[0] == 500
    stage.begin()
    assert [take.state for take in stage.library.takes()] == ["recording"]
    stage.mark(None, 1)
    assert (stage.takes[-1].state, stage.takes[-1].holes) == ("ready", ())


def test_full_disk_is_tried_ever_more_rarely(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.mark("take", 0)
    tries = fill_disk(monkeypatch, "parts.PartWriter")
    for tenths in range(600):
        stage.recording.flush(0, stage.at(tenths / 10))
    assert len(tries) == 9  # after 0, 1, 3, 7, 15, 25, 35, 45 and 55 s


def test_take_of_too_many_parts_waits_as_for_a_full_disk(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recorder.running.MAX_PARTS", 0)
    stage.mark("take", 0)
    assert stage.recording.flush(500, stage.at(0))[0] == 0
    assert stage.states() == ["recording"]


def test_error_in_one_room_ends_no_other(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.mark("one", 0, room="first")
    stage.mark("two", 0)
    stage.speak(1)

    def broken() -> None:
        raise RuntimeError("decoder")

    monkeypatch.setattr(stage.recording._running["first"], "advance", broken)
    stage.recording.advance()
    stage.mark("one", 1, room="first")
    stage.recording.flush(0)
    stage.mark(None, 1)
    assert {(take.take, take.state) for take in stage.library.takes()} == {("one", "failed"), ("two", "ready")}


def test_take_that_cannot_go_on_is_tried_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.mark("take", 0)
    stage.mark(None, 1)
    stage.recording.end_waiting(stage.at(20))
    tries: list[None] = []

    def broken(*_: object) -> None:
        tries.append(None)
        raise RuntimeError("journal")

    monkeypatch.setattr("recorder.recording.restore", broken)
    for second in (22, 23, 24):
        stage.mark("take", second)
    assert len(tries) == 1
    assert stage.states() == ["recording", "ready", "ready"]


def test_backlog_is_written_in_pieces_and_the_ring_waits_for_the_last(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recorder.running.BATCH_BYTES", 8_000)
    stage.mark("take", 0)
    stage.speak(3)
    stage.mark("take", 3)
    stage.recording.advance()
    marks = [stage.recording.flush(500, stage.at(3))[0] for _ in range(12)]
    assert set(marks[:3]) == {0}
    assert marks[-1] == 500
    stage.mark(None, 3)
    assert (stage.takes[-1].holes, voice_packets(stage)) == ((), 150)
    assert max(len(batch.entries) for batch in batches(stage)) < 50
    stage.frames()


def test_disk_that_is_full_for_long_costs_the_picture_before_the_voice(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.mark("take", 0)
    fill_disk(monkeypatch, "parts.PartWriter")
    for second in (1, 2, 3):
        stage.show(second, since_s=second - 1)
        stage.speak(second, since_s=second - 1)
        stage.recording.advance()
        stage.recording.flush(0, stage.at(second))
        monkeypatch.setattr("recorder.running.MAX_UNWRITTEN_BYTES", 80_000)
    monkeypatch.undo()
    stage.show(5, since_s=3)
    stage.speak(5, since_s=3)
    stage.mark(None, 5)
    assert (stage.states()[-1], voice_packets(stage)) == ("ready", 250)
    pictures = [entry for batch in batches(stage) if batch.track.source == "camera" for entry in batch.entries]
    assert 0 < len(pictures) < 100
    film = stage.library.open("take", stage.takes[-1].version).index.table()
    shown = film[(film["track"] == VIDEO) & (film["record"] >= 0)]
    assert shown["key"][0]


def test_machine_that_started_anew_soon_lays_nothing_over_the_first_half(stage: Stage) -> None:
    stage.mark("take", 0)
    stage.speak(3)
    stage.recording.advance()
    stage.recording.flush(0)
    stage.begin("another boot")
    stage.mark("take", 2, worker="w2", wall_s=60)  # its clock has come nearly as far
    stage.mark(None, 4, worker="w2", wall_s=62)
    ready = stage.takes[-1]
    assert ready.duration_ms == 62_000
    stage.begin("another boot")
    stage.mark("take", 2, worker="w2", wall_s=60)
    stage.mark("take", 4, worker="w2", wall_s=62)
    assert stage.library.takes() == (ready,)


def test_take_that_no_marker_claims_after_a_start_of_the_machine_ends_where_it_was(stage: Stage) -> None:
    stage.mark("take", 0)
    stage.speak(1)
    stage.mark("take", 3, handles=())
    stage.recording.flush(0)
    stage.begin("second")
    stage.recording.close_abandoned(stage.at(1))
    assert (stage.takes[-1].state, stage.takes[-1].duration_ms) == ("ready", 3000)
    stage.mark("take", 1, worker="w2", wall_s=20)
    stage.mark(None, 2, worker="w2", wall_s=21)
    assert stage.takes[-1].duration_ms == 21_000


def test_take_goes_on_although_the_wall_clock_was_set_back(stage: Stage) -> None:
    stage.mark("take", 0)
    stage.mark("take", 3)
    stage.recording.close_abandoned(stage.at(20))
    stage.mark("take", 21, wall_s=-9)
    stage.mark(None, 22, wall_s=-8)
    assert (stage.states(), stage.takes[-1].duration_ms) == (["recording", "ready", "recording", "ready"], 22_000)


def test_markers_of_the_lesson_before_that_are_read_again_do_not_end_the_next(stage: Stage) -> None:
    stage.mark("one", 0)
    stage.mark("two", 2)
    stage.speak(4, since_s=2)
    stage.recording.advance()
    stage.recording.flush(0)
    stage.begin()
    before = len(stage.takes)
    stage.mark("one", 0)
    stage.mark("two", 2)
    stage.mark(None, 4)
    assert [(take.take, take.state, take.duration_ms) for take in stage.takes[before:]] == [("two", "ready", 2000)]


def test_decoder_of_a_voice_that_has_ended_is_let_go(stage: Stage) -> None:
    stage.mark("take", 0)
    stage.speak(1)
    stage.mark("take", 1)
    stage.recording.advance()
    voices = stage.recording._running["room"].mix._voices
    assert len(voices) == 1
    for second in (4, 5):
        stage.mark("take", second, handles=(2,))
        stage.recording.advance()
    assert not voices
    stage.mark(None, 6)
    assert voice_packets(stage) == 50


def fill_disk(monkeypatch: pytest.MonkeyPatch, name: str) -> list[None]:
    """No more room for what that writes; how often it was tried."""
    tries: list[None] = []

    def full(*_: object) -> None:
        tries.append(None)
        raise OSError(28, "no space left")

    monkeypatch.setattr(f"recorder.{name}", full)
    return tries


def batches(stage: Stage) -> list[Batch]:
    paths = sorted((stage.folder / "data" / "journals").glob("*/*.journal"))
    return [record for path in paths for record in scan(path, stage.keys) if isinstance(record, Batch)]


def voice_packets(stage: Stage) -> int:
    """Of the teacher, in all parts of the journal."""
    found = [batch for batch in batches(stage) if batch.track.source == "microphone"]
    return sum(entry.kind is EntryKind.FRAME for batch in found for entry in batch.entries)


def marker_without_take(marker: Marker) -> Marker:
    return msgspec.structs.replace(marker, take=None)
