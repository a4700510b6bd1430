"""Film and voices as RTP packets and sender reports, made by real encoders, for tests of whatever receives RTP.

All times are nanoseconds from a common start; a packet's time is when it arrives. The film flashes white and `beeps`
sounds for FLASH_MS at the same moments, so that what comes out can be checked for its time as well as for its content.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache

import av
import numpy as np
from aiortc.codecs.opus import OpusEncoder
from aiortc.codecs.vpx import Vp8Encoder
from numpy.typing import NDArray

from server.media.ring import NO_LEVEL, SILENT

NTP_EPOCH_S = 2_208_988_800
FLASH_MS = 100
VIDEO_RATE_HZ = 90_000
AUDIO_RATE_HZ = 48_000
VIDEO_TYPE, AUDIO_TYPE = 96, 111
VOICE_PACKET_NS = 20_000_000
BLOCK_COLUMNS, BLOCK_ROWS = 4, 3  # of pictures that show a number, a bit each
SPOKEN = 0x80 | 20  # level of a packet in which somebody speaks


@dataclass(frozen=True, slots=True)
class Event:
    """One packet, or one sender report (24 bytes from SSRC on, as the ring carries it). `level` as in `server.media.ring.Record`."""

    at_ns: int
    data: bytes
    is_report: bool = False
    level: int = NO_LEVEL


@dataclass(frozen=True, slots=True)
class Sender:
    """Counters and clock of one RTP sender. `utc_ns` is its wall clock at the common start, which may be wrong.

    `skew_ppm`: so much too fast are all of its clocks; `at_ns` is what they show. `clock_ns`: what the RTP clock shows, where it has stood.
    """

    ssrc: int = 0x1234
    sequence: int = 65_500
    timestamp: int = 0xFFFF_8000
    utc_ns: int = 1_800_000_000_000_000_000
    delay_ns: int = 5_000_000
    skew_ppm: int = 0

    def packet(
        self, number: int, at_ns: int, rate_hz: int, payload_type: int, marker: bool, payload: bytes, *, clock_ns: int | None = None
    ) -> Event:
        timestamp = self._timestamp(at_ns if clock_ns is None else clock_ns, rate_hz)
        head = struct.pack("!BBHII", 0x80, payload_type | (0x80 if marker else 0), (self.sequence + number) & 0xFFFF, timestamp, self.ssrc)
        return Event(self._arrival_ns(at_ns), head + payload)

    def report(self, at_ns: int, rate_hz: int, *, clock_ns: int | None = None, off_ns: int = 0) -> Event:
        """`off_ns`: what the sender took for now was so much later."""
        seconds, rest = divmod(self.utc_ns + at_ns + off_ns, 1_000_000_000)
        timestamp = self._timestamp(at_ns if clock_ns is None else clock_ns, rate_hz)
        fraction = (rest << 32) // 1_000_000_000
        data = struct.pack("!IIIIII", self.ssrc, seconds + NTP_EPOCH_S, fraction, timestamp, 0, 0)
        return Event(self._arrival_ns(at_ns), data, is_report=True)

    def _timestamp(self, clock_ns: int, rate_hz: int) -> int:
        return (self.timestamp + clock_ns * rate_hz // 1_000_000_000) & 0xFFFF_FFFF

    def _arrival_ns(self, at_ns: int) -> int:
        return at_ns - at_ns * self.skew_ppm // 1_000_000 + self.delay_ns


def film(
    seconds: float,
    sender: Sender,
    *,
    start_s: float = 0.0,
    size: tuple[int, int] = (320, 180),
    rate_fps: int = 25,
    key_every_s: float = 2.0,
    report_every_s: float = 1.0,
) -> list[Event]:
    """A dark picture whose upper left quarter grows lighter with the second's number; all white for FLASH_MS at each second."""
    encoder = Vp8Encoder()
    events: list[Event] = []
    number = 0
    next_key_s = 0.0
    for index in range(int(seconds * rate_fps)):
        at_ns = int((start_s + index / rate_fps) * 1e9)
        picture = av.VideoFrame.from_ndarray(picture_at(at_ns, size), format="gray").reformat(format="yuv420p")
        picture.pts = index
        picture.time_base = Fraction(1, rate_fps)
        payloads, _ = encoder.encode(picture, force_keyframe=index / rate_fps >= next_key_s)
        if index / rate_fps >= next_key_s:
            next_key_s += key_every_s
        for position, payload in enumerate(payloads):
            events.append(sender.packet(number, at_ns, VIDEO_RATE_HZ, VIDEO_TYPE, position == len(payloads) - 1, payload))
            number += 1
    return [*events, *reports(seconds, sender, VIDEO_RATE_HZ, start_s + 0.4, report_every_s)]


