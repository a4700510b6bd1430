"""How loud the voices are over the whole take, for a picture of it: a peak for each twentieth of a second."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

from recorder.footage import Film
from recorder.opus import FRAME_SAMPLES, RATE_HZ
from recorder.order import Progress

PEAKS_HZ = 20
_PACKETS_AT_ONCE = 50  # a second
_SLOT_SAMPLES = RATE_HZ // PEAKS_HZ


def waveform(film: Film, progress: Progress) -> Iterator[bytes]:
    """Peaks per second as u16, then a byte for each peak: 255 is full scale. Raises as `Film.sound` does."""
    yield struct.pack("<H", PEAKS_HZ)
    block = np.zeros(_PACKETS_AT_ONCE * FRAME_SAMPLES, dtype=np.float32)
    filled = 0
    for number, samples in enumerate(film.sound()):
        block[filled : filled + FRAME_SAMPLES] = samples
        filled += FRAME_SAMPLES
        if filled == len(block):
            yield _peaks(block)
            filled = 0
            progress.tell(number / film.sound_packets)
    if filled:
        block[filled:] = 0
        yield _peaks(block[: -(-filled // _SLOT_SAMPLES) * _SLOT_SAMPLES])


def _peaks(samples: np.ndarray[tuple[int], np.dtype[np.float32]]) -> bytes:
    highest = np.abs(samples).reshape(-1, _SLOT_SAMPLES).max(axis=1)
    return bytes(np.clip(np.ceil(highest * 255), 0, 255).astype(np.uint8))
