"""The page that says what is kept about whoever asks, how much it is, and gives all of it as one file."""

from __future__ import annotations

import asyncio

from aiohttp import web

from server.doors.identity import Identity
from server.errors import UserError
from server.pages.rendering import Templates
from server.review.archive.gathering import Gathering

NOT_KNOWN = "Nobody is known on this device. Open this page on the device that you used, or sign in."


class MyDataPages:
    def __init__(self, templates: Templates, gathering: Gathering, identity: Identity) -> None:
        self._templates = templates
        self._gathering = gathering
        self._identity = identity

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/me/data", self.show)]

    async def show(self, request: web.Request) -> web.Response:
        person = await self._identity.person(request)
        if person is None:
            raise UserError("not_known", NOT_KNOWN, 404)
        tables = await self._gathering.tables(person.person, self._templates.translator(request))
        films = [film for row in tables["recordings"] for film in await self._gathering.films(row)]
        slides = await asyncio.to_thread(self._gathering.slides, tables["slides"])
        pictures_bytes = await asyncio.to_thread(lambda: sum(path.stat().st_size for _, path in slides))
        written = ("forms", "chat", "notes", "own_view", "trying", "reviews_you_gave")
        received = ("forms_you_received", "notes_you_received", "chat_you_received", "reviews_you_asked_for")
        return self._templates.page(
            request,
            "my_data.html",
            name=person.name,
            films=len(films),
            slides=len(slides),
            megabytes=(sum(film.size_bytes for film in films) + pictures_bytes) / 1_000_000,
            written=sum(len(tables[table]) for table in written),
            received=sum(len(tables[table]) for table in received),
            permissions=len(tables["who_may_watch"]) + len(tables["what_you_may_watch"]),
            openings=len(tables["who_opened_yours"]),
            sessions=len(tables["sessions"]),
            devices=len(tables["devices"]),
        )
