"""First and second try side by side, for whoever may watch both."""

from __future__ import annotations

from aiohttp import web

from server.doors.recordings import ANYBODY, RecordingDoor
from server.pages.rendering import Templates
from server.people.watching import Recording, Watcher
from server.review.lesson import lesson_of
from server.review.moments import entries_for
from server.rooms.registry import Rooms
from server.rooms.room import Room
from server.session.beside import Translate
from server.store.engine import Store

NOTICED = "noticed"  # the field in which colleagues say whether they noticed the change


class ComparePages:
    def __init__(self, templates: Templates, store: Store, rooms: Rooms, door: RecordingDoor) -> None:
        self._templates = templates
        self._store = store
        self._rooms = rooms
        self._door = door

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/recordings/{take}/compare", self.show)]

    async def show(self, request: web.Request) -> web.Response:
        """From either of the two; what was tried is told to the teacher alone."""
        watcher = await self._door.open(request, *ANYBODY, opens="page")
        other = await self._door.other_try(request, watcher)
        room = await self._rooms.find(watcher.recording.session)
        if other is None or room is None:
            raise web.HTTPNotFound
        first, second = sorted((watcher.recording, other), key=lambda each: each.attempt)
        translate = self._templates.translator(request)
        own = watcher.use == "own"
        return self._templates.page(
            request,
            "compare.html",
            title=room.memory.title,
            tries=(first, second),
            talk=own or "talk" in watcher.includes,
            thing=lesson_of(room, second, translate).chosen if own else "",
            noticed=await self._noticed(room, watcher, second, translate) if own else [],
        )

    async def _noticed(self, room: Room, watcher: Watcher, second: Recording, translate: Translate) -> list[tuple[str, str]]:
        """Who suggested it, and what they say."""
        seen = Watcher(recording=second, person=watcher.person, owner=watcher.owner, use=watcher.use)
        entries = await entries_for(self._store, room, seen, translate)
        return [(room.memory.names.get(each.author, "…"), each.fields[NOTICED]) for each in entries if each.fields.get(NOTICED)]
