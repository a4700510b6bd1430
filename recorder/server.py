"""The recorder's control socket: the list of takes, its changes, and what is asked about them.

Each connection has one task per question; a read yields to the loop at every chunk and waits for a slow peer. A frame that is
none of `recorder.control` closes its own connection and no other.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from dataclasses import dataclass
from pathlib import Path

from recorder.control import (
    CHUNK_BYTES,
    TAKES_AT_ONCE,
    AdoptRoom,
    Asked,
    CancelRead,
    Chunk,
    DeleteTake,
    FromRecorder,
    Move,
    OpenProduct,
    ProductOpened,
    ReadFailed,
    ReadProduct,
    ReadTake,
    ReadTalk,
    ReleaseRoom,
    RoomMoved,
    StorageChanged,
    Take,
    TakeChanged,
    TakeDeleted,
    Takes,
    Talk,
    ToRecorder,
    TracksWithdrawn,
    WatchTake,
    WithdrawTracks,
    to_recorder,
)
from recorder.index import Picture
from recorder.take import Library, ReadRefused
from server.media.control import FrameError, Source, encode_frame, read_frame

MAX_ASKED = 4_096  # of one connection, and not answered yet
READS_AT_ONCE = 64
ASK_AGAIN_S = 10.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Acts:
    """What can be done with takes. `delete` and `withdraw` say False where the disk refuses; `watch` raises `ReadRefused`."""

    delete: Callable[[str], bool]
    withdraw: Callable[[str, str, tuple[Source, ...]], bool]
    watch: Callable[[str, Picture], AsyncGenerator[bytes, None]]
    storage: Callable[[], StorageChanged]
    adopt: Callable[[AdoptRoom], Awaitable[bool]]
    release: Callable[[str], bool]


class ControlServer:
    def __init__(self, library: Library) -> None:
        self._library = library
        self._connections: dict[_Connection, asyncio.Task[None] | None] = {}
        self._servers: list[asyncio.Server] = []

    async def start(self, path: Path, acts: Acts) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._serve(_Connection(self._library, acts, reader, writer))

        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        mask = os.umask(0o177)
        try:
            self._servers.append(await asyncio.start_unix_server(serve, path))
        finally:
            os.umask(mask)

    def announce(self, take: Take) -> None:
        self.tell(TakeChanged(take=take))

    def tell(self, message: TakeChanged | StorageChanged) -> None:
        for connection in self._connections:
            connection.send(message)

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
    def __init__(self, library: Library, acts: Acts, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._library = library
        self._acts = acts
        self._reader = reader
        self._writer = writer
        self._reads: dict[int, asyncio.Task[None]] = {}
        self._turns = asyncio.Semaphore(READS_AT_ONCE)
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
        self.send(self._acts.storage())
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
        if isinstance(message, DeleteTake | WithdrawTracks):
            self._destroy(message)
            return
        if isinstance(message, CancelRead):
            task = self._reads.pop(message.id, None)
            if task is not None:
                task.cancel()
            return
        if message.id in self._reads or len(self._reads) >= MAX_ASKED:
            raise FrameError("read id in use, or too many reads")
        work = self._move(message) if isinstance(message, AdoptRoom | ReleaseRoom) else self._answer(message)
        task = asyncio.create_task(work)
        self._reads[message.id] = task
        task.add_done_callback(lambda done: self._forget(message.id, done))

    def _destroy(self, asked: DeleteTake | WithdrawTracks) -> None:
        """Where the disk refuses, it is tried again for as long as somebody waits for it."""
        if self._writer.is_closing():
            return
        gone: TakeDeleted | TracksWithdrawn
        if isinstance(asked, DeleteTake):
            is_gone, gone = self._acts.delete(asked.take), TakeDeleted(take=asked.take)
        else:
            is_gone = self._acts.withdraw(asked.take, asked.peer, asked.sources)
            gone = TracksWithdrawn(take=asked.take, peer=asked.peer, sources=asked.sources)
        if is_gone:
            self.send(gone)
        else:
            asyncio.get_running_loop().call_later(ASK_AGAIN_S, self._destroy, asked)

    def _forget(self, read: int, task: asyncio.Task[None]) -> None:
        if self._reads.get(read) is task:
            del self._reads[read]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("read failed", exc_info=error)
            self._writer.close()

    async def _move(self, asked: Move) -> None:
        if isinstance(asked, AdoptRoom):
            done = await self._acts.adopt(asked)
        else:
            done = self._acts.release(asked.room)
        self.send(RoomMoved(id=asked.id, done=done))

    async def _answer(self, asked: Asked) -> None:
        try:
            if isinstance(asked, ReadTake):
                await self._send_range(asked, self._library.open(asked.take, asked.version).chunks(asked.start, asked.end))
            elif isinstance(asked, ReadProduct):
                product = self._library.open_product(asked.take, asked.version, asked.name)
                await self._send_range(asked, product.chunks(asked.start, asked.end))
            elif isinstance(asked, OpenProduct):
                product = self._library.open_product(asked.take, asked.version, asked.name)
                self.send(ProductOpened(id=asked.id, size_bytes=product.size_bytes))
            elif isinstance(asked, ReadTalk):
                self.send(Talk(id=asked.id, voices=self._library.talk(asked.take, asked.version)))
            else:
                await self._send_live(asked)
        except ReadRefused as refused:
            if refused.code == "damaged":
                _log.error("take %s is damaged: %s", asked.take, type(asked).__name__)
            self.send(ReadFailed(id=asked.id, code=refused.code))
        except ConnectionError:
            return

    async def _send_range(self, asked: ReadTake | ReadProduct, chunks: Generator[bytes, None, None]) -> None:
        async with self._turns:
            with contextlib.closing(chunks):
                await self._send_chunks(asked, chunks)

    async def _send_chunks(self, asked: ReadTake | ReadProduct, chunks: Generator[bytes, None, None]) -> None:
        waiting = next(chunks, b"")
        for chunk in chunks:
            await self._send_current(asked, waiting, last=False)
            waiting = chunk
        await self._send_current(asked, waiting, last=True)

    async def _send_current(self, asked: ReadTake | ReadProduct, data: bytes, *, last: bool) -> None:
        if not self._library.is_current(asked.take, asked.version):
            raise ReadRefused("gone")
        await self._send_chunk(asked.id, data, last=last)

    async def _send_live(self, asked: WatchTake) -> None:
        async with contextlib.aclosing(self._acts.watch(asked.take, asked.picture)) as pieces:
            async for piece in pieces:
                for start in range(0, len(piece), CHUNK_BYTES):
                    await self._send_chunk(asked.id, piece[start : start + CHUNK_BYTES], last=False)
        await self._send_chunk(asked.id, b"", last=True)

    async def _send_chunk(self, read: int, data: bytes, *, last: bool) -> None:
        async with self._room:
            self.send(Chunk(id=read, data=data, last=last))
            await self._writer.drain()
        await asyncio.sleep(0)
