"""The mixed voices of a take: one packet of 20 ms after the other from the take's start, never a gap.

Each voice is decoded once and laid on the take's samples; what is missing is silence, which is not encoded. It owns no file and
no clock: `advance` mixes up to the time that it is told, and a frame that comes later than that is not heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recorder.opus import FRAME_SAMPLES, LOOK_AHEAD_SAMPLES, RATE_HZ, SILENCE, Decoder, Encoder, Samples

TOLERANCE_SAMPLES = 1200  # 25 ms: further off, a voice is moved even while it speaks
QUIET_TOLERANCE_SAMPLES = 240  # 5 ms: further off, it is moved in a quiet moment
QUIET_RMS = 0.005
PACKET_MS = FRAME_SAMPLES * 1000 // RATE_HZ
AUDIBLE = np.float32(6e-5)  # -84 dBFS
TAIL_PACKETS = 3  # encoded after the last that is heard: its end lies in the next one, and both codecs come to rest
WARM_UP_PACKETS = 25  # of what an earlier process has mixed: an encoder that knows nothing of it goes on with a bang
LEAD_PACKETS = 2  # of silence that the encoder hears before it goes on, as the decoder does
_KNEE = np.float32(0.7)
_MAX_BLOCK = 50  # packets mixed in one go


@dataclass(frozen=True, slots=True)
class Timed:
    """An Opus packet, its RTP time and the time of its first sample, nanoseconds from the take's start."""

    at_ns: int
    timestamp: int
    payload: bytes


class Voice:
    """Samples of one live track on the take's time; `start` may be negative."""

    def __init__(self) -> None:
        self._decoder = Decoder()
        self._pieces: list[tuple[int, Samples]] = []
        self._end = -(1 << 62)
        self._anchors: list[int] = []  # at most one: sample of RTP time 0

    @property
    def is_mixed(self) -> bool:
        return not self._pieces

    def add(self, timed: Timed) -> None:
        samples = self._decoder.decode(timed.payload)
        if not len(samples):
            return
        start = self._place(timed, samples)
        samples = samples[max(self._end - start, 0) :]
        if len(samples):
            start = max(start, self._end)
            self._pieces.append((start, samples))
            self._end = start + len(samples)

    def _place(self, timed: Timed, samples: Samples) -> int:
        """By the RTP clock as long as that agrees with the time given: voices must not be moved for every jitter."""
        start = timed.at_ns * RATE_HZ // 1_000_000_000
        if self._anchors:
            counted = self._anchors[0] + timed.timestamp
            off = abs(start - counted)
            if off <= QUIET_TOLERANCE_SAMPLES or (off <= TOLERANCE_SAMPLES and not _is_quiet(samples)):
                return counted
        self._anchors = [start - timed.timestamp]
        return start

    def add_to(self, block: Samples, first: int) -> None:
        """Sum what lies in the block that begins at sample `first`, and forget what lies before its end."""
        last = first + len(block)
        kept: list[tuple[int, Samples]] = []
        for start, samples in self._pieces:
            end = start + len(samples)
            low, high = max(start, first), min(end, last)
            if low < high:
                block[low - first : high - first] += samples[low - start : high - start]
            if end > last:
                kept.append((start, samples))
        self._pieces = kept


class Mixer:
    """`next_packet` counts packets of 20 ms from the take's start; an interrupted mix goes on where it stopped."""

    def __init__(self, next_packet: int = 0) -> None:
        self.next_packet = next_packet
        self._encoder = Encoder()
        self._since_heard = TAIL_PACKETS  # packets
        self._warm_up_packets = min(next_packet, WARM_UP_PACKETS)
        self._lead_packets = LEAD_PACKETS if next_packet else 0  # of a film's first packet the decoder has heard none before either

    def advance(self, voices: Sequence[Voice], until_ns: int) -> list[bytes]:
        """Packets that end at or before `until_ns`; at most a second's worth, so call again until there are none."""
        count = min(until_ns * RATE_HZ // 1_000_000_000 // FRAME_SAMPLES - self.next_packet, _MAX_BLOCK)
        if count <= 0:
            return []
        before, self._warm_up_packets = self._warm_up_packets, 0
        block = np.zeros((before + count) * FRAME_SAMPLES, dtype=np.float32)
        first = (self.next_packet - before) * FRAME_SAMPLES + LOOK_AHEAD_SAMPLES
        for voice in voices:
            voice.add_to(block, first)
        self.next_packet += count
        frames = limit(block).reshape(before + count, FRAME_SAMPLES)
        heard = np.abs(frames).max(axis=1) > AUDIBLE
        return [self._encode(frame, is_heard) for frame, is_heard in zip(frames, heard.tolist(), strict=True)][before:]

    def _encode(self, frame: Samples, is_heard: bool) -> bytes:
        lead, self._lead_packets = self._lead_packets, LEAD_PACKETS
        if is_heard:
            if self._since_heard >= TAIL_PACKETS:
                for _ in range(lead):
                    self._encoder.encode(np.zeros(FRAME_SAMPLES, dtype=np.float32))
            self._since_heard = 0
        elif self._since_heard >= TAIL_PACKETS:
            return SILENCE
        else:
            self._since_heard += 1
        return self._encoder.encode(frame)


def _is_quiet(samples: Samples) -> bool:
    return float(np.sqrt(np.mean(samples * samples))) < QUIET_RMS


def limit(samples: Samples) -> Samples:
    """Straight up to 0.7, then bent so that it never reaches 1."""
    over = np.abs(samples) - _KNEE
    if not np.any(over > 0):
        return samples
    bent = np.sign(samples) * (_KNEE + (1 - _KNEE) * np.tanh(over / (1 - _KNEE)))
    result: Samples = np.where(over > 0, bent, samples).astype(np.float32)
    return result
