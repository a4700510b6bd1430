"""A recording's bytes and what belongs to it, for its page. Asked anew on every request: who is it, and may they watch."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncGenerator, Callable

import msgspec
from aiohttp import web

from recorder.control import Take
from server.api.ranges import Answer, plan_answer
from server.doors.headers import set_headers
from server.doors.identity import Identity
from server.people.watching import Recording, recording_for
from server.review.recorder_client import ReadError, RecorderClient
from server.rooms.registry import Rooms
from server.rooms.room import Room
from server.session.beside import Translate
from server.session.writing import MOMENT_FIELD, attempt_of
from server.store.engine import Store
from server.wire.pieces import Entry

log = logging.getLogger(__name__)


class RecordingsApi:
    def __init__(
        self,
        store: Store,
        rooms: Rooms,
        recorder: RecorderClient,
        identity: Identity,
        *,
        translator: Callable[[web.Request], Translate],
    ) -> None:
        self._store = store
        self._rooms = rooms
        self._recorder = recorder
        self._identity = identity
        self._translator = translator

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/recordings/{take}/data", self.data),
            web.get("/recordings/{take}/{version}/film.webm", self.film),
        ]

    async def data(self, request: web.Request) -> web.Response:
        recording = await self._recording(request)
        room = await self._rooms.find(recording.session)
        if room is None:
            raise web.HTTPNotFound
        take = self._recorder.takes.get(recording.take)
        received = room.view(recording.teacher, self._translator(request)).received
        entries = [
            entry for entry in received if (entry.round, attempt_of(room.state.plan, entry.form)) == (recording.round, recording.attempt)
        ]
        ready = take is not None and take.state == "ready"
        return web.json_response(
            {
                "state": take.state if take else "recording",
                "film": _address(take, take.version) if take and ready else None,
                "screen_film": _address(take, take.screen_version) if take and ready else None,
                "duration_ms": take.duration_ms if take else 0,
                "started_ms": recording.started_ms,
                "moments": [moment for entry in entries for moment in _moments(room, entry, recording, take)],
                "notes": [note for entry in entries if (note := _note(room, entry))["fields"]],
                "holes": [msgspec.to_builtins(hole) for hole in take.holes] if take else [],
            }
        )

    async def film(self, request: web.Request) -> web.StreamResponse:
        recording = await self._recording(request)
        take = self._recorder.takes.get(recording.take)
        if take is None or take.state != "ready":
            raise web.HTTPNotFound
        version = request.match_info["version"]
        size = _films(take).get(version)
        if size is None:
            raise web.HTTPGone
        etag = f'"{version}"'
        answer = plan_answer(
            size,
            etag,
            range_="" if request.method == "HEAD" else request.headers.get("Range", ""),
            if_range=request.headers.get("If-Range", ""),
            if_none_match=request.headers.get("If-None-Match", ""),
            if_match=request.headers.get("If-Match", ""),
        )
        response = _prepared(answer, size, etag)
        if request.method == "HEAD" or response.status not in (200, 206):
            return response
        bytes_ = self._recorder.read(take.take, version, answer.start, answer.end)
        return await self._send(request, response, take.take, bytes_)

    async def _send(
        self, request: web.Request, response: web.StreamResponse, take: str, bytes_: AsyncGenerator[bytes, None]
    ) -> web.StreamResponse:
        set_headers(response)
        with contextlib.suppress(ConnectionError):  # players cut the connection at nearly every seek
            await response.prepare(request)
            try:
                async with contextlib.aclosing(bytes_) as chunks:
                    async for chunk in chunks:
                        await response.write(chunk)
            except ReadError as error:
                log.warning("reading take %s ended: %s", take, error.code)
                if request.transport is not None:
                    request.transport.abort()  # never pad, never pretend to be whole
                return response
            await response.write_eof()
        return response

    async def _recording(self, request: web.Request) -> Recording:
        recording = await recording_for(self._store, request.match_info["take"], await self._identity.devices(request))
        if recording is None:
            raise web.HTTPNotFound
        return recording


def _films(take: Take) -> dict[str, int]:
    """Sizes in bytes by version: of the face, and of the screen if one was shared."""
    films = {take.version: take.size_bytes, take.screen_version: take.screen_size_bytes}
    return {version: size for version, size in films.items() if version}


def _address(take: Take, version: str) -> str | None:
    return f"/recordings/{take.take}/{version}/film.webm" if version else None


def _prepared(answer: Answer, size: int, etag: str) -> web.StreamResponse:
    headers = {"Accept-Ranges": "bytes", "ETag": etag, "Cache-Control": "no-store"}
    if answer.status == 416:
        return web.Response(status=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    if answer.status in (304, 412):
        return web.Response(status=answer.status, headers=headers)
    response = web.StreamResponse(status=answer.status, headers=headers | {"Content-Type": "video/webm"})
    response.content_length = answer.end - answer.start
    if answer.status == 206:
        response.headers["Content-Range"] = f"bytes {answer.start}-{answer.end - 1}/{size}"
    return response


def _moments(room: Room, entry: Entry, recording: Recording, take: Take | None) -> list[dict[str, object]]:
    """Places in the film: the film begins when its recording did, the lesson a moment before or after."""
    shift_ms = recording.started_ms - (take.started_ms if take and take.started_ms else recording.started_ms)
    name = room.memory.names.get(entry.author, "…")
    return [
        {
            "moment": moment.moment,
            "label": moment.label,
            "at_ms": max(0, moment.at_ms + shift_ms),
            "name": name,
            "line": _line(entry, moment.moment),
        }
        for moment in entry.moments
        if moment.take == recording.take
    ]


def _line(entry: Entry, moment: str) -> str:
    return entry.fields.get(f"{MOMENT_FIELD}{moment}", "").strip()


def _note(room: Room, entry: Entry) -> dict[str, object]:
    fields = [{"label": label, "text": entry.fields[key]} for key, label in entry.labels.items() if entry.fields.get(key)]
    return {"author": room.memory.names.get(entry.author, "…"), "fields": fields}
