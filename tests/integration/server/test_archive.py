"""An archive while things go wrong: a film is deleted in the middle, somebody asks twice, a reader takes nothing in."""

from __future__ import annotations

import asyncio
import contextlib
import io
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from server.api.archive import ArchiveApi
from server.api.far_files import nobody
from server.doors.identity import Identity
from server.languages import Languages
from server.pages.guard import guard
from server.pages.rendering import Templates
from server.people.seats import Person, new_person
from server.review.archive.gathering import Gathering, Media
from server.review.archive.rows import Row, Tables
from server.review.recorder_client import ReadError
from server.session.beside import Translate
from server.store.engine import Store
from tests.fakes.still_clock import StillClock

PIECE = bytes(range(256)) * 256
RECORDING: Row = {"take": "t", "session": "s", "title": "Fractions", "round": 0, "attempt": 0, "started_ms": 1_700_000_000_000}


class Films(Gathering):
    """Two films of one recording: the first has as many pieces as it is told, then it is gone; the second is whole."""

    def __init__(self, pieces: int | None) -> None:
        self.pieces = pieces
        self.given = 0

    async def tables(self, person: str, translate: Translate) -> Tables:
        names = ("sessions", "notes", "own_view", "notes_you_received", "who_may_watch", "forms", "forms_you_received", "chat", "slides")
        return {name: [] for name in names} | {"recordings": [RECORDING | {"deleted_ms": None, "erased_ms": None}]}

    async def note_archive(self, person: str, now_ms: int) -> None:
        pass

    async def films(self, recording: Row) -> list[Media]:
        names = ("media/a.webm", "media/b.webm")
        return [Media(name=name, take="t", version=name, size_bytes=10 * len(PIECE)) for name in names]

    def slides(self, decks: Sequence[Row]) -> list[tuple[str, Path]]:
        return []

    async def read(self, media: Media) -> AsyncGenerator[bytes, None]:
        count = 0
        while media.name.endswith("a.webm") and (self.pieces is None or count < self.pieces):
            count += 1
            self.given += 1
            yield PIECE
        if media.name.endswith("a.webm"):
            raise ReadError("gone")
        yield PIECE


@pytest.fixture
async def ask(tmp_path: Path) -> AsyncIterator[Mapping[str, object]]:
    async with Store(tmp_path / "test.db") as store:
        await store.write(new_person(Person(person="maria", name="Maria"), "token", 1))
        templates, films = Templates(Languages()), Films(2)
        identity = Identity(store, secure=False)
        api = ArchiveApi(films, identity, StillClock(), nobody, translator=templates.translator, render=templates.text)
        app = web.Application(middlewares=[guard(templates, secure=False)])
        app.add_routes(api.routes())
        async with TestServer(app) as server:
            yield {"films": films, "url": str(server.make_url("/me/data.zip"))}


def client() -> aiohttp.ClientSession:
    jar = aiohttp.CookieJar(unsafe=True)
    return aiohttp.ClientSession(cookies={"mt_device": "token"}, cookie_jar=jar, headers={"Accept": "application/json"}, read_bufsize=1024)


async def test_a_film_that_goes_in_the_middle_is_named_and_the_rest_is_there(ask: Mapping[str, object]) -> None:
    async with client() as maria, maria.get(str(ask["url"])) as answer:
        archive = zipfile.ZipFile(io.BytesIO(await answer.read()))
    assert archive.testzip() is None
    assert archive.read("media/b.webm") == PIECE
    assert archive.read("media/a.webm") == PIECE * 2
    assert "media/a.webm" in archive.read("what-is-missing.txt").decode()
    assert "media/b.webm" not in archive.read("what-is-missing.txt").decode()


async def test_a_film_that_is_gone_at_once_is_not_begun(ask: Mapping[str, object]) -> None:
    films = ask["films"]
    assert isinstance(films, Films)
    films.pieces = 0
    async with client() as maria, maria.get(str(ask["url"])) as answer:
        archive = zipfile.ZipFile(io.BytesIO(await answer.read()))
    assert "media/a.webm" not in archive.namelist()
    assert "media/a.webm" in archive.read("what-is-missing.txt").decode()


