"""What passes through one node to another: bodies both ways, parts of films, sockets with their ends. And what if nobody answers."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import make_mocked_request
from yarl import URL

from server.api.between_nodes import HEADER, Signing
from server.api.forwarding import ARRIVED, Forwarding
from server.errors import UserError

SECRET = "of two nodes in one process, for tests"
FILM = bytes(range(256)) * 4096


class Where:
    """What the first node thinks of the owner."""

    def __init__(self) -> None:
        self.url: str | None = None
        self.then: list[str | None] = []

    async def where(self, session: str, *, again: bool) -> str | None:
        if again and self.then:
            self.url = self.then.pop(0)
        return self.url


class Pair:
    """`first` passes on to `owner`; both serve the same routes and say who they are."""

    def __init__(self) -> None:
        self.where = Where()
        self.owner_where = Where()
        self.seen: list[web.Request] = []
        self.first = ""
        self.owner = ""


async def _session(request: web.Request) -> str | None:
    return request.match_info.get("session")


def _routes(pair: Pair, name: str) -> list[web.RouteDef]:
    async def say(request: web.Request) -> web.Response:
        pair.seen.append(request)
        body = await request.read() if request.can_read_body else b""
        answer = web.json_response(
            {"node": name, "bytes": len(body), "remote": request.remote, "scheme": request.scheme, "host": request.host}
        )
        answer.set_cookie("seat", "one")
        return answer

    async def film(request: web.Request) -> web.Response:
        part = request.http_range
        body = FILM[part]
        headers = {"Content-Range": f"bytes {part.start}-{part.stop - 1}/{len(FILM)}"} if part.start is not None else {}
        return web.Response(body=body, status=206 if part.start is not None else 200, headers=headers)

    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        for piece in (b"one ", b"two ", b"three"):
            await answer.write(piece)
            await asyncio.sleep(0.05)
        assert request.transport
        request.transport.abort()
        return answer

    async def socket(request: web.Request) -> web.StreamResponse:
        opened = web.WebSocketResponse(max_msg_size=1000)
        await opened.prepare(request)
        async for message in opened:
            if message.data == "go":
                await opened.close(code=4001)
            elif message.type is WSMsgType.TEXT:
                await opened.send_str(f"{name} {message.data}")
        pair.seen.append(request)
        return opened

    async def refuse(request: web.Request) -> web.Response:
        raise web.HTTPNotFound

    base = "/sessions/{session}"
    gets = {"say": say, "film": film, "endless": endless, "socket": socket, "refused": refuse}
    return [*(web.get(f"{base}/{path}", handler) for path, handler in gets.items()), web.post(f"{base}/say", say), web.get("/here", say)]


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    made = Pair()
    async with contextlib.AsyncExitStack() as stack:
        made.owner = await _serve(stack, made, "owner", made.owner_where, inner=True)
        made.first = await _serve(stack, made, "first", made.where, inner=False)
        made.where.url = made.owner
        yield made


async def _serve(stack: contextlib.AsyncExitStack, pair: Pair, name: str, where: Where, *, inner: bool) -> str:
    listening = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    listening.close()
    forwarding = Forwarding(Signing(SECRET), _session, where, port if inner else 0)

    @web.middleware
    async def guard(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
        try:
            return await handler(request)
        except UserError as error:
            return web.json_response({"code": error.code}, status=error.status)

    application = web.Application(middlewares=[guard, forwarding.arriving, forwarding.passing_on], client_max_size=10**7)
    application.on_shutdown.append(forwarding.close)
    application.add_routes(_routes(pair, name))
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return f"http://127.0.0.1:{port}"


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


async def test_bodies_cookies_and_who_asks(pair: Pair, client: aiohttp.ClientSession) -> None:
    target = URL(f"{pair.first}/sessions/s/say?x=%2F", encoded=True)
    for size in (0, 10, 60_000, 3_000_000):
        body, named = io.BytesIO(b"x" * size), {"Host": "lessons.example"}
        async with client.post(target, data=body, headers=named) as answer:
            said = await answer.json()
            assert answer.cookies["seat"].value == "one"
        assert said == {"node": "owner", "bytes": size, "remote": "127.0.0.1", "scheme": "http", "host": "lessons.example"}
    assert pair.seen[-1].raw_path == "/sessions/s/say?x=%2F"
    assert pair.seen[-1].get(ARRIVED) is True
    async with client.get(f"{pair.first}/here") as answer:
        assert (await answer.json())["node"] == "first", "what is about no session"
    async with client.get(f"{pair.first}/sessions/s/refused") as answer:
        assert answer.status == 404


async def test_parts_of_a_film_and_its_head(pair: Pair, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{pair.first}/sessions/s/film", headers={"Range": "bytes=1000-1999"}) as answer:
        assert (answer.status, answer.headers["Content-Range"]) == (206, f"bytes 1000-1999/{len(FILM)}")
        assert await answer.read() == FILM[1000:2000]
    async with client.head(f"{pair.first}/sessions/s/film") as answer:
        assert (answer.status, answer.headers["Content-Length"]) == (200, str(len(FILM)))


async def test_half_an_answer_does_not_look_like_a_whole_one(pair: Pair, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{pair.first}/sessions/s/endless") as answer:
        with pytest.raises(aiohttp.ClientError):
            await answer.read()


async def test_a_socket_and_why_it_ended(pair: Pair, client: aiohttp.ClientSession) -> None:
    async with client.ws_connect(f"{pair.first}/sessions/s/socket") as socket:
        await socket.send_str("hello")
        assert await socket.receive_str() == "owner hello"
        await socket.send_str("go")
        await socket.receive()
        assert socket.close_code == 4001
    async with client.ws_connect(f"{pair.first}/sessions/s/socket") as socket:
        await socket.send_str("x" * 2000)
        await socket.receive()
        assert socket.close_code == 1009
    before = len(pair.seen)
    async with client.ws_connect(f"{pair.first}/sessions/s/socket") as socket:
        await socket.send_str("hello")
        await socket.receive_str()
    async with asyncio.timeout(5):
        while len(pair.seen) == before:
            await asyncio.sleep(0.01)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.ws_connect(f"{pair.first}/sessions/s/refused")
    assert refused.value.status == 404


async def test_what_was_passed_on_is_not_passed_on_again(pair: Pair, client: aiohttp.ClientSession) -> None:
    pair.owner_where.url = pair.first
    pair.where.then = [None]
    async with client.post(f"{pair.first}/sessions/s/say", data=b"abc") as answer:
        assert (await answer.json())["node"] == "first", "it has looked again, and is the owner itself"
    assert pair.where.url is None


async def test_an_owner_that_does_not_answer(pair: Pair, client: aiohttp.ClientSession) -> None:
    pair.where.url = "http://127.0.0.1:9"
    pair.where.then = ["http://127.0.0.1:9", pair.owner]
    async with client.post(f"{pair.first}/sessions/s/say", data=b"abc") as answer:
        assert await answer.json() | {"node": "owner", "bytes": 3} == await answer.json(), "nothing had been done: it is said again"
    pair.where.url, pair.where.then = "http://127.0.0.1:9", []
    async with client.post(f"{pair.first}/sessions/s/say", data=b"x" * 1_000_000) as answer:
        assert (answer.status, (await answer.json())["code"]) == (503, "moving")


async def test_nobody_else_is_heard_between_nodes(pair: Pair, client: aiohttp.ClientSession) -> None:
    for headers in ({}, {HEADER: ""}, {HEADER: "1 http 127.0.0.1 abc"}):
        async with client.get(f"{pair.owner}/here", headers=headers) as answer:
            assert answer.status == 403
    pair.where.url = None
    async with client.get(f"{pair.first}/sessions/s/say", headers={HEADER: "1 https 203.0.113.9 abc"}) as answer:
        assert (await answer.json())["remote"] == "127.0.0.1", "what people send of it counts for nothing"


async def test_a_node_asks_the_owner_in_the_name_of_whoever_asks_it(pair: Pair) -> None:
    where = Where()
    forwarding = Forwarding(Signing(SECRET), _session, where, 0)
    request = make_mocked_request("GET", "/me/data.zip", headers={"Host": "school.example", "Cookie": "seat=one", "Range": "bytes=0-1"})
    async with forwarding.ask(request, "GET", "s", "/sessions/s/say") as answer:
        assert answer is None, "it is its own"
    where.url = pair.owner
    async with forwarding.ask(request, "GET", "s", "/sessions/s/say") as answer:
        assert answer is not None
        said = await answer.json()
    assert (said["node"], said["host"]) == ("owner", "school.example")
    assert pair.seen[-1].headers["Cookie"] == "seat=one"
    assert "Range" not in pair.seen[-1].headers
    where.url = "http://127.0.0.1:1"
    async with forwarding.ask(request, "GET", "s", "/sessions/s/say") as answer:
        assert answer is None, "nobody is there"
    await forwarding.close(web.Application())
