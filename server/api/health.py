"""Whether this node is well, for whoever starts it and sends people to it, on the operator's own listener.

`/healthz`: the process lives; it depends on nothing else, so nobody kills a node because a database is away. `/readyz`: new people
can come in here; 503 and the reasons in words if not.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

import msgspec
from aiohttp import web

Ask = Callable[[], Awaitable[str]]
ANSWER_S = 2.0


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """`why`: what is missing, if it is not `ok`."""

    ok: bool
    why: str = ""


class Readiness(msgspec.Struct, frozen=True):
    ready: bool
    parts: dict[str, Part]


class Health:
    """`asked`: name of a part → what says in words why it is not ready, "" if it is. One that does not answer in time is not."""

    def __init__(self, asked: Mapping[str, Ask]) -> None:
        self._asked = dict(asked)
        self._slow: dict[str, asyncio.Task[str]] = {}

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/healthz", self.healthz), web.get("/readyz", self.readyz)]

    async def healthz(self, _: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def readyz(self, _: web.Request) -> web.Response:
        found = await self.look()
        return web.Response(
            body=msgspec.json.encode(found),
            status=200 if found.ready else 503,
            content_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    async def is_ready(self) -> bool:
        return (await self.look()).ready

    async def look(self) -> Readiness:
        whys = await asyncio.gather(*(self._why(name) for name in self._asked))
        parts = {name: Part(ok=not why, why=why) for name, why in zip(self._asked, whys, strict=True)}
        return Readiness(ready=all(part.ok for part in parts.values()), parts=parts)

    async def _why(self, name: str) -> str:
        """One that hangs is not asked again beside itself."""
        task = self._slow.get(name)
        if task is None or task.done():
            task = self._slow[name] = asyncio.ensure_future(self._asked[name]())
        done, _ = await asyncio.wait([task], timeout=ANSWER_S)
        if not done:
            return f"does not answer within {ANSWER_S:.0f} s"
        error = task.exception()
        return type(error).__name__ if error else task.result()

    async def close(self, _: object = None) -> None:
        for task in self._slow.values():
            task.cancel()
        await asyncio.gather(*self._slow.values(), return_exceptions=True)


def whether(is_so: Callable[[], bool], why_not: str) -> Ask:
    async def ask() -> str:
        return "" if is_so() else why_not

    return ask


class Timed:
    """Asks, and keeps how long the last answer took, for the numbers."""

    def __init__(self, ask: Callable[[], Awaitable[None]]) -> None:
        self._ask = ask
        self.took_s: float | None = None

    async def __call__(self) -> str:
        """Raises what it raises."""
        began_s = time.perf_counter()
        self.took_s = None
        await self._ask()
        self.took_s = time.perf_counter() - began_s
        return ""
