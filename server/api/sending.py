"""Bytes that the recorder reads, as an HTTP answer: whole or a range, never padded, never pretending to be whole."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Mapping

from aiohttp import web

from server.api.ranges import Answer, plan_answer
from server.doors.headers import set_headers
from server.review.recorder_client import ReadError

log = logging.getLogger(__name__)

Read = Callable[[int, int], AsyncGenerator[bytes, None]]


async def send_bytes(request: web.Request, take: str, size: int, etag: str, read: Read, headers: Mapping[str, str]) -> web.StreamResponse:
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
    return await _send(request, response, take, read(answer.start, answer.end))


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
