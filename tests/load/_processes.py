"""Processes that a bench starts, and what they cost: CPU and memory as /proc says (Linux)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
SHARED_MEMORY: Final = Path("/dev/shm")


@dataclass(frozen=True)
class Process:
    pid: int

    @property
    def cpu_s(self) -> float:
        """Of all its threads since it began, in user and in kernel mode."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    @property
    def starved_s(self) -> float:
        """How long its main thread has stood ready while others had the processors."""
        return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[1]) / 1e9

    @property
    def own_mb(self) -> float:
        """Resident memory without what it shares with others, such as the ring."""
        lines = dict(line.split(":", 1) for line in Path(f"/proc/{self.pid}/status").read_text().splitlines())
        return sum(int(lines[name].split()[0]) for name in ("RssAnon", "RssFile")) / 1024


@contextlib.asynccontextmanager
async def running(command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> AsyncIterator[Process]:
    """Ended with SIGTERM. What it says goes to `log`; `environment` is added to ours."""
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield Process(process.pid)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 20)
        except TimeoutError:
            process.kill()
            await process.wait()


@contextlib.asynccontextmanager
async def running_recorder(folder: Path, ring: Path, control: Path | None = None) -> AsyncIterator[Process]:
    """On the ring that is there; data and keys below `folder`. Its socket is at `folder`/recorder.sock unless said otherwise."""
    socket = control or folder / "recorder.sock"
    places = [f"--control={socket}", f"--ring={ring}", f"--data={folder / 'data'}", f"--keys={folder / 'keys'}"]
    async with running([sys.executable, "-m", "recorder.main", *places], folder / "recorder.log") as process:
        await appears(socket, folder / "recorder.log")
        yield process


@contextlib.asynccontextmanager
async def running_worker(folder: Path, ring: Path, *, environment: Mapping[str, str] | None = None) -> AsyncIterator[Process]:
    """On a free port of the loopback; its socket is at `folder`/worker.sock."""
    places = ["--control", str(folder / "worker.sock"), "--ring", str(ring), "--port", "0", "--advertise", "127.0.0.1"]
    async with running([sys.executable, "-m", "server.media.worker", *places], folder / "worker.log", environment) as process:
        await appears(folder / "worker.sock", folder / "worker.log")
        yield process


async def appears(socket: Path, log: Path) -> None:
    """Until somebody listens there. Raises TimeoutError with what the process has said."""
    try:
        async with asyncio.timeout(20):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_unix_connection(socket)
                    writer.close()
                    return
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise TimeoutError(log.read_text()) from None


def udp_drops(port: int) -> int:
    """Datagrams that the sockets of this local port had no room for."""
    found = 0
    for name in ("udp", "udp6"):
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
            fields = line.split()
            if int(fields[1].rpartition(":")[2], 16) == port:
                found += int(fields[-1])
    return found
