"""Voice and picture stay together over ten minutes of all that a network and a browser do to them (promise P12)."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import av
import msgspec
import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray

from recorder.control import WithdrawTracks
from tests.fakes.composed import order_for, product
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
    tone,
)
from tests.integration.recorder.harness import REPOSITORY

CYCLE_S = 20
FPS = 25
FRAME_NS = SECOND_NS // FPS
BEEP_HZ = 1000
CAMERA_JOINS_S = 5
SILENCE = b"\xf8\xff\xfe"
DTX_NS = 400_000_000
SKEW_PPM, CLOCK_OFF_NS = 100, 3 * SECOND_NS
P95_MS, DRIFT_MS = 45.0, 10.0

pytestmark = [pytest.mark.full, pytest.mark.timeout(240)]


@dataclass(frozen=True)
class Course:
    """Seconds: of all, of a muted microphone whose clock stands still, of one that sends a packet now and then, and of a reload."""

    seconds: int
    muted: tuple[int, int]
    quiet: tuple[int, int]
    away: tuple[int, int]


TEN_MINUTES = Course(600, (120, 150), (240, 270), (360, 363))
ONE_MINUTE = Course(60, (15, 20), (28, 32), (42, 44))


@pytest_asyncio.fixture
async def studio(tmp_path: Path) -> AsyncIterator[LongStudio]:
    made = LongStudio(tmp_path)
    yield made
    await made.close()


async def test_voice_and_picture_stay_together_for_ten_minutes_and_when_the_voices_are_mixed_anew(studio: LongStudio) -> None:
    studio.play_lessons(lesson(TEN_MINUTES))
    await studio.start()
    async with studio.connect() as client:
        heard = Heard(client)
        first = await heard.ready("take")
        data = await client.read_all(first)
        client.send(WithdrawTracks(take="take", peer="colleague", sources=("microphone",)))
        assert_together("at once", data, TEN_MINUTES)
        last = await heard.settled("take", after=first.revision)
        assert_together("mixed anew", await client.read_all(last), TEN_MINUTES)


@pytest.mark.full
async def test_voice_and_picture_stay_together_in_the_film_to_download(studio: LongStudio) -> None:
    studio.base_ns -= 2 * ONE_MINUTE.seconds * SECOND_NS  # all of it is over, repairs too
    studio.play_lessons(lesson(ONE_MINUTE))
    await studio.start()
    async with studio.connect() as client:
        take = await Heard(client).settled("take")
    order = msgspec.json.encode(order_for(studio.folder, take, teacher="Maria"), enc_hook=str)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "recorder.produce", cwd=REPOSITORY, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL
    )
    await process.communicate(order)
    assert process.returncode == 0
    assert_together("to download", product(studio.folder, take, "film.mp4"), ONE_MINUTE)


def lesson(course: Course) -> Lesson:
    random = np.random.default_rng(12)
    network = Network()
    colleague = Track(sender(99), AUDIO_RATE_HZ)
    hum = encode_voice(tone(1, 440, loudness=0.1))
    for at_ns in range(0, 10 * SECOND_NS, VOICE_PACKET_NS):
        payload, level = hum[at_ns // VOICE_PACKET_NS % len(hum)]
        colleague.send(at_ns, [payload], level)
    tracks = [Live(99, "colleague", "microphone", colleague.events)]
    for handle, begin_s, end_s in ((1, 0, course.away[0]), (11, course.away[1], course.seconds)):
        voice = speak(handle, begin_s, end_s, course, random)
        camera = show(handle + 1, max(begin_s, CAMERA_JOINS_S), end_s, random)
        tracks.append(Live(handle, "teacher", "microphone", network.carry(voice.events, random), begin_s, end_s))
        tracks.append(Live(handle + 1, "teacher", "camera", network.carry(camera.events, random), begin_s, end_s))
    return Lesson("take", course.seconds, tracks)


def speak(ssrc: int, begin_s: int, end_s: int, course: Course, random: np.random.Generator) -> Track:
    track = Track(sender(ssrc), AUDIO_RATE_HZ)
    cycle = beeping()
    for at_ns in range(begin_s * SECOND_NS, end_s * SECOND_NS, VOICE_PACKET_NS):
        if at_ns % (5 * SECOND_NS) == 2 * SECOND_NS + 100_000_000:
            track.report(at_ns + 7_000_000, off_ns=noise_ns(random))
        if is_in(at_ns, course.muted):
            track.stopped_ns += VOICE_PACKET_NS
        elif not is_in(at_ns, course.quiet):
            payload, level = cycle[at_ns // VOICE_PACKET_NS % len(cycle)]
            track.send(at_ns, [payload], level)
        elif at_ns % DTX_NS == 0:
            track.send(at_ns, [SILENCE], 127)
    return track


def show(ssrc: int, begin_s: int, end_s: int, random: np.random.Generator) -> Track:
    track = Track(sender(ssrc), VIDEO_RATE_HZ)
    cycle = flashing()
    for frame, at_ns in enumerate(range(begin_s * SECOND_NS, end_s * SECOND_NS, FRAME_NS)):
        track.send(at_ns, cycle[frame % len(cycle)])
        if frame % FPS == 11:
            track.report(at_ns + 3_000_000, off_ns=noise_ns(random))
    return track


@cache
def beeping() -> list[tuple[bytes, int]]:
    return encode_voice(beeps(CYCLE_S, BEEP_HZ))


@cache
def flashing() -> list[list[bytes]]:
    return encode_pictures((picture_at(index * FRAME_NS, (160, 90)) for index in range(CYCLE_S * FPS)), 2 * FPS)


def sender(ssrc: int) -> Sender:
    """Of one machine: its wall clock is the same after a reload, and its RTP clocks begin anywhere."""
    begin = ssrc * 2_654_435_761
    utc_ns = 1_800_000_000 * SECOND_NS + CLOCK_OFF_NS
    return Sender(ssrc=ssrc, sequence=begin & 0xFFFF, timestamp=begin & 0xFFFF_FFFF, utc_ns=utc_ns, skew_ppm=SKEW_PPM)


def noise_ns(random: np.random.Generator) -> int:
    return int(random.integers(-3_000_000, 3_000_001))


def is_in(at_ns: int, span_s: tuple[int, int]) -> bool:
    return span_s[0] * SECOND_NS <= at_ns < span_s[1] * SECOND_NS


def assert_together(which: str, data: bytes, course: Course) -> None:
    flashes, sounds = watch_moments(data)
    nearest = sounds[np.abs(flashes[:, None] - sounds[None, :]).argmin(axis=1)]
    pairs = np.abs(nearest - flashes) < 0.4
    apart_ms = 1000 * (nearest - flashes)[pairs]
    p95_ms = float(np.percentile(np.abs(apart_ms), 95))
    drift_ms = float(np.polyfit(flashes[pairs], apart_ms, 1)[0]) * course.seconds
    print(f"{which}: {pairs.sum()} pairs, beep after flash {np.median(apart_ms):.1f} ms, p95 {p95_ms:.1f} ms, drift {drift_ms:.1f} ms")
    silent_s = sum(end - begin for begin, end in (course.muted, course.quiet, course.away)) + CAMERA_JOINS_S
    assert pairs.sum() > 0.9 * (course.seconds - silent_s)
    assert p95_ms <= P95_MS
    assert abs(drift_ms) <= DRIFT_MS or course is not TEN_MINUTES


def watch_moments(data: bytes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where flashes and beeps begin, in seconds of the film."""
    flashes: list[float] = []
    sound: list[NDArray[np.float32]] = []
    was_bright = False
    with av.open(io.BytesIO(data), "r") as container:
        for frame in container.decode(video=0, audio=0):
            if isinstance(frame, av.VideoFrame):
                is_bright = bool(frame.to_ndarray()[: frame.height].mean() > 100)
                if is_bright and not was_bright:
                    flashes.append(float(frame.time or 0))
                was_bright = is_bright
            elif isinstance(frame, av.AudioFrame):
                sound.append(frame.to_ndarray().reshape(-1).astype(np.float32))
    return np.array(flashes), tone_begins(np.concatenate(sound))


def tone_begins(sound: NDArray[np.float32]) -> NDArray[np.float64]:
    """Where the beep rises to half of its loudness, to a millisecond: each of its waves is one long."""
    waves = sound[: len(sound) // 48 * 48].reshape(-1, 48)
    turned = waves @ np.exp(-2j * np.pi * np.arange(48) / 48)
    loudness = np.abs(np.convolve(turned, np.ones(10) / 10, "same"))
    on = loudness > np.percentile(loudness, 95) / 2
    return np.flatnonzero(on[1:] & ~on[:-1]).astype(np.float64) / 1000 + 0.001
