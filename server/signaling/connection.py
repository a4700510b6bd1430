"""One page's WebSocket on one seat: limits, the hello, a bounded outbox. What messages mean stands in `dispatch`.

A message that is not of the protocol is answered with `error` and changes nothing; a flood closes this connection only.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable

from aiohttp import WSCloseCode, WSMsgType, web

from server.people.seats import Device
from server.rate import Bucket
from server.rooms.room import Room
from server.session.beside import Translate
from server.wire.codec import WireError, decode_from_page, encode
from server.wire.course import Costs
from server.wire.messages import MAX_MESSAGE_BYTES, PROTOCOL_VERSION, Error, FromPage, Hello, Leaving, ToPage

log = logging.getLogger(__name__)

HELLO_S = 5.0
OUTBOX_MESSAGES = 256
MESSAGES_PER_S = 50.0
BURST_MESSAGES = 150.0
CLOSE_REPLACED = 4001
CLOSE_RESTARTING = 4002

Handle = Callable[["Connection", FromPage], Awaitable[None]]


class Connection:
    """A listener of its room while it is open."""

    def __init__(
        self,
        room: Room,
        seat: str,
        device: Device,
        socket: web.WebSocketResponse,
        translate: Translate,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.room = room
        self.seat = seat
        self.device = device
        self.translate = translate
        self._socket = socket
        self._clock_s = clock_s
        self._outbox: asyncio.Queue[ToPage | None] = asyncio.Queue(OUTBOX_MESSAGES)
        self._close_code: int = WSCloseCode.OK
        self._rate = Bucket(BURST_MESSAGES, MESSAGES_PER_S, clock_s())

    def send(self, message: ToPage) -> None:
        try:
            self._outbox.put_nowait(message)
        except asyncio.QueueFull:
            self._close(WSCloseCode.TRY_AGAIN_LATER)

    def leave(self, message: Leaving) -> None:
        self.send(message)
        self._close(CLOSE_REPLACED if message.reason == "replaced" else CLOSE_RESTARTING)

    def refuse(self, code: str, message: str, ref: int | None = None, costs: Costs | None = None) -> None:
        self.send(Error(ref=ref, code=code, message=self.translate(message), costs=costs))

    async def run(self, handle: Handle, joined: Callable[[], None], first: ToPage | None = None) -> None:
        """Until either side closes. `joined` is called once the page has been welcomed; it hears `first` before that."""
        writing = asyncio.create_task(self._write_all(), name=f"signaling {self.seat}")
        try:
            if await self._hello():
                if first is not None:
                    self.send(first)
                self.room.join(self.seat, self)
                joined()
                log.info("page open, session=%s seat=%s", self.room.id, self.seat)
                async for message in self._socket:
                    if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                        break
                    if not self._rate.take(self._clock_s()):
                        self.refuse("too_fast", "Too many messages at once.")
                        self._close(WSCloseCode.POLICY_VIOLATION)
                        break
                    await self._take_in(message.data, handle)
        finally:
            self.room.leave(self.seat, self)
            self._close(self._close_code)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2):
                    await asyncio.shield(writing)
            writing.cancel()
            log.info("page closed, session=%s seat=%s", self.room.id, self.seat)

    async def _hello(self) -> bool:
        try:
            async with asyncio.timeout(HELLO_S):
                first = await self._socket.receive()
        except TimeoutError:
            self.refuse("hello_expected", "The first message is hello.")
            return False
        if first.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            return False
        try:
            hello = decode_from_page(first.data)
        except WireError as error:
            self.refuse(error.code, error.message)
            return False
        if not isinstance(hello, Hello):
            self.refuse("hello_expected", "The first message is hello.")
            return False
        if hello.protocol != PROTOCOL_VERSION:
            self.refuse("other_protocol", "This page is older or newer than the server. Please reload it.")
            return False
        return True

    async def _take_in(self, data: str | bytes, handle: Handle) -> None:
        try:
            message = decode_from_page(data)
        except WireError as error:
            self.refuse(error.code, error.message, error.ref)
            return
        await handle(self, message)

    def _close(self, code: int) -> None:
        """Everything that was sent before still goes out."""
        self._close_code = code
        if self._outbox.full():
            self._outbox.get_nowait()
        self._outbox.put_nowait(None)

    async def _write_all(self) -> None:
        with contextlib.suppress(ConnectionError):
            while (message := await self._outbox.get()) is not None:
                await self._socket.send_str(encode(message))
            await self._socket.close(code=self._close_code)


def new_socket() -> web.WebSocketResponse:
    return web.WebSocketResponse(max_msg_size=MAX_MESSAGE_BYTES, heartbeat=20, compress=False, autoping=True)
