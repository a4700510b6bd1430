"""The server process alone, with everything but media: pages, signaling, SQLite. What it costs is read from /proc (Linux)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.cli import Places
from server.media.control import Report, encode_frame
from server.settings import Settings

ROOT: Final = Path(__file__).parents[2]
READY_S: Final = 120.0
# CPU rather than time, which on a machine that others use says nothing
PROFILED: Final = """
import cProfile, time
from server.cli import main
profile = cProfile.Profile(time.thread_time)
try:
    profile.runcall(main)
finally:
    profile.dump_stats({!r})
"""
TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Served:
    url: str
    pid: int

    @property
    def cpu_s(self) -> float:
        """Of all its threads since it began, in user and in kernel mode."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    @property
    def starved_s(self) -> float:
        """How long the thread of its event loop has stood ready while others had the processors."""
        return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[1]) / 1e9

    @property
    def rss_mb(self) -> float:
        line = next(line for line in Path(f"/proc/{self.pid}/status").read_text().splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024


@contextlib.asynccontextmanager
async def serving(
    folder: Path, plans: Path, people_count: int, profile: Path | None = None, more: Mapping[str, str] | None = None
) -> AsyncIterator[Served]:
    """`people_count` may come in at once. With `profile`, cProfile's statistics of the event loop's thread are there in the end.

    `more` settings, by name.
    """
    settings = Settings(listen=f"127.0.0.1:{free_port()}", data=str(folder / "data"), plans=str(plans), sessions_at_once=2 * people_count)
    given = {"listen": settings.listen, "data": settings.data, "plans": settings.plans, "sessions_at_once": str(settings.sessions_at_once)}
    given |= more or {}
    places = Places(settings)
    places.make()
    program = ["-c", PROFILED.format(str(profile))] if profile else ["-m", "server.cli"]
    worker = await asyncio.start_unix_server(_listen, places.worker_socket)
    with (folder / "log.txt").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *program, "serve"),
            cwd=ROOT,
            env={**os.environ, **{f"MT_{key.upper()}": value for key, value in given.items()}},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        await _ready(settings, process, folder / "log.txt")
        yield Served(url=settings.url, pid=process.pid)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        worker.close()
        shutil.rmtree(places.run, ignore_errors=True)


async def _listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """In place of the media worker: takes in every policy, so that the server pays for telling it."""
    writer.write(encode_frame(Report(worker="nobody", rooms=())))
    while await reader.read(65536):
        pass
    writer.close()


async def _ready(settings: Settings, process: asyncio.subprocess.Process, log: Path) -> None:
    async with asyncio.timeout(READY_S):
        while True:
            try:
                _, writer = await asyncio.open_connection(settings.host, settings.port)
            except OSError:
                assert process.returncode is None, log.read_text()
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
