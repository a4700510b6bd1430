"""The index of a finished take: one row per frame with final times, black pictures and silence where there is nothing.

Built once at the close from what the journal holds, and from an older index where something was withdrawn or mixed anew.
Stored sealed: sizes and times alone tell who spoke when.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray

from recorder import opus, vp8
from recorder.control import VoiceTalk
from recorder.files import replace_file
from recorder.frame_log import FrameLog, Frames, StreamLog, captured_ns, usable
from recorder.mixer import PACKET_MS
from recorder.webm import AUDIO, LAYOUT_VERSION, ROW, VIDEO, Layout, Rows

SILENCE_RECORD, BLACK_RECORD = -1, -2
BLACK_EVERY_MS = 4_000
BLACK_AFTER_MS = 1_000
GAP_MS = 2_000
FIRST_PICTURE_MS = 2_000
DEFAULT_SIZE = (640, 360)
Picture = Literal["camera", "screen"]
PICTURES: tuple[Picture, ...] = ("camera", "screen")  # each has a film of its own
_ASSOCIATED = b"microteach take index 1"
_NONCE_BYTES = 12


class BrokenIndex(ValueError):
    """The stored index cannot be opened."""


class StoredIndex(msgspec.Struct, frozen=True, kw_only=True):
    """`mix` names the key of the voices; `talk` is with the film of the face."""

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
    mix: str = "mix"
    talk: tuple[VoiceTalk, ...] = ()

    def layout_of(self) -> Layout:
        return Layout(self.table(), width=self.width, height=self.height, duration_ms=self.duration_ms)

    def table(self) -> Rows:
        return np.frombuffer(self.rows, dtype=ROW)

    def version(self) -> str:
        return hashlib.sha256(msgspec.msgpack.encode(self)).hexdigest()[:24]

    def with_voices(self, mix: str, frames: Frames, parts: Sequence[tuple[int, str]]) -> StoredIndex:
        """The same pictures with other voices; no frames: silence. `parts` as in `parts`, the earlier ones first."""
        table = self.table()
        return self._with_rows(table[table["track"] == VIDEO], _audio_rows(frames, self.duration_ms), mix=mix, parts=tuple(parts))

    def without_picture(self) -> StoredIndex:
        """The same voices, and black."""
        table = self.table()
        return self._with_rows(_with_black(table[:0], self.duration_ms, len(self.black)), table[table["track"] == AUDIO])

    def without_talk_of(self, peer: str) -> StoredIndex:
        return msgspec.structs.replace(self, talk=tuple(voice for voice in self.talk if voice.peer != peer))

    def _with_rows(self, video: Rows, audio: Rows, **changes: object) -> StoredIndex:
        return msgspec.structs.replace(self, rows=_in_order(video, audio).tobytes(), **changes)


def build_index(
    *,
    take: str,
    teacher: str,
    duration_ms: int,
    parts: Sequence[tuple[int, str]],
    streams: Sequence[StreamLog],
    voices: Frames,
    mix: str = "mix",
    size: tuple[int, int],
    picture: Picture = "camera",
    talk: tuple[VoiceTalk, ...] = (),
) -> StoredIndex:
    """`voices` are the frames of the mix, whose key `mix` names."""
    width, height = size
    black = vp8.black_key_frame(width, height)
    pictures = [stream for stream in streams if stream.peer == teacher and stream.source == picture and len(stream.frames)]
    video = _with_black(_with_first_picture(_video_rows(pictures, streams, duration_ms)), duration_ms, len(black))
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
        rows=_in_order(video, _audio_rows(voices, duration_ms)).tobytes(),
        picture=picture,
        mix=mix,
        talk=talk,
    )


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


def _video_rows(pictures: Sequence[StreamLog], streams: Sequence[StreamLog], duration_ms: int) -> Rows:
    """Frames of the live tracks one after the other: a later one ends the earlier."""
    pieces: list[Rows] = []
    until = duration_ms
    logged = [(stream, stream.frames.frames()) for stream in pictures]
    for stream, frames in sorted(logged, key=lambda each: int(each[1]["arrival"].min()), reverse=True):
        pts = _strictly_rising(np.maximum(captured_ns(stream, frames, streams) // 1_000_000, 0))
        rows = _rows(frames, VIDEO, pts)[usable(frames) & (pts < until)]
        if len(rows):
            pieces.insert(0, rows)
            until = int(rows["pts_ms"][0])
    return np.concatenate(pieces) if pieces else np.zeros(0, dtype=ROW)


def _rows(frames: Frames, track: int, pts_ms: NDArray[np.int64]) -> Rows:
    rows = np.zeros(len(frames), dtype=ROW)
    rows["pts_ms"] = np.maximum(pts_ms, 0)
    rows["track"] = track
    for name in ("key", "part", "size", "payload", "record"):
        rows[name] = frames[name]
    return rows


def _in_order(video: Rows, audio: Rows) -> Rows:
    rows = np.concatenate((video, audio))
    return rows[np.lexsort((rows["track"], rows["pts_ms"]))]


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


def _audio_rows(voices: Frames, duration_ms: int) -> Rows:
    """Packet n of the mix lies at n * 20 ms; what is missing is silence."""
    count = max(duration_ms // PACKET_MS, 1)
    rows = np.zeros(count, dtype=ROW)
    rows["pts_ms"] = np.arange(count) * PACKET_MS
    rows["track"] = AUDIO
    rows["key"] = 1
    rows["size"] = len(opus.SILENCE)
    rows["record"] = SILENCE_RECORD
    if len(voices):
        numbers = voices["timestamp"] // opus.FRAME_SAMPLES
        stored = _rows(voices, AUDIO, numbers * PACKET_MS)
        inside = (numbers >= 0) & (numbers < count)
        rows[numbers[inside]] = stored[inside]
    return rows


def no_voices() -> Frames:
    """For an index whose voices are not mixed yet."""
    return FrameLog().frames()
