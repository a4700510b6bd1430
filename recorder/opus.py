"""One Opus voice to samples and back: 48 kHz, one channel, float. The only place here that opens an audio codec."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

RATE_HZ = 48_000
FRAME_SAMPLES = 960
LOOK_AHEAD_SAMPLES = 312
SILENCE = b"\xf8\xff\xfe"  # one frame of 20 ms, one channel
BIT_RATE_BPS = 64_000
_COMPLEXITY = 6  # half the time of 10, for 1 dB

Samples = NDArray[np.float32]


class Decoder:
    def __init__(self) -> None:
        codec = av.CodecContext.create("libopus", "r")
        assert isinstance(codec, av.AudioCodecContext)
        codec.layout = "mono"
        codec.sample_rate = RATE_HZ
        self._codec = codec

    def decode(self, packet: bytes) -> Samples:
        """The packet's samples; nothing for a packet that is no Opus."""
        if not packet:
            return np.zeros(0, dtype=np.float32)  # to libav it would mean the end
        try:
            frames = self._codec.decode(av.Packet(packet))
        except av.FFmpegError:
            return np.zeros(0, dtype=np.float32)
        pieces = [_as_float(frame.to_ndarray()) for frame in frames]
        return np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.float32)


class Encoder:
    """One packet per 960 samples. A decoder hears sample `n` of the input at `n + LOOK_AHEAD_SAMPLES`."""

    def __init__(self) -> None:
        codec = av.CodecContext.create("libopus", "w")
        assert isinstance(codec, av.AudioCodecContext)
        codec.layout = "mono"
        codec.format = "flt"
        codec.sample_rate = RATE_HZ
        codec.time_base = Fraction(1, RATE_HZ)
        codec.bit_rate = BIT_RATE_BPS
        codec.options = {"application": "audio", "compression_level": str(_COMPLEXITY)}
        self._codec = codec
        self._at = 0

    def encode(self, samples: Samples) -> bytes:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples, dtype=np.float32).reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate = RATE_HZ
        frame.time_base = Fraction(1, RATE_HZ)
        frame.pts = self._at
        self._at += len(samples)
        packets = [bytes(packet) for packet in self._codec.encode(frame)]
        return packets[0] if len(packets) == 1 and packets[0] else SILENCE


def _as_float(samples: NDArray[np.generic]) -> Samples:
    flat = samples.reshape(-1)
    if flat.dtype == np.int16:
        return flat.astype(np.float32) / np.float32(32768)
    return flat.astype(np.float32)
