"""The recorder gets everything in order, or knows that it lost something; both sides may die at any time."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.media.control import RecordedTrack
from server.media.ring import (
    HEADER_BYTES,
    Kind,
    MarkedTrack,
    Marker,
    RingError,
    RingReader,
    RingWriter,
    create_ring,
    decode_marker,
    encode_marker,
)


@pytest.fixture
def ring(tmp_path: Path) -> Path:
    create_ring(tmp_path / "ring", 4096)
    return tmp_path / "ring"


def fill(writer: RingWriter, numbers: range, size: int = 50) -> None:
    for number in numbers:
        writer.write(Kind.RTP, number.to_bytes(4, "big") + bytes(size), track=3, arrival_ns=number, level=number % 200)


def numbers(reader: RingReader) -> list[int]:
    return [record.arrival_ns for record in reader.records() if record.payload[:4] == record.arrival_ns.to_bytes(4, "big")]


def test_records_come_as_written(ring: Path) -> None:
    with RingWriter(ring) as writer, RingReader(ring) as reader:
        writer.write(Kind.SENDER_REPORT, b"abc", track=9, arrival_ns=-5, level=7)
        [record] = reader.records()
        assert (record.kind, record.track, record.arrival_ns, record.level, record.payload) == (Kind.SENDER_REPORT, 9, -5, 7, b"abc")
        assert list(reader.records()) == []


@pytest.mark.parametrize("size", [1, 3, 4, 7, 8, 12, 500])
def test_wrap_keeps_order(ring: Path, size: int) -> None:
    with RingWriter(ring) as writer, RingReader(ring) as reader:
        for start in range(0, 2_000, 5):
            fill(writer, range(start, start + 5), size)
            assert numbers(reader) == list(range(start, start + 5))
        assert reader.lost_bytes == 0


def test_overrun_is_noticed_and_counted(ring: Path) -> None:
    with RingWriter(ring) as writer, RingReader(ring) as reader:
        fill(writer, range(1_000))
        got = numbers(reader)
        assert got == list(range(got[0], 1_000))
        assert 30 < len(got) < 60
        assert reader.lost_bytes > 70_000


def test_reader_overtaken_in_the_middle(ring: Path) -> None:
    with RingWriter(ring) as writer, RingReader(ring) as reader:
        fill(writer, range(40))
        records = reader.records()
        assert next(records).arrival_ns == 0
        fill(writer, range(40, 200))
        rest = [record.arrival_ns for record in records]
        assert rest == list(range(rest[0], 200))


def test_reader_goes_on_from_its_commit(ring: Path) -> None:
    with RingWriter(ring) as writer:
        fill(writer, range(10))
        with RingReader(ring) as reader:
            first = [record.arrival_ns for record in reader.records(limit=4)]
            reader.commit(reader.position)
            list(reader.records())
        with RingReader(ring) as reader:
            assert first + numbers(reader) == list(range(10))


def test_writer_goes_on_behind_the_last_one(ring: Path) -> None:
    with RingReader(ring) as reader:
        for start in range(0, 300, 10):
            with RingWriter(ring) as writer:
                fill(writer, range(start, start + 10))
            assert numbers(reader) == list(range(start, start + 10))


def test_ring_survives_create(ring: Path) -> None:
    with RingWriter(ring) as writer:
        fill(writer, range(3))
    create_ring(ring, 4096)
    with RingReader(ring) as reader:
        assert numbers(reader) == [0, 1, 2]


def test_what_is_no_ring_is_refused(tmp_path: Path) -> None:
    (tmp_path / "short").write_bytes(b"x")
    (tmp_path / "zero").write_bytes(bytes(HEADER_BYTES + 4096))
    for name in ("short", "zero"):
        with pytest.raises(RingError):
            RingReader(tmp_path / name)
    create_ring(tmp_path / "zero", 4096)
    RingReader(tmp_path / "zero").close()
    with pytest.raises(RingError):
        create_ring(tmp_path / "odd", 4097)


def test_too_large_a_record_is_refused(ring: Path) -> None:
    with RingWriter(ring) as writer, pytest.raises(RingError):
        writer.write(Kind.RTP, bytes(1_100), arrival_ns=0)


@pytest.mark.parametrize("total", [0, 4, 12, 16, 4_096, 0xFFFF_FFF8])
def test_a_damaged_length_hangs_neither_side(ring: Path, total: int) -> None:
    with RingWriter(ring) as writer, RingReader(ring) as reader:
        fill(writer, range(40))
        oldest, written = reader._words[4], reader.written
        damage(ring, HEADER_BYTES + oldest % 4_096, total.to_bytes(4, "little"))
        reader.position = oldest
        assert numbers(reader) == []
        assert reader.lost_bytes == written - oldest
        fill(writer, range(40, 43))
        assert numbers(reader) == [40, 41, 42]
        fill(writer, range(43, 400))
        got = numbers(reader)
        assert len(got) > 30
        assert got == list(range(got[0], 400))


@pytest.mark.parametrize("size", [0xFFFF_FFFF, 5_000])
def test_a_damaged_payload_length_is_not_believed(ring: Path, size: int) -> None:
    with RingWriter(ring) as writer, RingReader(ring) as reader:
        fill(writer, range(3))
        damage(ring, HEADER_BYTES + 20, size.to_bytes(4, "little"))
        assert numbers(reader) == []
        assert reader.lost_bytes == reader.written


@pytest.mark.parametrize("slot", [2, 3, 4, 5])
@pytest.mark.parametrize("value", [0, 3, 8, 80_003, 1 << 40, (1 << 64) - 8, (1 << 64) - 1])
def test_a_damaged_header_is_begun_anew(ring: Path, slot: int, value: int) -> None:
    with RingWriter(ring) as writer:
        fill(writer, range(60))
    damage(ring, 8 * slot, value.to_bytes(8, "little"))
    with RingWriter(ring) as writer, RingReader(ring) as reader:
        list(reader.records())
        fill(writer, range(60, 70))
        assert numbers(reader) == list(range(60, 70))
        fill(writer, range(70, 1_000))
        got = numbers(reader)
        assert len(got) > 30
        assert got == list(range(got[0], 1_000))


def test_a_count_beyond_the_ring_is_not_read_round_and_round(ring: Path) -> None:
    with RingWriter(ring) as writer, RingReader(ring) as reader:
        fill(writer, range(10))
        damage(ring, 8 * 3, (1 << 40).to_bytes(8, "little"))
        assert numbers(reader) == []
        assert reader.lost_bytes == 1 << 40
        fill(writer, range(10, 12))
        assert numbers(reader) == []
        fill(writer, range(12, 14))
        assert numbers(reader) == [12, 13]


def damage(ring: Path, offset: int, data: bytes) -> None:
    with ring.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def test_marker_round_trip() -> None:
    track = RecordedTrack(peer="p", source="camera")
    live = (MarkedTrack(handle=4, track=track, ssrc=5, clock_rate_hz=90_000),)
    marker = Marker(worker="w", room="r", wall_ms=7, take="t", teacher="p", allowed=(track,), live=live)
    assert decode_marker(encode_marker(marker)) == marker


def test_close_twice(ring: Path) -> None:
    reader = RingReader(ring)
    reader.close()
    reader.close()