async def test_it_waits_for_a_slow_reader_and_is_made_once_at_a_time(ask: Mapping[str, object]) -> None:
    films = ask["films"]
    assert isinstance(films, Films)
    films.pieces = None
    async with client() as maria:
        async with maria.get(str(ask["url"])) as answer:
            await answer.content.readexactly(1000)
            async with maria.get(str(ask["url"])) as again:
                assert again.status == 429
            before = -1
            while films.given != before:  # until nothing more goes out by itself
                before = films.given
                await asyncio.sleep(0.2)
            assert films.given * len(PIECE) < 64 << 20
        films.pieces = 1
        async with asyncio.timeout(10):
            while (answer := await maria.get(str(ask["url"]))).status == 429:  # the first reader has left
                answer.release()
                await asyncio.sleep(0.05)
            assert zipfile.ZipFile(io.BytesIO(await answer.read())).testzip() is None


class Nowhere(Films):
    """Neither its films nor its slides are on this node."""

    async def tables(self, person: str, translate: Translate) -> Tables:
        tables = await super().tables(person, translate)
        return {**tables, "slides": [{"deck": "d", "session": "s", "title": "Fractions", "made_ms": 1}]}

    async def films(self, recording: Row) -> list[Media]:
        return []


class Owner:
    """Another node: a film, the shared screen, of which the last half does not come, and two pages of slides."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/{path:.*}", self.get)]

    async def get(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.path, request.headers.get("Cookie", "")))
        match request.path:
            case "/recordings/t/data":
                film, screen = "/recordings/t/1/film.webm", "/recordings/t/2/film.webm"
                return web.json_response({"film": film, "screen_film": screen, "products": {"film": {"url": "/recordings/t/1/film.mp4"}}})
            case "/recordings/t/1/film.webm" | "/recordings/t/1/film.mp4":
                return web.Response(body=PIECE * 3)
            case "/recordings/t/2/film.webm":
                answer = web.StreamResponse(headers={"Content-Length": str(2 * len(PIECE))})
                await answer.prepare(request)
                await answer.write(PIECE)
                assert request.transport
                request.transport.close()
                return answer
            case "/sessions/s/slides/d/0" | "/sessions/s/slides/d/1":
                return web.Response(body=f"page {request.path[-1]}".encode())
        raise web.HTTPNotFound


async def test_films_and_slides_of_other_nodes_are_in_it(tmp_path: Path) -> None:
    owner = Owner()
    there = web.Application()
    there.add_routes(owner.routes())
    async with Store(tmp_path / "test.db") as store, TestServer(there) as far, aiohttp.ClientSession() as between:
        await store.write(new_person(Person(person="maria", name="Maria"), "token", 1))

        @contextlib.asynccontextmanager
        async def ask(request: web.Request, method: str, session: str, path: str) -> AsyncIterator[aiohttp.ClientResponse]:
            async with between.request(method, far.make_url(path), headers={"Cookie": request.headers["Cookie"]}) as answer:
                yield answer

        templates = Templates(Languages())
        api = ArchiveApi(
            Nowhere(0), Identity(store, secure=False), StillClock(), ask, translator=templates.translator, render=templates.text
        )
        app = web.Application(middlewares=[guard(templates, secure=False)])
        app.add_routes(api.routes())
        async with TestServer(app) as server, client() as maria, maria.get(str(server.make_url("/me/data.zip"))) as answer:
            archive = zipfile.ZipFile(io.BytesIO(await answer.read()))
    assert archive.testzip() is None
    films = {name: archive.read(name) for name in archive.namelist() if name.startswith("media/")}
    assert {name.rpartition("try-")[2]: len(body) // len(PIECE) for name, body in films.items()} == {
        "t.webm": 3,
        "t-screen.webm": 1,
        "t.mp4": 3,
    }
    assert {name: archive.read(name) for name in archive.namelist() if name.startswith("slides/")} == {
        "slides/01/000.webp": b"page 0",
        "slides/01/001.webp": b"page 1",
    }
    assert "t-screen.webm" in archive.read("what-is-missing.txt").decode()
    assert all(name in archive.read("index.html").decode() for name in (*films, "slides/01/001.webp"))
    assert {cookie for _, cookie in owner.asked} == {"mt_device=token"}, "with nobody's rights but theirs"
