"""Bytes that the recorder reads, as an HTTP answer: whole or a range, never padded, never pretending to be whole.

A long answer ends with the permission: whether who asked may still have it is looked at again every 2 s, and at once when there is
news of the recording; also while they take nothing in.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping

from aiohttp import web

from server.api.ranges import Answer, plan_answer
from server.doors.headers import set_headers
from server.doors.recordings import RecordingDoor
from server.people.watching import Watcher
from server.review.news import News, about_person, about_recording
from server.review.recorder_client import ReadError

log = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0

Read = Callable[[int, int], AsyncGenerator[bytes, None]]


class Sending:
    def __init__(self, door: RecordingDoor, news: News) -> None:
        self._door = door
        self._news = news

    async def send(
        self, request: web.Request, watcher: Watcher, size: int, etag: str, read: Read, headers: Mapping[str, str]
    ) -> web.StreamResponse:
        """`etag` is the strong one, with its quotes; `read` gives the bytes from one place up to another; `headers` say what they are."""
        answer = plan_answer(
            size,
            etag,
            range_="" if request.method == "HEAD" else request.headers.get("Range", ""),
            if_range=request.headers.get("If-Range", ""),
            if_none_match=request.headers.get("If-None-Match", ""),
            if_match=request.headers.get("If-Match", ""),
        )
        response = _prepared(answer, size, etag, headers)
        if request.method == "HEAD" or response.status not in (200, 206):
            return response
        async with self._while_allowed(request, watcher):
            return await _send(request, response, watcher.recording.take, read(answer.start, answer.end))

    @contextlib.asynccontextmanager
    async def _while_allowed(self, request: web.Request, watcher: Watcher) -> AsyncIterator[None]:
        looking = asyncio.create_task(self._look_on(request, watcher), name="may still watch")
        try:
            yield
        finally:
            looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking

    async def _look_on(self, request: web.Request, watcher: Watcher) -> None:
        """Cuts the connection as soon as this may no longer be sent; whoever waits to write into it is woken by that."""
        try:
            await self._until_not_allowed(request, watcher)
            log.info("sending take %s ended: permission", watcher.recording.take)
        except Exception:  # who cannot be asked does not allow it
            log.exception("sending take %s ended", watcher.recording.take)
        if request.transport is not None:
            request.transport.abort()

    async def _until_not_allowed(self, request: web.Request, watcher: Watcher) -> None:
        topics = about_recording(watcher.recording.take), about_person(watcher.person.person)
        with self._news.subscribe(*topics) as subscription:
            now: Watcher | None = watcher
            while now is not None and now.use == watcher.use:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await subscription.next()
                now = await self._door.look(request)


def _prepared(answer: Answer, size: int, etag: str, more: Mapping[str, str]) -> web.StreamResponse:
    headers = {"Accept-Ranges": "bytes", "ETag": etag, "Cache-Control": "no-store"}
    if answer.status == 416:
        return web.Response(status=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    if answer.status in (304, 412):
        return web.Response(status=answer.status, headers=headers)
    response = web.StreamResponse(status=answer.status, headers=headers | dict(more))
    response.content_length = answer.end - answer.start
    if answer.status == 206:
        response.headers["Content-Range"] = f"bytes {answer.start}-{answer.end - 1}/{size}"
    return response


async def _send(request: web.Request, response: web.StreamResponse, take: str, bytes_: AsyncGenerator[bytes, None]) -> web.StreamResponse:
    set_headers(response)
    with contextlib.suppress(ConnectionError):  # players cut the connection at nearly every seek
        await response.prepare(request)
        try:
            async with contextlib.aclosing(bytes_) as chunks:
                async for chunk in chunks:
                    await response.write(chunk)
        except ReadError as error:
            log.warning("reading take %s ended: %s", take, error.code)
            if request.transport is not None:
                request.transport.abort()
            return response
        await response.write_eof()
    return response
