"""The media of a lesson, encoded once and repeated: a teacher's film, small pictures, a shared screen, and voices that take turns.

A `Loop` is what one sender's browser makes of it in RTP payloads; a `Sender` gives it numbers and a clock, for as long as one likes.
Real encoders, real (synthetic) speech of the simulated colleagues, levels as RFC 6464 has them; no packet is ever lost here.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import msgspec
import numpy as np
from aiortc.codecs.vpx import Vp8Encoder
from numpy.typing import NDArray

from server.media.rtcp import ntp_from_unix_ns, write_sender_report
from server.media.rtp import write_rtp

SPEECH: Final = Path(__file__).parents[2] / "server" / "bots" / "speech" / "en"
RATE_HZ: Final = 48_000
FRAME_SAMPLES: Final = 960
PACKET_NS: Final = 20_000_000
VOICES: Final = 6
TALK_S: Final = 60
KEY_EVERY_S: Final = 4
PACING_NS: Final = 600_000  # between two packets of one picture, which browsers do not send at once either
CAMERA_JITTER_NS: Final = 3_000_000
NOISE_DB: Final = -62.0


class Piece(msgspec.Struct, frozen=True, array_like=True):
    """One packet: when it leaves, and the moment of its picture or sound, both from the loop's begin."""

    at_ns: int
    media_ns: int
    payload: bytes
    marker: bool
    level: int = 255


class Loop(msgspec.Struct, frozen=True, array_like=True):
    length_ns: int
    clock_rate_hz: int
    pieces: tuple[Piece, ...]

    @property
    def bps(self) -> float:
        return 8e9 * sum(len(piece.payload) for piece in self.pieces) / self.length_ns


class Material(msgspec.Struct, frozen=True, array_like=True):
    """`voices[0]` is the teacher's. They belong together: each is silent where another one speaks, most of the time."""

    film: Loop
    small: Loop
    screen: Loop
    voices: tuple[Loop, ...]


