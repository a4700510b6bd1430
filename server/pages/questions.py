"""The page on which people of a session ask each other something before its lesson."""

from __future__ import annotations

from aiohttp import web

from server.doors.doorkeeper import Doorkeeper
from server.pages.rendering import Templates


class QuestionPages:
    def __init__(self, templates: Templates, doorkeeper: Doorkeeper) -> None:
        self._templates = templates
        self._doorkeeper = doorkeeper

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/sessions/{session}/questions", self.show)]

    async def show(self, request: web.Request) -> web.Response:
        room, _, device = await self._doorkeeper.admit_device(request)
        return self._templates.page(
            request,
            "questions.html",
            session_id=room.id,
            session_url=f"/sessions/{room.id}",
            title=room.memory.title,
            person=device.person.person,
        )
