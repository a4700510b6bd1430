"""Where teacher, colleagues and consultant point at the same place: for the teacher, and for a consultant who has sent the review.

Each sees only points of what they may read anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
from aiohttp import web

from server.clock import Clock
from server.doors.recordings import RecordingDoor
from server.people.watching import Watcher
from server.review.consulting.agreement import Place, Point, Row, places
from server.review.consulting.reviews import reviews_of
from server.review.export.gathering import reader_of
from server.review.moments import entries_for, moments_of
from server.review.notes.markdown import to_plain
from server.review.notes.rows import notes_at, place_of_recording, review_is_sent
from server.review.notes.rules import Note, Role, visible
from server.review.recorder_client import RecorderClient
from server.rooms.registry import Rooms
from server.session.beside import Translate
from server.store.engine import Store

_ROW: dict[Role, Row] = {"teacher": "teacher", "colleague": "colleagues", "consultant": "consultant"}


class AgreementApi:
    def __init__(
        self,
        store: Store,
        rooms: Rooms,
        recorder: RecorderClient,
        door: RecordingDoor,
        clock: Clock,
        *,
        translator: Callable[[web.Request], Translate],
    ) -> None:
        self._store = store
        self._rooms = rooms
        self._recorder = recorder
        self._door = door
        self._clock = clock
        self._translator = translator

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/recordings/{take}/agreement", self.look)]

    async def look(self, request: web.Request) -> web.Response:
        watcher = await self._door.open(request, "own", "consult")
        if watcher.use == "consult" and not await review_is_sent(self._store, watcher.review):
            return web.json_response({"places": []})
        points = [*await self._moments(request, watcher), *await self._notes(watcher), *await self._suggestions(watcher)]
        found = places(points)
        return web.json_response({"places": [_shown(place, watcher.person.person) for place in found]})

    async def _moments(self, request: web.Request, watcher: Watcher) -> list[Point]:
        """What colleagues tapped while the lesson ran."""
        recording, translate = watcher.recording, self._translator(request)
        room, take = await self._rooms.find(recording.session), self._recorder.takes.get(recording.take)
        if room is None:
            raise web.HTTPNotFound
        return [
            Point(key=each.moment, row="colleagues", at_ms=each.at_ms, name=each.name, kind="moment", text=each.line or each.label)
            for entry in await entries_for(self._store, room, watcher, translate)
            for each in moments_of(room, entry, recording, take)
        ]

    async def _notes(self, watcher: Watcher) -> Iterable[Point]:
        now_ms = self._clock.now_ms()
        place = await place_of_recording(self._store, watcher.recording, watcher.owner, watcher.person.person, now_ms)
        seen = visible(await reader_of(self._store, watcher), await notes_at(self._store, place), place.roles)
        placed = [(note, note.at_ms) for note in seen if note.at_ms is not None and note.parent is None and note.deleted_ms is None]
        return [_point(note, at_ms, place.roles, place.names) for note, at_ms in placed]

    async def _suggestions(self, watcher: Watcher) -> Iterable[Point]:
        asked = await reviews_of(self._store, watcher.recording.take)
        read = [
            each for each in asked if each.review.sent_ms is not None and (watcher.use == "own" or each.person == watcher.person.person)
        ]
        return [
            Point(
                key=f"{each.review.review}/{number}",
                row="consultant",
                at_ms=suggestion.at_ms,
                name=each.name,
                person=each.person or "",
                kind="suggestion",
                text=suggestion.text,
            )
            for each in read
            for number, suggestion in enumerate(each.review.summary.suggestions)
            if suggestion.at_ms is not None
        ]


def _point(note: Note, at_ms: int, roles: dict[str, Role], names: dict[str, str]) -> Point:
    return Point(
        key=note.note,
        row=_ROW[roles.get(note.author, "colleague")],
        at_ms=at_ms,
        end_ms=note.end_ms,
        name=names.get(note.author, "…"),
        person=note.author,
        kind=note.kind,
        text=to_plain(note.text),
    )


def _shown(place: Place, reader: str) -> dict[str, object]:
    points = [{**msgspec.to_builtins(msgspec.structs.replace(point, person="")), "you": point.person == reader} for point in place.points]
    return {"at_ms": place.at_ms, "end_ms": place.end_ms, "rows": place.rows, "joined": place.joined, "points": points}
