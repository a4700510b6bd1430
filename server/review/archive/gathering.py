"""What goes into one person's archive: the tables, and which films and slides there are, with their sizes.

Asked for twice: for the page that says what is in it, and for the archive itself.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import msgspec

from recorder.control import ProductName, Take
from server.jobs.queue import Jobs
from server.keeping.audit import noted
from server.review.archive.files import media_name
from server.review.archive.rows import Row, Tables, rows_of
from server.review.archive.words import label_of, words_of
from server.review.recorder_client import RecorderClient
from server.rooms.registry import Rooms
from server.session.beside import Translate
from server.store.engine import Store

FILM: ProductName = "film.mp4"


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """One film. `product`: something that was made from it, which is the film to download."""

    name: str
    take: str
    version: str
    size_bytes: int
    product: ProductName | None = None


class Gathering:
    def __init__(self, store: Store, rooms: Rooms, recorder: RecorderClient, jobs: Jobs, slides: Path) -> None:
        self._store = store
        self._rooms = rooms
        self._recorder = recorder
        self._jobs = jobs
        self._slides = slides

    async def tables(self, person: str, translate: Translate) -> Tables:
        tables = await rows_of(self._store, person)
        for name in ("choices", "moments", "forms_you_received", "chat_you_received"):
            tables[name] = []
        for session in tables["sessions"]:
            room = await self._rooms.find(str(session["session"]))
            if room is None or session["seat"] not in room.state.seats:
                continue
            for name, rows in words_of(room, str(session["seat"]), translate).items():
                tables[name] += rows
            for row in tables["forms"]:
                if row["session"] == room.id:
                    row["label"] = label_of(room, str(row["form"]), str(row["field"]), translate)
        return tables

    async def note_archive(self, person: str, now_ms: int) -> None:
        await self._store.write(noted("archive", person, now_ms, about=person))

    async def films(self, recording: Row) -> list[Media]:
        """Those that there are at this moment."""
        take = self._recorder.takes.get(str(recording["take"]))
        if take is None or take.state != "ready" or recording["deleted_ms"] is not None:
            return []
        job = (await self._jobs.of_take(take)).get("film")
        made = job.result.get(FILM) if job is not None and job.state == "done" else None
        return _films(recording, take, made)

    def slides(self, decks: Sequence[Row]) -> list[tuple[str, Path]]:
        """Name in the archive and file."""
        found = []
        for number, deck in enumerate(decks, 1):
            pages = sorted((self._slides / str(deck["deck"])).glob("*.webp"), key=lambda page: int(page.stem))
            found += [(f"slides/{number:02}/{int(page.stem):03}.webp", page) for page in pages]
        return found

    def read(self, media: Media) -> AsyncGenerator[bytes, None]:
        """Its bytes. Raises ReadError, also in the middle."""
        if media.product is None:
            return self._recorder.read(media.take, media.version, 0, media.size_bytes)
        return self._recorder.read_product(media.take, media.version, media.product, 0, media.size_bytes)


def _films(recording: Row, take: Take, made_bytes: int | None) -> list[Media]:
    found = [Media(name=media_name(recording, ""), take=take.take, version=take.version, size_bytes=take.size_bytes)]
    if take.screen_version:
        name, size_bytes = media_name(recording, "-screen"), take.screen_size_bytes
        found.append(Media(name=name, take=take.take, version=take.screen_version, size_bytes=size_bytes))
    if made_bytes:
        name = media_name(recording, "", "mp4")
        found.append(Media(name=name, take=take.take, version=take.version, size_bytes=made_bytes, product=FILM))
    return [media for media in found if media.version and media.size_bytes]
