"""GET /me/data.zip: everything about the person who asks, made while it is sent. A person's own device only, one archive at a time.

A film that is deleted or changed meanwhile is left out or cut short, the archive says so and is whole all the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from contextlib import aclosing

from aiohttp import web

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
    """`render` makes a text of a template, in the reader's language."""

    def __init__(
        self, gathering: Gathering, identity: Identity, clock: Clock, *, translator: Callable[[web.Request], Translate], render: Render
    ) -> None:
        self._gathering = gathering
        self._identity = identity
        self._clock = clock
        self._translator = translator
        self._render = render
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
        films = {str(row["take"]): [each.name for each in await self._gathering.films(row)] for row in tables["recordings"]}
        slides = await asyncio.to_thread(self._gathering.slides, tables["slides"])
        page = page_of(tables, films, [name for name, _ in slides])
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
            missing = await self._send_films(request, sending, tables, films)
            if missing:
                await sending.file("what-is-missing.txt", "\n".join([translate(MISSING), "", *missing, ""]).encode())
            await sending.end()
        log.info("archive sent, person=%s", person.person)
        return response

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
