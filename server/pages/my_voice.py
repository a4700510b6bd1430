"""Pages about taking something out: a colleague's own voice in recordings of a session, and a recording that is deleted."""

from __future__ import annotations

from aiohttp import web

from server.doors.doorkeeper import Doorkeeper
from server.doors.identity import Identity
from server.pages.rendering import Templates
from server.people.withdrawals import OwnVoice, deleted_by
from server.review.withdrawing import Withdrawing
from server.rooms.room import Room
from server.session.policy import sharers
from server.store.engine import Store


class MyVoicePages:
    def __init__(self, templates: Templates, store: Store, doorkeeper: Doorkeeper, identity: Identity, withdrawing: Withdrawing) -> None:
        self._templates = templates
        self._store = store
        self._doorkeeper = doorkeeper
        self._identity = identity
        self._withdrawing = withdrawing

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/sessions/{session}/my-voice", self.show), web.get("/recordings/{take}/deleted", self.deleted)]

    async def show(self, request: web.Request) -> web.Response:
        room, seat, device = await self._doorkeeper.admit_device(request)
        voices = await self._withdrawing.voices(room, seat, device)
        own, names = room.state.seats[seat], room.memory.names
        return self._templates.page(
            request,
            "my_voice.html",
            title=room.memory.title,
            recordings=[_shown(room, voice) for voice in voices],
            with_others=bool(sharers(room.state, seat)),
            shares=names.get(own.shares or "", "") if own.microphone == "shared" else "",
            action=f"/sessions/{room.id}/my-voice",
            session_url=f"/sessions/{room.id}",
        )

    async def deleted(self, request: web.Request) -> web.Response:
        recording = await deleted_by(self._store, request.match_info["take"], await self._identity.devices(request))
        if recording is None:
            raise web.HTTPNotFound
        return self._templates.page(request, "deleted.html", session_url=f"/sessions/{recording.session}")


def _shown(room: Room, voice: OwnVoice) -> dict[str, object]:
    recording = voice.recording
    return {
        "take": recording.take,
        "teacher": room.memory.names.get(recording.teacher, "…"),
        "started_ms": recording.started_ms,
        "attempt": recording.attempt if room.state.plan.tries_again else None,
        "state": voice.state,
        "runs": voice.runs,
    }
