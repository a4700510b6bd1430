"""The page behind a consultant's link, which works without a script, and the list of what somebody is asked again and again.

Looking at the link takes nothing; whoever presses *Open* first is the consultant, and for everybody else it leads nowhere.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec
from aiohttp import web

from server.clock import Clock
from server.doors.identity import Identity, fresh_token
from server.errors import UserError
from server.pages.links import Links
from server.pages.rendering import Templates
from server.people.grants import Grant, grant_of_link
from server.people.permissions import clean_name
from server.people.seats import Person, fresh_id, new_person
from server.people.watching import About, about
from server.review.consulting.acts import Consulting, Told
from server.review.consulting.asking import Review, acts, expires_ms, state_of
from server.review.consulting.reviews import Desk, desk_of, review_of_grant
from server.rooms.registry import Rooms
from server.store.engine import Store

Shown = Literal["open", "own", "taken", "declined", "sent", "over"]
_STATUS: dict[Shown, int] = {"open": 200, "own": 200, "taken": 403, "declined": 200, "sent": 200, "over": 410}
NO_DATE = "Please choose a day on which you can answer."


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    grant: Grant
    review: Review
    about: About
    person: Person | None

    @property
    def mine(self) -> bool:
        return self.person is not None and self.grant.person == self.person.person


class ReviewPages:
    def __init__(
        self, templates: Templates, store: Store, rooms: Rooms, identity: Identity, clock: Clock, consulting: Consulting, links: Links
    ) -> None:
        self._templates = templates
        self._store = store
        self._rooms = rooms
        self._identity = identity
        self._clock = clock
        self._consulting = consulting
        self._links = links

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/c/{token}", self.show),
            web.post("/c/{token}", self.open),
            web.post("/c/{token}/later", self.later),
            web.post("/c/{token}/decline", self.decline),
            web.get("/reviews", self.desk),
        ]

    async def show(self, request: web.Request) -> web.Response:
        opened = await self._find(request)
        if opened.mine and opened.review.opened_ms is not None and self._shown(opened) in ("open", "sent"):
            raise web.HTTPSeeOther(f"/recordings/{opened.grant.take}")
        return await self._page(request, opened)

    async def open(self, request: web.Request) -> web.Response:
        """With `who` "other" this device becomes somebody else's, as at the door of a session."""
        opened = await self._find(request)
        if self._shown(opened) != "open":
            return await self._page(request, opened)
        form = await request.post()
        other = opened.person is None or (not opened.mine and form.get("who") == "other")
        if other and "name" not in form:
            return await self._page(request, opened, asks_name=True)
        person, token, beforehand = opened.person, "", None
        if person is None or other:
            person, token = Person(person=fresh_id(), name=clean_name(str(form.get("name", "")))), fresh_token()
            beforehand = new_person(person, token, self._clock.now_ms())
        if not await self._consulting.open(opened.review, opened.grant, person.person, self._told(request), beforehand=beforehand):
            return await self._page(request, await self._find(request))
        response = web.HTTPSeeOther(f"/recordings/{opened.grant.take}")
        if token:
            self._identity.give(response, token)
        raise response

    async def later(self, request: web.Request) -> web.Response:
        opened = await self._may_answer(request)
        form = await request.post()
        date_ms = end_of_day_ms(str(form.get("date", "")))
        await self._consulting.offer(opened.review.review, date_ms, str(form.get("message", "")), self._told(request))
        raise web.HTTPSeeOther(f"/c/{request.match_info['token']}")

    async def decline(self, request: web.Request) -> web.Response:
        opened = await self._may_answer(request)
        await self._consulting.decline(opened.review.review, str((await request.post()).get("message", "")), self._told(request))
        raise web.HTTPSeeOther(f"/c/{request.match_info['token']}")

    async def desk(self, request: web.Request) -> web.Response:
        """Of the person whose own device this is; for nobody known it says what to do."""
        person = await self._identity.person(request)
        lines = await desk_of(self._store, person.person) if person else []
        now_ms = self._clock.now_ms()
        states = [(line, state_of(line.review, now_ms)) for line in lines]
        waiting = [self._line(line, state) for line, state in states if state in ("asked", "opened", "accepted", "offered", "late")]
        sent = [self._line(line, state) for line, state in reversed(states) if state == "sent"]
        return self._templates.page(request, "reviews.html", known=person is not None, waiting=waiting, sent=sent)

    def _line(self, line: Desk, state: str) -> dict[str, object]:
        review = line.review
        path = f"/recordings/{review.take}" if review.opened_ms else self._consulting.path(review.grant)
        ended = line.ended_ms is not None or review.ended_ms is not None or self._clock.now_ms() >= expires_ms(review)
        shown = {"title": line.title, "teacher": line.teacher, "state": state, "path": "" if ended else path}
        return shown | {"due_ms": review.due_ms, "sent_ms": review.sent_ms, "offered_ms": review.offered_ms}

    async def _may_answer(self, request: web.Request) -> Opened:
        """Who has the link and could open it. Raises UserError."""
        opened = await self._find(request)
        if self._shown(opened) != "open":
            raise UserError("not_yours", "This link is not for you to answer. Open it again: the page says what to do.", 403)
        return opened

    async def _find(self, request: web.Request) -> Opened:
        """Raises HTTPNotFound for a link that was not made here."""
        grant = await grant_of_link(self._store, request.match_info["token"])
        if grant is None or grant.use != "consult":
            raise web.HTTPNotFound
        review, found = await review_of_grant(self._store, grant.grant), await about(self._store, grant.take)
        if review is None or found is None:
            raise web.HTTPNotFound
        return Opened(grant=grant, review=review, about=found, person=await self._identity.person(request))

    def _shown(self, opened: Opened) -> Shown:
        now_ms = self._clock.now_ms()
        state = state_of(opened.review, now_ms)
        if opened.about.deleted:
            return "over"
        if opened.person is not None and opened.person.person == opened.about.owner:
            return "own"
        if state == "declined":
            return "declined"
        if not opened.grant.holds(now_ms) or "open" not in acts(opened.review, now_ms):
            return "over"
        if opened.grant.person is not None and not opened.mine:
            return "taken"
        return "sent" if state == "sent" else "open"

    async def _page(self, request: web.Request, opened: Opened, *, asks_name: bool = False) -> web.Response:
        room = await self._rooms.find(opened.about.session)
        shown, review = self._shown(opened), opened.review
        tomorrow = datetime.fromtimestamp(self._clock.now_ms() / 1000) + timedelta(days=1)
        return self._templates.page(
            request,
            "review.html",
            _STATUS[shown],
            shown=shown,
            teacher=opened.about.teacher,
            title=room.memory.title if room else "",
            review=review if shown in ("open", "own") else None,
            name=opened.grant.name,
            person=opened.person.name if opened.person and not asks_name else "",
            mine=opened.mine,
            used=opened.review.opened_ms is not None,
            asks_name=asks_name,
            action=f"/c/{request.match_info['token']}",
            tomorrow=tomorrow.date().isoformat(),
            link=self._links.origin(request) + f"/c/{request.match_info['token']}",
        )

    def _told(self, request: web.Request) -> Told:
        return Told(origin=self._links.origin(request), language=self._templates.language(request))


def end_of_day_ms(day: str) -> int:
    """Of "2026-03-12", in this machine's time zone. Raises UserError."""
    try:
        return int((datetime.fromisoformat(day[:10]) + timedelta(days=1)).timestamp() * 1000) - 1
    except (ValueError, OverflowError) as error:
        raise UserError("no_date", NO_DATE) from error
