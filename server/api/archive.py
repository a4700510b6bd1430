"""GET /me/data.zip: everything about the person who asks, made while it is sent. A person's own device only, one archive at a time.

A film that is deleted or changed meanwhile is left out or cut short, the archive says so and is whole all the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import aclosing

import aiohttp
from aiohttp import web

from server.api.far_files import Ask, FarFile, far_films, far_slides
from server.clock import Clock
from server.doors.headers import set_headers
from server.doors.identity import Identity
from server.errors import UserError
from server.people.seats import Person
from server.review.archive.files import ZipStream, csv_files, json_file, utc
from server.review.archive.gathering import Gathering, Media
from server.review.archive.page import page_of
from server.review.archive.rows import Tables
from server.review.recorder_client import ReadError
from server.session.beside import Translate

log = logging.getLogger(__name__)

PATIENCE_S = 120.0  # with somebody who takes nothing in
MOST_AT_ONCE = 4
NOT_KNOWN = "Nobody is known on this device. Open this page on the device that you used, or sign in."
BUSY = "An archive is being made already. Please wait until it is there, then try again."
MISSING = "These films are not in this archive, or not whole: they were changed or deleted while it was made. Ask for your data again."

Render = Callable[[web.Request, str, Mapping[str, object]], str]


class ArchiveApi:
    """`render` makes a text of a template, in the reader's language; `ask` asks other nodes for what lies there."""

    def __init__(
        self,
        gathering: Gathering,
        identity: Identity,
        clock: Clock,
        ask: Ask,
        *,
        translator: Callable[[web.Request], Translate],
        render: Render,
    ) -> None:
        self._gathering = gathering
        self._identity = identity
        self._clock = clock
        self._translator = translator
        self._render = render
        self._ask = ask
        self._busy: set[str] = set()

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/me/data.zip", self.get, allow_head=False)]

    async def get(self, request: web.Request) -> web.StreamResponse:
        person = await self._identity.person(request)
        if person is None:
            raise UserError("not_known", NOT_KNOWN, 404)
        if person.person in self._busy or len(self._busy) >= MOST_AT_ONCE:
            raise UserError("busy", BUSY, 429)
        self._busy.add(person.person)
        await self._gathering.note_archive(person.person, self._clock.now_ms())
        try:
            return await self._send(request, person)
        finally:
            self._busy.discard(person.person)

    async def _send(self, request: web.Request, person: Person) -> web.StreamResponse:
        translate, now_ms = self._translator(request), self._clock.now_ms()
        tables = await self._gathering.tables(person.person, translate)
        here = {str(row["take"]): [each.name for each in await self._gathering.films(row)] for row in tables["recordings"]}
        slides = await asyncio.to_thread(self._gathering.slides, tables["slides"])
        far = await self._far(request, tables, here, {name.split("/")[1] for name, _ in slides})
        films = {take: names or [each.name for each in far if each.take == take] for take, names in here.items()}
        pictures = [*(name for name, _ in slides), *(each.name for each in far if not each.take)]
        page = page_of(tables, films, sorted(pictures))
        index = self._render(request, "archive.html", page | {"name": person.name, "made": utc(now_ms)})
        headers = {"Content-Type": "application/zip", "Content-Disposition": f'attachment; filename="microteach-{utc(now_ms)[:10]}.zip"'}
        response = web.StreamResponse(headers=headers)
        set_headers(response)
        with contextlib.suppress(ConnectionError, TimeoutError):
            await response.prepare(request)
            sending = _Sending(request, response, ZipStream(now_ms))
            await sending.file("index.html", index.encode())
            await sending.file("data.json", json_file(tables, now_ms))
            for name, body in csv_files(tables):
                await sending.file(name, body)
            for name, path in slides:
                await sending.file(name, await asyncio.to_thread(path.read_bytes))
            missing = await self._send_films(request, sending, tables, here)
            missing += [each.name for each in far if not await self._send_far(request, sending, each)]
            if missing:
                await sending.file("what-is-missing.txt", "\n".join([translate(MISSING), "", *missing, ""]).encode())
            await sending.end()
        log.info("archive sent, person=%s", person.person)
        return response

    async def _far(self, request: web.Request, tables: Tables, here: Mapping[str, list[str]], decks: Collection[str]) -> list[FarFile]:
        """What is not here and is elsewhere. `decks`: numbers of those that are here."""
        found: list[FarFile] = []
        for row in tables["recordings"]:
            if not here[str(row["take"])]:
                found += await far_films(self._ask, request, row)
        for number, deck in enumerate(tables["slides"], 1):
            if f"{number:02}" not in decks:
                found += await far_slides(self._ask, request, number, deck)
        return found

    async def _send_far(self, request: web.Request, sending: _Sending, far: FarFile) -> bool:
        """Whether it is whole."""
        async with self._ask(request, "GET", far.session, far.path) as answer:
            if answer is None or answer.status != 200:
                return False
            file = sending.zip.begin(far.name, answer.content_length or 0)
            whole = True
            try:
                async for piece in answer.content.iter_any():
                    await sending.write(file.piece(piece))
            except aiohttp.ClientError as error:
                log.info("archive: a file of another node ended: %s", type(error).__name__)
                whole = False
            await sending.write(file.end())
            return whole

    async def _send_films(self, request: web.Request, sending: _Sending, tables: Tables, said: Mapping[str, list[str]]) -> list[str]:
        """Names of those that were there at the beginning and are not whole."""
        missing: list[str] = []
        for row in tables["recordings"]:
            if await self._identity.person(request) is None:
                log.info("archive ended: signed out")
                sending.abort()
                return missing
            now = {media.name: media for media in await self._gathering.films(row)}
            missing += [name for name in said[str(row["take"])] if name not in now or not await self._send_film(sending, now[name])]
        return missing

    async def _send_film(self, sending: _Sending, media: Media) -> bool:
        async with aclosing(self._gathering.read(media)) as pieces:
            try:
                first = await anext(pieces)
            except (ReadError, StopAsyncIteration):
                return False
            file = sending.zip.begin(media.name, media.size_bytes)
            whole = True
            try:
                await sending.write(file.piece(first))
                async for piece in pieces:
                    await sending.write(file.piece(piece))
            except ReadError as error:
                log.info("archive: reading take %s ended: %s", media.take, error.code)
                whole = False
            await sending.write(file.end())
            return whole


class _Sending:
    def __init__(self, request: web.Request, response: web.StreamResponse, zip_: ZipStream) -> None:
        self._request = request
        self._response = response
        self.zip = zip_

    async def file(self, name: str, body: bytes) -> None:
        await self.write(self.zip.file(name, body))

    async def write(self, data: bytes) -> None:
        async with asyncio.timeout(PATIENCE_S):
            await self._response.write(data)

    async def end(self) -> None:
        await self.write(self.zip.end())
        await self._response.write_eof()

    def abort(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()
