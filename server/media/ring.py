"""The shared-memory ring from one media worker to the recorder: packets and markers in one order.

One writer, one reader, a file that both map and that outlives either. The writer never waits: it overwrites the oldest records, and the
reader notices. Layout: docs/architecture.md, "The ring". What is damaged hangs nobody, it counts as lost with all that follows.
The order of plain 8-byte stores is relied on. x86-64 keeps it. aarch64 does not: there only what the interpreter happens to do in between
separates the bytes from their count, and nothing guarantees it. It must not know packets or rooms beyond the fields of `Record`.
"""

from __future__ import annotations

import enum
import mmap
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from server.media.control import RecordedTrack

MAGIC = 0x4D54_5249_4E47_0001  # "MTRING", layout 1
HEADER_BYTES = 4096
ALIGN_BYTES = 8
DEFAULT_CAPACITY_BYTES = 64 * 1024 * 1024
_MOST_WRITTEN_BYTES = 1 << 62  # a header that says more is damaged

# Slots of the header page, in 8-byte words. Each has one writer. The epoch counts the writers there were, for who looks at a ring by hand.
_MAGIC, _CAPACITY, _EPOCH, _WRITTEN, _OLDEST, _CONSUMED = range(6)

_RECORD = struct.Struct("<IBBHIqI")  # total bytes, kind, level, 0, track, arrival ns, payload bytes
_RECORD_BYTES = _RECORD.size


class RingError(Exception):
    """The file is no ring of this layout, or a record does not fit into it."""


class Kind(enum.IntEnum):
    PAD = 0
    RTP = 1  # one whole RTP packet in plain, header extensions and CSRCs removed, canonical payload type
    SENDER_REPORT = 2  # 24 bytes as in RFC 3550 section 6.4.1 from SSRC to sender's octet count
    MARKER = 3  # msgpack of `Marker`


NO_LEVEL = 255  # level byte of a packet without RFC 6464 level; else bit 7 = voice, bits 0-6 = -dBov
SILENT = 127  # level byte of silence


_KINDS = tuple({kind.value: kind for kind in Kind}.get(number, Kind.PAD) for number in range(256))


class Record(msgspec.Struct, frozen=True, gc=False):
    """`track` is a handle declared by the latest marker of its room; `arrival_ns` is CLOCK_MONOTONIC of the machine."""

    kind: Kind
    track: int
    arrival_ns: int
    level: int
    payload: bytes


class MarkedTrack(msgspec.Struct, frozen=True, kw_only=True):
    """A live, recorded track. `handle` is unique in the worker's life and new for every SSRC that a peer starts."""

    handle: int
    track: RecordedTrack
    ssrc: int
    clock_rate_hz: int


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """The whole recording state of one room from here on in the ring: no take means nothing is recorded.

    `repairing`: handles of a take that has ended, of which packets that were sent before its end may still come.
    Written at every change and once a second while a take runs, so a reader that lost records is right again soon.
    `wall_ms` and the record's `arrival_ns` are read together: they tie the monotonic clock to UTC.
    `allowed` are the tracks that consent covers, live or not.
    """

    worker: str
    room: str
    wall_ms: int
    take: str | None
    teacher: str | None
    allowed: tuple[RecordedTrack, ...]
    live: tuple[MarkedTrack, ...]
    repairing: tuple[int, ...] = ()


_decode_marker = msgspec.msgpack.Decoder(Marker).decode


def encode_marker(marker: Marker) -> bytes:
    return msgspec.msgpack.encode(marker)


def decode_marker(payload: bytes) -> Marker:
    return _decode_marker(payload)


class _Mapped:
    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR)
        try:
            size = os.fstat(self._file).st_size
            if size < HEADER_BYTES + 8:
                raise RingError(f"{path} is too small for a ring")
            self._map = mmap.mmap(self._file, size)
        except BaseException:
            os.close(self._file)
            raise
        self._all = memoryview(self._map)
        self._words = self._all[:HEADER_BYTES].cast("Q")
        self._data = self._all[HEADER_BYTES:]
        self.capacity = size - HEADER_BYTES
        if self._words[_MAGIC] != MAGIC or self._words[_CAPACITY] != self.capacity or self.capacity % ALIGN_BYTES:
            self.close()
            raise RingError(f"{path} is no ring of this layout")

    def _total_at(self, position: int) -> int:
        """Length of the record that starts there, 0 when it cannot be one."""
        offset = position % self.capacity
        total: int = struct.unpack_from("<I", self._data, offset)[0]
        return total if total % ALIGN_BYTES == 0 and total <= self.capacity - offset else 0

    def close(self) -> None:
        if self._file < 0:
            return
        self._words.release()
        self._data.release()
        self._all.release()
        self._map.close()
        os.close(self._file)
        self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def create_ring(path: Path, capacity_bytes: int = DEFAULT_CAPACITY_BYTES) -> None:
    """Make the file if no usable one is there. An existing ring keeps its records. Raises RingError, without room for it too."""
    if capacity_bytes % ALIGN_BYTES:
        raise RingError("capacity is a multiple of 8")
    try:
        with _Mapped(path):
            return
    except (OSError, RingError):
        pass
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        _take_room(handle, HEADER_BYTES + capacity_bytes, path)
        os.pwrite(handle, struct.pack("<2Q", MAGIC, capacity_bytes), 0)
    finally:
        os.close(handle)
    os.replace(fresh, path)


