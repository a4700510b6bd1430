"""The journal's format and its writer: docs/journal.md. Append only, one file per room and part.

Invariant: no (part, record number) is ever used twice under one key, so no nonce is, also where two machines write one take: beside the
part's place in it 47 bits of both are random. After a failed write the part is given up.
Batches of a track are sealed with that track's key; it knows nothing of rooms, time or pictures.
"""

from __future__ import annotations

import os
import secrets
import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recorder.files import make_folder, sync_folder, write_all
from recorder.keys import KeyName

MAGIC = b"MTJRNL\x00\x01"
FILE_HEADER = struct.Struct("<8sII")  # magic, part, CRC-32 of both
RECORD_HEADER = struct.Struct("<IBBHQI")  # body bytes, kind, 0, track, record number, CRC-32 of these (and of a body in clear)
ENTRY = struct.Struct("<BBHIqqq")  # kind, level, flags, payload bytes, sequence end, timestamp, arrival ns
TAG_BYTES = 16
MAX_BODY_BYTES = 64 * 1024 * 1024
KEY_FLAG = 1
MAX_PACKETS = 0x7FFF  # of one frame, in the flags above `KEY_FLAG`

_HEAD = struct.Struct("<IBBHQ")


class JournalError(Exception):
    """The bytes are no journal, or the part cannot be written any more."""


class RecordKind(IntEnum):
    TRACK = 1  # msgpack of `JournalTrack`, in clear
    BATCH = 2  # entries, sealed
    MARK = 3  # msgpack of `JournalMark`, in clear


class EntryKind(IntEnum):
    FRAME = 1
    REPORT = 2


class JournalTrack(msgspec.Struct, frozen=True, kw_only=True):
    """Declares a track number of this part. `worker` and `handle` name the live track; the mix has neither."""

    number: int
    take: str
    peer: str
    source: str
    worker: str = ""
    handle: int = 0
    clock_rate_hz: int = 48_000


class JournalMark(msgspec.Struct, frozen=True, kw_only=True):
    """A marker of the ring as it came (msgpack of `server.media.ring.Marker`) and its arrival."""

    arrival_ns: int
    marker: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Entry:
    """A frame, or a sender report (24 bytes; `timestamp` is its RTP time). `sequence_end` and `timestamp` are unwrapped.

    `packets`: how many sequence numbers the frame took, with the padding before it.
    """

    kind: EntryKind
    sequence_end: int
    timestamp: int
    arrival_ns: int
    payload: bytes
    key: bool = False
    level: int = 255
    packets: int = 1

    @property
    def sequence_begin(self) -> int:
        return self.sequence_end - self.packets


@dataclass(frozen=True, slots=True)
class Written:
    """Where the frames of one batch landed: file offset of the record, offsets of the payloads within its plaintext."""

    track: int
    record: int
    payloads: tuple[int, ...]


def nonce(part: int, number: int) -> bytes:
    return struct.pack(">IQ", part, number)


def associated_data(name: KeyName, header: bytes) -> bytes:
    return MAGIC + header + msgspec.msgpack.encode([name.take, name.peer, name.source])


def pack_entries(entries: list[Entry]) -> tuple[bytes, tuple[int, ...]]:
    """Plaintext of a batch, and where the payload of each frame starts in it."""
    pieces: list[bytes] = []
    starts: list[int] = []
    position = 0
    for entry in entries:
        flags = min(entry.packets, MAX_PACKETS) << 1 | (KEY_FLAG if entry.key else 0)
        pieces.append(ENTRY.pack(entry.kind, entry.level, flags, len(entry.payload), entry.sequence_end, entry.timestamp, entry.arrival_ns))
        pieces.append(entry.payload)
        if entry.kind is EntryKind.FRAME:
            starts.append(position + ENTRY.size)
        position += ENTRY.size + len(entry.payload)
    return b"".join(pieces), tuple(starts)


class PartWriter:
    """One part of one room's journal. `add` and friends only remember; `flush` writes; `sync` may run in a thread."""

    def __init__(self, path: Path, part: int) -> None:
        make_folder(path.parent)
        self.path = path
        self.part = part
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._offset = 0
        self._number = secrets.randbits(31) << 32
        self._tracks: list[tuple[KeyName, AESGCM]] = []
        self._clear: list[tuple[RecordKind, bytes]] = []
        self._pending: dict[int, list[Entry]] = {}
        head = MAGIC + part.to_bytes(4, "little")
        try:
            self._append([FILE_HEADER.pack(MAGIC, part, zlib.crc32(head))])
            sync_folder(path.parent)
        except OSError:
            self.close()
            path.unlink(missing_ok=True)
            raise

    def declare(self, name: KeyName, cipher: AESGCM, *, worker: str = "", handle: int = 0, clock_rate_hz: int = 48_000) -> int:
        """The number of a new track, valid in this part."""
        number = len(self._tracks)
        if number > 0xFFFF:
            raise JournalError("too many tracks in one part")
        self._tracks.append((name, cipher))
        track = JournalTrack(
            number=number,
            take=name.take,
            peer=name.peer,
            source=name.source,
            worker=worker,
            handle=handle,
            clock_rate_hz=clock_rate_hz,
        )
        self._clear.append((RecordKind.TRACK, msgspec.msgpack.encode(track)))
        return number

    def add(self, track: int, entry: Entry) -> None:
        self._pending.setdefault(track, []).append(entry)

    def mark(self, arrival_ns: int, marker: bytes) -> None:
        self._clear.append((RecordKind.MARK, msgspec.msgpack.encode(JournalMark(arrival_ns=arrival_ns, marker=msgspec.Raw(marker)))))

    def flush(self) -> list[Written]:
        """Append everything that was added, one record per track. After an `OSError` or `JournalError` the part is spent."""
        pieces: list[bytes] = []
        position = self._offset
        written: list[Written] = []
        for kind, body in self._clear:
            pieces.append(self._record_in_clear(kind, body))
            position += len(pieces[-1])
        for track, entries in self._pending.items():
            plain, starts = pack_entries(entries)
            pieces.append(self._sealed_record(track, plain))
            written.append(Written(track, position, starts))
            position += len(pieces[-1])
        self._clear, self._pending = [], {}
        if pieces:
            self._append(pieces)
        return written

    def sync(self) -> None:
        os.fdatasync(self._file)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _record_in_clear(self, kind: RecordKind, body: bytes) -> bytes:
        head = self._next_head(len(body), kind, 0)
        return head + zlib.crc32(body, zlib.crc32(head)).to_bytes(4, "little") + body

    def _sealed_record(self, track: int, plain: bytes) -> bytes:
        name, cipher = self._tracks[track]
        head = self._next_head(len(plain) + TAG_BYTES, RecordKind.BATCH, track)
        header = head + zlib.crc32(head).to_bytes(4, "little")
        return header + cipher.encrypt(nonce(self.part, self._number), plain, associated_data(name, header))

    def _next_head(self, size: int, kind: RecordKind, track: int) -> bytes:
        if size > MAX_BODY_BYTES:
            raise JournalError(f"record of {size} bytes")
        self._number += 1
        return _HEAD.pack(size, kind, 0, track, self._number)

    def _append(self, pieces: list[bytes]) -> None:
        data = b"".join(pieces)
        write_all(self._file, data)
        self._offset += len(data)
