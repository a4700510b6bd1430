"""One hour of all that happens in lessons: each second is seen and heard as it was, or the film says why not."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

import av
import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray

from recorder.control import Take
from server.media.control import Source
from server.media.ring import SILENT, RingReader
from tests.fakes.lessons import SECOND_NS, Heard, Lesson, Live, LongStudio
from tests.fakes.rtp_media import (
    AUDIO_RATE_HZ,
    SPOKEN,
    VIDEO_RATE_HZ,
    VOICE_PACKET_NS,
    Network,
    Sender,
    Track,
    blocks,
    encode_pictures,
    encode_voice,
    nothing_new,
    number_of,
)
from tests.requirements import long

SECONDS = 3600
FPS = 10
FRAME_NS = SECOND_NS // FPS
SIZE, SMALLER, LARGER = (160, 90), (80, 46), (240, 136)
CYCLE_S = 8  # a voice says the second's number modulo eight by its pitch: the teacher's each second, others each fourth
OTHERS_EVERY_S = 4
TONE_S = (0.2, 0.4)
DTX_NS = 400_000_000
SILENCE = b"\xf8\xff\xfe"
BREAK_S, DEATH_S, SHARED_S = (1500, 1620), (2400, 2402), (600, 1200)
SMALLER_S, LARGER_S = (900, 960), 2700
PITCHES_HZ: dict[str, int] = {"teacher": 500, "amir": 1100, "bea": 1700, "declined": 2300, "screen": 2900}
PITCH_STEP_HZ = 60
EACH_SAMPLE = 4  # of the sound is looked at: nobody speaks above 6 kHz
SKEWS_PPM = {"teacher": -20, "amir": -30, "bea": -10}
MUTE_EVERY_S, MUTED_FOR_S = 300, 20
HEARD_ABOVE, SILENT_BELOW = 0.04, 0.02

pytestmark = [pytest.mark.full, pytest.mark.timeout(400)]


@dataclass(frozen=True)
class Span:
    """When somebody's track lives, and as which SSRC."""

    handle: int
    who: str
    peer: str
    source: Source
    begin_s: int
    end_s: int
    worker: str = "w1"
    mutes: tuple[int, ...] = ()

    def is_heard(self, second: int) -> bool:
        return self.begin_s <= second < self.end_s and not self.is_muted(second)

    def is_muted(self, second: int) -> bool:
        return any(begin <= second < begin + MUTED_FOR_S for begin in self.mutes)


def mutes(first_s: int) -> tuple[int, ...]:
    return tuple(range(first_s, SECONDS, MUTE_EVERY_S))


SPANS = (
    Span(1, "teacher", "teacher", "microphone", 0, 2400, mutes=mutes(100)),
    Span(2, "camera", "teacher", "camera", 0, 2400),
    Span(3, "amir", "amir", "microphone", 180, 1200, mutes=mutes(230)),
    Span(4, "amir", "amir", "microphone", 1860, 2400, mutes=mutes(230)),
    Span(5, "bea", "bea", "microphone", 180, 1200, mutes=mutes(260)),
    Span(6, "bea", "bea", "microphone", 1860, 2400, mutes=mutes(260)),
    Span(7, "declined", "declined", "microphone", 0, 2400),
    Span(8, "slides", "teacher", "screen", *SHARED_S),
    Span(9, "screen", "teacher", "screen_sound", *SHARED_S),
    Span(1, "teacher", "teacher", "microphone", 2402, SECONDS, "w2", mutes(100)),
    Span(2, "camera", "teacher", "camera", 2402, SECONDS, "w2"),
    Span(3, "declined", "declined", "microphone", 2402, SECONDS, "w2"),
    Span(4, "amir", "amir", "microphone", 2402, SECONDS, "w2", mutes(230)),
    Span(5, "bea", "bea", "microphone", 2402, SECONDS, "w2", mutes(260)),
)


@pytest_asyncio.fixture
async def studio(tmp_path: Path) -> AsyncIterator[LongStudio]:
    made = LongStudio(tmp_path)
    yield made
    await made.close()


@long
async def test_each_second_of_an_hour_is_there_or_the_film_says_why_not(studio: LongStudio) -> None:
    began_s = time.monotonic()
    studio.base_ns -= (SECONDS + 60) * SECOND_NS  # all of it is over, repairs too
    studio.play_lessons(lesson())
    print(f"written after {time.monotonic() - began_s:.1f} s")
    for share in (0.3, 0.7):
        await studio.start()
        await read_until(studio, share)
        await studio.kill()
    await studio.start()
    async with studio.connect() as client:
        take = await Heard(client).settled("take")
        print(f"ready after {time.monotonic() - began_s:.1f} s: {take.size_bytes / 1e6:.0f} MB, revision {take.revision}")
        face, screen = await client.read_all(take), await client.read(take.take, take.screen_version, 0, take.screen_size_bytes)
    assert isinstance(screen, bytes)
    assert_is_whole(take)
    wrong = [*wrong_pictures(face, "camera", take), *wrong_pictures(screen, "slides", take), *wrong_voices(face, take)]
    print(f"watched after {time.monotonic() - began_s:.1f} s")
    assert wrong == []
    assert not list((studio.folder / "keys").rglob("declined*"))


