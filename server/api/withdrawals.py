"""Taking one's voice, picture or screen out of a recording, and deleting a recording: what the forms of the pages send.

Who may not do it is told what is told about a recording that does not exist.
"""

from __future__ import annotations

from aiohttp import web

from server.doors.doorkeeper import Doorkeeper
from server.doors.identity import Identity
from server.errors import UserError
from server.people.watching import Recording, recording_for
from server.review.withdrawing import Withdrawing
from server.rooms.registry import Rooms
from server.session.commands import DecideTake
from server.store.engine import Store

LESSON_RUNS = UserError("lesson_runs", "A recording can be changed or deleted when its lesson is over.", 409)


class WithdrawalsApi:
    def __init__(self, store: Store, rooms: Rooms, doorkeeper: Doorkeeper, identity: Identity, withdrawing: Withdrawing) -> None:
        self._store = store
        self._rooms = rooms
        self._doorkeeper = doorkeeper
        self._identity = identity
        self._withdrawing = withdrawing

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/sessions/{session}/my-voice/data", self.voices),
            web.post("/sessions/{session}/my-voice", self.take_voice_out),
            web.post("/recordings/{take}/withdraw", self.take_part_out),
            web.post("/recordings/{take}/delete", self.delete),
        ]

    async def voices(self, request: web.Request) -> web.Response:
        room, seat, device = await self._doorkeeper.admit_device(request)
        voices = await self._withdrawing.voices(room, seat, device)
        return web.json_response({"recordings": [{"take": voice.recording.take, "state": voice.state} for voice in voices]})

    async def take_voice_out(self, request: web.Request) -> web.Response:
        room, seat, device = await self._doorkeeper.admit_device(request)
        take = str((await request.post()).get("take", ""))
        if not await self._withdrawing.take_voice_out(room, seat, device, take):
            raise web.HTTPNotFound
        raise web.HTTPSeeOther(f"/sessions/{room.id}/my-voice")

    async def take_part_out(self, request: web.Request) -> web.Response:
        recording = await self._recording(request)
        part = str((await request.post()).get("part", ""))
        if not await self._withdrawing.take_part_out(recording, part):
            raise UserError(LESSON_RUNS.code, LESSON_RUNS.message, LESSON_RUNS.status)
        raise web.HTTPSeeOther(f"/recordings/{recording.take}")

    async def delete(self, request: web.Request) -> web.Response:
        """Through the room, so that the log of the session has it like every other decision."""
        recording = await self._recording(request)
        room = await self._rooms.find(recording.session)
        if room is None:
            raise web.HTTPNotFound
        refused = await room.ask(DecideTake(seat=recording.teacher, take=recording.take, keep=False))
        if refused is not None:
            told = LESSON_RUNS if refused.code == "not_allowed" else refused
            raise UserError(told.code, told.message, 409)
        raise web.HTTPSeeOther(f"/recordings/{recording.take}/deleted")

    async def _recording(self, request: web.Request) -> Recording:
        recording = await recording_for(self._store, request.match_info["take"], await self._identity.devices(request))
        if recording is None:
            raise web.HTTPNotFound
        return recording
