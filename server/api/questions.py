"""What people of a session ask each other before its lesson: notes without a film, which everybody with a seat reads and answers."""

from __future__ import annotations

from aiohttp import web

from server.api.note_board import Here, NoteBoard
from server.doors.doorkeeper import Doorkeeper
from server.review.news import about_person
from server.review.notes import rows
from server.review.notes.rules import Reader
from server.store.engine import Store


class QuestionsApi:
    def __init__(self, store: Store, doorkeeper: Doorkeeper, board: NoteBoard) -> None:
        self._store = store
        self._doorkeeper = doorkeeper
        self._board = board

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/sessions/{session}/questions/all", self.read),
            web.put("/sessions/{session}/questions/{note}", self.put),
            web.delete("/sessions/{session}/questions/{note}", self.delete),
            web.get("/sessions/{session}/questions/{note}/history", self.history),
        ]

    async def read(self, request: web.Request) -> web.Response:
        return await self._board.read(await self._here(request))

    async def put(self, request: web.Request) -> web.Response:
        return await self._board.put(request, await self._here(request))

    async def delete(self, request: web.Request) -> web.Response:
        return await self._board.delete(request, await self._here(request))

    async def history(self, request: web.Request) -> web.Response:
        return await self._board.history(request, await self._here(request))

    async def _here(self, request: web.Request) -> Here:
        room, _, device = await self._doorkeeper.admit_device(request)
        person = device.person
        place = await rows.place_before_lesson(self._store, room.id, person.person)
        return Here(
            place=place,
            reader=Reader(person=person.person, role="teacher"),  # who sees all that is not waiting
            person=person,
            owner="",
            topics=tuple(about_person(each) for each in place.names),
            page=f"/sessions/{room.id}/questions",
            title=room.memory.title,
            film_ms=0,
        )