async def read_until(studio: LongStudio, share: float) -> None:
    """So much of the lesson is in the journal."""
    with RingReader(studio.folder / "ring", 0) as reader:
        while reader.committed < share * reader.written:
            assert studio.processes[-1].returncode is None
            await asyncio.sleep(0.02)


def assert_is_whole(take: Take) -> None:
    assert (take.duration_ms, take.state) == (SECONDS * 1000, "ready")
    whole = [hole for hole in take.holes if hole.what == "all"]
    assert [(round(hole.start_ms, -3), round(hole.end_ms, -3), hole.reason) for hole in whole] == [
        (BREAK_S[0] * 1000, BREAK_S[1] * 1000, "held"),
        (DEATH_S[0] * 1000, DEATH_S[1] * 1000, "lost"),
    ]
    lost_ms = sum(hole.end_ms - hole.start_ms for hole in take.holes if hole.what != "all")
    print(f"{len(take.holes)} holes, {lost_ms / 1000:.0f} s of pictures or voices")
    assert lost_ms < 0.03 * SECONDS * 1000


def wrong_pictures(data: bytes, who: str, take: Take) -> list[str]:
    """Seconds of which the film shows another, in the middle of each."""
    wrong: list[str] = []
    for second, picture in enumerate(pictures_of(data)):
        spans = [span for span in SPANS if span.who == who and span.begin_s <= second < span.end_s]
        is_black = not spans or is_within(second, BREAK_S)
        shown = None if picture.max() < 60 else number_of(picture)
        if shown != (None if is_black else second) and not may_lack(second, take, "picture") and not is_edge(second, who):
            wrong.append(f"{who} at {second} s shows {shown}")
    return wrong


def is_edge(second: int, who: str) -> bool:
    """The last picture stays for a second before it becomes black."""
    return any(span.end_s <= second < span.end_s + 2 for span in SPANS if span.who == who) or BREAK_S[0] <= second < BREAK_S[0] + 2


def wrong_voices(data: bytes, take: Take) -> list[str]:
    wrong: list[str] = []
    for second, loud in enumerate(loudness_of(data)):
        for voice, who in enumerate(PITCHES_HZ):
            spans = [span for span in SPANS if span.who == who and who != "declined" and span.is_heard(second)]
            speaks = who == "teacher" or second % OTHERS_EVERY_S == 0
            expected = second % CYCLE_S if spans and speaks and not is_within(second, BREAK_S) else None
            others = [at for at in range(CYCLE_S) if at != expected]
            if loud[voice, others].max() > SILENT_BELOW:
                wrong.append(f"{who} at {second} s sounds {np.round(loud[voice], 3).tolist()} for {expected}")
            if expected is not None and loud[voice, expected] < HEARD_ABOVE and not may_lack(second, take, "voice"):
                wrong.append(f"{who} at {second} s is silent")
    return wrong


def may_lack(second: int, take: Take, what: str) -> bool:
    since_ms, until_ms = second * 1000 + 200, second * 1000 + 600
    holes = [hole for hole in take.holes if hole.what in ("all", what) and hole.reason == "lost"]
    return any(hole.start_ms < until_ms and hole.end_ms > since_ms for hole in holes)


def is_within(second: int, span_s: tuple[int, int]) -> bool:
    return span_s[0] <= second < span_s[1]


def pictures_of(data: bytes) -> Iterator[NDArray[np.uint8]]:
    """What is to be seen in the middle of each second."""
    second = 0
    with av.open(io.BytesIO(data), "r") as container:
        frames = container.decode(video=0)
        shown = next(frames)
        for frame in frames:
            while second < SECONDS and (frame.time or 0) > second + 0.55:
                yield shown.to_ndarray()[: shown.height].astype(np.uint8)
                second += 1
            shown = frame
        yield from [shown.to_ndarray()[: shown.height].astype(np.uint8)] * (SECONDS - second)


