"""The real recorder process: a lesson is watched while it runs, in time with itself, and the watching ends with it."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import pytest
import pytest_asyncio

from recorder.control import CancelRead, Chunk, DeleteTake, ReadFailed, WatchTake, from_recorder
from server.media.control import read_frame
from tests.fakes.rtp_media import Event, Sender, beeps, film, tone, voice, without
from tests.integration.recorder.harness import (
    AGREED_VOICE,
    DECLINED_VOICE,
    TEACHER_CAMERA,
    TEACHER_VOICE,
    Client,
    Studio,
    Watched,
    watch,
)

SECONDS = 5
SECOND_NS = 1_000_000_000
BEEP_HZ, AGREED_HZ, DECLINED_HZ = 1000, 440, 3000
TOGETHER_S = 0.04


@dataclass
class Seen:
    """What came, and the real time at which each piece did."""

    data: bytearray = field(default_factory=bytearray)
    came: list[tuple[int, float]] = field(default_factory=list)  # bytes until then, monotonic seconds
    code: str = ""

    def watched(self) -> Watched:
        return watch(bytes(self.data))

    def delays_s(self, base_s: float) -> list[float]:
        """For each piece: how long after it happened the newest picture or sound in it came."""
        result = []
        for size, came_s in self.came[1:]:
            with av.open(io.BytesIO(bytes(self.data[:size])), "r", format="matroska") as container:
                newest_ms = max(packet.pts or 0 for packet in container.demux() if packet.size)
            result.append(came_s - base_s - newest_ms / 1000)
        return result


@pytest.fixture(scope="module")
def lesson() -> dict[int, list[Event]]:
    return {
        TEACHER_CAMERA: film(SECONDS, Sender(ssrc=1)),
        TEACHER_VOICE: voice(SECONDS, Sender(ssrc=2), beeps(SECONDS, BEEP_HZ)),
        AGREED_VOICE: voice(SECONDS, Sender(ssrc=3, utc_ns=1_500_000_000_000_000_000), tone(SECONDS, AGREED_HZ)),
        DECLINED_VOICE: voice(SECONDS, Sender(ssrc=4), tone(SECONDS, DECLINED_HZ)),
    }


@pytest_asyncio.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    made = Studio(tmp_path)
    await made.start()
    made.base_ns = time.monotonic_ns()
    yield made
    await made.close()


async def seen_by(client: Client, take: str = "take", read: int = 1) -> Seen:
    """Until it is over."""
    client.send(WatchTake(id=read, take=take))
    seen = Seen()
    while True:
        message = await asyncio.wait_for(read_frame(client.reader, from_recorder), 20)
        if isinstance(message, ReadFailed):
            seen.code = message.code
            return seen
        if isinstance(message, Chunk) and message.id == read:
            seen.data += message.data
            if message.last:
                return seen
            seen.came.append((len(seen.data), time.monotonic()))


async def test_a_lesson_is_watched_while_it_runs(studio: Studio, lesson: dict[int, list[Event]]) -> None:
    playing = asyncio.create_task(studio.play("take", lesson, until_ns=SECONDS * SECOND_NS))
    async with studio.connect() as client, studio.connect() as later:
        await client.wait_for("take", "recording")
        first = asyncio.create_task(seen_by(client))
        await asyncio.sleep(3.2)
        second = asyncio.create_task(seen_by(later))
        await playing
        studio.mark(None, SECONDS * SECOND_NS)
        seen, joined = await first, await second
    delays = sorted(seen.delays_s(studio.base_ns / 1e9))
    print(f"behind the lesson: {delays[0]:.2f} to {delays[-1]:.2f} s, median {delays[len(delays) // 2]:.2f} s, {len(delays)} pieces")
    watched = seen.watched()
    flashes, sounds = watched.flashes(), watched.beeps(BEEP_HZ)
    assert [round(moment) for moment in flashes][-4:] == [1, 2, 3, 4]
    assert max(abs(sound - flash) for sound, flash in zip(sounds[-4:], flashes[-4:], strict=True)) < TOGETHER_S
    assert watched.loudness(AGREED_HZ) > 0.05
    assert watched.loudness(DECLINED_HZ) < 0.0005
    assert abs(float(watched.picture_at(3.5)[:80, :150].mean()) - 70) < 6
    joined_late = joined.watched()
    assert 1 < joined_late.times[0] <= 2.1, "from the newest key frame on"
    assert [round(moment) for moment in joined_late.flashes()][-2:] == [3, 4]
    assert joined_late.times[-1] == watched.times[-1]


async def test_loss_shows_no_broken_picture_while_it_runs(studio: Studio, lesson: dict[int, list[Event]]) -> None:
    """What is given up shows the picture before it, until the next key frame."""
    studio.base_ns = time.monotonic_ns() - SECONDS * SECOND_NS
    camera = without(lesson[TEACHER_CAMERA], [30])
    studio.mark("take", 0)
    async with studio.connect() as client:
        await client.wait_for("take", "recording")
        watching = asyncio.create_task(seen_by(client))
        await asyncio.sleep(0.2)
        await studio.play("take", {**lesson, TEACHER_CAMERA: camera}, until_ns=SECONDS * SECOND_NS, in_real_time=False)
        studio.mark(None, SECONDS * SECOND_NS)
        watched = (await watching).watched()
    for second in (0, 2, 3, 4):
        level = float(watched.picture_at(second + 0.5)[:80, :150].mean())
        assert abs(level - (40 + 10 * second)) < 6
    assert {round(float(picture[100:, 170:].mean())) // 40 for picture in watched.pictures} <= {0, 5}, "dark or a flash, nothing between"


async def test_watching_ends_where_there_is_nothing_to_be_watched(studio: Studio, lesson: dict[int, list[Event]]) -> None:
    studio.base_ns = time.monotonic_ns() - SECOND_NS
    async with studio.connect() as client, studio.connect() as other:
        assert (await seen_by(client, "nothing")).code == "missing"
        await studio.play("take", lesson, until_ns=SECOND_NS, in_real_time=False)
        await client.wait_for("take", "recording")
        client.send(WatchTake(id=7, take="take"))
        client.send(CancelRead(id=7))
        watching = asyncio.create_task(seen_by(client, read=8))
        await asyncio.sleep(0.2)
        other.send(DeleteTake(take="take"))
        assert (await watching).code in ("", "missing")
        assert (await seen_by(client, "take", read=9)).code == "missing"
