"""An MP4 file in the order in which it can be played while it comes: what describes it in front of the media.

Only the places that chunk offsets stand in are changed (ISO/IEC 14496-12, 8.7.5). It knows nothing of codecs.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Protocol

PIECE_BYTES = 256 * 1024
_CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}
_WIDTHS = {b"stco": ">u4", b"co64": ">u8"}


class BadFilm(ValueError):
    """The bytes are no MP4 file as our muxer writes it."""


class Seekable(Protocol):
    @property
    def size_bytes(self) -> int: ...
    def seek(self, offset: int, /) -> int: ...
    def read(self, size: int, /) -> bytes: ...


def in_playing_order(file: Seekable) -> Iterator[bytes]:
    """The whole file with `moov` behind `ftyp`. Raises BadFilm."""
    boxes = list(_top_boxes(file))
    names = [name for name, _, _ in boxes]
    if names[:1] != [b"ftyp"] or names.count(b"moov") != 1:
        raise BadFilm("no film")
    where = names.index(b"moov")
    _, moov_start, moov_bytes = boxes[where]
    if any(start < moov_start for name, start, _ in boxes if name == b"mdat"):
        file.seek(moov_start)
        moov = bytearray(file.read(moov_bytes))
        _shift_chunks(memoryview(moov), moov_bytes)
        yield from _copied(file, *boxes[0][1:])
        yield bytes(moov)
        rest = [box for box in boxes[1:] if box[0] != b"moov"]
    else:
        rest = boxes
    for _, start, size in rest:
        yield from _copied(file, start, size)


def _top_boxes(file: Seekable) -> Iterator[tuple[bytes, int, int]]:
    """Name, offset and whole size."""
    start = 0
    while start < file.size_bytes:
        file.seek(start)
        head = file.read(16)
        if len(head) < 8:
            raise BadFilm("short box")
        size, name = int.from_bytes(head[:4], "big"), head[4:8]
        if size == 1:
            size = int.from_bytes(head[8:16], "big")
        elif size == 0:
            size = file.size_bytes - start
        if size < 8 or start + size > file.size_bytes:
            raise BadFilm("box beyond the end")
        yield name, start, size
        start += size


def _copied(file: Seekable, start: int, size: int) -> Iterator[bytes]:
    for offset in range(start, start + size, PIECE_BYTES):
        file.seek(offset)
        yield file.read(min(PIECE_BYTES, start + size - offset))


def _shift_chunks(box: memoryview, by: int) -> None:
    """`box` with its head: every chunk offset in it grows by so many bytes."""
    name = bytes(box[4:8])
    if name in _WIDTHS:
        kind = ">I" if name == b"stco" else ">Q"
        width = struct.calcsize(kind)
        [count] = struct.unpack_from(">I", box, 12)
        for place in range(16, 16 + count * width, width):
            [offset] = struct.unpack_from(kind, box, place)
            try:
                struct.pack_into(kind, box, place, offset + by)
            except struct.error as error:
                raise BadFilm("too large") from error
    elif name in _CONTAINERS:
        start = 8
        while start + 8 <= len(box):
            size = int.from_bytes(box[start : start + 4], "big")
            if size < 8 or start + size > len(box):
                raise BadFilm("box beyond its box")
            _shift_chunks(box[start : start + size], by)
            start += size
