"""A request about a session that another living node owns is passed on to it, and its answer back: one address for everybody.

Bodies are streamed both ways and kept nowhere. What was passed on is never passed on again: the asked node answers 421, and the first
looks again whose the session is. It knows nothing of what is asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

import aiohttp
from aiohttp import WSMsgType, web
from aiohttp.typedefs import Handler, Middleware
from multidict import CIMultiDict
from yarl import URL

from server.api.between_nodes import HEADER, PassedOn, Signing
from server.errors import UserError
from server.rooms.owning import MOVING

log = logging.getLogger(__name__)

CONNECT_S = 1.0
SILENCE_S = 120.0  # of an answer that has begun or is awaited; films of a lesson that runs send all the time
LOOK_AGAIN_S = 0.3
WAIT_S = 2.2  # pages give up a connection that does not open in three seconds
MOST_KEPT_BYTES = 64 * 1024  # of a body, to say it again to another node
HEARTBEAT_S = 20.0
CLOSE_S = 3.0
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
MOST_MESSAGE_BYTES = 1024 * 1024  # the owner's own limit is lower, and closes with its own code
CLOSE_MOVING = 4002
BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade", "expect"}
)
ARRIVED = web.RequestKey("arrived", bool)


class Owners(Protocol):
    async def where(self, session: str, *, again: bool) -> str | None:
        """The address of the other living node that owns it, None: this one does, or nobody. `again`: what is remembered was wrong."""


class Elsewhere(Exception):
    """The asked node could not be reached, or says that the session is not its own. `untouched`: it has done nothing about it."""

    def __init__(self, code: str, *, untouched: bool) -> None:
        super().__init__(code)
        self.code = code
        self.untouched = untouched


class Forwarding:
    """`arriving` and `once` belong outside of whatever happens once for each request, `passing_on` inside."""

    def __init__(self, signing: Signing, whose: Callable[[web.Request], Awaitable[str | None]], owners: Owners, inner_port: int) -> None:
        self._signing = signing
        self._whose = whose
        self._owners = owners
        self._inner_port = inner_port
        self._client: aiohttp.ClientSession | None = None
        self._open: set[web.WebSocketResponse] = set()

    async def close(self, _: web.Application) -> None:
        """Pages come back by another node."""
        await asyncio.gather(*(socket.close(code=CLOSE_MOVING) for socket in self._open), return_exceptions=True)
        if self._client is not None:
            await self._client.close()

    @property
    def arriving(self) -> Middleware:
        """What other nodes pass on is taken as if it had come from whoever asked them; nobody else is heard on that listener."""

        @web.middleware
        async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
            if not self._came_inside(request):
                return await handler(request)
            passed = self._signing.read(request.method, request.raw_path, request.headers.get(HEADER, ""))
            if passed is None:
                raise web.HTTPForbidden
            request = request.clone(scheme=passed.scheme, remote=passed.address)
            request[ARRIVED] = True
            return await handler(request)

        return middleware

    @staticmethod
    def once(inner: Middleware) -> Middleware:
        """What the first node has done already is not done again."""

        @web.middleware
        async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await (handler(request) if ARRIVED in request else inner(request, handler))

        return middleware

    @property
    def passing_on(self) -> Middleware:
        """Raises UserError `moving`."""

        @web.middleware
        async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
            session = await self._whose(request)
            if session is None:
                return await handler(request)
            url = await self._owners.where(session, again=False)
            if url is None:
                return await handler(request)
            if ARRIVED in request:
                raise web.HTTPMisdirectedRequest
            return await self._until_answered(request, handler, session, url)

        return middleware

    @contextlib.asynccontextmanager
    async def ask(self, request: web.Request, method: str, session: str, path: str) -> AsyncIterator[aiohttp.ClientResponse | None]:
        """What the session's owner answers whoever asks us. None where that is this node, or it cannot be reached."""
        answer = None
        with contextlib.suppress(aiohttp.ClientConnectionError, TimeoutError, UserError):
            url = await self._owners.where(session, again=False)
            if url is not None:
                headers = {name: request.headers[name] for name in ("Host", "Cookie") if name in request.headers}
                headers[HEADER] = self._signing.write(method, path, PassedOn(address=request.remote or "", scheme=request.scheme))
                target = URL(url + path, encoded=True)
                answer = await self._session().request(method, target, headers=headers, allow_redirects=False)
        try:
            yield answer
        finally:
            if answer is not None:
                answer.close()

    async def _until_answered(self, request: web.Request, handler: Handler, session: str, url: str | None) -> web.StreamResponse:
        whole, until_s = await _small_body(request), time.monotonic() + WAIT_S
        while url is not None:
            try:
                return await self._pass_on(request, url)
            except Elsewhere as error:
                again = whole and (request.method in SAFE or error.untouched) and time.monotonic() < until_s
                if not again:
                    log.info("session %s was not answered by its owner: %s", session, error.code)
                    raise UserError(MOVING.code, MOVING.message, MOVING.status) from error
            await asyncio.sleep(LOOK_AGAIN_S)
            url = await self._owners.where(session, again=True)
            if request.transport is None or request.transport.is_closing():
                return web.Response()  # nobody waits for it any more
        return await handler(request)

    def _came_inside(self, request: web.Request) -> bool:
        name = request.transport.get_extra_info("sockname") if request.transport is not None else None
        return isinstance(name, tuple) and name[1] == self._inner_port

    async def _pass_on(self, request: web.Request, url: str) -> web.StreamResponse:
        headers = CIMultiDict((name, value) for name, value in request.headers.items() if _goes_on(name))
        passed = PassedOn(address=request.remote or "", scheme=request.scheme)
        headers[HEADER] = self._signing.write(request.method, request.raw_path, passed)
        target = URL(url + request.raw_path, encoded=True)
        if web.WebSocketResponse().can_prepare(request).ok:
            return await self._socket(request, target, headers)
        return await self._answer(request, target, headers)

    async def _answer(self, request: web.Request, target: URL, headers: CIMultiDict[str]) -> web.StreamResponse:
        body = await request.read() if await _small_body(request) else request.content
        try:
            async with self._session().request(
                request.method,
                target,
                headers=headers,
                data=body or None,
                allow_redirects=False,
                skip_auto_headers=("User-Agent", "Accept"),
            ) as answer:
                if answer.status == web.HTTPMisdirectedRequest.status_code:
                    raise Elsewhere("not its own", untouched=True)
                return await _hand_back(request, answer)
        except (aiohttp.ClientConnectionError, TimeoutError) as error:
            raise _elsewhere(error) from error

    async def _socket(self, request: web.Request, target: URL, headers: CIMultiDict[str]) -> web.StreamResponse:
        headers = CIMultiDict((name, value) for name, value in headers.items() if not name.lower().startswith("sec-websocket"))
        try:
            inside = await self._session().ws_connect(
                target, headers=headers, max_msg_size=MOST_MESSAGE_BYTES, heartbeat=HEARTBEAT_S, autoclose=False
            )
        except aiohttp.WSServerHandshakeError as refused:
            if refused.status == web.HTTPMisdirectedRequest.status_code:
                raise Elsewhere("not its own", untouched=True) from refused
            return web.Response(status=refused.status)
        except (aiohttp.ClientConnectionError, TimeoutError) as error:
            raise _elsewhere(error) from error
        outside = web.WebSocketResponse(max_msg_size=MOST_MESSAGE_BYTES, heartbeat=HEARTBEAT_S, compress=False, autoclose=False)
        try:
            await outside.prepare(request)
            self._open.add(outside)
            await _both_ways(outside, inside)
        finally:
            self._open.discard(outside)
            await asyncio.gather(inside.close(), outside.close(), return_exceptions=True)
        return outside

    def _session(self) -> aiohttp.ClientSession:
        if self._client is None:
            self._client = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=SILENCE_S),
            )
        return self._client


