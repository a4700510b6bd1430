"""The ready-made recording is whole: both films play, everything that jobs make is there, and each person is who they were."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import av
import pytest
import pytest_asyncio

from tests.browser.material import COLLEAGUE_A_HZ, COLLEAGUE_B_HZ, HEARD_DB, TEACHER_HZ, read_mark
from tests.browser.steps import level_in, sound_of
from tests.fakes.studio import Studio, studio
from tests.fakes.studio_lesson import FILM_OF_MARIA, FIRST_TRY_MS, LINE, OF_ANA, OF_BEN, SECOND_TRY_MS

LONGER_MS = 10_000  # on a busy machine the pages follow late


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ready(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    async with studio(tmp_path_factory.mktemp("studio"), before=lambda copy: copy.new_person("Ito")) as running:
        yield running


@pytest.mark.parametrize(("number", "length_ms", "moments"), [(0, FIRST_TRY_MS, 3), (1, SECOND_TRY_MS, 1)])
@pytest.mark.asyncio(loop_scope="module")
async def test_both_tries_play(ready: Studio, number: int, length_ms: int, moments: int) -> None:
    async with ready.client("Maria") as maria:
        data = await _data(maria, ready.takes[number])
        assert data["state"] == "ready"
        assert length_ms - 1000 < data["duration_ms"] < length_ms + LONGER_MS
        assert len(data["moments"]) == moments
        assert all(data["products"][made] for made in ("poster", "sprite", "stills", "waveform"))
        async with maria.get(data["film"]) as answer:
            film = await answer.read()
    with av.open(io.BytesIO(film), "r", format="matroska") as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    marks = [mark for picture in pictures[::10] if (mark := read_mark(picture))]
    assert len(marks) > len(pictures) / 20
    assert {mark.source for mark in marks} == {FILM_OF_MARIA}
    sound = sound_of(film)
    assert all(level_in(sound, hz) > HEARD_DB for hz in (TEACHER_HZ, COLLEAGUE_A_HZ, COLLEAGUE_B_HZ))


@pytest.mark.asyncio(loop_scope="module")
async def test_what_colleagues_wrote_is_there(ready: Studio) -> None:
    async with ready.client("Maria") as maria:
        data = await _data(maria, ready.first)
    assert {note["author"]: note["fields"][-1]["text"] for note in data["notes"]} == {"Ben": OF_BEN, "Ana": OF_ANA}
    assert [moment["line"] for moment in data["moments"] if moment["name"] == "Ben"] == [LINE, ""]


@pytest.mark.parametrize(
    ("name", "room", "recording"), [("Maria", 200, 200), ("Ben", 200, 404), ("Ana", 200, 404), ("Ito", 404, 404), (None, 404, 404)]
)
@pytest.mark.asyncio(loop_scope="module")
async def test_everybody_is_known_again(ready: Studio, name: str | None, room: int, recording: int) -> None:
    async with ready.client(name) as client:
        async with client.get(f"/sessions/{ready.session}") as answer:
            assert answer.status == room
        async with client.get(f"/recordings/{ready.first}") as answer:
            assert answer.status == recording


async def test_a_page_is_opened_as_somebody(tmp_path: Path) -> None:
    async with studio(tmp_path) as s, s.person("Maria", f"/recordings/{s.first}") as maria:
        await maria.page.wait_for("document.getElementById('film-video')?.readyState >= 1", what="the film", timeout_s=60)


async def _data(client: aiohttp.ClientSession, take: str) -> Any:
    async with client.get(f"/recordings/{take}/data") as answer:
        return await answer.json()
