"""The page behind a link to one recording: who lets whom watch what. Looking at it takes nothing; whoever presses *Watch* first may watch.

For everybody else the link leads nowhere, and the page says what to do instead.
"""

from __future__ import annotations

import msgspec
from aiohttp import web

from server.clock import Clock
from server.doors.identity import Identity, fresh_token
from server.notify.notices import Notices
from server.pages.rendering import Templates
from server.people.grants import Grant, claim, grant_of_link
from server.people.permissions import clean_name
from server.people.seats import Person, fresh_id, new_person
from server.people.watching import About, about
from server.review.news import News, about_recording
from server.rooms.registry import Rooms
from server.store.engine import Store


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    grant: Grant
    about: About
    person: Person | None


class WatchLinkPages:
    def __init__(
        self, templates: Templates, store: Store, rooms: Rooms, identity: Identity, clock: Clock, news: News, notices: Notices
    ) -> None:
        self._templates = templates
        self._store = store
        self._rooms = rooms
        self._identity = identity
        self._clock = clock
        self._news = news
        self._notices = notices

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/w/{token}", self.show), web.post("/w/{token}", self.watch)]

    async def show(self, request: web.Request) -> web.Response:
        opened = await self._open(request)
        if opened.person is not None and opened.grant.person == opened.person.person and self._holds(opened):
            raise web.HTTPSeeOther(f"/recordings/{opened.grant.take}")
        return await self._page(request, opened)

    async def watch(self, request: web.Request) -> web.Response:
        opened = await self._open(request)
        person, token = opened.person, ""
        if person is not None and person.person == opened.about.owner:
            return await self._page(request, opened)
        beforehand = None
        if person is None:
            name = clean_name(str((await request.post()).get("name", "")))
            person, token = Person(person=fresh_id(), name=name), fresh_token()
            beforehand = new_person(person, token, self._clock.now_ms())
        grant = opened.grant
        if not self._holds(opened) or not await claim(self._store, grant, person.person, self._clock.now_ms(), beforehand=beforehand):
            return await self._page(request, await self._open(request))
        self._news.tell(about_recording(grant.take), "permissions")
        await self._notices.report("share.opened", {"permission": grant.grant, "recording": grant.take}, key=f"opened:{grant.grant}")
        response = web.HTTPSeeOther(f"/recordings/{grant.take}")
        if token:
            self._identity.give(response, token)
        raise response

    async def _open(self, request: web.Request) -> Opened:
        """Raises HTTPNotFound for a link that was not made here."""
        grant = await grant_of_link(self._store, request.match_info["token"])
        found = await about(self._store, grant.take) if grant is not None and grant.use == "watch" else None
        if grant is None or found is None:
            raise web.HTTPNotFound
        return Opened(grant=grant, about=found, person=await self._identity.person(request))

    def _holds(self, opened: Opened) -> bool:
        return opened.grant.holds(self._clock.now_ms()) and not opened.about.deleted

    async def _page(self, request: web.Request, opened: Opened) -> web.Response:
        grant, person = opened.grant, opened.person
        room = await self._rooms.find(opened.about.session)
        state = "open"
        if not self._holds(opened):
            state = "over"
        elif person is not None and person.person == opened.about.owner:
            state = "own"
        elif grant.person is not None and (person is None or person.person != grant.person):
            state = "taken"
        return self._templates.page(
            request,
            "watch_link.html",
            {"open": 200, "own": 200, "over": 410, "taken": 403}[state],
            state=state,
            teacher=opened.about.teacher,
            title=room.memory.title if room else "",
            started_ms=opened.about.started_ms,
            name=grant.name,
            person=person.name if person else "",
            expires_ms=grant.expires_ms,
            action=request.path,
        )