class Sender:
    """The packets of one SSRC. `began_ns` is when its loop began for the first time; times are on that clock."""

    def __init__(self, loop: Loop, ssrc: int, payload_type: int, began_ns: int) -> None:
        self._loop = loop
        self._payload_type = payload_type
        self._began_ns = began_ns
        self._timestamp = ssrc * 7919 & 0xFFFFFFFF
        self._sequence = ssrc & 0x3FFF
        self._index = 0
        self.ssrc = ssrc
        self.packets = 0
        self.octets = 0

    @property
    def due_ns(self) -> int:
        """When the next packet leaves."""
        rounds, index = divmod(self._index, len(self._loop.pieces))
        return self._began_ns + rounds * self._loop.length_ns + self._loop.pieces[index].at_ns

    def next(self) -> tuple[bytes, int]:
        """A plain RTP packet and its level."""
        rounds, index = divmod(self._index, len(self._loop.pieces))
        piece = self._loop.pieces[index]
        timestamp = self.timestamp_at(self._began_ns + rounds * self._loop.length_ns + piece.media_ns)
        packet = write_rtp(self._payload_type, piece.marker, self._sequence + self._index, timestamp, self.ssrc, piece.payload)
        self._index += 1
        self.packets += 1
        self.octets += len(piece.payload)
        return packet, piece.level

    def timestamp_at(self, at_ns: int) -> int:
        return (self._timestamp + (at_ns - self._began_ns) * self._loop.clock_rate_hz // 1_000_000_000) & 0xFFFFFFFF

    def report(self, now_ns: int, utc_ns: int) -> bytes:
        """A sender report with its CNAME. Both times are the same moment."""
        return write_sender_report(self.ssrc, ntp_from_unix_ns(utc_ns), self.timestamp_at(now_ns), self.packets, self.octets, "p")


def make_material() -> Material:
    """Takes some seconds of CPU; the same bytes each time, as far as the encoders do."""
    sound = _voices(TALK_S)
    return Material(
        film=_film((1280, 720), 30, 1_500_000, seed=1),
        small=_film((320, 180), 15, 125_000, seed=2),
        screen=_film((1280, 720), 5, 400_000, seed=3),
        voices=tuple(_voice(samples) for samples in sound),
    )


def save_material(material: Material, path: Path) -> None:
    path.write_bytes(msgspec.msgpack.encode(material))


def load_material(path: Path) -> Material:
    return msgspec.msgpack.decode(path.read_bytes(), type=Material)


def _film(size: tuple[int, int], rate_fps: int, bps: int, seed: int) -> Loop:
    """A noisy picture in which something moves: one group of pictures."""
    chance = random.Random(seed)
    codec = _picture_encoder(size, rate_fps, bps)
    packetizer = Vp8Encoder()
    pieces: list[Piece] = []
    for index, picture in zip(range(KEY_EVERY_S * rate_fps), _pictures(size, seed), strict=False):
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts, frame.time_base = index, Fraction(1, rate_fps)
        captured_ns = index * 1_000_000_000 // rate_fps + (chance.randrange(CAMERA_JITTER_NS) if index else 0)
        for encoded in codec.encode(frame):
            payloads, _ = packetizer.pack(encoded)
            pieces += [
                Piece(captured_ns + number * PACING_NS, captured_ns, payload, number == len(payloads) - 1)
                for number, payload in enumerate(payloads)
            ]
    return Loop(KEY_EVERY_S * 1_000_000_000, 90_000, tuple(pieces))


def _picture_encoder(size: tuple[int, int], rate_fps: int, bps: int) -> av.VideoCodecContext:
    codec = av.CodecContext.create("libvpx", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height = size
    codec.pix_fmt = "yuv420p"
    codec.time_base = Fraction(1, rate_fps)
    codec.framerate = Fraction(rate_fps)
    codec.bit_rate = bps
    codec.gop_size = 3_000
    codec.options = {
        "deadline": "realtime",
        "cpu-used": "16",
        "lag-in-frames": "0",
        "undershoot-pct": "100",
        "overshoot-pct": "15",
        "minrate": str(bps),
        "maxrate": str(bps),
        "bufsize": str(bps // 2),
    }
    return codec


def _pictures(size: tuple[int, int], seed: int) -> Iterator[NDArray[np.uint8]]:
    """Somebody who moves, in colours that never rest, before a wall."""
    width, height = size
    chance = np.random.default_rng(seed)
    wall = chance.integers(60, 160, (-(-height // 32), width // 32 + 1), dtype=np.uint8).repeat(32, 0).repeat(32, 1)[:height, :width]
    figures = chance.integers(60, 160, (8, height // 8, width // 16), dtype=np.uint8).repeat(4, 1).repeat(4, 2)
    colours = np.full((height // 2, width), 128, dtype=np.uint8)
    for index in itertools.count():
        picture = wall.copy()
        left = int(width * (0.35 + 0.15 * np.sin(index / 20)))
        figure = figures[index // 3 % len(figures)]
        picture[height // 4 : height // 4 + figure.shape[0], left : left + figure.shape[1]] = figure
        yield np.concatenate([picture, colours])


def _voices(seconds: int) -> list[NDArray[np.float32]]:
    speech = [_speech(name) for name in ("lina", "omar", "greta")]
    chance = np.random.default_rng(5)
    sound = [(10 ** (NOISE_DB / 20) * chance.standard_normal(seconds * RATE_HZ)).astype(np.float32) for _ in range(VOICES)]
    for voice, begin, end in turns(seconds):
        said = speech[voice % len(speech)]
        begin_at, end_at = int(begin * RATE_HZ), int(end * RATE_HZ)
        sound[voice][begin_at:end_at] += np.take(said, np.arange(begin_at, end_at) + voice * 7 * RATE_HZ, mode="wrap")
    return sound


def turns(seconds: int) -> list[tuple[int, float, float]]:
    """Who speaks from when to when: the teacher every second time, mostly one at a time, now and then two or nobody."""
    chance = random.Random(11)
    colleagues = itertools.cycle(range(1, VOICES))
    found: list[tuple[int, float, float]] = []
    at_s = 0.0
    while at_s < seconds:
        voice = 0 if len(found) % 2 == 0 else next(colleagues)
        end_s = min(at_s + chance.uniform(2, 8), seconds)
        found.append((voice, at_s, end_s))
        at_s = end_s + chance.uniform(-0.6, 0.3)
    return found


def _speech(person: str) -> NDArray[np.float32]:
    parts: list[NDArray[np.float32]] = []
    for path in sorted(SPEECH.glob(f"{person}-*.opus")):
        resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
        with av.open(str(path), "r") as container:
            parts += [part.to_ndarray()[0] for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    said: NDArray[np.float32] = np.concatenate(parts)
    return said


def _voice(samples: NDArray[np.float32]) -> Loop:
    codec = av.CodecContext.create("libopus", "w")
    assert isinstance(codec, av.AudioCodecContext)
    codec.layout = "mono"
    codec.sample_rate = RATE_HZ
    codec.format = av.AudioFormat("flt")
    codec.bit_rate = 32_000
    codec.options = {"application": "voip", "frame_duration": "20", "vbr": "on"}
    pieces: list[Piece] = []
    for number, part in enumerate(samples.reshape(-1, FRAME_SAMPLES)):
        frame = av.AudioFrame.from_ndarray(part.reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate, frame.pts = RATE_HZ, number * FRAME_SAMPLES
        at_ns = number * PACKET_NS
        pieces += [Piece(at_ns, at_ns, bytes(packet), False, level_of(part)) for packet in codec.encode(frame)]
    return Loop(len(samples) // FRAME_SAMPLES * PACKET_NS, RATE_HZ, tuple(pieces))


def level_of(samples: NDArray[np.float32]) -> int:
    """As in RFC 6464: -dBov, and bit 7 where it is speech."""
    below_full = -20 * math.log10(max(float(np.sqrt(np.mean(np.square(samples)))), 1e-7))
    return min(127, round(below_full)) | (128 if below_full < 50 else 0)
