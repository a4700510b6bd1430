"""The page of the live room, for those who have a seat in it."""

from __future__ import annotations

from aiohttp import web

from server.doors.doorkeeper import Doorkeeper
from server.pages.links import Links
from server.pages.rendering import Templates
from server.review.consultations import talked_about
from server.store.engine import Store


class RoomPages:
    def __init__(self, templates: Templates, store: Store, doorkeeper: Doorkeeper, links: Links) -> None:
        self._templates = templates
        self._store = store
        self._doorkeeper = doorkeeper
        self._links = links

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/sessions/{session}", self.show)]

    async def show(self, request: web.Request) -> web.Response:
        room, seat = await self._doorkeeper.admit(request)
        invites = room.state.seats[seat].leads and not room.state.plan.alone
        return self._templates.page(
            request,
            "room.html",
            session_id=room.id,
            title=room.memory.title,
            together=bool(await talked_about(self._store, room.id)),
            invitation=self._links.address(request, room.id, "invitation") if invites else "",
        )
