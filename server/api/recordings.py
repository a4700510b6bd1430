"""A recording's bytes and what belongs to it, for its page. Asked anew on every request: who is it, and may they watch."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from recorder.control import Take
from server.api.sending import Sending
from server.doors.recordings import ANYBODY, RecordingDoor
from server.people.watching import Watcher
from server.review.moments import entries_for, moments_of
from server.review.phases import phases_in
from server.review.recorder_client import RecorderClient
from server.review.withdrawing import Changes, Withdrawing
from server.rooms.registry import Rooms
from server.rooms.room import Room
from server.session.beside import Translate
from server.store.engine import Store
from server.wire.pieces import Entry

Products = Callable[[Take | None, Watcher], Awaitable[dict[str, object]]]
NOTHING_TAKEN_OUT = Changes(picture="never", screen="never", voices=0)  # what others than its teacher are told


class RecordingsApi:
    def __init__(
        self,
        store: Store,
        rooms: Rooms,
        recorder: RecorderClient,
        door: RecordingDoor,
        withdrawing: Withdrawing,
        sending: Sending,
        *,
        translator: Callable[[web.Request], Translate],
        products: Products,
    ) -> None:
        self._store = store
        self._rooms = rooms
        self._recorder = recorder
        self._door = door
        self._withdrawing = withdrawing
        self._sending = sending
        self._translator = translator
        self._products = products

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/recordings/{take}/data", self.data),
            web.get("/recordings/{take}/{version}/film.webm", self.film),
        ]

    async def data(self, request: web.Request) -> web.Response:
        watcher = await self._door.open(request, *ANYBODY)
        recording, translate = watcher.recording, self._translator(request)
        room = await self._rooms.find(recording.session)
        if room is None:
            raise web.HTTPNotFound
        take = self._recorder.takes.get(recording.take)
        entries = await entries_for(self._store, room, watcher, translate)
        ready = take is not None and take.state == "ready"
        teacher = {"teacher": watcher.owner, "teacher_name": room.memory.names.get(recording.teacher, "")}
        runs = watcher.use == "own" and take is not None and take.state == "recording"
        shows = runs and room.state.screen == recording.teacher
        return web.json_response(
            {
                "you": {"use": watcher.use, "person": watcher.person.person, "name": watcher.person.name} | teacher,
                "includes": sorted(watcher.includes),
                "state": take.state if take else "recording",
                "film": _address(take, take.version) if take and ready else None,
                "live": f"/recordings/{recording.take}/live.webm" if runs else None,
                "live_screen": f"/recordings/{recording.take}/live-screen.webm" if shows else None,
                "screen_film": _address(take, take.screen_version) if take and ready else None,
                "duration_ms": take.duration_ms if take else 0,
                "started_ms": recording.started_ms,
                "phases": msgspec.to_builtins(phases_in(room, recording, take, translate)) if take and ready else [],
                "moments": [msgspec.to_builtins(each) for entry in entries for each in moments_of(room, entry, recording, take)],
                "notes": [note for entry in entries if (note := _note(room, entry))["fields"]],
                "holes": [msgspec.to_builtins(hole) for hole in take.holes] if take else [],
                "products": await self._products(take, watcher),
                "silent": take.silent if take else False,
                "taken_out": msgspec.to_builtins(await self._withdrawing.changes(recording) if watcher.use == "own" else NOTHING_TAKEN_OUT),
            }
        )

    async def film(self, request: web.Request) -> web.StreamResponse:
        watcher = await self._door.open(request, *ANYBODY, opens="film")
        take = self._recorder.takes.get(watcher.recording.take)
        if take is None or take.state != "ready":
            raise web.HTTPNotFound
        version = request.match_info["version"]
        size = _films(take).get(version)
        if size is None:
            raise web.HTTPGone
        read = functools.partial(self._recorder.read, take.take, version)
        return await self._sending.send(request, watcher, size, f'"{version}"', read, {"Content-Type": "video/webm"})


def _films(take: Take) -> dict[str, int]:
    """Sizes in bytes by version: of the face, and of the screen if one was shared."""
    films = {take.version: take.size_bytes, take.screen_version: take.screen_size_bytes}
    return {version: size for version, size in films.items() if version}


def _address(take: Take, version: str) -> str | None:
    return f"/recordings/{take.take}/{version}/film.webm" if version else None


def _note(room: Room, entry: Entry) -> dict[str, object]:
    fields = [{"label": label, "text": entry.fields[key]} for key, label in entry.labels.items() if entry.fields.get(key)]
    return {"author": room.memory.names.get(entry.author, "…"), "fields": fields}