def _elsewhere(error: Exception) -> Elsewhere:
    never_there = isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    return Elsewhere(type(error).__name__, untouched=never_there)


async def _small_body(request: web.Request) -> bool:
    """Whether all of it is known, so that it can be said twice. A large one (an upload) is passed on as it comes, once."""
    if not request.can_read_body:
        return True
    if request.content_type.startswith("multipart/") or request.content_length is None or request.content_length > MOST_KEPT_BYTES:
        return False
    await request.read()
    return True


async def _hand_back(request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, reason=answer.reason)
    response.headers.extend((name, value) for name, value in answer.headers.items() if _goes_on(name))
    try:
        await response.prepare(request)
    except ConnectionError:
        return response
    try:
        async for piece in answer.content.iter_any():
            await response.write(piece)
        await response.write_eof()
    except (ConnectionError, aiohttp.ClientError, TimeoutError):
        if request.transport is not None:
            request.transport.abort()  # half an answer must not look like a whole one
    return response


async def _both_ways(outside: web.WebSocketResponse, inside: aiohttp.ClientWebSocketResponse) -> None:
    """Until either side closes; the other one hears why."""
    ways = {
        asyncio.create_task(_one_way(outside, inside), name="socket to its owner"),
        asyncio.create_task(_one_way(inside, outside), name="socket from its owner"),
    }
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait(ways, timeout=CLOSE_S)  # one side's end ends the other, in order
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


_Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


async def _one_way(here: _Socket, there: _Socket) -> None:
    try:
        while True:
            message = await here.receive()
            if message.type is WSMsgType.TEXT:
                await there.send_str(message.data)
            elif message.type is WSMsgType.BINARY:
                await there.send_bytes(message.data)
            else:
                break
    except ConnectionError:
        pass
    code = here.close_code
    await there.close(code=code if code is not None and _may_be_sent(code) else CLOSE_MOVING)


def _may_be_sent(code: int) -> bool:
    """RFC 6455, 7.4: some only say what was found on the own side."""
    return 1000 <= code < 5000 and code not in (1004, 1005, 1006, 1015)


def _goes_on(name: str) -> bool:
    return name.lower() not in BY_HOP and name.lower() != HEADER.lower()
