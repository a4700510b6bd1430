"""Rooms beside each other, and tracks that come, go and change within a take: what is to be seen and heard of each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from server.media.ring import SILENT
from tests.fakes.lessons import SECOND_NS, Heard, Lesson, Live, LongStudio
from tests.fakes.rtp_media import (
    AUDIO_RATE_HZ,
    VIDEO_RATE_HZ,
    VOICE_PACKET_NS,
    Event,
    Sender,
    Track,
    beeps,
    blocks,
    encode_pictures,
    nothing_new,
    number_of,
    tone,
    voice,
)
from tests.integration.recorder.harness import Watched, watch

SIZE, SMALLER, LARGER = (160, 90), (80, 45), (240, 135)
FRAME_NS = SECOND_NS // 10
BEEP_HZ = 1000
ROOMS, TAKES = range(4), range(2)
TAKE_S, BETWEEN_S = 4, 1

pytestmark = pytest.mark.timeout(180)


@pytest_asyncio.fixture
async def studio(tmp_path: Path) -> AsyncIterator[LongStudio]:
    made = LongStudio(tmp_path)
    yield made
    await made.close()


async def watch_takes(studio: LongStudio, *lessons: Lesson) -> dict[str, Watched]:
    studio.play_lessons(*lessons)
    await studio.start()
    async with studio.connect() as client:
        heard = Heard(client)
        return {lesson.take: watch(await client.read_all(await heard.ready(lesson.take))) for lesson in lessons}


async def test_two_lessons_in_each_of_four_rooms_at_once_hold_nothing_of_each_other(studio: LongStudio) -> None:
    watched = await watch_takes(studio, *(lesson for room in ROOMS for lesson in lessons_of(room)))
    for room, take in product(ROOMS, TAKES):
        film = watched[name(room, take)]
        assert {number_of(picture) for picture in film.pictures} == {number(room, take)}
        for other in product(ROOMS, TAKES):
            loudness = film.loudness(pitch_hz(*other))
            assert loudness > 0.05 if other == (room, take) else loudness < 0.0005, (room, take, other)


async def test_microphone_that_was_taken_out_and_comes_back_as_another_is_heard_when_it_was_there(studio: LongStudio) -> None:
    """The numbers of the second track have nothing to do with those of the first, and its sender says so little that most is silence."""
    first = voice(3, Sender(ssrc=1), beeps(3, BEEP_HZ))
    second = say_now_and_then(Sender(ssrc=2, sequence=30_000, timestamp=77), 5, 12)
    tracks = [
        Live(1, "teacher", "microphone", first, 0, 3),
        Live(2, "teacher", "camera", pictures([(SIZE, 0, 12)], 5), 0),
        Live(3, "teacher", "microphone", second, 5),
    ]
    film = (await watch_takes(studio, Lesson("take", 12, tracks)))["take"]
    assert [round(moment, 1) for moment in film.beeps(BEEP_HZ)] == [0, 1, 2, 5, 7, 9, 11]


async def test_picture_that_changes_its_size_is_seen_in_each_size_at_its_time(studio: LongStudio) -> None:
    sizes = [(SIZE, 0, 3), (SMALLER, 3, 6), (LARGER, 6, 9), (SIZE, 9, 11)]
    tracks = [
        Live(1, "teacher", "microphone", voice(11, Sender(ssrc=1), beeps(11, BEEP_HZ))),
        Live(2, "teacher", "camera", pictures(sizes, 9)),
    ]
    film = (await watch_takes(studio, Lesson("take", 11, tracks)))["take"]
    for (width, height), begin_s, end_s in sizes:
        for moment_s in (begin_s + 0.2, end_s - 0.2):
            picture = film.picture_at(moment_s)
            assert picture.shape == (height, width)
            assert number_of(picture) == 9


def lessons_of(room: int) -> list[Lesson]:
    """One after the other, of the same tracks, whose numbers and times wrap and go on."""
    pause = np.zeros(BETWEEN_S * AUDIO_RATE_HZ)
    voices = [piece for take in TAKES for piece in (tone(TAKE_S, pitch_hz(room, take)), pause)]
    spoken = voice(len(TAKES) * (TAKE_S + BETWEEN_S), Sender(ssrc=room), np.concatenate(voices))
    lessons: list[Lesson] = []
    for take in TAKES:
        begin_s = take * (TAKE_S + BETWEEN_S)
        end_s = begin_s + TAKE_S
        shown = pictures([(SIZE, begin_s, end_s)], number(room, take))
        tracks = [
            Live(10 * room + 1, f"teacher{room}", "microphone", within(spoken, begin_s, end_s)),
            Live(10 * room + 2 + take, f"teacher{room}", "camera", shown, begin_s),
        ]
        lessons.append(Lesson(name(room, take), end_s, tracks, f"room{room}", begin_s, teacher=f"teacher{room}"))
    return lessons


def within(events: list[Event], begin_s: float, end_s: float) -> list[Event]:
    return sorted((each for each in events if begin_s * SECOND_NS <= each.at_ns < end_s * SECOND_NS), key=lambda each: each.at_ns)


def name(room: int, take: int) -> str:
    return f"take{room}-{take}"


def number(room: int, take: int) -> int:
    return 1 + 100 * room + 1000 * take


def pitch_hz(room: int, take: int) -> int:
    return 500 + 400 * room + 170 * take


def pictures(sizes: list[tuple[tuple[int, int], int, int]], shown: int) -> list[Event]:
    track = Track(Sender(ssrc=9), VIDEO_RATE_HZ)
    for size, begin_s, end_s in sizes:
        [key] = encode_pictures([blocks(shown, size)], 1)
        for at_ns in range(begin_s * SECOND_NS, end_s * SECOND_NS, FRAME_NS):
            track.send(at_ns, nothing_new(size) if at_ns % SECOND_NS else key)
            if at_ns % SECOND_NS == 4 * FRAME_NS:
                track.report(at_ns)
    return track.events


def say_now_and_then(sender: Sender, begin_s: int, end_s: int) -> list[Event]:
    """A beep each second second, and a packet each 400 ms in between, as a browser sends silence."""
    spoken = voice(end_s - begin_s, sender, beeps(end_s - begin_s, BEEP_HZ), start_s=begin_s)
    chosen: list[Event] = []
    for place, event in enumerate(each for each in spoken if not each.is_report):
        at_ns = place * VOICE_PACKET_NS
        if at_ns % (2 * SECOND_NS) < 140_000_000 or place % 20 == 0:
            chosen.append(event)
    renumbered = Track(sender, AUDIO_RATE_HZ)
    for event in chosen:
        at_ns = event.at_ns - sender.delay_ns
        is_loud = (at_ns - begin_s * SECOND_NS) % (2 * SECOND_NS) < 140_000_000
        renumbered.send(at_ns, [event.data[12:] if is_loud else b"\xf8\xff\xfe"], 0x80 | 20 if is_loud else SILENT)
    reports = [event for event in spoken if event.is_report]
    return sorted([*renumbered.events, *reports], key=lambda event: event.at_ns)
