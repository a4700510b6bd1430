"""The start page: what waits for somebody who is known here, and three doors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager

import msgspec
from aiohttp import web

from server.clock import Clock
from server.doors.identity import Identity
from server.pages.links import Links
from server.pages.rendering import Templates
from server.people.waiting import (
    SentReview,
    SharedRecording,
    WaitingRecording,
    WaitingReview,
    WaitingSession,
    recordings_of,
    reviews_sent_to,
    reviews_waiting,
    sessions_of,
    shared_with,
)
from server.review.notes.waiting import WaitingQuestion, questions_to
from server.review.own.trying import Trying, take_over, trying_of
from server.rooms.registry import Rooms
from server.rooms.room import Room
from server.session.plan import Plan
from server.store.engine import Store

PRACTISE, TRY = "practise-alone", "try-out"
WAITS_MS = 60 * 24 * 3_600_000
NEW_MS = 30 * 24 * 3_600_000


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """What the start page shows to somebody who is known: by what has to be done, then by date. `asked`: whether `thing` was tried."""

    thing: Trying | None = None
    asked: bool = False
    questions: Sequence[WaitingQuestion] = ()
    dates: Sequence[WaitingSession] = ()
    sessions: Sequence[WaitingSession] = ()
    recordings: Sequence[WaitingRecording] = ()
    shared: Sequence[SharedRecording] = ()
    reviews: Sequence[WaitingReview] = ()
    sent: Sequence[SentReview] = ()


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
        return self._templates.page(
            request,
            "start.html",
            name=person.name if person else "",
            known=person is not None,
            waits=await self._waits(person.person) if person else Waits(),
            practise=PRACTISE in self._plans,
            try_out=TRY in self._plans,
            reach=self._links.reach(request),
        )

    async def _waits(self, person: str) -> Waits:
        now_ms = self._clock.now_ms()
        await take_over(self._store, now_ms, person)
        thing = await trying_of(self._store, person)
        sessions = await sessions_of(self._store, person, now_ms - WAITS_MS)
        dates = sorted((each for each in sessions if (each.starts_ms or 0) > now_ms), key=lambda each: each.starts_ms or 0)
        return Waits(
            thing=thing,
            asked=thing is not None and thing.is_asked(now_ms),
            questions=await questions_to(self._store, person, now_ms),
            dates=dates,
            sessions=[each for each in sessions if each not in dates],
            recordings=await recordings_of(self._store, person),
            shared=await shared_with(self._store, person, now_ms),
            reviews=await reviews_waiting(self._store, person, now_ms),
            sent=await reviews_sent_to(self._store, person, now_ms - NEW_MS),
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
