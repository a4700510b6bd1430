"""The film in a consultation: where it is for both, told to their pages; and who of them may watch it.

What is said of the film is in memory only: after a restart the page of whoever moved it last says it again. Somebody who has a seat and
no permission is told so, and nothing else.
"""

from __future__ import annotations

import msgspec
from aiohttp import web

from server.api.news import NewsApi
from server.clock import Clock
from server.doors.doorkeeper import Doorkeeper
from server.doors.identity import Identity
from server.errors import UserError
from server.notify.notices import Notices
from server.people.grants import fresh_grant, write_instead
from server.people.seats import person_name
from server.people.watching import Watcher, watcher_of
from server.rate import Buckets
from server.review.consultations import owner_of, seated, talked_about
from server.review.news import News, about_person, about_recording, about_session
from server.review.together import Act, Playhead, after
from server.rooms.room import Room
from server.store.engine import Store

MOST_FILMS = 2_000
BURST, PER_S = 30, 8
NOT_UNDERSTOOD = "This could not be understood. Please load the page again."
NOT_IN_THE_ROOM = "This person is not in the room."
TOO_FAST = "That was too fast. Please wait a moment."


class TogetherApi:
    def __init__(
        self, store: Store, doorkeeper: Doorkeeper, identity: Identity, clock: Clock, news: News, line: NewsApi, notices: Notices
    ) -> None:
        self._store = store
        self._doorkeeper = doorkeeper
        self._identity = identity
        self._clock = clock
        self._news = news
        self._line = line
        self._notices = notices
        self._films: dict[str, Playhead] = {}  # by session, who was moved last stands last
        self._rate = Buckets(BURST, PER_S)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/sessions/{session}/film", self.look),
            web.post("/sessions/{session}/film", self.act),
            web.post("/sessions/{session}/film/watchers", self.let_watch),
            web.get("/sessions/{session}/news", self.news, allow_head=False),
        ]

    async def look(self, request: web.Request) -> web.Response:
        room, take, watcher = await self._open(request)
        if watcher is None:
            teacher = await owner_of(self._store, take)
            return web.json_response({"take": "", "teacher": await person_name(self._store, teacher), "film": None, "cannot": []})
        cannot = [each for each in await seated(self._store, room.id, take, self._clock.now_ms()) if not each.may_watch]
        return web.json_response(
            {
                "take": take,
                "use": watcher.use,
                "person": watcher.person.person,
                "teacher": await person_name(self._store, watcher.owner),
                "film": msgspec.to_builtins(self._films.get(room.id, Playhead())),
                "cannot": [{"seat": each.seat, "name": each.name} for each in cannot] if watcher.use == "own" else [],
            }
        )

    async def act(self, request: web.Request) -> web.Response:
        """409 with where the film is when somebody else was quicker."""
        room, _, watcher = await self._open(request)
        if watcher is None:
            raise web.HTTPNotFound
        try:
            act = msgspec.json.decode(await request.read(), type=Act)
        except msgspec.MsgspecError as error:
            raise UserError("not_understood", NOT_UNDERSTOOD) from error
        _, seat = await self._doorkeeper.admit(request)
        if not self._rate.take((room.id, seat), self._clock.now_ms() / 1000):
            raise UserError("too_fast", TOO_FAST, 429)
        before = self._films.get(room.id, Playhead())
        moved = after(before, act, seat, self._clock.now_ms())
        if moved is None:
            return web.json_response({"film": msgspec.to_builtins(before)}, status=409)
        self._keep(room.id, moved)
        self._news.tell(about_session(room.id), "film", msgspec.to_builtins(moved))
        return web.json_response({"film": msgspec.to_builtins(moved)})

    async def let_watch(self, request: web.Request) -> web.Response:
        """The teacher lets somebody who sits in the room watch, until she stops it."""
        room, take, watcher = await self._open(request)
        if watcher is None or watcher.use != "own":
            raise web.HTTPNotFound
        try:
            seat = msgspec.json.decode(await request.read(), type=dict[str, str]).get("seat", "")
        except msgspec.MsgspecError as error:
            raise UserError("not_understood", NOT_UNDERSTOOD) from error
        found = next((each for each in await seated(self._store, room.id, take, self._clock.now_ms()) if each.seat == seat), None)
        if found is None:
            raise UserError("not_here", NOT_IN_THE_ROOM, 409)
        if not found.may_watch:
            grant = fresh_grant(take, found.name, "watch", self._clock.now_ms(), person=found.person)
            await self._store.write(write_instead(grant))
            await self._notices.report("consent.granted", {"permission": grant.grant, "recording": take}, key=f"granted:{grant.grant}")
        self._news.tell(about_recording(take), "permissions")
        self._news.tell(about_person(found.person), "home")
        self._news.tell(about_session(room.id), "watchers")
        return web.json_response({})

    async def news(self, request: web.Request) -> web.StreamResponse:
        """Where the film is, is told to those who may watch it; that somebody may now, to all who sit there."""
        room, take, _ = await self._open(request)

        async def hears(name: str) -> bool:
            return name != "film" or await self._watcher(request, take) is not None

        async def refusal() -> str:
            try:
                await self._doorkeeper.admit(request)
            except UserError:
                return "ended"
            return ""

        return await self._line.tell(request, refusal, about_session(room.id), hears=hears)

    async def _open(self, request: web.Request) -> tuple[Room, str, Watcher | None]:
        """The room, the recording that it is about, and the one who asks if they may watch. Raises UserError `no_seat`, HTTPNotFound."""
        room, _ = await self._doorkeeper.admit(request)
        take = await talked_about(self._store, room.id)
        if not take:
            raise web.HTTPNotFound
        return room, take, await self._watcher(request, take)

    async def _watcher(self, request: web.Request, take: str) -> Watcher | None:
        return await watcher_of(self._store, take, await self._identity.devices(request), self._clock.now_ms())

    def _keep(self, session: str, film: Playhead) -> None:
        self._films.pop(session, None)
        self._films[session] = film
        if len(self._films) > MOST_FILMS:
            del self._films[next(iter(self._films))]
