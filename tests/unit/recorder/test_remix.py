"""The voices mixed anew: repairs are heard at their place, who withdrew is not heard, and the parent learns how far it is."""

from __future__ import annotations

import signal
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest

from recorder.journal import Entry, EntryKind, JournalError, PartWriter
from recorder.journal_reader import Batch, scan
from recorder.keys import KeyName, KeyStore
from recorder.manifest import Manifest, PartRef, save_manifest
from recorder.opus import FRAME_SAMPLES, RATE_HZ, Decoder, Encoder, Samples
from recorder.remix import Wanted, remix

PACKET_NS = 20_000_000
ORIGIN_NS = 7_000_000_000_000
TRANSIT_NS = 30_000_000
NTP_EPOCH_S = 2_208_988_800


def tone(frequency_hz: float, seconds: float, loudness: float = 0.3) -> Samples:
    return (loudness * np.sin(2 * np.pi * frequency_hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)).astype(np.float32)


def still(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE_HZ), dtype=np.float32)


def entries_of(samples: Samples, *, delay_ns: int = TRANSIT_NS, first: int = 0) -> list[Entry]:
    encoder = Encoder()
    return [
        Entry(
            EntryKind.FRAME,
            sequence_end=first + number + 1,
            timestamp=(first + number) * FRAME_SAMPLES,
            arrival_ns=ORIGIN_NS + (first + number) * PACKET_NS + delay_ns,
            payload=encoder.encode(piece),
            key=True,
            level=10 if np.any(piece) else 127,
        )
        for number, piece in enumerate(samples.reshape(-1, FRAME_SAMPLES))
    ]


