"""A film that is being sent ends with the permission, however slowly it is taken in. Real sockets, and a film without an end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy.ext.asyncio import AsyncConnection

from server.api import sending as sending_module
from server.api.sending import Sending
from server.doors.identity import Identity
from server.doors.recordings import ANYBODY, RecordingDoor
from server.people.grants import Grant, end_grant, fresh_grant, write_grant
from server.people.seats import Person, new_person, new_seat
from server.review.news import News, about_recording
from server.rooms import rows
from server.store.engine import Store
from server.store.schema import takes
from tests.fakes.still_clock import StillClock

NOW_MS = 1_000_000
SIZE = 1 << 40
AT_ONCE_S = 3.0


class Place:
    def __init__(self, store: Store, news: News, clock: StillClock, url: str, given: Grant) -> None:
        self.store, self.news, self.clock, self.url, self.given = store, news, clock, url, given
        self.closed = asyncio.Event()


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with Store(tmp_path / "test.db") as store:
        clock, news = StillClock(NOW_MS), News()
        given = fresh_grant("t", "Ana", "watch", NOW_MS, person="ana", expires_ms=NOW_MS + 60_000)
        await _prepare(store, given)
        door = RecordingDoor(store, Identity(store, secure=False), clock, news)
        sending = Sending(door, news)
        app = web.Application()
        made: Place

        async def film(request: web.Request) -> web.StreamResponse:
            async def read(start: int, end: int) -> AsyncGenerator[bytes, None]:
                try:
                    while True:
                        yield bytes(65_536)
                finally:
                    made.closed.set()

            watcher = await door.open(request, *ANYBODY, opens="film")
            return await sending.send(request, watcher, SIZE, '"v"', read, {"Content-Type": "video/webm"})

        app.router.add_get("/recordings/{take}/film", film)
        async with TestServer(app) as server:
            made = Place(store, news, clock, str(server.make_url("/recordings/t/film")), given)
            yield made


async def _prepare(store: Store, given: Grant) -> None:
    async def take(connection: AsyncConnection) -> None:
        await connection.execute(sa.insert(takes).values(take="t", session="s", round=0, teacher="seat", started_ms=5))

    await store.write(rows.new_session("s", "Fractions", 1))
    for name in ("maria", "ana"):
        await store.write(new_person(Person(person=name, name=name), f"token-{name}", 1))
    await store.write(new_seat("s", "seat", "maria"))
    await store.write(take)
    await store.write(write_grant(given))


def _as_ana() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(cookies={"mt_device": "token-ana"}, cookie_jar=aiohttp.CookieJar(unsafe=True), read_bufsize=1024)


async def test_it_ends_at_once_for_somebody_who_takes_nothing_in(place: Place) -> None:
    async with _as_ana() as ana, ana.get(place.url, headers={"Range": "bytes=1000-"}) as answer:
        assert answer.status == 206
        await answer.content.readexactly(1000)
        await place.store.write(end_grant(place.given.grant, NOW_MS))
        place.news.tell(about_recording("t"), "permissions")
        async with asyncio.timeout(AT_ONCE_S):
            await place.closed.wait()
            assert await _ends_broken(answer), "never as if it were whole"
        async with ana.get(place.url, headers={"Range": "bytes=0-99"}) as again:
            assert again.status == 404


async def test_it_ends_by_itself_when_the_time_is_over(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending_module, "LOOK_EVERY_S", 0.02)
    async with _as_ana() as ana, ana.get(place.url) as answer:
        await answer.content.readexactly(1000)
        place.clock.ms += 60_000
        async with asyncio.timeout(AT_ONCE_S):
            await place.closed.wait()
            assert await _ends_broken(answer)


async def test_news_that_changes_nothing_for_them_disturbs_nobody(place: Place) -> None:
    async with _as_ana() as ana, ana.get(place.url) as answer:
        await answer.content.readexactly(1000)
        place.news.tell(about_recording("t"), "notes")
        await answer.content.readexactly(8 << 20)
        assert not place.closed.is_set()


async def _ends_broken(answer: aiohttp.ClientResponse) -> bool:
    try:
        while await answer.content.read(1 << 20):
            pass
    except aiohttp.ClientError:
        return True
    return False
