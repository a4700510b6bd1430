"""A teacher asks for a film of her recording and downloads it: real recorder, real server, real jobs; no media worker and no browser."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import socket
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import pytest
import pytest_asyncio

from tests.fakes.page import Page
from tests.fakes.product import free_port
from tests.fakes.rtp_media import Sender, beeps, film, voice
from tests.integration.recorder.harness import REPOSITORY, TEACHER_CAMERA, TEACHER_VOICE, Studio

SECONDS = 3
SECOND_NS = 1_000_000_000
DEADLINE_S = 240.0  # jobs get what others leave over
SERVE = """
import logging, sys
from pathlib import Path
from server.app import serve
from server.settings import Settings
folder, port = Path(sys.argv[1]), sys.argv[2]
logging.basicConfig(level=logging.INFO)
logging.getLogger("server.jobs").setLevel(logging.DEBUG)
settings = Settings(data=str(folder), keys=str(folder / "keys"), listen=f"127.0.0.1:{port}")
serve(settings, worker_socket=folder / "worker", recorder_socket=folder / "control")
"""


class Lesson:
    """Maria's session with one recording, on a server that runs."""

    def __init__(self, folder: Path, maria: Page, stranger: Page) -> None:
        self.folder = folder
        self.maria = maria
        self.stranger = stranger

    async def ask(self, method: str, path: str, *, page: Page | None = None, **headers: str) -> tuple[int, Any]:
        page = page or self.maria
        sent = {"Accept": "application/json"} | {key.replace("_", "-"): value for key, value in headers.items()}
        async with page._client.request(method, f"{page.url}/recordings/take{path}", headers=sent) as answer:
            body = await answer.read()
            return answer.status, json.loads(body) if answer.content_type == "application/json" else (body, answer.headers)

    async def products_when(self, key: str, state: str = "") -> dict[str, Any]:
        """Once the film is in this state, or there is something of this name."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                products: dict[str, Any] = (await self.ask("GET", "/data"))[1]["products"]
                found = products[key]
                if found is not None and (not state or found["state"] == state):
                    return products
                assert state == "failed" or products["film"]["state"] != "failed", products
                await asyncio.sleep(0.1)


@pytest_asyncio.fixture
async def lesson(tmp_path: Path) -> AsyncIterator[Lesson]:
    studio = Studio(tmp_path, base_ns=time.monotonic_ns() - (SECONDS + 1) * SECOND_NS)
    (tmp_path / "recordings").symlink_to(tmp_path / "data")
    port = free_port(socket.SOCK_STREAM)
    log = (tmp_path / "log.txt").open("wb")
    await studio.start()
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVE, str(tmp_path), str(port), cwd=REPOSITORY, stdout=log, stderr=log
    )
    try:
        url = f"http://127.0.0.1:{port}"
        async with Page(url) as maria, Page(url) as stranger:
            await until_served(maria)
            lead, invitation = await maria.make_session()
            await maria.join(lead, "Maria", teaches=True)
            await stranger.join(invitation, "Ben")
            media = {
                TEACHER_CAMERA: film(SECONDS, Sender(ssrc=1)),
                TEACHER_VOICE: voice(SECONDS, Sender(ssrc=2), beeps(SECONDS, 1000)),
            }
            await studio.play("take", media, until_ns=SECONDS * SECOND_NS, in_real_time=False)
            studio.mark(None, SECONDS * SECOND_NS)
            with contextlib.closing(sqlite3.connect(tmp_path / "microteach.db")) as database, database:
                seat = database.execute("select seat from seats join people using (person) where name = 'Maria'").fetchone()[0]
                values = ("take", maria.session, 0, 0, seat, studio.base_wall_ms)
                database.execute("insert into takes (take, session, round, attempt, teacher, started_ms) values (?, ?, ?, ?, ?, ?)", values)
            yield Lesson(tmp_path, maria, stranger)
    finally:
        server.terminate()
        await server.wait()
        log.close()
        await studio.close()
        print((tmp_path / "log.txt").read_text())


async def until_served(page: Page) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while True:
            with contextlib.suppress(OSError):
                await page.get("/")
                return
            await asyncio.sleep(0.05)


@pytest.mark.timeout(300)
async def test_a_teacher_gets_a_film_and_pictures_and_nobody_else_does(lesson: Lesson) -> None:
    pictures = await lesson.products_when("poster")
    assert pictures["film"]["state"] == "none"
    picture = pictures["poster"].removeprefix("/recordings/take")
    status, poster = await lesson.ask("GET", picture)
    assert (status, poster[1]["Content-Type"], poster[0][:2]) == (200, "image/jpeg", b"\xff\xd8")
    for method, path in (("POST", "/products/film"), ("DELETE", "/products/film"), ("GET", picture)):
        assert (await lesson.ask(method, path, page=lesson.stranger))[0] == 404
    assert (await lesson.ask("POST", "/products/film", Origin="https://evil.example"))[0] == 403

    status, asked = await lesson.ask("POST", "/products/film")
    assert (status, asked["products"]["film"]["state"] in ("queued", "running")) == (202, True)
    assert (await lesson.ask("DELETE", "/products/film"))[1]["products"]["film"]["state"] == "none"
    await lesson.ask("POST", "/products/film")
    made = (await lesson.products_when("film", "done"))["film"]
    path = made["url"].removeprefix("/recordings/take")
    status, (data, headers) = await lesson.ask("GET", path)
    assert (status, len(data), headers["Content-Type"]) == (200, made["size_bytes"], "video/mp4")
    assert headers["Content-Disposition"].startswith('attachment; filename="Try-it-out-2')
    assert headers["Cache-Control"] == "no-store"
    with av.open(io.BytesIO(data), "r") as container:
        assert {stream.type for stream in container.streams} >= {"video", "audio"}
        assert len(list(container.decode(video=0))) >= SECONDS * 25 - 2
    status, (part, headers) = await lesson.ask("GET", path, Range="bytes=100-199")
    assert (status, part, headers["Content-Range"]) == (206, data[100:200], f"bytes 100-199/{len(data)}")
    assert (await lesson.ask("GET", path.replace(path.split("/")[1], "older")))[0] == 410
    assert (await lesson.ask("GET", path.replace("film.mp4", "else.mp4")))[0] == 404
    assert (await lesson.ask("POST", "/products/film"))[1]["products"]["film"] == made, "it is not made twice"
    for folder in ("data", "keys"):
        for file in (lesson.folder / folder).rglob("*"):
            assert not file.is_file() or data[1000:1100] not in file.read_bytes(), file
