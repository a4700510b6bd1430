"""The layout of a virtual WebM file (VP8 and Opus): every offset follows from the index, no byte is kept.

Fields that usually vary have fixed widths, so offsets are one cumulative sum. Cues stand in front; a cluster reaches from
key frame to key frame, at most 30 s. Any change of a byte here needs a new LAYOUT_VERSION: it is part of each take's version.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

LAYOUT_VERSION = 1
CLUSTER_SPAN_MS = 30_000
VIDEO, AUDIO = 0, 1

# One row per frame, sorted by (time, track). `record` and `payload` say where the bytes are; a negative record is a constant.
ROW = np.dtype([("pts_ms", "<u4"), ("track", "u1"), ("key", "u1"), ("part", "<u2"), ("size", "<u4"), ("payload", "<u4"), ("record", "<i8")])
Rows = NDArray[np.void]

_CLUSTER_HEADER_BYTES = 14
_BLOCK_HEADER_BYTES = 9
_CUE_BYTES = 21
_MAX_FOUR_BYTE_SIZE = (1 << 28) - 2
_UNKNOWN_SIZE = b"\x01" + 7 * b"\xff"
_APPLICATION = b"microteach"


class LayoutError(ValueError):
    """An index that cannot be laid out: empty, unsorted or too large for a field."""


class Layout:
    def __init__(self, rows: Rows, *, width: int, height: int, duration_ms: int) -> None:
        if not len(rows):
            raise LayoutError("no frames")
        pts = rows["pts_ms"].astype(np.int64)
        if np.any(np.diff(pts) < 0):
            raise LayoutError("not in order of time")
        self.rows = rows
        self._starts = _cluster_starts(pts, (rows["track"] == VIDEO) & (rows["key"] == 1))
        opens = np.zeros(len(rows), dtype=np.int64)
        opens[self._starts] = _CLUSTER_HEADER_BYTES
        sizes = rows["size"].astype(np.int64) + _BLOCK_HEADER_BYTES
        ends = np.cumsum(opens + sizes)
        self._cluster_sizes = np.add.reduceat(sizes, self._starts)
        if int(self._cluster_sizes.max()) + _CLUSTER_HEADER_BYTES > _MAX_FOUR_BYTE_SIZE:
            raise LayoutError("cluster too large")
        cluster_offsets = (ends - opens - sizes)[self._starts]
        self.head = self._head(width, height, duration_ms, cluster_offsets, int(ends[-1]))
        self._ends = ends + len(self.head)
        self.size = int(self._ends[-1])
        self._cluster_of_row = dict(zip(self._starts.tolist(), range(len(self._starts)), strict=True))

    def pieces(self, start: int, end: int, payload: Callable[[int], bytes]) -> Iterator[bytes]:
        """The bytes from `start` up to `end`, some at a time. `payload(row)` gives a frame of exactly its row's size."""
        if not 0 <= start <= end <= self.size:
            raise LayoutError("range outside of the file")
        position = start
        if position < len(self.head):
            yield self.head[start : min(end, len(self.head))]
            position = min(end, len(self.head))
        row = int(np.searchsorted(self._ends, position, side="right"))
        while position < end:
            block = self._block_header(row) + payload(row)
            row_end = int(self._ends[row])
            row_start = row_end - len(block)
            yield block[position - row_start : end - row_start]
            position = min(row_end, end)
            row += 1

    def _block_header(self, row: int) -> bytes:
        cluster = self._cluster_of_row.get(row)
        pts_ms = int(self.rows["pts_ms"][row])
        if cluster is None:
            first = int(self._starts[int(np.searchsorted(self._starts, row, side="right")) - 1])
            opening = b""
        else:
            first = row
            size = int(self._cluster_sizes[cluster]) + 6
            opening = b"\x1f\x43\xb6\x75" + _four(size) + b"\xe7\x84" + pts_ms.to_bytes(4, "big")
        relative = pts_ms - int(self.rows["pts_ms"][first])
        return opening + block_header(int(self.rows["track"][row]), relative, bool(self.rows["key"][row]), int(self.rows["size"][row]))

    def _head(self, width: int, height: int, duration_ms: int, cluster_offsets: NDArray[np.int64], media_bytes: int) -> bytes:
        info = _element(
            b"\x15\x49\xa9\x66",
            _number(b"\x2a\xd7\xb1", 1_000_000, 3),
            _element(b"\x44\x89", struct.pack(">d", duration_ms)),
            _element(b"\x4d\x80", _APPLICATION),
            _element(b"\x57\x41", _APPLICATION),
        )
        tracks = _tracks(width, height)
        cues_body = len(self._starts) * _CUE_BYTES
        seek_bytes = len(_seek_head(0, 0, 0))
        info_at = seek_bytes
        tracks_at = info_at + len(info)
        cues_at = tracks_at + len(tracks)
        first_cluster = cues_at + 4 + 8 + cues_body
        cues = b"\x1c\x53\xbb\x6b" + _eight(cues_body) + self._cues(cluster_offsets + first_cluster)
        body = _seek_head(info_at, tracks_at, cues_at) + info + tracks + cues
        return _ebml_header() + b"\x18\x53\x80\x67" + _eight(len(body) + media_bytes) + body

    def _cues(self, positions: NDArray[np.int64]) -> bytes:
        pieces = []
        for row, position in zip(self._starts.tolist(), positions.tolist(), strict=True):
            number = int(self.rows["track"][row]) + 1
            time = int(self.rows["pts_ms"][row]).to_bytes(4, "big")
            place = b"\xf7\x81" + bytes([number]) + b"\xf1\x86" + position.to_bytes(6, "big")
            pieces.append(b"\xbb\x93\xb3\x84" + time + b"\xb7\x8b" + place)
        return b"".join(pieces)