def loudness_of(data: bytes) -> Iterator[NDArray[np.float64]]:
    """Of each second: how loud each voice's tones are, voices by tones."""
    pitches_hz = np.add.outer(list(PITCHES_HZ.values()), np.arange(CYCLE_S) * PITCH_STEP_HZ).ravel()
    rate_hz = AUDIO_RATE_HZ // EACH_SAMPLE
    window = np.hanning(rate_hz // 2)
    turns = 2 * np.pi * np.outer(np.arange(len(window)), pitches_hz) / rate_hz
    waves = (np.hstack((np.cos(turns), np.sin(turns))) * window[:, None] * 4 / len(window)).astype(np.float32)
    begin = int(0.1 * rate_hz)
    waiting: list[NDArray[np.float32]] = []
    with av.open(io.BytesIO(data), "r") as container:
        for frame in container.decode(audio=0):
            waiting.append(frame.to_ndarray().reshape(-1)[::EACH_SAMPLE].astype(np.float32))
            if len(waiting) == 50:
                sound = np.concatenate(waiting)
                waiting = []
                yield np.hypot(*(sound[begin : begin + len(window)] @ waves).reshape(2, len(PITCHES_HZ), CYCLE_S))


def lesson() -> Lesson:
    random = np.random.default_rng(60)
    network = Network()
    tracks: list[Live] = []
    for number, span in enumerate(SPANS):
        sent = show(number, span) if span.source in ("camera", "screen") else speak(number, span)
        events = network.carry(sent.events, random)
        tracks.append(Live(span.handle, span.peer, span.source, events, span.begin_s, span.end_s, span.worker))
    workers = ((0.0, float(DEATH_S[0]), "w1"), (float(DEATH_S[1]), float("inf"), "w2"))
    return Lesson("take", SECONDS, tracks, held=[BREAK_S], workers=workers)


def show(number: int, span: Span) -> Track:
    """A key frame with each second's number, and then nothing new."""
    track = Track(sender(number, span), VIDEO_RATE_HZ)
    for size, of_size in groupby(range(span.begin_s, span.end_s), size_at):
        seconds, same = list(of_size), nothing_new(size)
        for second, key in zip(seconds, encode_pictures([blocks(second, size) for second in seconds], 1), strict=True):
            for frame in range(FPS):
                track.send(second * SECOND_NS + frame * FRAME_NS, same if frame else key)
            track.report(second * SECOND_NS + 430_000_000)
    return track


def size_at(second: int) -> tuple[int, int]:
    return SMALLER if is_within(second, SMALLER_S) else LARGER if second >= LARGER_S else SIZE


def speak(number: int, span: Span) -> Track:
    """Says each second; muted, it sends silence, or nothing with a clock that stands still, or a packet now and then."""
    track = Track(sender(number, span), AUDIO_RATE_HZ)
    cycle = said(span.who)
    kinds = [second // MUTE_EVERY_S % 3 if span.is_muted(second) else -1 for second in range(span.end_s)]
    for at_ns in range(span.begin_s * SECOND_NS, span.end_s * SECOND_NS, VOICE_PACKET_NS):
        kind = kinds[at_ns // SECOND_NS]
        if at_ns % (5 * SECOND_NS) == 2 * SECOND_NS:
            track.report(at_ns + 7_000_000)
        payload, level = cycle[at_ns // VOICE_PACKET_NS % len(cycle)]
        if kind == 0:
            track.stopped_ns += VOICE_PACKET_NS
        elif kind == 1 or (kind == -1 and level == SPOKEN):
            track.send(at_ns, [payload if kind == -1 else SILENCE], SPOKEN if kind == -1 else SILENT)
        elif at_ns % DTX_NS == 0:
            track.send(at_ns, [SILENCE], SILENT)
    return track


def sender(number: int, span: Span) -> Sender:
    """All numbers begin anew with each SSRC, and wrap on the way; each person has one clock."""
    sequence = (number + 1) * 2_654_435_761 & 0xFFFF
    timestamp = 0xFFFF_FFFF - 20_000_000 * number
    return Sender(ssrc=number + 1, sequence=sequence, timestamp=timestamp, skew_ppm=SKEWS_PPM.get(span.peer, 0))


@cache
def said(who: str) -> list[tuple[bytes, int]]:
    """Eight seconds, with a tone in each."""
    at = np.arange(CYCLE_S * AUDIO_RATE_HZ)
    pitch_hz = PITCHES_HZ[who] + PITCH_STEP_HZ * (at // AUDIO_RATE_HZ)
    within_s = at % AUDIO_RATE_HZ / AUDIO_RATE_HZ
    rise = np.clip(np.minimum(within_s - TONE_S[0], TONE_S[1] - within_s) / 0.03, 0, 1)
    speaks = (at // AUDIO_RATE_HZ % OTHERS_EVERY_S == 0) | (who == "teacher")
    return encode_voice(0.15 * speaks * rise * np.sin(2 * np.pi * pitch_hz * within_s))
