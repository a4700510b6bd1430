"""The recorder's control socket: the list of takes, its changes, and byte ranges of finished takes.

Each connection has one task per read; a read yields to the loop at every chunk and waits for a slow peer. A frame that is
none of `recorder.control` closes its own connection and no other.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable
from pathlib import Path

from recorder.control import (
    TAKES_AT_ONCE,
    CancelRead,
    Chunk,
    DeleteTake,
    FromRecorder,
    ReadFailed,
    ReadTake,
    Take,
    TakeChanged,
    TakeDeleted,
    Takes,
    ToRecorder,
    to_recorder,
)
from recorder.take import Library, ReadRefused
from server.media.control import FrameError, encode_frame, read_frame

MAX_READS = 64
_log = logging.getLogger(__name__)


class ControlServer:
    def __init__(self, library: Library) -> None:
        self._library = library
        self._connections: dict[_Connection, asyncio.Task[None] | None] = {}
        self._servers: list[asyncio.Server] = []

    async def start(self, path: Path, delete: Callable[[str], bool]) -> None:
        """`delete` destroys a take, or says False."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._serve(_Connection(self._library, delete, reader, writer))

        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        mask = os.umask(0o177)
        try:
            self._servers.append(await asyncio.start_unix_server(serve, path))
        finally:
            os.umask(mask)

    def announce(self, take: Take) -> None:
        for connection in self._connections:
            connection.send(TakeChanged(take=take))

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        self._servers.clear()
        tasks = [task for task in self._connections.values() if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, connection: _Connection) -> None:
        self._connections[connection] = asyncio.current_task()
        _log.info("server connected")
        try:
            await connection.run()
        except asyncio.CancelledError:
            return  # only `close` cancels this task, and it waits for nothing else
        finally:
            del self._connections[connection]
            connection.close()
            _log.info("server disconnected")


class _Connection:
    def __init__(self, library: Library, delete: Callable[[str], bool], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._library = library
        self._delete = delete
        self._reader = reader
        self._writer = writer
        self._reads: dict[int, asyncio.Task[None]] = {}
        self._room = asyncio.Lock()

    def send(self, message: FromRecorder) -> None:
        if not self._writer.is_closing():
            self._writer.write(encode_frame(message))

    def close(self) -> None:
        self._writer.close()

    async def run(self) -> None:
        newest_first = sorted(self._library.takes(), key=lambda take: take.started_ms, reverse=True)
        self.send(Takes(takes=tuple(newest_first[:TAKES_AT_ONCE])))
        for take in newest_first[TAKES_AT_ONCE:]:
            self.send(TakeChanged(take=take))
        try:
            while True:
                self._handle(await read_frame(self._reader, to_recorder))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except FrameError as error:
            _log.warning("server sent no frame: %s", error)
        finally:
            for task in self._reads.values():
                task.cancel()
            await asyncio.gather(*self._reads.values(), return_exceptions=True)

    def _handle(self, message: ToRecorder) -> None:
        if isinstance(message, DeleteTake):
            if self._delete(message.take):
                self.send(TakeDeleted(take=message.take))
            return
        if isinstance(message, CancelRead):
            task = self._reads.pop(message.id, None)
            if task is not None:
                task.cancel()
            return
        if message.id in self._reads or len(self._reads) >= MAX_READS:
            raise FrameError("read id in use, or too many reads")
        task = asyncio.create_task(self._read(message))
        self._reads[message.id] = task
        task.add_done_callback(lambda done: self._forget(message.id, done))

    def _forget(self, read: int, task: asyncio.Task[None]) -> None:
        if self._reads.get(read) is task:
            del self._reads[read]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("read failed", exc_info=error)
            self._writer.close()

    async def _read(self, request: ReadTake) -> None:
        try:
            await self._send_range(request)
        except ReadRefused as refused:
            if refused.code == "damaged":
                _log.error("take %s is damaged between %d and %d", request.take, request.start, request.end)
            self.send(ReadFailed(id=request.id, code=refused.code))
        except ConnectionError:
            return

    async def _send_range(self, request: ReadTake) -> None:
        file = self._library.open(request.take, request.version)
        chunks = file.chunks(request.start, request.end)
        with contextlib.closing(chunks):
            waiting = next(chunks)
            for chunk in chunks:
                await self._send_chunk(request, waiting, last=False)
                waiting = chunk
            await self._send_chunk(request, waiting, last=True)

    async def _send_chunk(self, request: ReadTake, data: bytes, *, last: bool) -> None:
        if not self._library.is_current(request.take, request.version):
            raise ReadRefused("gone")
        async with self._room:
            self.send(Chunk(id=request.id, data=data, last=last))
            await self._writer.drain()
        await asyncio.sleep(0)
