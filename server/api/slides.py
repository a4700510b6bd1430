"""Slides: an upload becomes pictures that everybody sees. Files are drawn in a process of their own, one at a time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from aiohttp import BodyPartReader, web

from server.clock import Clock
from server.doors.doorkeeper import Doorkeeper
from server.errors import UserError
from server.people.seats import fresh_id
from server.rooms import rows
from server.rooms.room import Room
from server.session.commands import AddDeck
from server.session.rights import may
from server.session.showing import MOST_DECKS_OF_ONE, may_see_deck
from server.store.engine import Store

log = logging.getLogger(__name__)

MOST_BYTES = 40 * 1024 * 1024
MOST_FILES = 21
MOST_BYTES_OF_SESSION = 300 * 1024 * 1024
MOST_TITLE = 80
MOST_WAITING = 4
UPLOAD_S = 600
DRAWING_S = 90
DRAWER = Path(__file__).with_name("draw_slides.py")
INCOMING = "incoming"

REFUSALS: dict[str, tuple[str, int]] = {
    "too_large": ("These slides are larger than 40 MB. A PDF with smaller pictures will do.", 413),
    "not_slides": ("Please choose one PDF, or pictures (PNG, JPEG or WebP).", 415),
    "too_many_pages": ("Up to 60 pages of a PDF, or 20 pictures, can be shown.", 413),
    "cannot_read": ("This file could not be read. Please save it as a PDF once more and try again.", 422),
    "too_many_decks": ("You have brought slides five times already. Please use one of those.", 409),
    "no_room_left": ("The slides of this session fill all the room there is for them. Please use those that are here.", 409),
    "not_allowed": ("Only somebody who teaches in this session can bring slides.", 403),
    "busy": ("Others are bringing slides just now. Please try again in a minute.", 503),
}


def refused(code: str) -> UserError:
    message, status = REFUSALS[code]
    return UserError(code, message, status)


class SlidesApi:
    """Pages are files under `folder`: DECK/NUMBER.webp, never changed once they are there."""

    def __init__(self, store: Store, doorkeeper: Doorkeeper, clock: Clock, folder: Path) -> None:
        self._store = store
        self._doorkeeper = doorkeeper
        self._clock = clock
        self._folder = folder
        self._drawing = asyncio.Lock()
        self._uploading: set[tuple[str, str]] = set()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/sessions/{session}/slides", self.bring),
            web.get(r"/sessions/{session}/slides/{deck}/{page:\d{1,3}}", self.page),
        ]

    async def prepare(self) -> None:
        """Make the folder; forget what was on its way, or drawn and never noted, when the server last ended."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        known = await rows.all_decks(self._store)
        for folder in list(self._folder.iterdir()):
            if folder.name not in known:
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        (self._folder / INCOMING).mkdir(mode=0o700, exist_ok=True)

    async def bring(self, request: web.Request) -> web.Response:
        room, seat = await self._doorkeeper.admit(request)
        await self._check(room, seat)
        async with self._incoming(room.id, seat) as folder:
            upload, drawn = folder / "upload", folder / "pages"
            upload.mkdir()
            drawn.mkdir()
            try:
                async with asyncio.timeout(UPLOAD_S):
                    title = await receive(request, upload)
            except (TimeoutError, ValueError) as error:
                raise refused("cannot_read") from error
            async with self._drawing:
                pages = await draw(upload, drawn)
                await self._check(room, seat, drawn)
                return await self._add(room, seat, drawn, title, pages)

    async def page(self, request: web.Request) -> web.StreamResponse:
        room, seat = await self._doorkeeper.admit(request)
        deck, page = request.match_info["deck"], int(request.match_info["page"])
        if not may_see_deck(room.state, seat, deck):
            raise web.HTTPNotFound
        etag = f"{deck}-{page}"
        headers = {"Cache-Control": "private, max-age=31536000, immutable", "ETag": f'"{etag}"'}
        if etag in {tag.value for tag in request.if_none_match or ()}:
            return web.Response(status=304, headers=headers)
        try:
            body = await asyncio.to_thread((self._folder / deck / f"{page}.webp").read_bytes)
        except FileNotFoundError as error:
            raise web.HTTPNotFound from error
        return web.Response(body=body, content_type="image/webp", headers=headers)

    async def _check(self, room: Room, seat: str, *more: Path) -> None:
        """Whether this person may bring slides, and there is room for them beside those of the session."""
        if not may(room.state, seat, AddDeck, self._clock.now_ms()):
            raise refused("not_allowed")
        if sum(deck.seat == seat for deck in room.state.decks) >= MOST_DECKS_OF_ONE:
            raise refused("too_many_decks")
        folders = [*more, *(self._folder / deck.deck for deck in room.state.decks)]
        if await asyncio.to_thread(size_of, folders) > MOST_BYTES_OF_SESSION:
            raise refused("no_room_left")

    async def _add(self, room: Room, seat: str, drawn: Path, title: str, pages: int) -> web.Response:
        deck = fresh_id()
        home = self._folder / deck
        await asyncio.to_thread(_move, drawn, home)

        def keep() -> None:
            room.memory.decks[deck] = title

        row = rows.new_deck(room.id, deck, seat, title, self._clock.now_ms())
        outcome = await room.ask(AddDeck(seat=seat, deck=deck, pages=pages), row, keep)
        if outcome is not None:
            await asyncio.to_thread(shutil.rmtree, home, ignore_errors=True)
            raise UserError(outcome.code, outcome.message, 409)
        log.info("slides brought, session=%s seat=%s deck=%s pages=%d", room.id, seat, deck, pages)
        return web.json_response({"deck": deck, "pages": pages}, status=201)

    @contextlib.asynccontextmanager
    async def _incoming(self, session: str, seat: str) -> AsyncIterator[Path]:
        """One at a time for each person, so that nobody keeps the others from it."""
        if (session, seat) in self._uploading or len(self._uploading) >= MOST_WAITING:
            raise refused("busy")
        self._uploading.add((session, seat))
        folder = self._folder / INCOMING / fresh_id()
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            self._uploading.discard((session, seat))
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def receive(request: web.Request, folder: Path) -> str:
    """Write the files of a multipart body, numbered; return a title made from the first one's name. Raises UserError, ValueError."""
    if (request.content_length or 0) > MOST_BYTES + 100_000:
        raise refused("too_large")
    if not request.content_type.startswith("multipart/"):
        raise refused("not_slides")
    title, number, size = "", 0, 0
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise refused("not_slides")
        if part.filename is None:
            await part.release()
            continue
        number += 1
        if number >= MOST_FILES:
            raise refused("too_many_pages")
        title = title or " ".join(Path(part.filename).stem.split())[:MOST_TITLE]
        with (folder / f"{number:02}").open("wb") as file:
            while chunk := await part.read_chunk(256 * 1024):
                size += len(chunk)
                if size > MOST_BYTES:
                    raise refused("too_large")
                await asyncio.to_thread(file.write, chunk)
    return title or "Slides"


async def draw(upload: Path, pages: Path) -> int:
    """How many pages there are. Raises UserError; what the process does wrong is the file's fault."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        str(DRAWER),
        str(upload),
        str(pages),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
    )
    try:
        async with asyncio.timeout(DRAWING_S):
            output, _ = await process.communicate()
    except TimeoutError as error:
        raise refused("cannot_read") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        answer = json.loads(output)
    except ValueError as error:
        raise refused("cannot_read") from error
    if "code" in answer:
        raise refused(answer["code"])
    return int(answer["pages"])


def size_of(folders: Iterable[Path]) -> int:
    return sum(file.stat().st_size for folder in folders if folder.is_dir() for file in folder.iterdir())


def _move(drawn: Path, home: Path) -> None:
    """With its name on disk."""
    drawn.rename(home)
    for folder in (home, home.parent):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
