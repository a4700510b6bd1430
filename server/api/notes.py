"""Notes at moments of a recording, for everybody who may watch it. Who that is, is asked anew on every request."""

from __future__ import annotations

from typing import Literal

import msgspec
from aiohttp import web

from server.api.note_board import Here, NoteBoard
from server.clock import Clock
from server.doors.recordings import ANYBODY, RecordingDoor
from server.errors import UserError
from server.people.watching import Use
from server.review.export.gathering import reader_of
from server.review.news import about_recording
from server.review.notes import rows
from server.review.recorder_client import RecorderClient
from server.rooms.registry import Rooms
from server.store.engine import Store


class Which(msgspec.Struct, frozen=True):
    notes: list[str] | Literal["all"]


class NotesApi:
    def __init__(self, store: Store, rooms: Rooms, recorder: RecorderClient, door: RecordingDoor, clock: Clock, board: NoteBoard) -> None:
        self._store = store
        self._rooms = rooms
        self._recorder = recorder
        self._door = door
        self._clock = clock
        self._board = board

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/recordings/{take}/notes", self.read),
            web.post("/recordings/{take}/notes/share", self.share),
            web.post("/recordings/{take}/notes/unshare", self.unshare),
            web.put("/recordings/{take}/notes/{note}", self.put),
            web.delete("/recordings/{take}/notes/{note}", self.delete),
            web.get("/recordings/{take}/notes/{note}/history", self.history),
        ]

    async def read(self, request: web.Request) -> web.Response:
        return await self._board.read(await self._here(request))

    async def put(self, request: web.Request) -> web.Response:
        return await self._board.put(request, await self._here(request))

    async def delete(self, request: web.Request) -> web.Response:
        return await self._board.delete(request, await self._here(request))

    async def history(self, request: web.Request) -> web.Response:
        return await self._board.history(request, await self._here(request))

    async def share(self, request: web.Request) -> web.Response:
        return await self._share(request, self._clock.now_ms())

    async def unshare(self, request: web.Request) -> web.Response:
        return await self._share(request, None)

    async def _share(self, request: web.Request, now_ms: int | None) -> web.Response:
        """The teacher's own notes with those who may watch, or no longer."""
        here = await self._here(request, "own")
        try:
            wanted = msgspec.json.decode(await request.read(), type=Which).notes
        except msgspec.MsgspecError as error:
            raise UserError("not_a_note", "This note could not be read. Please load the page again.") from error
        own = [note for note in await rows.notes_at(self._store, here.place) if note.author == here.reader.person and not note.deleted_ms]
        chosen = [note for note in own if wanted == "all" or note.note in wanted]
        await self._store.write(rows.share(here.reader.person, here.place.take or "", [note.note for note in chosen], now_ms))
        for note in chosen[:1]:
            self._board.tell(here, note)
        return await self._board.read(here)

    async def _here(self, request: web.Request, *uses: Use) -> Here:
        watcher = await self._door.open(request, *(uses or ANYBODY))
        recording = watcher.recording
        take = self._recorder.takes.get(recording.take)
        room = await self._rooms.find(recording.session)
        return Here(
            place=await rows.place_of_recording(self._store, recording, watcher.owner, watcher.person.person, self._clock.now_ms()),
            reader=await reader_of(self._store, watcher),
            person=watcher.person,
            owner=watcher.owner,
            topics=(about_recording(recording.take),),
            page=f"/recordings/{recording.take}",
            title=room.memory.title if room else "",
            film_ms=take.duration_ms if take and take.state == "ready" else None,
        )