def picture_at(at_ns: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    width, height = size
    second, rest = divmod(at_ns, 1_000_000_000)
    if rest < FLASH_MS * 1_000_000:
        return np.full((height, width), 235, dtype=np.uint8)
    picture = np.full((height, width), 20, dtype=np.uint8)
    picture[: height // 2, : width // 2] = 40 + 10 * (second % 15)
    return picture


def voice(
    seconds: float, sender: Sender, samples: NDArray[np.float64], *, start_s: float = 0.0, report_every_s: float = 5.0
) -> list[Event]:
    """`samples` at 48 kHz, between -1 and 1, as Opus packets of 20 ms."""
    encoder = OpusEncoder()
    encoder.codec.bit_rate = 48_000
    count = int(seconds * 50)
    events: list[Event] = []
    for index in range(count):
        piece = samples[index * 960 : (index + 1) * 960]
        stereo = np.repeat((piece * 32_000).astype(np.int16), 2).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(stereo, format="s16", layout="stereo")
        frame.sample_rate = AUDIO_RATE_HZ
        frame.pts = index * 960
        frame.time_base = Fraction(1, AUDIO_RATE_HZ)
        payloads, _ = encoder.encode(frame)
        for payload in payloads:
            at_ns = int(start_s * 1e9) + len(events) * 20_000_000
            events.append(sender.packet(len(events), at_ns, AUDIO_RATE_HZ, AUDIO_TYPE, False, payload))
    return [*events, *reports(seconds, sender, AUDIO_RATE_HZ, start_s + 2.1, report_every_s)]


def tone(seconds: float, frequency_hz: float, *, loudness: float = 0.2) -> NDArray[np.float64]:
    return loudness * np.sin(2 * np.pi * frequency_hz * np.arange(int(seconds * AUDIO_RATE_HZ)) / AUDIO_RATE_HZ)


def beeps(seconds: float, frequency_hz: float, *, loudness: float = 0.4) -> NDArray[np.float64]:
    """Sounding for FLASH_MS at each full second."""
    sound = tone(seconds, frequency_hz, loudness=loudness)
    sound[np.arange(len(sound)) % AUDIO_RATE_HZ >= FLASH_MS * AUDIO_RATE_HZ // 1000] = 0
    return sound


def reports(seconds: float, sender: Sender, rate_hz: int, first_s: float, every_s: float) -> list[Event]:
    times = np.arange(first_s, first_s + max(seconds - 0.5, 0), every_s)
    return [sender.report(int(at_s * 1e9), rate_hz) for at_s in times.tolist()]


def without(events: Sequence[Event], lost: Iterable[int]) -> list[Event]:
    """Packets of these places in the sequence never arrive."""
    gone = set(lost)
    return [event for number, event in enumerate(events) if event.is_report or number not in gone]


def delayed(events: Sequence[Event], late: Iterable[int], by_ns: int) -> list[Event]:
    """Packets of these places in the sequence arrive later, as a repair would."""
    chosen = set(late)
    return [
        replace(event, at_ns=event.at_ns + by_ns) if number in chosen and not event.is_report else event
        for number, event in enumerate(events)
    ]


@dataclass(slots=True)
class Track:
    """What one SSRC sends, piece by piece; encoded pieces may be repeated, with their own numbers and times."""

    sender: Sender
    rate_hz: int
    events: list[Event] = field(default_factory=list)
    stopped_ns: int = 0  # so long has the RTP clock stood still
    _sent: int = 0

    def send(self, at_ns: int, payloads: Sequence[bytes], level: int = NO_LEVEL) -> None:
        """The packets of one frame."""
        kind = VIDEO_TYPE if self.rate_hz == VIDEO_RATE_HZ else AUDIO_TYPE
        for position, payload in enumerate(payloads):
            is_last = kind == VIDEO_TYPE and position == len(payloads) - 1
            event = self.sender.packet(self._sent, at_ns, self.rate_hz, kind, is_last, payload, clock_ns=at_ns - self.stopped_ns)
            self.events.append(replace(event, level=level) if level != NO_LEVEL else event)
            self._sent += 1

    def report(self, at_ns: int, *, off_ns: int = 0) -> None:
        self.events.append(self.sender.report(at_ns, self.rate_hz, clock_ns=at_ns - self.stopped_ns, off_ns=off_ns))


def encode_pictures(pictures: Iterable[NDArray[np.uint8]], key_every: int) -> list[list[bytes]]:
    """The packets' payloads of each picture."""
    encoder = Vp8Encoder()
    encoded: list[list[bytes]] = []
    for index, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
        frame.pts = index
        frame.time_base = Fraction(1, 25)
        encoded.append(encoder.encode(frame, force_keyframe=index % key_every == 0)[0])
    return encoded


@cache
def nothing_new(size: tuple[int, int]) -> list[bytes]:
    """A picture that says: as before. It fits behind any other of that size."""
    return encode_pictures([blocks(0, size)] * 12, 100)[-1]


def blocks(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture that shows a number below 4096."""
    bits = (np.full(BLOCK_COLUMNS * BLOCK_ROWS, number) >> np.arange(BLOCK_COLUMNS * BLOCK_ROWS) & 1).reshape(BLOCK_ROWS, BLOCK_COLUMNS)
    rows, columns = np.arange(size[1]) * BLOCK_ROWS // size[1], np.arange(size[0]) * BLOCK_COLUMNS // size[0]
    return np.where(bits[np.ix_(rows, columns)], 200, 70).astype(np.uint8)


def number_of(picture: NDArray[np.uint8]) -> int:
    height, width = picture.shape
    rows, columns = (
        (2 * np.arange(BLOCK_ROWS) + 1) * height // (2 * BLOCK_ROWS),
        (2 * np.arange(BLOCK_COLUMNS) + 1) * width // (2 * BLOCK_COLUMNS),
    )
    return int(((picture[np.ix_(rows, columns)].ravel() > 135).astype(int) << np.arange(BLOCK_COLUMNS * BLOCK_ROWS)).sum())


def encode_voice(samples: NDArray[np.float64]) -> list[tuple[bytes, int]]:
    """Payload and level of each 20 ms."""
    events = [event for event in voice(len(samples) / AUDIO_RATE_HZ, Sender(), samples, report_every_s=1e6) if not event.is_report]
    loud = [bool(np.abs(samples[index * 960 : (index + 1) * 960]).max() > 0.01) for index in range(len(events))]
    return [(event.data[12:], SPOKEN if is_loud else SILENT) for event, is_loud in zip(events, loud, strict=True)]


@dataclass(frozen=True, slots=True)
class Network:
    """Each packet is up to `jitter_ns` late. `lost` of them come only as a repair after 40 to 400 ms; of those, `late` after 1 to 4 s."""

    jitter_ns: int = 30_000_000
    lost: float = 0.05
    late: float = 0.05
    never: float = 0.03

    def carry(self, events: Sequence[Event], random: np.random.Generator) -> list[Event]:
        """In order of arrival."""
        extra_ns = random.integers(0, self.jitter_ns + 1, len(events))
        fate = random.random(len(events)) / self.lost if self.lost else np.full(len(events), 2.0)
        repair_ns = random.integers(40_000_000, 400_000_000, len(events))
        late_ns = random.integers(1_000_000_000, 4_000_000_000, len(events))
        carried: list[Event] = []
        for event, chance, *waits_ns in zip(events, fate.tolist(), extra_ns.tolist(), repair_ns.tolist(), late_ns.tolist(), strict=True):
            is_lost = chance < 1 and not event.is_report
            if is_lost and chance < self.never:
                continue
            wait_ns = waits_ns[0] + (0 if not is_lost else waits_ns[2] if chance < self.never + self.late else waits_ns[1])
            carried.append(Event(event.at_ns + wait_ns, event.data, event.is_report, event.level))
        return sorted(carried, key=lambda event: event.at_ns)
