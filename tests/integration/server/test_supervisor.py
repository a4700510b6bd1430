"""The supervisor on the running product: whichever process dies comes back, and all end together."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from server.cli import RECORDER_NICE
from tests.fakes.page import Page
from tests.fakes.product import ROOT, running_product

CAP_SYS_NICE = 1 << 23
NAMES = ("server", "media worker", "recorder")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def may_be_raised(pid: int) -> bool:
    """Root without this right, as in a container, may lower priorities only."""
    status = Path(f"/proc/{pid}/status").read_text()
    return bool(int(status.partition("CapEff:")[2].split()[0], 16) & CAP_SYS_NICE)


async def test_whichever_process_is_killed_comes_back_and_the_session_is_the_same(tmp_path: Path) -> None:
    async with running_product(tmp_path) as product, Page(product.url) as ana:
        lead, _ = await ana.make_session()
        await ana.join(lead, "Ana", teaches=True, recording="record")
        await ana.connect()
        await ana.ask(type="advance", decision=0)
        await ana.ask(type="start_lesson", decision=1)
        before = await ana.until_seen(lambda view: view.phase.status == "running")
        for name in NAMES:
            pid = product.pid(name)
            product.kill(name)
            async with asyncio.timeout(60):
                while product.pid(name) == pid:
                    await asyncio.sleep(0.05)
        await product.ready()
        after = await ana.connect()
        assert after.phase == before.phase
        assert after.recording == before.recording
        pids = [product.pid(name) for name in NAMES]
        nice = [os.getpriority(os.PRIO_PROCESS, pid) for pid in pids]
        raised = RECORDER_NICE if may_be_raised(pids[2]) else 0
        assert nice[0] == nice[1] == nice[2] - raised, "under load the recorder is the last to suffer"
        product.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(product.process.wait, 60) == 0
        assert not any(alive(pid) for pid in pids)


async def test_children_end_with_a_killed_supervisor(tmp_path: Path) -> None:
    async with running_product(tmp_path) as product:
        pids = [product.pid(name) for name in NAMES]
        product.process.kill()
        async with asyncio.timeout(60):
            while any(alive(pid) for pid in pids):
                await asyncio.sleep(0.05)


@pytest.mark.parametrize(("kind", "key"), [(socket.SOCK_STREAM, "listen"), (socket.SOCK_DGRAM, "media_port")])
def test_a_port_that_is_taken_is_told_in_words(tmp_path: Path, kind: socket.SocketKind, key: str) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        port = taken.getsockname()[1]
        settings = {"MT_DATA": str(tmp_path / "data"), "MT_LISTEN": "127.0.0.1:1", "MT_MEDIA_PORT": "1"}
        settings |= {"MT_LISTEN": f"127.0.0.1:{port}"} if key == "listen" else {"MT_LISTEN": "127.0.0.1:18099", "MT_MEDIA_PORT": str(port)}
        tried = subprocess.run(
            [sys.executable, "-m", "server.cli", "run"],
            cwd=ROOT,
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert tried.returncode == 1
    assert f"{key} {port}" in tried.stderr
    assert "Traceback" not in tried.stderr


async def test_a_second_start_on_the_same_data_is_refused_in_words(tmp_path: Path) -> None:
    async with running_product(tmp_path) as product:
        settings = {"MT_DATA": str(tmp_path / "data"), "MT_LISTEN": "127.0.0.1:18098"}
        second = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "server.cli", "run", cwd=ROOT, env={**os.environ, **settings}, stderr=subprocess.PIPE
        )
        _, words = await asyncio.wait_for(second.communicate(), 30)
        assert second.returncode == 1
        assert b"already runs" in words
        assert product.process.poll() is None
