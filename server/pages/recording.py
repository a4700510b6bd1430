"""The page on which a teacher watches a recording of her own."""

from __future__ import annotations

from aiohttp import web

from server.doors.identity import Identity
from server.pages.rendering import Templates
from server.people.watching import other_try_of, recording_for
from server.rooms.registry import Rooms
from server.store.engine import Store


class RecordingPages:
    def __init__(self, templates: Templates, store: Store, rooms: Rooms, identity: Identity) -> None:
        self._templates = templates
        self._store = store
        self._rooms = rooms
        self._identity = identity

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/recordings/{take}", self.show)]

    async def show(self, request: web.Request) -> web.Response:
        devices = await self._identity.devices(request)
        recording = await recording_for(self._store, request.match_info["take"], devices)
        room = await self._rooms.find(recording.session) if recording else None
        if recording is None or room is None:
            raise web.HTTPNotFound
        other = await other_try_of(self._store, recording, devices)
        return self._templates.page(
            request,
            "recording.html",
            attempt=recording.attempt,
            other=f"/recordings/{other.take}" if other else "",
            take=recording.take,
            title=room.memory.title,
            alone=room.state.plan.alone,
            session_url=f"/sessions/{room.id}",
            data_url=f"/recordings/{recording.take}/data",
        )
