"""Reading journals back: a scan that ends at a torn tail, and single records by their offset.

A record that fails its CRC or its tag is damage: the scan goes on behind it, `read_batch` raises. It never pads and never guesses.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recorder.journal import (
    ENTRY,
    FILE_HEADER,
    KEY_FLAG,
    MAGIC,
    MAX_BODY_BYTES,
    RECORD_HEADER,
    TAG_BYTES,
    Entry,
    EntryKind,
    JournalError,
    JournalMark,
    JournalTrack,
    RecordKind,
    associated_data,
    nonce,
)
from recorder.keys import KeyName, KeyStore, is_source

_SPECULATIVE_READ_BYTES = 32 * 1024
_SEARCH_BYTES = 1024 * 1024
_LIKE_HEADER = re.compile(rb"(?s)(?=...[\x00-\x04][\x01-\x03]\x00)")  # at most 64 MiB, a known kind, the reserved byte
_Raw = tuple[int, int, int, bytes, bytes]  # kind, track, number, header, body


@dataclass(frozen=True, slots=True)
class Batch:
    """Frames and reports of one record; `offset` as in `Written.record`, `starts` payload offsets of all entries."""

    track: JournalTrack
    offset: int
    entries: tuple[Entry, ...]
    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes of the file that are no record, with records behind them."""

    start: int
    end: int


ScannedRecord = Batch | JournalTrack | JournalMark | Gap


def scan(path: Path, keys: KeyStore) -> Iterator[ScannedRecord]:
    """Records in file order up to a torn tail. Batches whose key is destroyed are passed over."""
    with path.open("rb") as file:
        part = _read_file_header(file)
        tracks: dict[int, tuple[JournalTrack, AESGCM | None]] = {}
        sound_until = file.tell()
        for offset, raw in _records(file):
            try:
                record = _open_record(part, tracks, offset, raw, keys)
            except (InvalidTag, JournalError, ValueError):
                continue
            if offset > sound_until:
                yield Gap(sound_until, offset)
            sound_until = file.tell()
            if record is not None:
                yield record


def _open_record(
    part: int, tracks: dict[int, tuple[JournalTrack, AESGCM | None]], offset: int, raw: _Raw, keys: KeyStore
) -> Batch | JournalTrack | JournalMark | None:
    kind, track, number, header, body = raw
    if kind != RecordKind.BATCH:
        parsed = _parse_clear(kind, body)
        if isinstance(parsed, JournalTrack):
            tracks[parsed.number] = (parsed, keys.find(key_name(parsed)))
        return parsed
    declared = tracks.get(track)
    if declared is None:
        raise JournalError("a track that was not declared")
    if declared[1] is None:
        return None
    return _batch(declared[0], offset, declared[1].decrypt(nonce(part, number), body, associated_data(key_name(declared[0]), header)))


def read_batch(file: int, offset: int, part: int, name: KeyName, cipher: AESGCM) -> bytes:
    """Plaintext of the sealed record at `offset`. Raises `JournalError` on anything but exactly that record."""
    data = os.pread(file, _SPECULATIVE_READ_BYTES, offset)
    if len(data) < RECORD_HEADER.size:
        raise JournalError("record beyond the end")
    size, kind, _, _, number, crc = RECORD_HEADER.unpack_from(data)
    header = data[: RECORD_HEADER.size]
    if kind != RecordKind.BATCH or size > MAX_BODY_BYTES or crc != zlib.crc32(header[:-4]):
        raise JournalError("no sealed record here")
    end = RECORD_HEADER.size + size
    if end > len(data):
        data += os.pread(file, end - len(data), offset + len(data))
    if len(data) < end:
        raise JournalError("record beyond the end")
    try:
        return cipher.decrypt(nonce(part, number), data[RECORD_HEADER.size : end], associated_data(name, header))
    except InvalidTag as error:
        raise JournalError("wrong tag") from error


def read_part_number(path: Path) -> int:
    with path.open("rb") as file:
        return _read_file_header(file)


def key_name(track: JournalTrack) -> KeyName:
    if not is_source(track.source):
        raise JournalError("unknown source")
    return KeyName(track.take, track.peer, track.source)


def unpack_entries(plain: bytes) -> tuple[tuple[Entry, ...], tuple[int, ...]]:
    entries: list[Entry] = []
    starts: list[int] = []
    position = 0
    while position < len(plain):
        if position + ENTRY.size > len(plain):
            raise JournalError("torn entry")
        kind, level, flags, size, sequence_end, timestamp, arrival_ns = ENTRY.unpack_from(plain, position)
        position += ENTRY.size
        if position + size > len(plain) or kind not in (EntryKind.FRAME, EntryKind.REPORT):
            raise JournalError("torn entry")
        payload = plain[position : position + size]
        key, packets = bool(flags & KEY_FLAG), flags >> 1
        entries.append(Entry(EntryKind(kind), sequence_end, timestamp, arrival_ns, payload, key, level, packets))
        starts.append(position)
        position += size
    return tuple(entries), tuple(starts)


def _read_file_header(file: BinaryIO) -> int:
    data = file.read(FILE_HEADER.size)
    if len(data) < FILE_HEADER.size:
        raise JournalError("short file header")
    magic, part, crc = FILE_HEADER.unpack(data)
    if magic != MAGIC or crc != zlib.crc32(data[:-4]):
        raise JournalError("no journal")
    return int(part)


def _records(file: BinaryIO) -> Iterator[tuple[int, _Raw]]:
    """Whatever looks like a record by its CRC, with its offset; the file stands behind it."""
    while True:
        offset = file.tell()
        raw = _next_record(file)
        if raw is None:
            following = _find_header(file, offset + 1)
            if following < 0:
                return
            file.seek(following)
            continue
        yield offset, raw


def _find_header(file: BinaryIO, start: int) -> int:
    """Where the next bytes stand that can be a record's header, or -1."""
    while True:
        file.seek(start)
        data = file.read(_SEARCH_BYTES)
        for found in _LIKE_HEADER.finditer(data):
            file.seek(start + found.start())
            if _next_record(file) is not None:
                return start + found.start()
        if len(data) < _SEARCH_BYTES:
            return -1
        start += _SEARCH_BYTES - RECORD_HEADER.size


def _next_record(file: BinaryIO) -> _Raw | None:
    header = file.read(RECORD_HEADER.size)
    if len(header) < RECORD_HEADER.size:
        return None
    size, kind, _, track, number, crc = RECORD_HEADER.unpack(header)
    sealed = kind == RecordKind.BATCH
    own = zlib.crc32(header[:-4])
    if size > MAX_BODY_BYTES or (sealed and (crc != own or size < TAG_BYTES)):
        return None
    body = file.read(size)
    if len(body) < size or (not sealed and crc != zlib.crc32(body, own)):
        return None
    return kind, track, number, header, body


def _batch(track: JournalTrack, offset: int, plain: bytes) -> Batch:
    entries, starts = unpack_entries(plain)
    return Batch(track, offset, entries, starts)


def _parse_clear(kind: int, body: bytes) -> JournalTrack | JournalMark:
    if kind == RecordKind.TRACK:
        return msgspec.msgpack.decode(body, type=JournalTrack)
    if kind == RecordKind.MARK:
        return msgspec.msgpack.decode(body, type=JournalMark)
    raise JournalError("unknown record")
