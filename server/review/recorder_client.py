"""The server's end of the socket to the recorder: which takes there are, and their bytes."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from recorder.control import (
    CHUNK_BYTES,
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
    from_recorder,
)
from server.media.control import FrameError, encode_frame, read_frame

log = logging.getLogger(__name__)

RETRY_S = 0.1
WINDOW_BYTES = 4 * CHUNK_BYTES


class ReadError(Exception):
    """A read did not complete. `code` as in `ReadFailed`, or `lost` when the recorder went away."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class RecorderClient:
    """`changed` is called with every take that is new or different, `deleted` with each that the recorder has destroyed."""

    def __init__(self, path: Path, changed: Callable[[Take], None], deleted: Callable[[str], None]) -> None:
        self._path = path
        self._changed = changed
        self._deleted = deleted
        self._to_delete: set[str] = set()
        self._writer: asyncio.StreamWriter | None = None
        self._reads: dict[int, asyncio.Queue[Chunk | ReadFailed]] = {}
        self._ids = itertools.count(1)
        self.takes: dict[str, Take] = {}

    async def read(self, take: str, version: str, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """Bytes `start` up to `end` of one version, in chunks. Raises ReadError, also in the middle.

        Asks for one window after the other, so that a slow reader holds up nobody else on the same socket.
        """
        for begin in range(start, end, WINDOW_BYTES):
            async for data in self._read_window(take, version, begin, min(end, begin + WINDOW_BYTES)):
                yield data

    async def _read_window(self, take: str, version: str, start: int, end: int) -> AsyncGenerator[bytes, None]:
        if self._writer is None:
            raise ReadError("lost")
        read = next(self._ids)
        queue: asyncio.Queue[Chunk | ReadFailed] = asyncio.Queue()
        self._reads[read] = queue
        over = False
        try:
            self._send(ReadTake(id=read, take=take, version=version, start=start, end=end))
            while not over:
                answer = await queue.get()
                if isinstance(answer, ReadFailed):
                    over = True
                    raise ReadError(answer.code if self._writer else "lost")
                over = answer.last
                if answer.data:
                    yield answer.data
        finally:
            del self._reads[read]
            if not over:
                self._send(CancelRead(id=read))

    async def run(self) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(str(self._path))
            except OSError:
                await asyncio.sleep(RETRY_S)
                continue
            self._writer = writer
            for take in self._to_delete:
                self._send(DeleteTake(take=take))
            try:
                while True:
                    self._take_in(await read_frame(reader, from_recorder))
            except (OSError, asyncio.IncompleteReadError, FrameError) as error:
                log.info("recorder lost: %s", type(error).__name__)
            finally:
                self._writer = None
                writer.close()
                for read, queue in self._reads.items():
                    queue.put_nowait(ReadFailed(id=read, code="damaged"))
            await asyncio.sleep(RETRY_S)

    def delete(self, take: str) -> None:
        """Said again after every reconnect until the recorder has done it."""
        self._to_delete.add(take)
        self._send(DeleteTake(take=take))

    def _send(self, message: ToRecorder) -> None:
        if self._writer is not None:
            self._writer.write(encode_frame(message))

    def _take_in(self, message: FromRecorder) -> None:
        if isinstance(message, Takes):
            log.info("recorder connected, takes=%d", len(message.takes))
            for take in message.takes:
                self._set(take)
        elif isinstance(message, TakeChanged):
            self._set(message.take)
        elif isinstance(message, TakeDeleted):
            self._to_delete.discard(message.take)
            self.takes.pop(message.take, None)
            self._deleted(message.take)
        elif message.id in self._reads:
            self._reads[message.id].put_nowait(message)

    def _set(self, take: Take) -> None:
        if self.takes.get(take.take) != take:
            self.takes[take.take] = take
            self._changed(take)
