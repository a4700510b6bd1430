"""A real redis-server of its own for a test, and a line to it that can be cut.

It keeps nothing on the disk. `stop` is SIGSTOP: it takes connections and answers nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from tests.requirements import require

READY_S = 20.0


class RedisServer:
    """`async with redis_server() as redis: ... redis.url`. After `kill` and `start` it is at the same address and knows nothing."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._program = require("redis-server")
        self._folder = folder
        self._options = options
        self._process: asyncio.subprocess.Process | None = None
        self.socket = folder / "redis.sock"
        self.port = 0

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def start(self) -> None:
        """Raises TimeoutError when it does not answer."""
        self.port = self.port or _free_port()
        self.socket.unlink(missing_ok=True)
        kept = ("--save", "", "--appendonly", "no", "--dir", str(self._folder))
        where = ("--bind", "127.0.0.1", "--port", str(self.port), "--unixsocket", str(self.socket))
        self._process = await asyncio.create_subprocess_exec(
            self._program, *kept, *where, *self._options, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(READY_S):
            while not await self._answers():
                await asyncio.sleep(0.02)

    def stop(self) -> None:
        self._signal(signal.SIGSTOP)

    def cont(self) -> None:
        self._signal(signal.SIGCONT)

    async def kill(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
            self._process = None

    async def restart(self) -> None:
        await self.kill()
        await self.start()

    async def flush(self) -> None:
        await self.ask("FLUSHALL")

    async def ask(self, *command: str) -> str:
        """The answer as it stands on the wire; for commands with short ones."""
        async with asyncio.timeout(READY_S):
            reader, writer = await asyncio.open_unix_connection(str(self.socket))
            try:
                writer.write(b"".join((f"*{len(command)}\r\n".encode(), *(f"${len(w.encode())}\r\n{w}\r\n".encode() for w in command))))
                return (await reader.read(64 * 1024)).decode(errors="replace").strip()
            finally:
                writer.close()
                await writer.wait_closed()

    async def _answers(self) -> bool:
        try:
            return (await self.ask("PING")).startswith(("+PONG", "-NOAUTH"))
        except OSError:
            return False

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)


class TcpLine:
    """A line to a TCP port. Cut, it swallows what is sent, in both directions, and says nothing to whoever connects: a partition."""

    def __init__(self, upstream_port: int) -> None:
        self._upstream_port = upstream_port
        self._whole = asyncio.Event()
        self._whole.set()
        self._pipes: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    def cut(self) -> None:
        self._whole.clear()

    def mend(self) -> None:
        """What was under way over the cut line does not come any more: its connections are gone, and nobody was told."""
        self._whole.set()

    def reset(self) -> None:
        """Both ends of all connections are told that they are gone."""
        for pipe in self._pipes:
            pipe.cancel()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self.reset()
        await asyncio.gather(*self._pipes, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._pipes.add(task)
        try:
            await self._whole.wait()
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._upstream_port)
            try:
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._pipe(reader, far_writer))
                    both.create_task(self._pipe(far_reader, writer))
            finally:
                far_writer.close()
        except* (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            self._pipes.discard(task)
            writer.close()

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lost = False
        while data := await reader.read(64 * 1024):
            lost = lost or not self._whole.is_set()
            if not lost:
                writer.write(data)
                await writer.drain()
        raise EOFError


@contextlib.asynccontextmanager
async def redis_server(*options: str) -> AsyncIterator[RedisServer]:
    """`options` as on its command line: `"--requirepass", "secret"`."""
    with tempfile.TemporaryDirectory(prefix="mt-redis-") as folder:
        server = RedisServer(Path(folder), *options)
        try:
            await server.start()
            yield server
        finally:
            await server.kill()


@contextlib.asynccontextmanager
async def tcp_line(upstream_port: int) -> AsyncIterator[TcpLine]:
    line = TcpLine(upstream_port)
    await line.start()
    try:
        yield line
    finally:
        await line.close()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
