"""The server's end of the socket to one media worker: keeps connecting, keeps the wanted policy of every room.

After each connection the worker says what is (`Report`), then hears what should be. It must not know sessions or pages.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from server.media.control import (
    CloseRoom,
    FrameError,
    FromWorker,
    Report,
    RoomPolicy,
    SetRoom,
    ToWorker,
    encode_frame,
    from_worker,
    read_frame,
)

log = logging.getLogger(__name__)

RETRY_S = 0.1


class MediaClient:
    """`received` is called with every message of the worker, in order."""

    def __init__(self, path: Path, received: Callable[[FromWorker], None]) -> None:
        self._path = path
        self._received = received
        self._rooms: dict[str, RoomPolicy] = {}
        self._writer: asyncio.StreamWriter | None = None

    @property
    def connected(self) -> bool:
        return self._writer is not None

    def set_room(self, room: str, policy: RoomPolicy) -> None:
        self._rooms[room] = policy
        self.send(SetRoom(room=room, policy=policy))

    def close_room(self, room: str) -> None:
        self._rooms.pop(room, None)
        self.send(CloseRoom(room=room))

    def send(self, message: ToWorker) -> bool:
        """False when there is no worker to hear it; policies are repeated when there is one again."""
        if self._writer is None:
            return False
        self._writer.write(encode_frame(message))
        return True

    async def run(self) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(str(self._path))
            except OSError:
                await asyncio.sleep(RETRY_S)
                continue
            try:
                await self._converse(reader, writer)
            except (OSError, asyncio.IncompleteReadError, FrameError) as error:
                log.info("media worker lost: %s", type(error).__name__)
            finally:
                self._writer = None
                writer.close()
            await asyncio.sleep(RETRY_S)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        report = await read_frame(reader, from_worker)
        if not isinstance(report, Report):
            raise FrameError("the first message is a report")
        log.info("media worker %s connected, rooms=%d", report.worker, len(report.rooms))
        self._writer = writer
        for known in report.rooms:
            if known.room not in self._rooms:
                self.send(CloseRoom(room=known.room))
        for room, policy in self._rooms.items():
            self.send(SetRoom(room=room, policy=policy))
        self._received(report)
        while True:
            self._received(await read_frame(reader, from_worker))
