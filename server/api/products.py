"""What is made from a recording for its page: a film to download when its teacher asks, pictures and waveform by themselves.

Asked anew on every request, as for the recording: who is it, and may they watch.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import cast, get_args

from aiohttp import web

from recorder.control import ProductName, Take
from server.api.sending import Sending
from server.doors.recordings import ANYBODY, RecordingDoor, What
from server.errors import UserError
from server.jobs.kinds import Job, JobKind, Moment, Phase, Spec
from server.jobs.queue import Jobs
from server.people.watching import Recording, Use, Watcher
from server.review.moments import entries_about, moments_of
from server.review.phases import phases_in
from server.review.recorder_client import ReadError, RecorderClient
from server.rooms.registry import Rooms
from server.rooms.room import Room
from server.session.beside import Translate

FILM: ProductName = "film.mp4"
NAMES = "|".join(re.escape(name) for name in get_args(ProductName))
KINDS = {"mp4": "video/mp4", "jpg": "image/jpeg", "json": "application/json", "bin": "application/octet-stream"}
LONGEST_NAME = 60
_LETTERS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"}
)


class ProductsApi:
    def __init__(
        self,
        rooms: Rooms,
        recorder: RecorderClient,
        door: RecordingDoor,
        jobs: Jobs,
        sending: Sending,
        *,
        translator: Callable[[web.Request], Translate],
    ) -> None:
        self._rooms = rooms
        self._recorder = recorder
        self._door = door
        self._jobs = jobs
        self._sending = sending
        self._translator = translator

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/recordings/{take}/products/film", self.ask),
            web.delete("/recordings/{take}/products/film", self.cancel),
            web.get(f"/recordings/{{take}}/{{version}}/{{name:{NAMES}}}", self.get),
        ]

    async def look(self, take: Take | None, watcher: Watcher) -> dict[str, object]:
        """What there is of the version that is shown, for the recording's data. The film to download is its teacher's."""
        jobs = await self._jobs.of_take(take) if take and take.state == "ready" else {}
        pictures, waveform = (_made(jobs.get(kind)) for kind in ("pictures", "waveform"))
        return {
            "film": _film(jobs.get("film") if watcher.use == "own" else None),
            "poster": pictures.get("poster.jpg"),
            "sprite": pictures.get("sprite.jpg"),
            "stills": pictures.get("stills.json"),
            "waveform": waveform.get("waveform.bin"),
        }

    async def ask(self, request: web.Request) -> web.Response:
        watcher, take = await self._ready(request)
        recording = watcher.recording
        room = await self._rooms.find(recording.session)
        if room is None:
            raise web.HTTPNotFound
        if not await self._is_made(take):
            await self._jobs.ask(take, "film", film_spec(room, recording, take, self._translator(request)))
        return web.json_response({"products": await self.look(take, watcher)}, status=202)

    async def cancel(self, request: web.Request) -> web.Response:
        watcher, take = await self._ready(request)
        await self._jobs.cancel(take.take, "film")
        return web.json_response({"products": await self.look(take, watcher)})

    async def get(self, request: web.Request) -> web.StreamResponse:
        own = request.match_info["name"] == FILM
        watcher, take = await self._find(request, *(("own",) if own else ANYBODY), opens="download" if own else None)
        recording = watcher.recording
        if take is None:
            raise web.HTTPNotFound
        version, name = request.match_info["version"], cast(ProductName, request.match_info["name"])
        if version != take.version:
            raise web.HTTPGone
        try:
            size = await self._recorder.product_size(take.take, version, name)
        except ReadError as error:
            raise (web.HTTPGone if error.code == "gone" else web.HTTPNotFound) from error
        headers = {"Content-Type": KINDS[name.rpartition(".")[2]]}
        if name == FILM:
            room = await self._rooms.find(recording.session)
            title = room.memory.title if room else ""
            headers["Content-Disposition"] = f'attachment; filename="{file_name(title, recording.started_ms)}"'
        read = functools.partial(self._recorder.read_product, take.take, version, name)
        made = (await self._jobs.of_take(take)).get(_kind(name))
        etag = f'"{version}-{made.job if made else 0}-{size}"'
        return await self._sending.send(request, watcher, size, etag, read, headers)

    async def _is_made(self, take: Take) -> bool:
        """And can still be read: somebody may have restored the folder from a backup without its keys."""
        job = (await self._jobs.of_take(take)).get("film")
        if job is None or job.state != "done":
            return False
        try:
            await self._recorder.product_size(take.take, take.version, FILM)
        except ReadError as error:
            return error.code not in ("missing", "damaged")
        return True

    async def _ready(self, request: web.Request) -> tuple[Watcher, Take]:
        watcher, take = await self._find(request, "own")
        if take is None:
            raise UserError("not_ready", "This recording is not ready yet. Please try again in a moment.", 409)
        return watcher, take

    async def _find(self, request: web.Request, *uses: Use, opens: What | None = None) -> tuple[Watcher, Take | None]:
        """None: it is not ready."""
        watcher = await self._door.open(request, *uses, opens=opens)
        take = self._recorder.takes.get(watcher.recording.take)
        return watcher, take if take and take.state == "ready" else None


def film_spec(room: Room, recording: Recording, take: Take, translate: Translate) -> Spec:
    """Everything that is written into a film, in the asker's language."""
    moments = [moment for entry in entries_about(room, recording, translate) for moment in moments_of(room, entry, recording, take)]
    chapters = [Moment(at_ms=moment.at_ms, label=moment.label) for moment in moments]
    names = room.memory.names
    voices = dict.fromkeys(track.peer for track in take.tracks if track.source == "microphone")
    return Spec(
        title=room.memory.title,
        teacher=names.get(recording.teacher, ""),
        people={peer: names[peer] for peer in voices if peer in names},
        phases=tuple(Phase(at_ms=phase.at_ms, title=phase.title) for phase in phases_in(room, recording, take, translate)),
        moments=tuple(sorted(chapters, key=lambda chapter: chapter.at_ms)),
        labels={"speaking": translate("{name} speaks"), "missing": translate("{time} missing"), "held": translate("Break, {time}")},
    )


def file_name(title: str, started_ms: int) -> str:
    """Letters, digits and hyphens that every file system and every header takes."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", title.translate(_LETTERS)) if not unicodedata.combining(letter))
    words = "-".join(re.findall(r"[A-Za-z0-9]+", plain))[:LONGEST_NAME].strip("-")
    day = datetime.fromtimestamp(started_ms / 1000).astimezone().date()
    return f"{words or 'lesson'}-{day.isoformat()}.mp4"


def _film(job: Job | None) -> dict[str, object]:
    """One that was cancelled might as well never have been asked for."""
    if job is None or job.state == "cancelled":
        return {"state": "none", "progress": 0.0, "size_bytes": 0, "url": None, "error": ""}
    error = job.error if job.state == "failed" else ""
    size = job.result.get(FILM, 0)
    return {"state": job.state, "progress": job.progress, "size_bytes": size, "url": _made(job).get(FILM), "error": error}


def _made(job: Job | None) -> dict[str, str]:
    """Addresses by name."""
    if job is None or job.state != "done":
        return {}
    return {name: f"/recordings/{job.take}/{job.version}/{name}" for name in job.result}


def _kind(name: ProductName) -> JobKind:
    if name == FILM:
        return "film"
    return "waveform" if name == "waveform.bin" else "pictures"
