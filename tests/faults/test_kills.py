"""kill -9 at random moments: what was acknowledged is there, once; what was in the ring is in the film, once (P9, P10).

MT_KILLS (default 100) and MT_RECORDER_KILLS (20) say how often.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import time
from pathlib import Path

import numpy as np
import pytest

from recorder.control import Take
from tests.fakes.postgres import own_postgres
from tests.fakes.product import free_port
from tests.fakes.rtp_media import Sender, beeps, film, tone, voice
from tests.faults.forking import Forking, forking, knock
from tests.faults.people import Actor, copied, group, lost
from tests.integration.recorder.harness import AGREED_VOICE, TEACHER_CAMERA, TEACHER_VOICE, Studio, watch
from tests.requirements import long

pytestmark = pytest.mark.full

KILLS = int(os.environ.get("MT_KILLS", "100"))
RECORDER_KILLS = int(os.environ.get("MT_RECORDER_KILLS", "20"))
PEOPLE = 6
LONGEST_LIFE_S = 0.5
TAKE_S = 20
BEEP_HZ, AGREED_HZ = 1000, 440


@pytest.mark.timeout(60 + 3 * KILLS)
async def test_nothing_acknowledged_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    await _kill_again_and_again(tmp_path, KILLS, "")


@long
@pytest.mark.timeout(60 + 3 * KILLS)
async def test_nothing_acknowledged_is_lost_on_postgresql(tmp_path: Path) -> None:
    with own_postgres() as postgres:
        await _kill_again_and_again(tmp_path, max(KILLS // 4, 2), await postgres.new_database())


async def _kill_again_and_again(tmp_path: Path, kills: int, database: str) -> None:
    port = free_port(socket.SOCK_STREAM)
    data = tmp_path / "data"
    environment = {"MT_LISTEN": f"127.0.0.1:{port}", "MT_DATA": str(data), "MT_SESSIONS_AT_ONCE": "1000", "MT_DATABASE": database}
    began_s = time.monotonic()
    async with forking("server", ["serve"], tmp_path / "log.txt", environment) as server:
        await server.start()
        await server.wait_for(lambda: knock(port))
        async with group(f"http://127.0.0.1:{port}", PEOPLE) as (session, people):
            for _ in range(kills - 1):
                await _live_and_die(server, people)
                await server.start()
                await server.wait_for(lambda: knock(port))
            await _live_and_die(server, people, acted=True)
            done = sum(sum(actor.said.values()) + max(actor.written.values()) for actor in people)
            print(f"{kills} kills in {time.monotonic() - began_s:.0f} s, about {done} acts acknowledged")
            file = await copied(database, tmp_path / "copy.db") if database else data / "microteach.db"
            assert lost(file, session, people) == []


async def _live_and_die(server: Forking, people: list[Actor], *, acted: bool = False) -> None:
    """At a random moment; with `acted` not before everybody has been told that something they said and wrote is done."""
    acting = [asyncio.create_task(actor.act()) for actor in people]
    await asyncio.sleep(random.uniform(0.0, LONGEST_LIFE_S))
    while acted and not all(any(actor.said.values()) and all(actor.written.values()) for actor in people):
        assert not any(task.done() for task in acting)
        await asyncio.sleep(0.01)
    await server.end()
    await asyncio.gather(*acting)


@pytest.mark.timeout(180)
async def test_film_lacks_nothing_when_the_recorder_is_killed_again_and_again(tmp_path: Path) -> None:
    media = {
        TEACHER_CAMERA: film(TAKE_S, Sender(ssrc=1)),
        TEACHER_VOICE: voice(TAKE_S, Sender(ssrc=2), beeps(TAKE_S, BEEP_HZ)),
        AGREED_VOICE: voice(TAKE_S, Sender(ssrc=3, utc_ns=1_500_000_000_000_000_000), tone(TAKE_S, AGREED_HZ)),
    }
    studio = Studio(tmp_path)
    arguments = [f"--{name}={tmp_path / name}" for name in ("control", "ring", "data", "keys")]
    async with forking("recorder", arguments, tmp_path / "log.txt") as recorder:
        await recorder.start()
        await recorder.wait_for(lambda: _versions(studio))
        studio.base_ns = time.monotonic_ns()
        playing = asyncio.create_task(studio.play("take", media, until_ns=TAKE_S * 1_000_000_000))
        moments = sorted(random.uniform(0.2, TAKE_S - 0.2) for _ in range(RECORDER_KILLS))
        for moment_s in moments:
            await asyncio.sleep(max(studio.base_ns / 1e9 + moment_s - time.monotonic(), 0.0))
            recorder.kill()
            await recorder.start()
        await playing
        studio.mark(None, TAKE_S * 1_000_000_000)
        await recorder.wait_for(lambda: _versions(studio))
        async with studio.connect() as client:
            first = await client.wait_for("take", "ready")
            await client.read_all(first)
        take = await _mixed_anew(studio)
        async with studio.connect() as client:
            watched = watch(await client.read_all(take))
        assert await _versions(studio) == [take.version]
    await studio.close()
    assert "Traceback" not in recorder.log
    assert (take.duration_ms, take.holes) == (TAKE_S * 1000, ())
    assert TAKE_S * 25 <= len(watched.times) <= TAKE_S * 25 + 1, "each picture once, and perhaps a black one before the first"
    assert np.max(np.diff(watched.times)) < 0.1
    assert np.sum(np.diff(watched.beeps(BEEP_HZ), prepend=-1) > 0.5) == len(watched.flashes()) == TAKE_S
    assert watched.loudness(AGREED_HZ) > 0.05
    _assert_unbroken(watched.sound)


async def _mixed_anew(studio: Studio) -> Take:
    """Where two processes have mixed the voices one hears it, until they are mixed in one go."""
    async with asyncio.timeout(60):
        while True:
            async with studio.connect() as client:
                take = client.takes["take"]
            if take.settled and not take.mixing:
                return take
            await asyncio.sleep(0.2)


def _assert_unbroken(sound: np.ndarray) -> None:
    """The second tone is heard in each tenth of a second: a part that was mixed twice, or not at all, would stand out."""
    pieces = sound[: len(sound) // 4800 * 4800].reshape(-1, 4800)
    turned = pieces * np.exp(-2j * np.pi * AGREED_HZ * np.arange(4800) / 48_000)
    loudness = np.abs(turned.mean(axis=1))[2:-2]
    assert loudness.min() > 0.5 * np.median(loudness)


async def _versions(studio: Studio) -> list[str]:
    async with studio.connect() as client:
        return [take.version for take in client.takes.values()]
