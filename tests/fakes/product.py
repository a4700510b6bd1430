"""The whole product as its users have it: supervisor, server, media worker and recorder in processes of their own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import aiohttp

from server.cli import Places
from server.settings import Settings

ROOT = Path(__file__).parents[2]
READY_S = 30.0


class Product:
    def __init__(self, process: subprocess.Popen[bytes], url: str, log: Path, media_port: int) -> None:
        self.process = process
        self.url = url
        self.media_port = media_port
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text()

    def pid(self, name: str) -> int:
        """Of the newest process of this name: server, media worker, recorder."""
        return int(re.findall(rf"{name} started, pid=(\d+)", self.log)[-1])

    def kill(self, name: str) -> None:
        os.kill(self.pid(name), signal.SIGKILL)

    async def ready(self) -> None:
        """Until pages are served."""
        async with asyncio.timeout(READY_S), aiohttp.ClientSession() as client:
            while True:
                try:
                    async with client.get(self.url) as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                assert self.process.poll() is None, self.log
                await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def running_product(
    folder: Path, *, wrapper: Sequence[str] = (), words: Sequence[str] = (), **settings: str
) -> AsyncIterator[Product]:
    """`wrapper`: a program and its options that start it; `words`: more for the command."""
    port, media_port = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_DGRAM)
    log = folder / "log.txt"
    values = {"listen": f"127.0.0.1:{port}", "media_port": str(media_port), "data": str(folder / "data"), "sessions_at_once": "1000"}
    values |= settings
    environment = {**os.environ, **{f"MT_{key.upper()}": value for key, value in values.items()}}
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: ASYNC220 -- starting it takes a millisecond
            [*wrapper, sys.executable, "-m", "server.cli", "run", *words],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
        )
    try:
        product = Product(process, f"http://127.0.0.1:{port}", log, media_port)
        await product.ready()
        yield product
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(Places(Settings(data=values["data"])).run, ignore_errors=True)
        (Path(values["data"]) / "reserve.bin").unlink(missing_ok=True)  # pytest keeps folders for a while


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
