"""The worker as the supervisor runs it: a process of its own."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from server.media import control
from server.media.control import PersonPolicy, RoomPolicy
from server.media.ring import create_ring
from tests.fakes.aiortc_peer import ROOM, AiortcPeer, ControlClient, loopback_gathered

OPEN = PersonPolicy(microphone=True, camera=True, hears=("anna",), sees=("anna",))


async def started(folder: Path) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server.media.worker", "--control", str(folder / "control"), "--ring", str(folder / "ring")),
        *("--port", "0", "--advertise", "127.0.0.1"),
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    async with asyncio.timeout(20):
        line = await process.stderr.readline()
    assert b"ready on port" in line
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_media_flows_and_it_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    create_ring(tmp_path / "ring", 1 << 20)
    process = await started(tmp_path)
    assert (tmp_path / "control").stat().st_mode & 0o777 == 0o600, "nobody else may command it"
    server = await ControlClient.connect(tmp_path / "control")
    server.send(control.SetRoom(room=ROOM, policy=RoomPolicy(version=1, people={"anna": OPEN, "ben": OPEN})))
    anna, ben = AiortcPeer(server, "anna"), AiortcPeer(server, "ben")
    with loopback_gathered():
        anna.start()
        ben.start()
        await anna.publish()
        await ben.answer()
        await ben.decoded("audio")
        await ben.decoded("video")
        load = await server.take(control.WorkerLoad, lambda told: told.sent_per_s > 10)
        assert (load.rooms, load.peers) == (1, 2)
        assert load.received_per_s > 10
        assert 0 < load.cpu_share < 1.5
    process.send_signal(number)
    async with asyncio.timeout(10):
        out, err = await process.communicate()
    assert process.returncode == 0
    assert out == b""
    assert b"ended" in err
    assert b"Traceback" not in err
    await anna.close()
    await ben.close()
    await server.close()


async def test_bad_ring_or_missing_argument_is_told(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server.media.worker", "--control", str(tmp_path / "c")),
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(20):
        _, err = await process.communicate()
    assert process.returncode == 2
    assert b"--ring" in err
