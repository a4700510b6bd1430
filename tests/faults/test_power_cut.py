"""The power fails at random moments: what was acknowledged is there, and a recording opens and lacks at most two seconds (P9, P10).

MT_POWER_CUTS (default 10) says how often. Data and keys are on a disk in a file; the ring is in memory, so it is lost too.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.fakes.product import free_port
from tests.fakes.rtp_media import Event, Sender, beeps, film, tone, voice
from tests.faults.forking import Forking, forking, knock
from tests.faults.loop_disk import LoopDisk
from tests.faults.people import Actor, group, lost
from tests.integration.recorder.harness import AGREED_VOICE, TEACHER_CAMERA, TEACHER_VOICE, Studio, Watched, watch

pytestmark = pytest.mark.full

CUTS = int(os.environ.get("MT_POWER_CUTS", "10"))
PEOPLE = 4
LONGEST_LIFE_S = 4.5
SHORTEST_LIFE_S = 2.5
MOST_LOST_S = 2.0
TONE_HZ = 440
TOLD_S = 0.1
PIECE = 4_800
NOT_BLACK = 30


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[LoopDisk]:
    made = LoopDisk(tmp_path)
    yield made
    made.unmount()


@pytest.fixture(scope="module")
def media() -> dict[int, list[Event]]:
    seconds = LONGEST_LIFE_S + 1
    return {
        TEACHER_CAMERA: film(seconds, Sender(ssrc=1)),
        TEACHER_VOICE: voice(seconds, Sender(ssrc=2), beeps(seconds, 1000)),
        AGREED_VOICE: voice(seconds, Sender(ssrc=3, utc_ns=1_500_000_000_000_000_000), tone(seconds, TONE_HZ)),
    }


@pytest.mark.timeout(60 + 20 * CUTS)
async def test_power_cut_costs_nothing_that_was_acknowledged_and_two_seconds_of_film(
    tmp_path: Path, disk: LoopDisk, media: dict[int, list[Event]]
) -> None:
    port, memory = free_port(socket.SOCK_STREAM), tmp_path / "memory"
    memory.mkdir()
    data = disk.mounted / "data"
    environment = {"MT_LISTEN": f"127.0.0.1:{port}", "MT_DATA": str(data), "MT_SESSIONS_AT_ONCE": "1000"}
    arguments = [f"--control={memory / 'control'}", f"--ring={memory / 'ring'}"]
    arguments += [f"--data={disk.mounted / 'recordings'}", f"--keys={disk.mounted / 'keys'}", "--reserve-mb=1"]
    began_s, worst_s = time.monotonic(), 0.0
    async with (
        forking("server", ["serve"], tmp_path / "server.txt", environment) as server,
        forking("recorder", arguments, tmp_path / "recorder.txt") as recorder,
    ):
        await server.start()
        await server.wait_for(lambda: knock(port))
        async with group(f"http://127.0.0.1:{port}", PEOPLE) as (session, people):
            studio = await _power_on(recorder, memory)
            for cut in range(CUTS):
                filmed_s = await _live_until_cut(f"take-{cut}", studio, media, disk, people, server, recorder)
                assert lost(data / "microteach.db", session, people) == []
                studio.ring.close()
                await server.start()
                studio = await _power_on(recorder, memory)
                worst_s = max(worst_s, filmed_s - await _film_s(studio, f"take-{cut}"))
                await server.wait_for(lambda: knock(port))
        studio.ring.close()
    print(f"{CUTS} cuts in {time.monotonic() - began_s:.0f} s, at most {worst_s:.2f} s of film lost")
    assert worst_s <= MOST_LOST_S
    assert all(any(actor.said.values()) and all(actor.written.values()) for actor in people)


async def _power_on(recorder: Forking, memory: Path) -> Studio:
    (memory / "ring").unlink(missing_ok=True)
    studio = Studio(memory)
    await recorder.start()
    await recorder.wait_for(lambda: _takes(studio))
    return studio


async def _takes(studio: Studio) -> None:
    async with studio.connect():
        pass


async def _live_until_cut(
    take: str, studio: Studio, media: dict[int, list[Event]], disk: LoopDisk, people: list[Actor], server: Forking, recorder: Forking
) -> float:
    """How many seconds were filmed."""
    studio.base_ns = time.monotonic_ns()
    life = [asyncio.create_task(actor.act()) for actor in people]
    life.append(asyncio.create_task(studio.play(take, media, until_ns=int(LONGEST_LIFE_S * 1e9) + 1_000_000_000)))
    await asyncio.sleep(random.uniform(SHORTEST_LIFE_S, LONGEST_LIFE_S))
    await asyncio.gather(server.stop(), recorder.stop())
    filmed_s = (time.monotonic_ns() - studio.base_ns) / 1e9
    disk.cut()
    await asyncio.sleep(TOLD_S)  # what was acknowledged before may still be on its way to people
    for task in life:
        task.cancel()
    ended = await asyncio.gather(*life, return_exceptions=True)
    assert all(isinstance(error, asyncio.CancelledError | None) for error in ended), ended
    for process in (server, recorder):
        await process.end()
    disk.mount_copy()
    return filmed_s


async def _film_s(studio: Studio, take: str) -> float:
    """Up to where it has sound and pictures without a gap."""
    async with studio.connect() as client:
        studio.mark(None, time.monotonic_ns() - studio.base_ns)
        watched = watch(await client.read_all(await client.wait_for(take, "ready")))
    return min(_pictures_s(watched), _sound_s(watched))


def _pictures_s(watched: Watched) -> float:
    shown = [at for at, picture in zip(watched.times, watched.pictures, strict=True) if picture[:80, :150].mean() > NOT_BLACK]
    assert np.max(np.diff(shown)) < 0.1
    return shown[-1]


def _sound_s(watched: Watched) -> float:
    pieces = watched.sound[: len(watched.sound) // PIECE * PIECE].reshape(-1, PIECE)
    loudness = np.abs((pieces * np.exp(-2j * np.pi * TONE_HZ * np.arange(PIECE) / 48_000)).mean(axis=1))
    heard = np.flatnonzero(loudness > loudness.max() / 2)
    assert list(heard) == list(range(heard[0], heard[-1] + 1)), "without a gap"
    return float(heard[-1] + 1) * PIECE / 48_000
