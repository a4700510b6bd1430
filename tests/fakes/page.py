"""A page without a browser: one person's cookie, forms and signaling connection, spoken with the real protocol."""

from __future__ import annotations

import asyncio
import io
import itertools
import re
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import aiohttp

from server.wire.codec import decode_to_page
from server.wire.messages import Accepted, Changed, Error, ToPage, Welcome
from server.wire.view import View

DEADLINE_S = 10.0


class Page:
    def __init__(self, url: str) -> None:
        self.url = url
        self.session = ""
        self._client = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), headers={"Origin": url})
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._closed_with: int | None = None
        self._refs = itertools.count(1)
        self.view: View | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        await self.disconnect()
        await self._client.close()

    async def make_session(self, plan: str = "try-out") -> tuple[str, str]:
        """(link of the person who leads, invitation)."""
        async with self._client.post(f"{self.url}/sessions", data={"plan": plan}) as answer:
            assert answer.status == 200, await answer.text()
            found = re.search(r"http://[^\s\"<]+/i/[\w.-]+", await answer.text())
            assert found
            return str(answer.url), found[0]

    async def join(self, link: str, name: str, *, teaches: bool = False, recording: str = "") -> None:
        form = {"name": name, "teaches": "yes" if teaches else "no", "recording": recording}
        async with self._client.post(link, data=form) as answer:
            assert answer.status == 200, await answer.text()
            self.session = answer.url.path.rpartition("/")[2]

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        async with self._client.get(self.url + path, headers={key.replace("_", "-"): value for key, value in headers.items()}) as answer:
            return answer.status, await answer.text(errors="replace")

    async def post(self, path: str, data: dict[str, str], **headers: str) -> int:
        async with self._client.post(
            self.url + path, data=data, headers={key.replace("_", "-"): value for key, value in headers.items()}
        ) as answer:
            return answer.status

    async def connect(self, session: str = "") -> View:
        """Open the signaling connection and say hello."""
        await self.open(session)
        await self.send({"type": "hello", "protocol": 1})
        welcome = await self.receive()
        assert isinstance(welcome, Welcome), welcome
        return welcome.view

    async def open(self, session: str = "") -> None:
        self._socket = await self._client.ws_connect(f"{self.url}/sessions/{session or self.session}/socket", max_msg_size=0)

    def cookies(self) -> dict[str, str]:
        return {cookie.key: cookie.value for cookie in self._client.cookie_jar}

    async def goes_to(self, url: str) -> None:
        """The installation has another address now; the cookie is the same."""
        await self.disconnect()
        self.url = self._client.headers["Origin"] = url

    async def disconnect(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def send(self, message: dict[str, Any] | str | bytes) -> None:
        assert self._socket
        if isinstance(message, dict):
            await self._socket.send_json(message)
        elif isinstance(message, str):
            await self._socket.send_str(message)
        else:
            await self._socket.send_bytes(message)

    async def receive(self) -> ToPage:
        """Next message. Raises ConnectionError when the server has closed."""
        assert self._socket
        async with asyncio.timeout(DEADLINE_S):
            frame = await self._socket.receive()
        if frame.type is not aiohttp.WSMsgType.TEXT:
            # aiohttp forgets what the server said when its own answer does not get through any more
            self._closed_with = frame.data if frame.type is aiohttp.WSMsgType.CLOSE else self._socket.close_code
            raise ConnectionError(f"closed with {self._closed_with}")
        message = decode_to_page(frame.data)
        if isinstance(message, Welcome | Changed):
            self.view = message.view
        return message

    async def until_closed(self) -> int | None:
        """The code with which the server closes; everything before is read."""
        try:
            while True:
                await self.receive()
        except ConnectionError:
            return self._closed_with

    async def ask(self, **fields: Any) -> Accepted | Error:
        """Send a command and wait for its answer; views that come before are kept."""
        ref = next(self._refs)
        await self.send({**fields, "ref": ref})
        while True:
            message = await self.receive()
            if isinstance(message, Accepted | Error) and message.ref == ref:
                return message

    async def until(self, phase: str) -> View:
        """The first view in this phase."""
        return await self.until_seen(lambda view: view.phase.key == phase)

    async def until_seen(self, condition: Callable[[View], bool]) -> View:
        """The first view that is so."""
        while self.view is None or not condition(self.view):
            await self.receive()
        return self.view

    async def upload(self, path: str, *files: tuple[str, bytes], **headers: str) -> tuple[int, Any]:
        """(status, JSON) of a multipart POST."""
        form = aiohttp.FormData(quote_fields=False)
        for name, data in files:
            form.add_field("file", io.BytesIO(data), filename=name, content_type="application/octet-stream")
        sent = {"Accept": "application/json"} | {key.replace("_", "-"): value for key, value in headers.items()}
        async with self._client.post(self.url + path, data=form, headers=sent) as answer:
            return answer.status, await answer.json()