def report(at_ns: int) -> Entry:
    """A sender whose clocks are right and whose packets take TRANSIT_NS."""
    seconds, rest = divmod(at_ns, 1_000_000_000)
    timestamp = at_ns * RATE_HZ // 1_000_000_000
    data = struct.pack("!IIIIII", 1, 1_800_000_000 + seconds + NTP_EPOCH_S, (rest << 32) // 1_000_000_000, timestamp, 0, 0)
    return Entry(EntryKind.REPORT, 0, timestamp, ORIGIN_NS + at_ns + TRANSIT_NS, data)


def late(entry: Entry, by_ns: int) -> Entry:
    return Entry(entry.kind, entry.sequence_end, entry.timestamp, entry.arrival_ns + by_ns, entry.payload, entry.key, entry.level)


class Lesson:
    """A finished take in the journal, without a mix."""

    def __init__(self, folder: Path) -> None:
        self.data, self.keys = folder / "data", KeyStore(folder / "keys")
        self._folder = folder
        self._parts: list[PartRef] = []

    def record(
        self, peer: str, entries: Sequence[Entry], source: str = "microphone", *, origin_ns: int = ORIGIN_NS, handle: int = 1
    ) -> None:
        """In a part of its own, in batches of 100 ms, in the order given."""
        number = len(self._parts) + 1
        path = f"journals/room/{number}.journal"
        writer = PartWriter(self.data / path, number)
        name = KeyName("take", peer, source)
        track = writer.declare(name, self.keys.find_or_make(name), worker="w", handle=handle)
        for at in range(0, len(entries), 5):
            for entry in entries[at : at + 5]:
                writer.add(track, entry)
            writer.flush()
        writer.close()
        self._parts.append(PartRef(part=number, path=path, origin_ns=origin_ns))
        self.save()

    def save(self, duration_ms: int = 4000) -> None:
        manifest = Manifest(
            take="take",
            room="room",
            teacher="teacher",
            state="ready",
            started_ms=1,
            parts=tuple(self._parts),
            duration_ms=duration_ms,
        )
        save_manifest(self.data, manifest)

    def wanted(self, *without: tuple[str, str], duration_ms: int = 4000) -> Wanted:
        return Wanted(
            data=str(self.data),
            keys=str(self._folder / "keys"),
            take="take",
            part=99,
            path="journals/room/99.journal",
            mix="mix-1",
            without=without,
            duration_ms=duration_ms,
        )

    def mixed(self) -> list[Entry]:
        records = scan(self.data / "journals/room/99.journal", self.keys)
        batches = [record for record in records if isinstance(record, Batch)]
        assert {(batch.track.peer, batch.track.source) for batch in batches} == {("", "mix-1")}
        return [entry for batch in batches for entry in batch.entries]

    def heard(self) -> Samples:
        decoder = Decoder()
        return np.concatenate([decoder.decode(entry.payload) for entry in self.mixed()])


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    return Lesson(tmp_path)


def loudness(samples: Samples, frequency_hz: float) -> float:
    spectrum = np.abs(np.fft.rfft(samples)) / len(samples) * 2
    return float(np.max(spectrum[np.abs(np.fft.rfftfreq(len(samples), 1 / RATE_HZ) - frequency_hz) < 3]))


def onset_s(samples: Samples) -> float:
    return float(np.flatnonzero(np.abs(samples) > 0.1)[0]) / RATE_HZ


def quiet(_: float) -> None:
    return


def test_process_writes_the_new_mix_and_says_how_far_it_is(lesson: Lesson) -> None:
    lesson.record("teacher", entries_of(tone(440, 4)))
    lesson.record("guest", entries_of(tone(1000, 4)), handle=2)
    said, code, errors = run_process(lesson.wanted(("guest", "microphone")))
    assert (code, errors) == (0, "")
    assert said[-1] == {"packets": 200}
    done = [line["done"] for line in said[:-1]]
    assert done == sorted(done)
    assert done[-1] == 1
    assert [(entry.sequence_end, entry.timestamp, entry.arrival_ns) for entry in lesson.mixed()] == [
        (number + 1, number * FRAME_SAMPLES, number * PACKET_NS) for number in range(200)
    ]
    assert loudness(lesson.heard()[RATE_HZ:], 440) > 0.25
    assert loudness(lesson.heard()[RATE_HZ:], 1000) < 0.001


def test_process_that_cannot_do_it_says_so(lesson: Lesson) -> None:
    said, code, errors = run_process(lesson.wanted())
    assert (said, code) == ([], 1)
    assert errors.startswith("remix failed: ")
    assert errors.count("\n") == 1


def test_process_ends_at_once_when_it_is_told_to(lesson: Lesson) -> None:
    lesson.record("teacher", entries_of(tone(440, 1)))
    process = start_process()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(msgspec.json.encode(lesson.wanted(duration_ms=36_000_000)))
    process.stdin.close()
    assert process.stdout.readline()
    process.terminate()
    assert process.wait(10) == -signal.SIGTERM
    process.stdout.close()
    assert process.stderr is not None
    process.stderr.close()


def test_repair_that_came_seconds_later_is_heard_at_its_place(lesson: Lesson) -> None:
    sent = entries_of(np.concatenate((still(1), tone(440, 1), still(2))))
    repaired = [late(entry, 2_000_000_000) for entry in sent[60:70]]
    lesson.record("teacher", [*sent[:60], *sent[70:160], *repaired, *repaired[:3], *sent[160:]])
    whole = Lesson(lesson.data.parent / "whole")
    whole.record("teacher", sent)
    assert remix(lesson.wanted(), quiet) == remix(whole.wanted(), quiet) == 200
    assert np.array_equal(lesson.heard(), whole.heard())


def test_two_microphones_of_one_person_and_a_restart_in_between_are_one_conversation(lesson: Lesson) -> None:
    lesson.record("teacher", entries_of(np.concatenate((still(0.5), tone(440, 0.5), still(0.5)))))
    restarted = entries_of(np.concatenate((still(0.5), tone(440, 0.5), still(0.5))), first=75)
    lesson.record("teacher", [late(entry, 1_000) for entry in restarted], origin_ns=ORIGIN_NS + 1_000)
    lesson.record("teacher", entries_of(np.concatenate((still(3), tone(1000, 1)))), handle=7)
    remix(lesson.wanted(), quiet)
    heard = lesson.heard()
    shift_s = TRANSIT_NS / 1e9
    assert abs(onset_s(heard) - 0.5 - shift_s) < 0.01
    assert abs(onset_s(heard[int(1.5 * RATE_HZ) :]) - 0.5 - shift_s) < 0.01
    assert loudness(heard[int(3.3 * RATE_HZ) : int(3.9 * RATE_HZ)], 1000) > 0.25


def test_voice_is_placed_by_what_all_of_the_lesson_knows(lesson: Lesson) -> None:
    """The first seconds came 100 ms late, and the reports that say so came after them."""
    sent = entries_of(np.concatenate((still(1), tone(440, 0.2), still(2.8))))
    stalled = [late(entry, 100_000_000) if number < 100 else entry for number, entry in enumerate(sent)]
    reports = [report(at_ns) for at_ns in (2_100_000_000, 2_900_000_000, 3_700_000_000)]
    lesson.record("teacher", [*stalled, *reports])
    remix(lesson.wanted(), quiet)
    assert abs(onset_s(lesson.heard()) - 1 - TRANSIT_NS / 1e9) < 0.012


def test_voice_whose_key_is_destroyed_is_silent_and_the_length_stays(lesson: Lesson) -> None:
    lesson.record("guest", entries_of(tone(1000, 4)))
    lesson.keys.destroy_one(KeyName("take", "guest", "microphone"))
    assert remix(lesson.wanted(), quiet) == 200
    assert not np.any(lesson.heard())


def test_damaged_and_missing_parts_cost_only_themselves(lesson: Lesson) -> None:
    lesson.record("guest", entries_of(tone(1000, 4)))
    lesson.record("teacher", entries_of(tone(440, 4)), handle=2)
    (lesson.data / "journals/room/1.journal").unlink()
    remix(lesson.wanted(), quiet)
    assert loudness(lesson.heard()[RATE_HZ:], 440) > 0.25


def test_earlier_mix_is_no_voice(lesson: Lesson) -> None:
    lesson.record("", entries_of(tone(700, 4)), "mix")
    lesson.record("teacher", entries_of(tone(440, 4)), handle=2)
    remix(lesson.wanted(), quiet)
    assert loudness(lesson.heard()[RATE_HZ:], 700) < 0.001


def test_deleted_take_is_not_mixed(lesson: Lesson) -> None:
    lesson.record("teacher", entries_of(still(1)))
    deleted = Manifest(take="take", room="room", teacher="teacher", state="deleted", started_ms=1)
    save_manifest(lesson.data, deleted)
    with pytest.raises(JournalError, match="deleted"):
        remix(lesson.wanted(), quiet)
    assert not (lesson.data / "journals/room/99.journal").exists()


def start_process() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "recorder.remix"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def run_process(wanted: Wanted) -> tuple[list[dict[str, float]], int, str]:
    process = start_process()
    out, errors = process.communicate(msgspec.json.encode(wanted))
    return [msgspec.json.decode(line) for line in out.splitlines()], process.returncode, errors.decode()
