"""Voice and picture stay together over ten minutes of all that a network and a browser do to them (promise P12)."""

from __future__ import annotations

import io
import time
from collections.abc import AsyncIterator
from pathlib import Path

import av
import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray

from recorder.control import Take
from tests.fakes.lessons import SECOND_NS, Heard, Lesson, Live, LongStudio
from tests.fakes.rtp_media import (
    AUDIO_RATE_HZ,
    VIDEO_RATE_HZ,
    VOICE_PACKET_NS,
    Network,
    Sender,
    Track,
    beeps,
    encode_pictures,
    encode_voice,
    picture_at,
)
from tests.integration.recorder.harness import Client

SECONDS = 600
CYCLE_S = 20
FPS = 25
FRAME_NS = SECOND_NS // FPS
BEEP_HZ = 1000
CAMERA_JOINS_S = 5
MUTED_S, QUIET_S, AWAY_S = (120, 150), (240, 270), (360, 363)
SILENCE = b"\xf8\xff\xfe"
DTX_NS = 400_000_000
SKEW_PPM, CLOCK_OFF_NS = 100, 3 * SECOND_NS
P95_MS, DRIFT_MS = 45.0, 10.0

pytestmark = pytest.mark.timeout(240)


@pytest_asyncio.fixture
async def studio(tmp_path: Path) -> AsyncIterator[LongStudio]:
    made = LongStudio(tmp_path)
    yield made
    await made.close()


async def test_voice_and_picture_stay_together_for_ten_minutes(studio: LongStudio) -> None:
    studio.play_lessons(lesson())
    await studio.start()
    async with studio.connect() as client:
        heard = Heard(client)
        first = await heard.ready("take")
        assert_together("at once", await read(client, first))
        last = await heard.settled("take")
        assert last.revision > first.revision
        assert_together("mixed anew", await read(client, last))


def lesson() -> Lesson:
    random = np.random.default_rng(12)
    network = Network()
    tracks: list[Live] = []
    for handle, begin_s, end_s in ((1, 0, AWAY_S[0]), (11, AWAY_S[1], SECONDS)):
        voice, camera = speak(handle, begin_s, end_s, random), show(handle + 1, max(begin_s, CAMERA_JOINS_S), end_s, random)
        for number, source, sent in ((handle, "microphone", voice), (handle + 1, "camera", camera)):
            tracks.append(Live(number, "teacher", source, network.carry(sent.events, random), begin_s, end_s))
    return Lesson("take", SECONDS, tracks)


