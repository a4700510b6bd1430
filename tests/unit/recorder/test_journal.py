"""What is written is read back or refused; a torn tail costs only itself; no nonce is used twice."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recorder.journal import Entry, EntryKind, JournalError, JournalMark, JournalTrack, PartWriter, Written
from recorder.journal_reader import Batch, Gap, read_batch, read_part_number, scan
from recorder.keys import KeyName, KeyStore

VOICE = KeyName("take", "peer", "microphone")
CAMERA = KeyName("take", "peer", "camera")


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "keys")


def frame(number: int) -> Entry:
    return Entry(
        EntryKind.FRAME, number + 1, 960 * number, 20_000_000 * number, bytes([number]) * (number + 5), key=number % 3 == 0, level=30
    )


def write(path: Path, keys: KeyStore, part: int = 1, batches: int = 4) -> list[Written]:
    writer = PartWriter(path, part)
    written: list[Written] = []
    voice = writer.declare(VOICE, keys.find_or_make(VOICE), worker="w", handle=7)
    camera = writer.declare(CAMERA, keys.find_or_make(CAMERA), worker="w", handle=8, clock_rate_hz=90_000)
    for batch in range(batches):
        for number in range(5):
            writer.add(voice, frame(batch * 5 + number))
        writer.add(voice, Entry(EntryKind.REPORT, 0, 5, 6, bytes(24)))
        writer.add(camera, frame(batch))
        written += writer.flush()
    writer.mark(5, b"\xa6marker")
    writer.flush()
    writer.sync()
    writer.close()
    return written


def test_everything_is_read_back(tmp_path: Path, keys: KeyStore) -> None:
    path = tmp_path / "j" / "a.journal"
    written = write(path, keys)
    records = list(scan(path, keys))
    voice = [record for record in records if isinstance(record, Batch) and record.track.handle == 7]
    assert [entry for batch in voice for entry in batch.entries if entry.kind is EntryKind.FRAME] == [frame(number) for number in range(20)]
    assert [record.offset for record in records if isinstance(record, Batch)] == [place.record for place in written]
    assert [record.handle for record in records if isinstance(record, JournalTrack)] == [7, 8]
    assert [bytes(record.marker) for record in records if isinstance(record, JournalMark)] == [b"\xa6marker"]
    assert read_part_number(path) == 1
    assert path.stat().st_mode & 0o777 == 0o600


def test_single_record_by_its_offset(tmp_path: Path, keys: KeyStore) -> None:
    path = tmp_path / "a.journal"
    written = write(path, keys)
    cipher = keys.find_or_make(VOICE)
    with path.open("rb") as file:
        for batch, place in enumerate(place for place in written if place.track == 0):
            plain = read_batch(file.fileno(), place.record, 1, VOICE, cipher)
            for number, start in enumerate(place.payloads):
                expected = frame(batch * 5 + number).payload
                assert plain[start : start + len(expected)] == expected


def test_torn_tail_costs_only_the_torn_record(tmp_path: Path, keys: KeyStore) -> None:
    path = tmp_path / "a.journal"
    write(path, keys)
    whole = path.read_bytes()
    ends = [0]
    for size in range(16, len(whole), 7):
        path.write_bytes(whole[:size])
        ends.append(len(list(scan(path, keys))))
    assert ends == sorted(ends)
    path.write_bytes(whole + bytes(500))
    assert len(list(scan(path, keys))) == ends[-1] + 1


def test_changed_byte_is_noticed_wherever_it_is(tmp_path: Path, keys: KeyStore) -> None:
    path = tmp_path / "a.journal"
    written = write(path, keys, batches=1)
    whole = path.read_bytes()
    cipher = keys.find_or_make(VOICE)
    place = next(place for place in written if place.track == 0)
    for at in range(place.record, place.record + 60):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        with path.open("rb") as file, pytest.raises(JournalError):
            read_batch(file.fileno(), place.record, 1, VOICE, cipher)
        assert place.record not in [record.offset for record in scan(path, keys) if isinstance(record, Batch)]


def test_damage_costs_the_damaged_records_and_nothing_behind_them(tmp_path: Path, keys: KeyStore) -> None:
    path = tmp_path / "a.journal"
    written = write(path, keys)
    whole = path.read_bytes()
    records = [record.offset for record in scan(path, keys) if isinstance(record, Batch)]
    first, second = sorted(place.record for place in written)[2:4]
    for damage in (bytes(second - first), b"\xff" * (second - first), b"\x01" * (second - first)):
        path.write_bytes(whole[:first] + damage + whole[second:])
        assert [record.offset for record in scan(path, keys) if isinstance(record, Batch)] == [at for at in records if at != first]
        assert [(gap.start, gap.end) for gap in scan(path, keys) if isinstance(gap, Gap)] == [(first, second)]
    path.write_bytes(whole[: first + 20] + whole[first + 25 :])  # five bytes are missing
    assert [gap.start for gap in scan(path, keys) if isinstance(gap, Gap)] == [first]


def test_record_is_bound_to_part_take_and_track(tmp_path: Path, keys: KeyStore) -> None:
    path = tmp_path / "a.journal"
    place = write(path, keys)[0]
    cipher = keys.find_or_make(VOICE)
    with path.open("rb") as file:
        for part, name in ((2, VOICE), (1, KeyName("other", "peer", "microphone")), (1, KeyName("take", "x", "microphone"))):
            with pytest.raises(JournalError):
                read_batch(file.fileno(), place.record, part, name, cipher)


def test_part_is_never_opened_twice(tmp_path: Path, keys: KeyStore) -> None:
    path = tmp_path / "a.journal"
    write(path, keys)
    with pytest.raises(FileExistsError):
        PartWriter(path, 1)


def test_no_nonce_is_used_twice_under_a_key(tmp_path: Path, keys: KeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[tuple[int, bytes]] = []

    class Watching:
        def __init__(self, key: bytes) -> None:
            self._real = AESGCM(key)

        def encrypt(self, nonce: bytes, data: bytes, associated: bytes | None) -> bytes:
            used.append((id(self), nonce))
            return self._real.encrypt(nonce, data, associated)

        @staticmethod
        def generate_key(bit_length: int) -> bytes:
            return AESGCM.generate_key(bit_length)

    monkeypatch.setattr("recorder.keys.AESGCM", Watching)
    for part in (1, 2, 3):
        write(tmp_path / f"{part}.journal", keys, part)
    assert len(used) == 24
    assert len(set(used)) == len(used)


def test_full_disk_spends_the_part_and_not_the_number(tmp_path: Path, keys: KeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = PartWriter(tmp_path / "a.journal", 1)
    track = writer.declare(VOICE, keys.find_or_make(VOICE))
    writer.add(track, frame(1))
    real = os.write
    monkeypatch.setattr("recorder.files.os.write", lambda handle, data: real(handle, bytes(data[:50])) if len(data) > 100 else _full())
    with pytest.raises(OSError, match="full"):
        writer.flush()
    monkeypatch.undo()
    writer.close()
    assert not [record for record in scan(tmp_path / "a.journal", keys) if isinstance(record, Batch)]


def test_record_that_no_reader_would_take_is_not_written(tmp_path: Path, keys: KeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recorder.journal.MAX_BODY_BYTES", 1000)
    writer = PartWriter(tmp_path / "a.journal", 1)
    track = writer.declare(VOICE, keys.find_or_make(VOICE))
    writer.add(track, Entry(EntryKind.FRAME, 1, 1, 1, bytes(1000)))
    with pytest.raises(JournalError, match="record of"):
        writer.flush()
    writer.close()
    assert list(scan(tmp_path / "a.journal", keys)) == []


def test_part_without_a_header_is_not_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recorder.files.os.write", lambda handle, data: _full())
    with pytest.raises(OSError, match="full"):
        PartWriter(tmp_path / "a.journal", 1)
    assert list(tmp_path.iterdir()) == []


def test_destroyed_key_leaves_the_other_tracks_readable(tmp_path: Path, keys: KeyStore) -> None:
    path = tmp_path / "a.journal"
    write(path, keys)
    (tmp_path / "keys" / "take" / "peer.microphone.key").unlink()
    batches = [record for record in scan(path, KeyStore(tmp_path / "keys")) if isinstance(record, Batch)]
    assert {batch.track.source for batch in batches} == {"camera"}
    assert keys.find(VOICE) is None


def _full() -> int:
    raise OSError("disk full")
