"""The index of a finished take: one row per frame with final times, black pictures and silence where there is nothing.

Built once at the close from what the journal holds, stored sealed: sizes and times alone tell who spoke when.
"""

from __future__ import annotations

import hashlib
import os
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray

from recorder import opus, vp8
from recorder.control import Hole
from recorder.files import replace_file
from recorder.mixer import PACKET_MS
from recorder.timeline import Report, delay_ns, map_times
from recorder.webm import AUDIO, LAYOUT_VERSION, ROW, VIDEO, Layout, Rows

SILENCE_RECORD, BLACK_RECORD = -1, -2
BLACK_EVERY_MS = 4_000
BLACK_AFTER_MS = 1_000
GAP_MS = 2_000
FIRST_PICTURE_MS = 2_000
HOLE_MS = 500
NEIGHBOUR_NS = 1_000_000_000
DEFAULT_SIZE = (640, 360)
Picture = Literal["camera", "screen"]
PICTURES: tuple[Picture, ...] = ("camera", "screen")  # each has a film of its own
_ASSOCIATED = b"microteach take index 1"
_NONCE_BYTES = 12


class BrokenIndex(ValueError):
    """The stored index cannot be opened."""


class FrameLog:
    """What is in the journal of one live track, as columns in sending order. Arrivals are nanoseconds from the take's start."""

    def __init__(self) -> None:
        self.timestamps = array("q")
        self.arrivals = array("q")
        self.sizes = array("L")
        self.keys = array("B")
        self.parts = array("H")
        self.records = array("q")
        self.payloads = array("L")

    def append(self, timestamp: int, arrival_ns: int, size: int, key: bool, part: int, record: int, payload: int) -> None:
        self.timestamps.append(timestamp)
        self.arrivals.append(arrival_ns)
        self.sizes.append(size)
        self.keys.append(key)
        self.parts.append(part)
        self.records.append(record)
        self.payloads.append(payload)

    def __len__(self) -> int:
        return len(self.timestamps)

    def rows(self, track: int, pts_ms: NDArray[np.int64], chosen: NDArray[np.bool_]) -> Rows:
        rows = np.zeros(len(self), dtype=ROW)
        rows["pts_ms"] = np.maximum(pts_ms, 0)
        rows["track"] = track
        rows["key"] = np.asarray(self.keys)
        rows["part"] = np.asarray(self.parts)
        rows["size"] = np.asarray(self.sizes)
        rows["payload"] = np.asarray(self.payloads)
        rows["record"] = np.asarray(self.records)
        return rows[chosen]


@dataclass(slots=True)
class StreamLog:
    """A live track of one participant with its reports; their arrivals count from the take's start too."""

    peer: str
    source: str
    clock_rate_hz: int
    frames: FrameLog = field(default_factory=FrameLog)
    reports: list[Report] = field(default_factory=list)


class StoredIndex(msgspec.Struct, frozen=True, kw_only=True):
    layout: int
    take: str
    teacher: str
    width: int
    height: int
    duration_ms: int
    parts: tuple[tuple[int, str], ...]  # part id and path below the data folder, by the rows' `part`
    black: bytes
    silence: bytes
    rows: bytes
    picture: Picture = "camera"

    def layout_of(self) -> Layout:
        rows = np.frombuffer(self.rows, dtype=ROW)
        return Layout(rows, width=self.width, height=self.height, duration_ms=self.duration_ms)

    def version(self) -> str:
        return hashlib.sha256(msgspec.msgpack.encode(self)).hexdigest()[:24]


def build_index(
    *,
    take: str,
    teacher: str,
    duration_ms: int,
    parts: Sequence[tuple[int, str]],
    streams: Sequence[StreamLog],
    mix: FrameLog,
    size: tuple[int, int],
    picture: Picture = "camera",
) -> StoredIndex:
    width, height = size
    black = vp8.black_key_frame(width, height)
    pictures = [stream for stream in streams if stream.peer == teacher and stream.source == picture and len(stream.frames)]
    video = _with_black(_with_first_picture(_video_rows(pictures, streams, duration_ms)), duration_ms, len(black))
    rows = np.concatenate((video, _audio_rows(mix, duration_ms)))
    rows = rows[np.lexsort((rows["track"], rows["pts_ms"]))]
    return StoredIndex(
        layout=LAYOUT_VERSION,
        take=take,
        teacher=teacher,
        width=width,
        height=height,
        duration_ms=duration_ms,
        parts=tuple(parts),
        black=black,
        silence=opus.SILENCE,
        rows=rows.tobytes(),
        picture=picture,
    )


def find_holes(streams: Sequence[StreamLog], teacher: str, duration_ms: int, held: Sequence[tuple[int, int]] = ()) -> tuple[Hole, ...]:
    """More than half a second without anything from the teacher. `held` are begin and end of each time when that was wanted."""
    arrivals = [np.asarray(stream.frames.arrivals) for stream in streams if stream.peer == teacher and len(stream.frames)]
    seen = np.sort(np.concatenate(arrivals)) // 1_000_000 if arrivals else np.zeros(0, dtype=np.int64)
    edges = np.concatenate(([0], np.clip(seen, 0, duration_ms), [duration_ms]))
    wide = np.flatnonzero(np.diff(edges) > HOLE_MS)
    return tuple(_hole(int(edges[at]), int(edges[at + 1]), held) for at in wide.tolist())


