"""Another program that takes events: it checks them with code written from the specification, and answers as it is told to."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable

from aiohttp import web

WAIT_S = 60.0


class Receiver:
    """`answers` are given to the next requests; then 204."""

    def __init__(self) -> None:
        self.url = ""
        self.answers: list[web.Response] = []
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self._news = asyncio.Condition()

    @property
    def types(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.requests]

    async def hook(self, request: web.Request) -> web.Response:
        async with self._news:
            self.requests.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
            self._news.notify_all()
        return self.answers.pop(0) if self.answers else web.Response(status=204)

    async def wait(self, wanted: Callable[[list[str]], bool]) -> None:
        """Until the types of what has come are so."""
        async with asyncio.timeout(WAIT_S), self._news:
            await self._news.wait_for(lambda: wanted(self.types))


@contextlib.asynccontextmanager
async def event_receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.add_routes([web.post("/hook", made.hook), web.post("/elsewhere", made.hook)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield made
    finally:
        await runner.cleanup()


def check(headers: dict[str, str], body: bytes, key: str) -> None:
    """As https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md says."""
    identifier, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
    assert abs(time.time() - int(timestamp)) < 300
    signed = b".".join([identifier.encode(), timestamp.encode(), body])
    expected = base64.b64encode(hmac.new(base64.b64decode(key), signed, hashlib.sha256).digest()).decode()
    given = [each.split(",", 1) for each in headers["webhook-signature"].split(" ")]
    assert any(version == "v1" and hmac.compare_digest(signature, expected) for version, signature in given)
