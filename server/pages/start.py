"""The start page: choose a format, get a session."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from server.errors import UserError
from server.pages.pictures import card_of
from server.pages.rendering import Templates
from server.people.invitations import Invitations
from server.rooms.registry import Rooms
from server.session.plan import Plan

MOST_TITLE = 80


class StartPages:
    def __init__(self, templates: Templates, rooms: Rooms, invitations: Invitations, plans: Mapping[str, Plan], *, secure: bool) -> None:
        self._templates = templates
        self._rooms = rooms
        self._invitations = invitations
        self._plans = plans
        self._secure = secure

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/", self.start), web.post("/sessions", self.make)]

    async def start(self, request: web.Request) -> web.Response:
        plans = [card_of(plan) for plan in self._plans.values()]
        return self._templates.page(request, "start.html", plans=plans, secure_hint=not self._secure)

    async def make(self, request: web.Request) -> web.Response:
        form = await request.post()
        plan = self._plans.get(str(form.get("plan", "")))
        if plan is None:
            raise UserError("unknown_plan", "Please choose one of the formats.")
        title = " ".join(str(form.get("title", "")).split())[:MOST_TITLE]
        room = await self._rooms.make(plan, title or plan.title)
        raise web.HTTPSeeOther(f"/f/{self._invitations.make(room.id, 'lead')}")
