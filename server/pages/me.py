"""Everything of one person in one place: recordings, sessions, what others let them watch, devices, data."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from server.clock import Clock
from server.doors.identity import Identity
from server.pages.rendering import Templates
from server.people.seats import Person
from server.people.waiting import recordings_of, sessions_of, shared_with
from server.store.engine import Store

MOST = 500
AccountPart = Callable[[web.Request, Person], Awaitable[object]]


class MePages:
    def __init__(self, templates: Templates, store: Store, identity: Identity, clock: Clock, account: AccountPart) -> None:
        """`account` makes what the template _account.html wants."""
        self._templates = templates
        self._store = store
        self._identity = identity
        self._clock = clock
        self._account = account

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/me", self.show)]

    async def show(self, request: web.Request) -> web.Response:
        """For somebody who is not known on this device it says how to become so."""
        person = await self._identity.person(request)
        return self._templates.page(
            request,
            "me.html",
            name=person.name if person else "",
            known=person is not None,
            account=await self._account(request, person) if person else None,
            recordings=await recordings_of(self._store, person.person, MOST) if person else [],
            shared=await shared_with(self._store, person.person, self._clock.now_ms(), MOST) if person else [],
            sessions=await sessions_of(self._store, person.person, 0, MOST) if person else [],
        )