def endless_head(width: int, height: int) -> bytes:
    """Of a file that is written while it is watched: without sizes, duration and cues. Clusters and blocks follow."""
    info = _element(
        b"\x15\x49\xa9\x66",
        _number(b"\x2a\xd7\xb1", 1_000_000, 3),
        _element(b"\x4d\x80", _APPLICATION),
        _element(b"\x57\x41", _APPLICATION),
    )
    return _ebml_header() + b"\x18\x53\x80\x67" + _UNKNOWN_SIZE + info + _tracks(width, height)


def endless_cluster(at_ms: int) -> bytes:
    """It ends where the next one begins."""
    return b"\x1f\x43\xb6\x75" + _UNKNOWN_SIZE + b"\xe7\x84" + at_ms.to_bytes(4, "big")


def block_header(track: int, relative_ms: int, key: bool, size_bytes: int) -> bytes:
    """Of a frame `relative_ms` behind its cluster's time: 16 bits."""
    return b"\xa3" + _four(size_bytes + 4) + struct.pack(">BhB", 0x80 | track + 1, relative_ms, 0x80 if key else 0)


def _cluster_starts(pts: NDArray[np.int64], keys: NDArray[np.bool_]) -> NDArray[np.int64]:
    forced = [0, *np.flatnonzero(keys).tolist(), len(pts)]
    starts: list[int] = []
    for begin, end in pairwise(forced):
        row = begin
        while row < end:
            starts.append(row)
            row = int(np.searchsorted(pts[:end], pts[row] + CLUSTER_SPAN_MS, side="right"))
    return np.array(starts, dtype=np.int64)


def _ebml_header() -> bytes:
    return _element(
        b"\x1a\x45\xdf\xa3",
        _number(b"\x42\x86", 1, 1),
        _number(b"\x42\xf7", 1, 1),
        _number(b"\x42\xf2", 4, 1),
        _number(b"\x42\xf3", 8, 1),
        _element(b"\x42\x82", b"webm"),
        _number(b"\x42\x87", 4, 1),
        _number(b"\x42\x85", 2, 1),
    )


def _seek_head(info_at: int, tracks_at: int, cues_at: int) -> bytes:
    entries = ((b"\x15\x49\xa9\x66", info_at), (b"\x16\x54\xae\x6b", tracks_at), (b"\x1c\x53\xbb\x6b", cues_at))
    return _element(
        b"\x11\x4d\x9b\x74",
        *(_element(b"\x4d\xbb", _element(b"\x53\xab", name), _number(b"\x53\xac", position, 8)) for name, position in entries),
    )


def _tracks(width: int, height: int) -> bytes:
    return _element(b"\x16\x54\xae\x6b", _video_track(width, height), _audio_track())


def _video_track(width: int, height: int) -> bytes:
    return _element(
        b"\xae",
        *_track_start(1, 1, b"V_VP8"),
        _element(b"\xe0", _number(b"\xb0", width, 2), _number(b"\xba", height, 2)),
    )


def _audio_track() -> bytes:
    opus_head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, 48_000, 0, 0)  # one channel, pre-skip 0
    return _element(
        b"\xae",
        *_track_start(2, 2, b"A_OPUS"),
        _element(b"\x63\xa2", opus_head),
        _number(b"\x56\xaa", 0, 1),
        _number(b"\x56\xbb", 80_000_000, 4),
        _element(b"\xe1", _element(b"\xb5", struct.pack(">d", 48_000.0)), _number(b"\x9f", 1, 1)),
    )


def _track_start(number: int, kind: int, codec: bytes) -> tuple[bytes, ...]:
    return (
        _number(b"\xd7", number, 1),
        _number(b"\x73\xc5", number, 1),
        _number(b"\x83", kind, 1),
        _number(b"\x9c", 0, 1),
        _element(b"\x86", codec),
    )


def _element(name: bytes, *body: bytes) -> bytes:
    data = b"".join(body)
    if len(data) < 127:
        return name + bytes([0x80 | len(data)]) + data
    return name + _four(len(data)) + data


def _number(name: bytes, value: int, width: int) -> bytes:
    return _element(name, value.to_bytes(width, "big"))


def _four(size: int) -> bytes:
    if size > _MAX_FOUR_BYTE_SIZE:
        raise LayoutError("element too large")
    return (size | 1 << 28).to_bytes(4, "big")


def _eight(size: int) -> bytes:
    return (size | 1 << 56).to_bytes(8, "big")
