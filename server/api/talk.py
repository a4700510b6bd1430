"""Who speaks when in a recording, and what can be said about it. Asked anew on every request: who is it, and may they watch.

Only of voices that are in the recording: whoever was left out is not mentioned anywhere, not even without a name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import msgspec
from aiohttp import web

from recorder.control import Take, VoiceTalk
from server.doors.recordings import ANYBODY, RecordingDoor
from server.people.watching import Recording
from server.review.moments import entries_about, moments_of
from server.review.recorder_client import ReadError, RecorderClient
from server.review.talk.figures import LessonTalk, reckon
from server.rooms.registry import Rooms
from server.rooms.room import Room
from server.session.beside import Translate
from server.session.report import heard
from server.session.state import phase_at

QUESTION = "question"  # in the key of a kind of moment: somebody noticed that the teacher asked something


class TalkApi:
    def __init__(
        self,
        rooms: Rooms,
        recorder: RecorderClient,
        door: RecordingDoor,
        *,
        translator: Callable[[web.Request], Translate],
    ) -> None:
        self._rooms = rooms
        self._recorder = recorder
        self._door = door
        self._translator = translator

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/recordings/{take}/talk", self.show)]

    async def show(self, request: web.Request) -> web.Response:
        watcher = await self._door.open(request, *ANYBODY)
        recording = watcher.recording
        room = await self._rooms.find(recording.session)
        take = self._recorder.takes.get(recording.take)
        if not watcher.reads("talk") or room is None or take is None or take.state != "ready":
            raise web.HTTPNotFound
        try:
            voices = await self._recorder.talk(take.take, take.version)
        except ReadError as error:
            raise (web.HTTPServiceUnavailable if error.code == "lost" else web.HTTPNotFound) from error
        return web.json_response(answer(room, recording, take, voices, self._translator(request)))


def answer(room: Room, recording: Recording, take: Take, voices: Sequence[VoiceTalk], translate: Translate) -> dict[str, object]:
    inside = {track.peer for track in take.tracks if track.source == "microphone"}
    known = sorted((voice for voice in voices if voice.peer in inside), key=lambda voice: _place(room, recording, voice.peer))
    talk = reckon(
        known,
        teacher=recording.teacher,
        duration_ms=take.duration_ms,
        holes=take.holes,
        questions_ms=questions_in(room, recording, take, translate),
    )
    return {
        "version": take.version,
        "duration_ms": take.duration_ms,
        "source": "decoded" if any(voice.levels == "decoded" for voice in known) else "header",
        **cast(dict[str, object], msgspec.to_builtins(talk)),
        "people": _people(room, talk),
        "not_measured": sorted(_name(room, peer) for peer in inside - {voice.peer for voice in known}),
        "round": _round(room, recording, {voice.peer for voice in known}, translate),
    }


def questions_in(room: Room, recording: Recording, take: Take, translate: Translate) -> list[int]:
    """Where in the film somebody noticed a question, in ms."""
    found = []
    for entry in entries_about(room, recording, translate):
        asked = {moment.moment for moment in entry.moments if QUESTION in moment.mark}
        found += [moment.at_ms for moment in moments_of(room, entry, recording, take) if moment.moment in asked]
    return found


def _place(room: Room, recording: Recording, peer: str) -> tuple[bool, str]:
    """The teacher, then everybody by name: an order that says nothing about how much anybody spoke."""
    return peer != recording.teacher, _name(room, peer).casefold()


def _people(room: Room, talk: LessonTalk) -> list[dict[str, object]]:
    return [{"name": _name(room, person.peer), **msgspec.to_builtins(person)} for person in talk.people]


def _round(room: Room, recording: Recording, inside: set[str], translate: Translate) -> dict[str, object]:
    """Of the rest of the round nothing was recorded: what the session itself noted of its phases and turns."""
    spent = [each for each in room.state.spent if each.position.part == "round" and each.position.round == recording.round]
    phases = [(phase_at(room.state.plan, each.position), each) for each in spent]
    turns = [each for each in heard(room.state) if each.round == recording.round and each.seat in inside]
    return {
        "phases": [
            {"title": translate(phase.title), "seconds": round((each.ended_ms - each.started_ms) / 1000), "planned_s": each.planned_s}
            for phase, each in phases
            if phase is not None
        ],
        "turns": [{"peer": each.seat, "name": _name(room, each.seat), "seconds": each.seconds} for each in turns],
    }


def _name(room: Room, peer: str) -> str:
    return room.memory.names.get(peer, "…")
