"""Processes of the product that begin at once: forked from one that has loaded its modules. Each is killed by its own id.

    python -m tests.faults.forking server|recorder ARGUMENTS…

A line on standard input starts one, and its id is printed. The one before it must be dead.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from server.cli import Places
from server.settings import Settings

ROOT = Path(__file__).parents[2]
LISTENING_S = 20.0
Program = Literal["server", "recorder"]


class Forking:
    """`log` has what all of them say."""

    def __init__(self, parent: asyncio.subprocess.Process, log: Path) -> None:
        self._parent = parent
        self._log = log
        self.pids: list[int] = []

    @property
    def log(self) -> str:
        return self._log.read_text()

    async def start(self) -> None:
        assert self._parent.stdin
        assert self._parent.stdout
        self._parent.stdin.write(b"start\n")
        answer = await self._parent.stdout.readline()
        assert answer, self.log
        self.pids.append(int(answer))

    def kill(self) -> None:
        os.kill(self.pids[-1], signal.SIGKILL)

    async def stop(self) -> None:
        """As it is, until it is killed; what it had asked of the disk has been done."""
        os.kill(self.pids[-1], signal.SIGSTOP)
        threads = Path(f"/proc/{self.pids[-1]}/task")
        while any((thread / "stat").read_text().rpartition(")")[2].split()[0] != "T" for thread in threads.iterdir()):
            await asyncio.sleep(0.001)

    async def end(self) -> None:
        """Killed, and gone with all that it had open."""
        self.kill()
        while Path(f"/proc/{self.pids[-1]}").exists():
            await asyncio.sleep(0.001)

    async def wait_for(self, is_there: Callable[[], Awaitable[object]]) -> None:
        """Until the one that was started answers."""
        async with asyncio.timeout(LISTENING_S):
            while True:
                with contextlib.suppress(OSError):
                    await is_there()
                    return
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def forking(
    program: Program, arguments: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Forking]:
    with log.open("wb") as output:
        parent = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.faults.forking", program, *arguments),
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=output,
        )
    made = Forking(parent, log)
    try:
        yield made
    finally:
        if made.pids:
            with contextlib.suppress(ProcessLookupError):
                made.kill()
        assert parent.stdin
        parent.stdin.close()
        await parent.wait()
        if environment and "MT_DATA" in environment:
            shutil.rmtree(Places(Settings(data=environment["MT_DATA"])).run, ignore_errors=True)


def main() -> None:
    program, arguments = sys.argv[1], sys.argv[2:]
    if program == "server":
        for module in ("alembic.command", "sqlalchemy.dialects.sqlite.aiosqlite", "server.app"):
            importlib.import_module(module)
        from server.cli import main as run
    else:
        from recorder.main import main as run  # type: ignore[assignment]
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            silent = os.open(os.devnull, os.O_RDWR)
            os.dup2(silent, 0)
            os.dup2(silent, 1)
            sys.argv = [program, *arguments]
            sys.exit(run())
        print(pid, flush=True)
        os.waitpid(pid, 0)


async def knock(port: int) -> None:
    """Raises OSError while nobody listens there."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()
    await writer.wait_closed()


if __name__ == "__main__":
    main()
