"""The disk fills up: recording rests and says so, what people write is saved all the same, and when there is room again it goes on."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from recorder.control import StorageChanged, from_recorder
from server.media.control import read_frame
from tests.fakes.product import free_port
from tests.fakes.rtp_media import Sender, beeps, film, voice
from tests.faults.forking import forking, knock
from tests.faults.loop_disk import LoopDisk, fill
from tests.faults.people import group, lost
from tests.integration.recorder.harness import TEACHER_CAMERA, TEACHER_VOICE, Client, Studio, watch

pytestmark = pytest.mark.full

RESERVE_MB = 50
SECONDS = 6
SECOND_NS = 1_000_000_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[LoopDisk]:
    made = LoopDisk(tmp_path, 256 * 1024 * 1024)
    yield made
    made.unmount()


async def test_recording_rests_while_the_disk_is_full_and_the_film_lacks_nothing_that_memory_held(tmp_path: Path, disk: LoopDisk) -> None:
    media = {
        TEACHER_CAMERA: film(SECONDS, Sender(ssrc=1)),
        TEACHER_VOICE: voice(SECONDS, Sender(ssrc=2), beeps(SECONDS, 1000)),
    }
    studio = Studio(tmp_path)
    arguments = [f"--control={tmp_path / 'control'}", f"--ring={tmp_path / 'ring'}", f"--reserve-mb={RESERVE_MB}"]
    arguments += [f"--data={disk.mounted / 'recordings'}", f"--keys={disk.mounted / 'keys'}"]
    filler = disk.mounted / "filler"
    async with forking("recorder", arguments, tmp_path / "log.txt") as recorder:
        await recorder.start()
        await recorder.wait_for(lambda: _connect(studio))
        async with studio.connect() as client:
            assert (await _told(client)).state == "low"
            studio.base_ns = time.monotonic_ns()
            playing = asyncio.create_task(studio.play("take", media, until_ns=SECONDS * SECOND_NS))
            await asyncio.sleep(1.5)
            fill(filler, (RESERVE_MB - 5) * 1_000_000)
            filled_s = time.monotonic()
            assert (await _told(client)).state == "full"
            print(f"told {time.monotonic() - filled_s:.2f} s after the disk was full")
            await asyncio.sleep(0.3)
            before = _journal_bytes(disk.mounted)
            await asyncio.sleep(1.5)
            assert _journal_bytes(disk.mounted) == before, "nothing is journaled"
            filler.unlink()
            assert (await _told(client)).state == "low"
            await playing
            studio.mark(None, SECONDS * SECOND_NS)
            take = await client.wait_for("take", "ready")
            watched = watch(await client.read_all(take))
    studio.ring.close()
    assert take.holes == ()
    assert SECONDS * 25 <= len(watched.times) <= SECONDS * 25 + 1
    assert len(watched.flashes()) == len(watched.beeps(1000)) == SECONDS


async def test_notes_are_saved_on_a_disk_without_a_free_byte(tmp_path: Path, disk: LoopDisk) -> None:
    port = free_port(socket.SOCK_STREAM)
    environment = {"MT_LISTEN": f"127.0.0.1:{port}", "MT_DATA": str(disk.mounted / "data"), "MT_SESSIONS_AT_ONCE": "1000"}
    async with forking("server", ["serve"], tmp_path / "log.txt", environment) as server:
        await server.start()
        await server.wait_for(lambda: knock(port))
        async with group(f"http://127.0.0.1:{port}", 3) as (session, people):
            fill(disk.mounted / "filler", 0)
            for _ in range(2):
                acting = [asyncio.create_task(actor.act()) for actor in people]
                await asyncio.sleep(1.5)
                await server.end()
                await asyncio.gather(*acting)
                assert all(sum(actor.said.values()) > 1 and all(actor.written.values()) for actor in people), server.log
                assert lost(disk.mounted / "data" / "microteach.db", session, people) == []
                await server.start()
                await server.wait_for(lambda: knock(port))
            assert "what was set aside is used now" in server.log
        await server.end()


def _journal_bytes(mounted: Path) -> int:
    return sum(path.stat().st_size for path in mounted.rglob("*.journal"))


async def _connect(studio: Studio) -> None:
    async with studio.connect():
        pass


async def _told(client: Client) -> StorageChanged:
    while True:
        message = await asyncio.wait_for(read_frame(client.reader, from_recorder), 20)
        if isinstance(message, StorageChanged):
            return message