def speak(ssrc: int, begin_s: float, end_s: float, random: np.random.Generator) -> Track:
    """Twice muted: first without packets and with an RTP clock that stands still, then with a packet each 400 ms."""
    track = Track(sender(ssrc), AUDIO_RATE_HZ)
    cycle = encode_voice(beeps(CYCLE_S, BEEP_HZ))
    origin_ns = int(begin_s * SECOND_NS)
    for at_ns in range(origin_ns, int(end_s * SECOND_NS), VOICE_PACKET_NS):
        if at_ns % (5 * SECOND_NS) == 2 * SECOND_NS + 100_000_000:
            track.report(at_ns + 7_000_000, off_ns=noise_ns(random))
        if is_in(at_ns, MUTED_S):
            track.stopped_ns += VOICE_PACKET_NS
        elif is_in(at_ns, QUIET_S):
            if at_ns % DTX_NS == 0:
                track.send(at_ns, [SILENCE], 127)
        else:
            payload, level = cycle[at_ns // VOICE_PACKET_NS % len(cycle)]
            track.send(at_ns, [payload], level)
    return track


def show(ssrc: int, begin_s: float, end_s: float, random: np.random.Generator) -> Track:
    track = Track(sender(ssrc), VIDEO_RATE_HZ)
    cycle = encode_pictures((picture_at(index * FRAME_NS, (160, 90)) for index in range(CYCLE_S * FPS)), 2 * FPS)
    for at_ns in range(int(begin_s * SECOND_NS), int(end_s * SECOND_NS), FRAME_NS):
        frame = (at_ns - int(begin_s * SECOND_NS)) // FRAME_NS
        track.send(at_ns, cycle[frame % len(cycle)])
        if frame % FPS == 11:
            track.report(at_ns + 3_000_000, off_ns=noise_ns(random))
    return track


def sender(ssrc: int) -> Sender:
    """Of one machine: its wall clock is the same after a reload, and its RTP clocks begin anywhere."""
    utc_ns = 1_800_000_000 * SECOND_NS + CLOCK_OFF_NS
    begin = ssrc * 2_654_435_761
    return Sender(ssrc=ssrc, sequence=begin & 0xFFFF, timestamp=begin & 0xFFFF_FFFF, utc_ns=utc_ns, skew_ppm=SKEW_PPM)


def noise_ns(random: np.random.Generator) -> int:
    return int(random.integers(-3_000_000, 3_000_001))


def is_in(at_ns: int, span_s: tuple[int, int]) -> bool:
    return span_s[0] * SECOND_NS <= at_ns < span_s[1] * SECOND_NS


async def read(client: Client, take: Take) -> bytes:
    return await client.read_all(take)


def assert_together(which: str, data: bytes) -> None:
    since_s = time.monotonic()
    flashes, sounds = watch_moments(data)
    nearest = sounds[np.abs(flashes[:, None] - sounds[None, :]).argmin(axis=1)]
    pairs = np.abs(nearest - flashes) < 0.4
    apart_ms = 1000 * (nearest - flashes)[pairs]
    p95_ms = float(np.percentile(np.abs(apart_ms), 95))
    drift_ms = float(np.polyfit(flashes[pairs], apart_ms, 1)[0]) * SECONDS
    print(f"{which}: {pairs.sum()} pairs, beep after flash median {np.median(apart_ms):.1f} ms, p95 {p95_ms:.1f} ms, drift {drift_ms:.1f} ms")
    for begin in range(0, SECONDS, 60):
        inside = (flashes[pairs] >= begin) & (flashes[pairs] < begin + 60)
        print(begin, inside.sum(), np.round(np.percentile(apart_ms[inside], [0, 5, 50, 95, 100]), 1) if inside.any() else "")
    print(f"watched in {time.monotonic() - since_s:.1f} s")
    assert pairs.sum() > 450
    assert p95_ms <= P95_MS
    assert abs(drift_ms) <= DRIFT_MS


def watch_moments(data: bytes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where flashes and beeps begin, in seconds of the film."""
    flashes: list[float] = []
    sound: list[NDArray[np.float32]] = []
    was_bright = False
    with av.open(io.BytesIO(data), "r") as container:
        for frame in container.decode(video=0, audio=0):
            if isinstance(frame, av.VideoFrame):
                is_bright = bool(np.frombuffer(frame.planes[0], dtype=np.uint8).mean() > 100)
                if is_bright and not was_bright:
                    flashes.append(float(frame.time or 0))
                was_bright = is_bright
            elif isinstance(frame, av.AudioFrame):
                sound.append(frame.to_ndarray().reshape(-1).astype(np.float32))
    return np.array(flashes), tone_begins(np.concatenate(sound))


def tone_begins(sound: NDArray[np.float32]) -> NDArray[np.float64]:
    """Where the beep rises to half of its loudest, to a millisecond: each of its waves is one long."""
    waves = sound[: len(sound) // 48 * 48].reshape(-1, 48)
    turned = waves @ np.exp(-2j * np.pi * np.arange(48) / 48)
    loudness = np.abs(np.convolve(turned, np.ones(10) / 10, "same"))
    on = loudness > np.percentile(loudness, 95) / 2
    return np.flatnonzero(on[1:] & ~on[:-1]).astype(np.float64) / 1000 + 0.001
