"""Who may watch a lesson while it is being recorded, and for how long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiohttp import ClientPayloadError, ClientSession, web

from recorder.control import Take
from server.api import live
from server.api.live import LiveApi
from server.people.watching import Recording
from server.review.recorder_client import ReadError

OWN = Recording(take="t", session="s", round=0, teacher="seat", started_ms=0, attempt=0)


class Lesson:
    """Stands for the recorder's client and for who may watch."""

    def __init__(self) -> None:
        self.takes = {"t": Take(take="t", room="s", state="recording")}
        self.pieces: asyncio.Queue[bytes | ReadError] = asyncio.Queue()
        self.allowed = True
        self.watched: list[str] = []
        self.left = asyncio.Event()

    async def watch(self, take: str, picture: str) -> AsyncGenerator[bytes, None]:
        self.watched.append(picture)
        try:
            while piece := await self.pieces.get():
                if isinstance(piece, ReadError):
                    raise piece
                yield piece
        finally:
            self.left.set()

    async def devices(self, request: web.Request) -> list[object]:
        return []

    async def recording_for(self, store: object, take: str, devices: object) -> Recording | None:
        return OWN if self.allowed and take == "t" else None


@pytest.fixture
def lesson(monkeypatch: pytest.MonkeyPatch) -> Lesson:
    made = Lesson()
    monkeypatch.setattr(live, "recording_for", made.recording_for)
    monkeypatch.setattr(live, "LOOK_EVERY_S", 0.0)
    return made


@pytest.fixture
async def api(lesson: Lesson) -> LiveApi:
    return LiveApi(cast(Any, SimpleNamespace()), cast(Any, lesson), cast(Any, lesson))


@pytest.fixture
async def url(api: LiveApi) -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes(api.routes())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/recordings"
    await runner.cleanup()


@pytest.fixture
async def client() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


async def test_it_comes_as_it_is_and_ends_with_the_lesson(lesson: Lesson, url: str, client: ClientSession) -> None:
    lesson.pieces.put_nowait(b"first")
    async with client.get(f"{url}/t/live-screen.webm") as answer:
        assert (answer.status, answer.content_type, answer.headers["Cache-Control"]) == (200, "video/webm", "no-store")
        assert "Content-Encoding" not in answer.headers
        assert await answer.content.readany() == b"first"
        for piece in (b"second", b""):
            lesson.pieces.put_nowait(piece)
        assert await answer.content.read() == b"second"
    assert lesson.watched == ["screen"]


async def test_who_may_not_watch_any_more_gets_nothing_more(lesson: Lesson, url: str, client: ClientSession) -> None:
    lesson.pieces.put_nowait(b"first")
    async with client.get(f"{url}/t/live.webm") as answer:
        assert await answer.content.readany() == b"first"
        lesson.allowed = False
        lesson.pieces.put_nowait(b"secret")
        with pytest.raises(ClientPayloadError):
            await answer.content.read()
    await lesson.left.wait()
    async with client.get(f"{url}/t/live.webm") as answer:
        assert answer.status == 404


async def test_a_line_to_the_recorder_that_is_lost_is_no_end_of_the_lesson(lesson: Lesson, url: str, client: ClientSession) -> None:
    lesson.pieces.put_nowait(b"first")
    async with client.get(f"{url}/t/live.webm") as answer:
        lesson.pieces.put_nowait(ReadError("lost"))
        with pytest.raises(ClientPayloadError):
            await answer.content.read()


async def test_the_end_of_the_server_waits_for_nobody(lesson: Lesson, api: LiveApi, url: str, client: ClientSession) -> None:
    lesson.pieces.put_nowait(b"first")
    async with client.get(f"{url}/t/live.webm") as answer:
        assert await answer.content.readany() == b"first"
        await api.close()
        with pytest.raises(ClientPayloadError):
            await answer.content.read()


@pytest.mark.parametrize("state", ["ready", "failed", "unknown"])
async def test_there_is_nothing_to_watch_but_a_lesson_that_runs(lesson: Lesson, url: str, client: ClientSession, state: str) -> None:
    lesson.takes = {} if state == "unknown" else {"t": Take(take="t", room="s", state=cast(Any, state))}
    async with client.get(f"{url}/t/live.webm") as answer:
        assert answer.status == 409
    async with client.get(f"{url}/other/live.webm") as answer:
        assert answer.status == 404


async def test_without_a_screen_there_is_none_to_watch(lesson: Lesson, url: str, client: ClientSession) -> None:
    lesson.pieces.put_nowait(ReadError("missing"))
    async with client.get(f"{url}/t/live-screen.webm") as answer:
        assert answer.status == 409


async def test_not_more_watch_than_the_recorder_can_answer(
    lesson: Lesson, url: str, client: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MOST_WATCHING", 1)
    lesson.pieces.put_nowait(b"first")
    async with client.get(f"{url}/t/live.webm"), client.get(f"{url}/t/live.webm") as answer:
        assert answer.status == 503
        lesson.pieces.put_nowait(b"")
