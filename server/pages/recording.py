"""The page of a recording: for its teacher, and in part for whoever has a permission of hers."""

from __future__ import annotations

from aiohttp import web

from server.clock import Clock
from server.doors.recordings import ANYBODY, RecordingDoor
from server.keeping.sweeping import kept_until_ms
from server.pages.rendering import Templates
from server.people.seats import person_name, seat_of
from server.rooms.registry import Rooms
from server.store.engine import Store


class RecordingPages:
    def __init__(self, templates: Templates, store: Store, rooms: Rooms, door: RecordingDoor, clock: Clock, *, keep_days: int) -> None:
        self._templates = templates
        self._store = store
        self._rooms = rooms
        self._door = door
        self._clock = clock
        self._keep_days = keep_days

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/recordings/{take}", self.show)]

    async def show(self, request: web.Request) -> web.Response:
        watcher = await self._door.open(request, *ANYBODY, opens="page")
        recording = watcher.recording
        room = await self._rooms.find(recording.session)
        if room is None:
            raise web.HTTPNotFound
        other = await self._door.other_try(request, watcher)
        return self._templates.page(
            request,
            "recording.html",
            attempt=recording.attempt,
            other=f"/recordings/{other.take}" if other else "",
            take=recording.take,
            title=room.memory.title,
            use=watcher.use,
            includes=watcher.includes,
            person=watcher.person.person,
            teacher=await person_name(self._store, watcher.owner),
            alone=room.state.plan.alone,
            started_ms=recording.started_ms,
            session_url=f"/sessions/{room.id}" if await seat_of(self._store, room.id, watcher.person.person) else "",
            others=await self._door.others(watcher) if watcher.use == "own" else 0,
            kept_until_ms=await kept_until_ms(self._store, recording.take, self._keep_days, self._clock.now_ms()),
            data_url=f"/recordings/{recording.take}/data",
        )
