"""Which session a request is about, so that it is answered where that session's room, recordings and slides are.

Every route stands in one of two groups; a test fails for one that stands in none. `HERE` is answered by whichever node is asked:
it needs nothing but the database, or the person's own recordings of several sessions.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import sqlalchemy as sa
from aiohttp import web

from server.people.grants import grant_of_link
from server.people.invitations import DOORS, Invitations
from server.store.engine import Store
from server.store.schema import takes

Find = Callable[[web.Request], Awaitable[str | None]]

HERE = frozenset(
    {
        "/",
        "/erased",
        "/formats",
        "/formats/{plan}",
        "/language",
        "/practise",
        "/reviews",
        "/sessions",
        "/set-up",
        "/sign-in",
        "/static/{name}",
        "/try",
    }
)
HERE_BELOW = ("/me", "/s/", "/sign-in/")
OWNERS = ("/sessions/{session}", "/recordings/{take}", "/{door}/{token}", "/w/{token}", "/c/{token}")
MOST_REMEMBERED = 10_000


class Whose:
    """Call it with a request: the session, or None where any node may answer (also where there is nothing at all)."""

    def __init__(self, store: Store, invitations: Invitations) -> None:
        self._store = store
        self._invitations = invitations
        self._session_of: dict[str, str] = {}  # by take; that never changes
        self._finds: Mapping[str, Find] = dict(
            zip(OWNERS, (self._by_path, self._by_take, self._by_door, self._by_permission, self._by_permission), strict=True)
        )

    async def __call__(self, request: web.Request) -> str | None:
        resource = request.match_info.route.resource
        owner = owner_group(resource.canonical) if resource is not None else None
        return await self._finds[owner](request) if owner is not None else None

    async def _by_path(self, request: web.Request) -> str | None:
        return request.match_info["session"]

    async def _by_take(self, request: web.Request) -> str | None:
        return await self._of_take(request.match_info["take"])

    async def _by_door(self, request: web.Request) -> str | None:
        return self._invitations.read(request.match_info["token"], DOORS[request.match_info["door"]])

    async def _by_permission(self, request: web.Request) -> str | None:
        grant = await grant_of_link(self._store, request.match_info["token"])
        return await self._of_take(grant.take) if grant is not None else None

    async def _of_take(self, take: str) -> str | None:
        if take not in self._session_of:
            async with self._store.read() as connection:
                session = (await connection.execute(sa.select(takes.c.session).where(takes.c.take == take))).scalar()
            if session is None:
                return None
            if len(self._session_of) >= MOST_REMEMBERED:
                self._session_of.clear()
            self._session_of[take] = session
        return self._session_of[take]


def owner_group(path: str) -> str | None:
    """Which of `OWNERS` a route's path begins with, None for one that is answered here."""
    if path in HERE or path.startswith(HERE_BELOW):
        return None
    return next((owner for owner in OWNERS if path == owner or path.startswith(owner + "/")), None)