def _hole(start_ms: int, end_ms: int, held: Sequence[tuple[int, int]]) -> Hole:
    held_ms = sum(max(min(end_ms, until_ms) - max(start_ms, since_ms), 0) for since_ms, until_ms in held)
    return Hole(start_ms=start_ms, end_ms=end_ms, reason="held" if 2 * held_ms > end_ms - start_ms else "lost")


def save_index(path: Path, index: StoredIndex, cipher: AESGCM) -> None:
    random = os.urandom(_NONCE_BYTES)
    replace_file(path, random + cipher.encrypt(random, msgspec.msgpack.encode(index), _ASSOCIATED))


def load_index(path: Path, cipher: AESGCM) -> StoredIndex:
    data = path.read_bytes()
    try:
        plain = cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], _ASSOCIATED)
        return msgspec.msgpack.decode(plain, type=StoredIndex)
    except (InvalidTag, ValueError) as error:
        raise BrokenIndex(str(path.name)) from error


def stream_delay_ns(stream: StreamLog, streams: Sequence[StreamLog]) -> int | None:
    """Shared by the tracks that this participant had at the same time: a reload may come from another machine."""
    if not len(stream.frames):
        return None
    since = stream.frames.arrivals[0] - NEIGHBOUR_NS
    until = stream.frames.arrivals[-1] + NEIGHBOUR_NS
    return delay_ns(
        [report for other in streams if other.peer == stream.peer for report in other.reports if since <= report.arrival_ns <= until]
    )


def _video_rows(pictures: Sequence[StreamLog], streams: Sequence[StreamLog], duration_ms: int) -> Rows:
    """Frames of the live tracks one after the other: a later one ends the earlier."""
    pieces: list[Rows] = []
    until = duration_ms
    for stream in sorted(pictures, key=lambda picture: picture.frames.arrivals[0], reverse=True):
        log = stream.frames
        mapped = map_times(
            np.asarray(log.timestamps), np.asarray(log.arrivals), stream.reports, stream.clock_rate_hz, stream_delay_ns(stream, streams)
        )
        pts = _strictly_rising(np.maximum(mapped // 1_000_000, 0))
        rows = log.rows(VIDEO, pts, pts < until)
        if len(rows):
            pieces.insert(0, rows)
            until = int(rows["pts_ms"][0])
    return np.concatenate(pieces) if pieces else np.zeros(0, dtype=ROW)


def _strictly_rising(pts: NDArray[np.int64]) -> NDArray[np.int64]:
    count = np.arange(len(pts))
    result: NDArray[np.int64] = np.maximum.accumulate(pts - count) + count
    return result


def _with_first_picture(video: Rows) -> Rows:
    """A film that begins black looks broken: a picture that came soon after the start stands there from the start."""
    if not len(video) or not video["key"][0] or not 0 < video["pts_ms"][0] <= FIRST_PICTURE_MS:
        return video
    lead = video[:1].copy()
    lead["pts_ms"] = 0
    return np.concatenate((lead, video))


def _with_black(video: Rows, duration_ms: int, black_bytes: int) -> Rows:
    """Black where there was no picture: not before a frame that builds on the picture before the gap."""
    edges = [*video["pts_ms"].astype(np.int64).tolist(), duration_ms]
    keys = [*video["key"].tolist(), 1]
    times: list[int] = list(range(0, edges[0], BLACK_EVERY_MS)) if keys[0] else []
    for at in np.flatnonzero(np.diff(np.array(edges)) > GAP_MS).tolist():
        if keys[at + 1]:
            times.extend(range(edges[at] + BLACK_AFTER_MS, edges[at + 1], BLACK_EVERY_MS))
    black = np.zeros(len(times), dtype=ROW)
    black["pts_ms"] = times
    black["track"] = VIDEO
    black["key"] = 1
    black["size"] = black_bytes
    black["record"] = BLACK_RECORD
    rows = np.concatenate((video, black))
    return rows[np.argsort(rows["pts_ms"], kind="stable")]


def _audio_rows(mix: FrameLog, duration_ms: int) -> Rows:
    """Packet n of the mix lies at n * 20 ms; what is missing is silence."""
    count = max(duration_ms // PACKET_MS, 1)
    rows = np.zeros(count, dtype=ROW)
    rows["pts_ms"] = np.arange(count) * PACKET_MS
    rows["track"] = AUDIO
    rows["key"] = 1
    rows["size"] = len(opus.SILENCE)
    rows["record"] = SILENCE_RECORD
    if len(mix):
        numbers = np.asarray(mix.timestamps) // opus.FRAME_SAMPLES
        stored = mix.rows(AUDIO, numbers * PACKET_MS, np.ones(len(mix), dtype=np.bool_))
        inside = (numbers >= 0) & (numbers < count)
        rows[numbers[inside]] = stored[inside]
    return rows
