"""The server's end of the socket to the recorder: which takes there are, their bytes, and what belongs to them."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from recorder.control import (
    CHUNK_BYTES,
    AdoptRoom,
    Asked,
    CancelRead,
    Chunk,
    DeleteTake,
    FromRecorder,
    Move,
    OpenProduct,
    ProductName,
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
    VoiceTalk,
    WatchTake,
    WithdrawTracks,
    from_recorder,
)
from server.media.control import FrameError, encode_frame, read_frame

log = logging.getLogger(__name__)

RETRY_S = 0.1
WINDOW_BYTES = 4 * CHUNK_BYTES
MOST_WAITING = 256  # chunks of a running take that its watcher has not read

Answer = Chunk | Talk | ProductOpened | RoomMoved | ReadFailed


class ReadError(Exception):
    """A read did not complete. `code` as in `ReadFailed`, `lost` when the recorder went away, `slow` when its answers were not read."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Told:
    """What the recorder says by itself: a take that is new or different, what it has destroyed, and how much the disk still holds."""

    changed: Callable[[Take], None]
    deleted: Callable[[str], None]
    withdrawn: Callable[[TracksWithdrawn], None]
    storage: Callable[[StorageChanged], None]


class RecorderClient:
    def __init__(self, path: Path, told: Told) -> None:
        self._path = path
        self._told = told
        self._to_do: dict[DeleteTake | WithdrawTracks, None] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._reads: dict[int, asyncio.Queue[Answer]] = {}
        self._ids = itertools.count(1)
        self.takes: dict[str, Take] = {}
        self.bring: Callable[[str, str, ProductName], Awaitable[bool]] | None = None  # a product that another machine has made

    @property
    def connected(self) -> bool:
        return self._writer is not None

    async def read(self, take: str, version: str, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """Bytes `start` up to `end` of one version, in chunks. Raises ReadError, also in the middle.

        Asks for one window after the other, so that a slow reader holds up nobody else on the same socket.
        """
        for begin in range(start, end, WINDOW_BYTES):
            window = ReadTake(id=next(self._ids), take=take, version=version, start=begin, end=min(end, begin + WINDOW_BYTES))
            async for data in self._chunks(window):
                yield data

    async def read_product(self, take: str, version: str, name: ProductName, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """As `read`, of something that a job has made from this version."""
        for begin in range(start, end, WINDOW_BYTES):
            last = min(end, begin + WINDOW_BYTES)
            window = ReadProduct(id=next(self._ids), take=take, version=version, name=name, start=begin, end=last)
            async for data in self._chunks(window):
                yield data

    async def product_size(self, take: str, version: str, name: ProductName) -> int:
        """In bytes. Raises ReadError."""
        try:
            answer = await self._one(OpenProduct(id=next(self._ids), take=take, version=version, name=name))
        except ReadError as error:
            if error.code != "missing" or self.bring is None or not await self.bring(take, version, name):
                raise
            answer = await self._one(OpenProduct(id=next(self._ids), take=take, version=version, name=name))
        assert isinstance(answer, ProductOpened)
        return answer.size_bytes

    async def talk(self, take: str, version: str) -> tuple[VoiceTalk, ...]:
        """Who speaks when. Raises ReadError."""
        answer = await self._one(ReadTalk(id=next(self._ids), take=take, version=version))
        assert isinstance(answer, Talk)
        return answer.voices

    async def watch(self, take: str, picture: Literal["camera", "screen"] = "camera") -> AsyncGenerator[bytes, None]:
        """The take that runs, from now on until it is over. Raises ReadError."""
        async for data in self._chunks(WatchTake(id=next(self._ids), take=take, picture=picture)):
            yield data

    async def adopt(self, room: str, *, late: tuple[str, ...] = (), whole: bool = True) -> bool:
        """Its files have come here. Raises ReadError where the recorder is gone."""
        return await self._moved(AdoptRoom(id=next(self._ids), room=room, late=late, whole=whole))

    async def release(self, room: str) -> bool:
        """Everything of it is on the disk, and nothing of it is known here any more. Raises ReadError where the recorder is gone."""
        if not await self._moved(ReleaseRoom(id=next(self._ids), room=room)):
            return False
        for take in [take.take for take in self.takes.values() if take.room == room]:
            del self.takes[take]
        return True

    async def run(self) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(str(self._path))
            except OSError:
                await asyncio.sleep(RETRY_S)
                continue
            self._writer = writer
            for wish in self._to_do:
                self._send(wish)
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
        self._wish(DeleteTake(take=take))

    def withdraw(self, wish: WithdrawTracks) -> None:
        """As `delete`."""
        self._wish(wish)

    def _wish(self, wish: DeleteTake | WithdrawTracks) -> None:
        self._to_do[wish] = None
        self._send(wish)

    async def _moved(self, move: Move) -> bool:
        answer = await self._one(move)
        assert isinstance(answer, RoomMoved)
        return answer.done

    async def _chunks(self, asked: Asked) -> AsyncGenerator[bytes, None]:
        async with aclosing(self._answers(asked)) as answers:
            async for answer in answers:
                assert isinstance(answer, Chunk)
                if answer.data:
                    yield answer.data

    async def _one(self, asked: Asked | Move) -> Answer:
        async with aclosing(self._answers(asked)) as answers:
            return await anext(answers)

    async def _answers(self, asked: Asked | Move) -> AsyncGenerator[Answer, None]:
        """What the recorder says to it, up to the last; it is told when nobody listens any more."""
        if self._writer is None:
            raise ReadError("lost")
        queue: asyncio.Queue[Answer] = asyncio.Queue()
        self._reads[asked.id] = queue
        over = False
        try:
            self._send(asked)
            while not over:
                answer = await queue.get()
                over = not isinstance(answer, Chunk) or answer.last
                if isinstance(answer, ReadFailed):
                    raise ReadError(answer.code if self._writer else "lost")
                if queue.qsize() > MOST_WAITING:
                    raise ReadError("slow")
                yield answer
        finally:
            del self._reads[asked.id]
            if not over:
                self._send(CancelRead(id=asked.id))

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
            self._to_do.pop(DeleteTake(take=message.take), None)
            self.takes.pop(message.take, None)
            self._told.deleted(message.take)
        elif isinstance(message, TracksWithdrawn):
            self._to_do.pop(WithdrawTracks(take=message.take, peer=message.peer, sources=message.sources), None)
            self._told.withdrawn(message)
        elif isinstance(message, StorageChanged):
            self._told.storage(message)
        elif message.id in self._reads:
            self._reads[message.id].put_nowait(message)

    def _set(self, take: Take) -> None:
        if self.takes.get(take.take) != take:
            self.takes[take.take] = take
            self._told.changed(take)
