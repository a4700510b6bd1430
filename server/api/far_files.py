"""Somebody's films and slides that lie on other nodes, for their archive: asked for as they would be by that person's own page."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import aiohttp
import msgspec
from aiohttp import web

from server.review.archive.files import media_name
from server.review.archive.rows import Row

# (request, method, session, path): what the session's owner answers; None where that is this node, or it cannot be reached
Ask = Callable[[web.Request, str, str, str], AbstractAsyncContextManager[aiohttp.ClientResponse | None]]
MOST_PAGES = 999


@contextlib.asynccontextmanager
async def nobody(request: web.Request, method: str, session: str, path: str) -> AsyncIterator[None]:
    """There is one node."""
    yield None


class FarFile(msgspec.Struct, frozen=True):
    """`name` in the archive. `take`: of which it is a film, empty for a picture of slides."""

    name: str
    session: str
    path: str
    take: str = ""


async def far_films(ask: Ask, request: web.Request, recording: Row) -> list[FarFile]:
    if recording["deleted_ms"] is not None:
        return []
    session, take = str(recording["session"]), str(recording["take"])
    async with ask(request, "GET", session, f"/recordings/{take}/data") as answer:
        if answer is None or answer.status != 200:
            return []
        data = await answer.json()
    paths = {media_name(recording, ""): data["film"], media_name(recording, "-screen"): data["screen_film"]}
    if data["film"] and data["products"]["film"].get("url"):
        paths[media_name(recording, "", "mp4")] = data["products"]["film"]["url"]
    return [FarFile(name, session, path, take) for name, path in paths.items() if path]


async def far_slides(ask: Ask, request: web.Request, number: int, deck: Row) -> list[FarFile]:
    """Of the archive's deck of this number; pages are counted from 0."""
    found: list[FarFile] = []
    while len(found) < MOST_PAGES:
        page = len(found)
        path = f"/sessions/{deck['session']}/slides/{deck['deck']}/{page}"
        async with ask(request, "HEAD", str(deck["session"]), path) as answer:
            if answer is None or answer.status != 200:
                return found
        found.append(FarFile(f"slides/{number:02}/{page:03}.webp", str(deck["session"]), path))
    return found