def _take_room(handle: int, size_bytes: int, path: Path) -> None:
    """All of it now: memory that is promised and not there ends whoever writes to it (SIGBUS), in the middle of a lesson."""
    os.ftruncate(handle, size_bytes)
    if not hasattr(os, "posix_fallocate"):
        return
    try:
        os.posix_fallocate(handle, 0, size_bytes)
    except OSError as error:
        path.with_suffix(".new").unlink(missing_ok=True)
        raise RingError(
            f"{path.parent.parent} has no room for {size_bytes >> 20} MB ({error.strerror}); for a container: --shm-size=256m"
        ) from error


class RingWriter(_Mapped):
    """Only the media worker has one. A new writer goes on behind what the last one finished."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._words[_EPOCH] = (self._words[_EPOCH] + 1) % (1 << 64)
        self._written: int = self._words[_WRITTEN]
        self._oldest: int = self._words[_OLDEST]
        sound = 0 <= self._written - self._oldest <= self.capacity and self._written < _MOST_WRITTEN_BYTES
        if not sound or self._written % ALIGN_BYTES or self._oldest % ALIGN_BYTES:
            self._written = self._oldest = (self._written % _MOST_WRITTEN_BYTES) // ALIGN_BYTES * ALIGN_BYTES
            self._words[_OLDEST] = self._words[_WRITTEN] = self._written

    def write(self, kind: Kind, payload: bytes | bytearray | memoryview, *, track: int = 0, arrival_ns: int, level: int = NO_LEVEL) -> None:
        size = _RECORD.size + len(payload)
        total = -(-size // ALIGN_BYTES) * ALIGN_BYTES
        if total > self.capacity // 4:
            raise RingError(f"record of {total} bytes")
        offset = self._written % self.capacity
        if offset + total > self.capacity:
            self._pad(offset, self.capacity - offset)
            offset = 0
        self._make_room(total)
        _RECORD.pack_into(self._data, offset, total, kind, level, 0, track, arrival_ns, len(payload))
        self._data[offset + _RECORD.size : offset + size] = payload
        self._written += total
        self._words[_WRITTEN] = self._written  # last: a record that is counted is whole

    def _pad(self, offset: int, total: int) -> None:
        self._make_room(total)
        struct.pack_into("<IB", self._data, offset, total, Kind.PAD)
        self._written += total
        self._words[_WRITTEN] = self._written

    def _make_room(self, total: int) -> None:
        oldest = self._oldest
        while self._written + total - oldest > self.capacity:
            size = self._total_at(oldest)
            oldest = min(oldest + size, self._written) if size else self._written
        if oldest != self._oldest:
            self._oldest = oldest
            self._words[_OLDEST] = oldest  # before the bytes change: a reader looks here after copying


class RingReader(_Mapped):
    """Only the recorder has one. `position` is where the next record starts; `commit` makes it survive the recorder."""

    def __init__(self, path: Path, position: int | None = None) -> None:
        super().__init__(path)
        self.position: int = self._words[_CONSUMED] if position is None else position
        self.lost_bytes = 0

    @property
    def committed(self) -> int:
        return int(self._words[_CONSUMED])

    @property
    def written(self) -> int:
        return int(self._words[_WRITTEN])

    def records(self, limit: int = 10_000) -> Iterator[Record]:
        """What has been written since, at most `limit` records; counts in `lost_bytes` what was overwritten unread."""
        words = self._words
        for _ in range(limit):
            written: int = words[_WRITTEN]
            if self.position == written:
                return
            if self.position > written or self.position % ALIGN_BYTES:
                self._skip_to(written)
                continue
            record, total = self._copy(self.position)
            oldest: int = words[_OLDEST]
            if self.position < oldest:
                self._skip_to(oldest)
            elif total == 0 or self.position + total > written or written - oldest > self.capacity:
                self._skip_to(written)
            else:
                self.position += total
                if record is not None:
                    yield record

    def commit(self, position: int) -> None:
        self._words[_CONSUMED] = position

    def _skip_to(self, position: int) -> None:
        self.lost_bytes += abs(position - self.position)
        self.position = position

    def _copy(self, position: int) -> tuple[Record | None, int]:
        """The record, None for padding, and its length, 0 when it is damaged."""
        offset = position % self.capacity
        room = self.capacity - offset
        if room < _RECORD_BYTES:  # only padding fits here
            return None, self._total_at(position)
        total, number, level, _, track, arrival_ns, size = _RECORD.unpack_from(self._data, offset)
        kind = _KINDS[number]
        if total % ALIGN_BYTES or total > room:
            return None, 0
        if kind is Kind.PAD:
            return None, total
        if size > total - _RECORD_BYTES:
            return None, 0
        start = offset + _RECORD_BYTES
        return Record(kind, track, arrival_ns, level, bytes(self._data[start : start + size])), total
