"""The start page: what waits for somebody who is known here, and three doors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager

from aiohttp import web

from server.clock import Clock
from server.doors.identity import Identity
from server.pages.links import Links
from server.pages.rendering import Templates
from server.people.waiting import recordings_of, sessions_of
from server.rooms.registry import Rooms
from server.rooms.room import Room
from server.session.plan import Plan
from server.store.engine import Store

PRACTISE, TRY = "practise-alone", "try-out"
WAITS_MS = 60 * 24 * 3_600_000


Place = Callable[[], AbstractContextManager[Callable[[str, str], Awaitable[None]]]]
"""Keeps a place for simulated colleagues, who come when they are told session and language. Raises UserError when they cannot."""


class StartPages:
    def __init__(
        self,
        templates: Templates,
        store: Store,
        rooms: Rooms,
        identity: Identity,
        links: Links,
        plans: Mapping[str, Plan],
        clock: Clock,
        place: Place,
    ) -> None:
        self._templates = templates
        self._store = store
        self._rooms = rooms
        self._identity = identity
        self._links = links
        self._plans = plans
        self._clock = clock
        self._place = place

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/", self.start), web.post("/practise", self.practise), web.post("/try", self.try_out)]

    async def start(self, request: web.Request) -> web.Response:
        person = await self._identity.person(request)
        since_ms = self._clock.now_ms() - WAITS_MS
        return self._templates.page(
            request,
            "start.html",
            name=person.name if person else "",
            sessions=await sessions_of(self._store, person.person, since_ms) if person else [],
            recordings=await recordings_of(self._store, person.person) if person else [],
            practise=PRACTISE in self._plans,
            try_out=TRY in self._plans,
            reach=self._links.reach(request),
        )

    async def practise(self, request: web.Request) -> web.Response:
        room = await self._make(request, PRACTISE)
        raise web.HTTPSeeOther(self._links.path(room.id, "lead"))

    async def try_out(self, request: web.Request) -> web.Response:
        """With the format named in the form, else with the shortest."""
        plan = str((await request.post()).get("plan", TRY))
        if plan in self._plans and self._plans[plan].alone:
            raise web.HTTPNotFound
        with self._place() as invite:
            room = await self._make(request, plan)
            await invite(room.id, self._templates.language(request))
        raise web.HTTPSeeOther(self._links.path(room.id, "lead"))

    async def _make(self, request: web.Request, plan_id: str) -> Room:
        plan = self._plans.get(plan_id)
        if plan is None:
            raise web.HTTPNotFound
        return await self._rooms.make(plan, self._templates.translator(request)(plan.title))
