"""What was noted about a recording, as files for other programs. Each person gets what they may read on the page."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from server.clock import Clock
from server.doors.recordings import ANYBODY, RecordingDoor
from server.errors import UserError
from server.review.export import formats as exports
from server.review.export.formats import Exported
from server.review.export.gathering import gather
from server.review.recorder_client import RecorderClient
from server.rooms.registry import Rooms
from server.session.beside import Translate
from server.store.engine import Store

FILES: dict[str, tuple[Callable[[Exported], bytes], str]] = {
    "notes.jsonld": (exports.web_annotations, 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"'),
    "notes.csv": (exports.table, "text/csv; charset=utf-8"),
    "chapters.vtt": (exports.chapters, "text/vtt; charset=utf-8"),
    "moments.vtt": (exports.metadata, "text/vtt; charset=utf-8"),
}
NOT_READY = UserError("not_ready", "This recording is not ready yet. Please try again in a moment.", 409)


class ExportsApi:
    def __init__(
        self,
        store: Store,
        rooms: Rooms,
        recorder: RecorderClient,
        door: RecordingDoor,
        clock: Clock,
        *,
        translator: Callable[[web.Request], Translate],
        public_url: str,
    ) -> None:
        self._store = store
        self._rooms = rooms
        self._recorder = recorder
        self._door = door
        self._clock = clock
        self._translator = translator
        self._public_url = public_url

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/recordings/{take}/export/{name}", self.export)]

    async def export(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in FILES:
            raise web.HTTPNotFound
        watcher = await self._door.open(request, *ANYBODY, opens="export")
        room = await self._rooms.find(watcher.recording.session)
        if room is None:
            raise web.HTTPNotFound
        page = f"{self._public_url or f'{request.scheme}://{request.host}'}/recordings/{watcher.recording.take}"
        now_ms = self._clock.now_ms()
        exported = await gather(self._store, self._recorder, room, watcher, self._translator(request), page=page, now_ms=now_ms)
        if exported is None:
            raise UserError(NOT_READY.code, NOT_READY.message, NOT_READY.status)
        write, kind = FILES[name]
        return web.Response(body=write(exported), headers={"Content-Type": kind, "Content-Disposition": f'attachment; filename="{name}"'})
