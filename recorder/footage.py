"""A finished take, decoded for whatever is made of it: pictures and samples one after the other, at the times of its index.

Memory does not grow with the length of the take. What does not open ends the reading; what does not decode is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from recorder.index import BLACK_RECORD, BrokenIndex, load_index
from recorder.keys import KeyName, KeyStore
from recorder.manifest import Manifest
from recorder.opus import FRAME_SAMPLES, Decoder, Samples
from recorder.take import Frames
from recorder.webm import AUDIO, VIDEO


@dataclass(frozen=True, slots=True)
class Shown:
    """From `at_ms` on this picture is shown, or none."""

    at_ms: int
    pictures: tuple[av.VideoFrame, ...]  # at most one


class Film:
    """The face or the screen, and all voices. Raises BrokenIndex."""

    def __init__(self, data: Path, keys: KeyStore, take: str, index: str) -> None:
        cipher = keys.find(KeyName(take, "", "index"))
        if cipher is None:
            raise BrokenIndex("the key is gone")
        self._index = load_index(data / index, cipher)
        self._layout = self._index.layout_of()
        self._data = data
        self._keys = keys
        self.duration_ms = self._index.duration_ms
        self.teacher = self._index.teacher

    def pictures(self, *, only_keys: bool = False) -> Iterator[Shown]:
        """In order of time. `only_keys`: the few that can be decoded without any other. Raises JournalError and OSError."""
        rows = self._layout.rows
        wanted = rows["track"] == VIDEO
        if only_keys:
            wanted &= rows["key"] == 1
        decoder = _vp8_decoder()
        frames = Frames(self._index, rows, self._data, self._keys)
        try:
            for row in np.flatnonzero(wanted).tolist():
                at_ms = int(rows["pts_ms"][row])
                if rows["record"][row] == BLACK_RECORD:
                    yield Shown(at_ms, ())
                    continue
                pictures = _decoded(decoder, frames.payload(row))
                if pictures:
                    yield Shown(at_ms, pictures)
        finally:
            frames.close()

    def sound(self) -> Iterator[Samples]:
        """All voices, 20 ms of 48 kHz after the other from the start of the take on. Raises JournalError and OSError."""
        rows = self._layout.rows
        decoder = Decoder()
        frames = Frames(self._index, rows, self._data, self._keys)
        try:
            for row in np.flatnonzero(rows["track"] == AUDIO).tolist():
                yield _fitted(decoder.decode(frames.payload(row)))
        finally:
            frames.close()

    @property
    def sound_packets(self) -> int:
        return int(np.count_nonzero(self._layout.rows["track"] == AUDIO))


def open_films(data: Path, keys: KeyStore, manifest: Manifest) -> tuple[Film, tuple[Film, ...]]:
    """The film of the face, and that of the screen where there is one. Raises OSError and BrokenIndex."""
    screens = (manifest.screen_index,) if manifest.screen_index else ()
    return Film(data, keys, manifest.take, manifest.index), tuple(Film(data, keys, manifest.take, path) for path in screens)


def _vp8_decoder() -> av.VideoCodecContext:
    decoder = av.CodecContext.create("vp8", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.thread_count = 1
    return decoder


def _decoded(decoder: av.VideoCodecContext, payload: bytes) -> tuple[av.VideoFrame, ...]:
    if not payload:
        return ()  # to libav it would mean the end
    try:
        return tuple(decoder.decode(av.Packet(payload))[-1:])
    except av.FFmpegError:
        return ()


def _fitted(samples: Samples) -> Samples:
    if len(samples) == FRAME_SAMPLES:
        return samples
    fitted = np.zeros(FRAME_SAMPLES, dtype=np.float32)
    fitted[: len(samples)] = samples[:FRAME_SAMPLES]
    return fitted
