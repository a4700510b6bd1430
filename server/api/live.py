"""A lesson that is being recorded, for whoever may watch its recording: one endless WebM of the face or the screen, as it comes.

Who asks, and whether they may watch, is looked at again while it runs; it ends with the take, with the permission, or with the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from typing import Literal

from aiohttp import web

from server.doors.headers import set_headers
from server.doors.identity import Identity
from server.people.watching import Recording, recording_for
from server.review.recorder_client import ReadError, RecorderClient
from server.store.engine import Store

log = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0
PATIENCE_S = 20.0  # with somebody who takes nothing in
MOST_WATCHING = 24  # the recorder answers 64 questions at once, and each who watches is one


class LiveApi:
    def __init__(self, store: Store, recorder: RecorderClient, identity: Identity) -> None:
        self._store = store
        self._recorder = recorder
        self._identity = identity
        self._watching: set[asyncio.Task[object]] = set()
        self._closing = False

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/recordings/{take}/live.webm", self.face, allow_head=False),
            web.get("/recordings/{take}/live-screen.webm", self.screen, allow_head=False),
        ]

    async def close(self) -> None:
        """The server ends: everybody who watches is let go."""
        self._closing = True
        for task in self._watching:
            task.cancel()

    async def face(self, request: web.Request) -> web.StreamResponse:
        return await self._watch(request, "camera")

    async def screen(self, request: web.Request) -> web.StreamResponse:
        return await self._watch(request, "screen")

    async def _watch(self, request: web.Request, picture: Literal["camera", "screen"]) -> web.StreamResponse:
        recording = await self._recording(request)
        if recording is None:
            raise web.HTTPNotFound
        take = self._recorder.takes.get(recording.take)
        if take is None or take.state != "recording":
            raise web.HTTPConflict
        task = asyncio.current_task()
        if task is None or len(self._watching) >= MOST_WATCHING or self._closing:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "5"})
        self._watching.add(task)
        try:
            async with contextlib.aclosing(self._recorder.watch(take.take, picture)) as pieces:
                return await self._send(request, take.take, pieces)
        finally:
            self._watching.discard(task)

    async def _send(self, request: web.Request, take: str, pieces: AsyncGenerator[bytes, None]) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "video/webm", "Cache-Control": "no-store"})
        set_headers(response)
        try:
            piece = await anext(pieces, b"")
        except ReadError as error:
            log.info("take %s cannot be watched: %s", take, error.code)
            raise web.HTTPConflict from None
        with contextlib.suppress(ConnectionError):
            await response.prepare(request)
            if await self._send_on(request, response, take, piece, pieces):
                await response.write_eof()
            elif request.transport is not None:
                request.transport.abort()  # the page is to ask again, not to think that the lesson is over
        return response

    async def _send_on(
        self, request: web.Request, response: web.StreamResponse, take: str, piece: bytes, pieces: AsyncGenerator[bytes, None]
    ) -> bool:
        """True when the take is over."""
        loop = asyncio.get_running_loop()
        looked_s = loop.time()
        try:
            while piece:
                if loop.time() - looked_s >= LOOK_EVERY_S:
                    looked_s = loop.time()
                    if await self._recording(request) is None:
                        return False
                async with asyncio.timeout(PATIENCE_S):
                    await response.write(piece)
                piece = await anext(pieces, b"")
        except (ReadError, TimeoutError) as error:
            log.info("watching take %s ended: %s", take, error.code if isinstance(error, ReadError) else "slow")
            return False
        return True

    async def _recording(self, request: web.Request) -> Recording | None:
        return await recording_for(self._store, request.match_info["take"], await self._identity.devices(request))
