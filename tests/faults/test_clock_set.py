"""Somebody sets the clock of the server's machine in mid-lesson, and the server is killed besides: the lesson ends when it should."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from server.cli import Places
from server.settings import Settings
from server.wire.messages import Pong
from tests.fakes.page import Page
from tests.fakes.product import ROOT, free_port
from tests.faults.forking import knock

pytestmark = pytest.mark.full

SOURCE = Path(__file__).with_name("set_clock.c")
HOUR_S = 3_600
NEAR_MS = 20_000  # far less than an hour, and more than any machine is late


@pytest.mark.parametrize("step_s", [HOUR_S, -HOUR_S])
async def test_clock_that_is_set_moves_no_lesson_and_is_followed_when_its_time_is_held(tmp_path: Path, step_s: int) -> None:
    if shutil.which("gcc") is None:
        pytest.skip("gcc is missing")
    library, wall = tmp_path / "clock.so", tmp_path / "wall"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"], check=True)  # noqa: ASYNC221 -- nothing runs yet
    port = free_port(socket.SOCK_STREAM)
    settings = {"MT_LISTEN": f"127.0.0.1:{port}", "MT_DATA": str(tmp_path / "data"), "LD_PRELOAD": str(library), "CLOCK_SET": str(wall)}
    server = await _serve(port, settings)
    try:
        async with Page(f"http://127.0.0.1:{port}") as ana:
            lead, _ = await ana.make_session("twenty-minute-round")
            await ana.join(lead, "Ana", teaches=True, recording="leave_out")
            await ana.connect()
            await ana.ask(type="advance", decision=0)
            await ana.ask(type="start_lesson", decision=1)
            before = await ana.until_seen(lambda view: view.phase.status == "running")
            wall.write_text(str(step_s))
            await asyncio.sleep(2.5)
            assert abs(await _ahead_ms(ana)) < NEAR_MS
            server.kill()
            await server.wait()
            server = await _serve(port, settings)
            after = await ana.connect()
            assert (after.phase.key, after.phase.status, after.phase.ends_ms) == ("lesson", "running", before.phase.ends_ms)
            assert abs(await _ahead_ms(ana)) < NEAR_MS
            await ana.ask(type="hold", decision=after.phase.decision)
            async with asyncio.timeout(20):
                while abs(await _ahead_ms(ana) - step_s * 1000) > NEAR_MS:
                    await asyncio.sleep(0.1)
            held = await ana.connect()
            assert held.phase.held
            assert before.phase.ends_ms
            assert abs(held.phase.held.left_ms - (before.phase.ends_ms - before.now_ms)) < NEAR_MS
    finally:
        if server.returncode is None:
            server.kill()
        await server.wait()
        shutil.rmtree(Places(Settings(data=settings["MT_DATA"])).run, ignore_errors=True)


async def _serve(port: int, settings: dict[str, str]) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server.cli", "serve"),
        cwd=ROOT,
        env={**os.environ, **settings},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(30):
        while True:
            try:
                await knock(port)
            except OSError:
                assert process.returncode is None
                await asyncio.sleep(0.05)
            else:
                return process


async def _ahead_ms(page: Page) -> float:
    """How far the server's clock is ahead of the one here, which nobody has set."""
    await page.send({"type": "ping", "sent_ms": 1})
    while not isinstance(answer := await page.receive(), Pong):
        pass
    return answer.now_ms - time.time() * 1000
