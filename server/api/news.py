"""A page's line for news: a WebSocket on which the server says that something about a recording or a person has changed.

Whether the page may still know is looked at before anything is said, and every few seconds; `gone` is the last word, and says why:
deleted, ended, expired, or changed: they may watch it in another way, on a page that is loaded anew.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import WSMsgType, web

from server.doors.identity import Identity
from server.doors.recordings import RecordingDoor
from server.review.news import News, Subscription, about_person, about_recording

LOOK_EVERY_S = 5.0
HEARTBEAT_S = 20.0
MOST_BYTES = 1024
MOST_LINES = 2000

Refusal = Callable[[], Awaitable[str]]
"""Why the page may know nothing any more; empty while it may."""
Hears = Callable[[str], Awaitable[bool]]


class NewsApi:
    def __init__(self, news: News, door: RecordingDoor, identity: Identity, *, same_origin: Callable[[web.Request], bool]) -> None:
        self._news = news
        self._door = door
        self._identity = identity
        self._same_origin = same_origin
        self._lines: set[web.WebSocketResponse] = set()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/recordings/{take}/news", self.recording, allow_head=False),
            web.get("/me/news", self.person, allow_head=False),
        ]

    async def close(self) -> None:
        """The server ends: pages come back to the next one."""
        for line in list(self._lines):
            with contextlib.suppress(ConnectionError, TimeoutError):
                await asyncio.wait_for(line.close(), 1)

    async def recording(self, request: web.Request) -> web.StreamResponse:
        watcher = await self._door.look(request)
        if watcher is None:
            raise web.HTTPNotFound

        async def refusal() -> str:
            now = await self._door.look(request)
            if now is None:
                return await self._door.why_over(watcher)
            return "" if now.use == watcher.use else "changed"

        return await self.tell(request, refusal, about_recording(watcher.recording.take), about_person(watcher.person.person))

    async def person(self, request: web.Request) -> web.StreamResponse:
        device = await self._identity.device(request)
        if device is None:
            raise web.HTTPNotFound

        async def refusal() -> str:
            return "" if await self._identity.device(request) is not None else "ended"

        return await self.tell(request, refusal, about_person(device.person.person))

    async def tell(self, request: web.Request, refusal: Refusal, *topics: str, hears: Hears | None = None) -> web.StreamResponse:
        """A line that lasts until the page goes, or may not know any more. `hears`: whether it may be told news of this name."""
        if not self._same_origin(request):
            raise web.HTTPForbidden
        if len(self._lines) >= MOST_LINES:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "5"})
        line = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=MOST_BYTES)
        with self._news.subscribe(*topics) as subscription:
            await line.prepare(request)
            self._lines.add(line)
            telling = asyncio.create_task(_tell_all(line, subscription, refusal, hears), name="news")
            try:
                async for message in line:  # pages say nothing here; reading notices that they leave
                    if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                        break
            finally:
                self._lines.discard(line)
                telling.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                    await telling
            await line.close()
        return line


async def _tell_all(line: web.WebSocketResponse, subscription: Subscription, refusal: Refusal, hears: Hears | None) -> None:
    while True:
        name, value = "", None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY_S):
                name, value = await subscription.next()
        if why := await refusal():
            await line.send_str(msgspec.json.encode({"name": "gone", "value": why}).decode())
            await line.close()
            return
        if name and (hears is None or await hears(name)):
            await line.send_str(msgspec.json.encode({"name": name, "value": value}).decode())
