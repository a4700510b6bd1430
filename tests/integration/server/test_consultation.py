"""A call for two about a recording, by what the server answers: who makes it, who is seated, who sees the film and who moves it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.fakes.studio import Studio, studio

pytestmark = pytest.mark.asyncio(loop_scope="module")
JSON = {"Accept": "application/json"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def s(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    async with studio(tmp_path_factory.mktemp("consultation")) as running:
        running.new_person("Ito")
        running.new_person("Mallory")
        running.allow("Ito", use="consult")
        running.allow("Ana")
        yield running


async def ask(s: Studio, name: str | None, method: str, path: str, body: object = None) -> tuple[int, Any]:
    async with s.client(name) as client, client.request(method, path, json=body, headers=JSON) as answer:
        return answer.status, await answer.json() if "json" in answer.content_type else await answer.text()


async def made(s: Studio, name: str, body: object = None) -> dict[str, Any]:
    status, answer = await ask(s, name, "POST", f"/recordings/{s.first}/consultations", body or {})
    assert status == 201, answer
    return dict(answer)


async def come_in(s: Studio, name: str, invitation: str) -> None:
    async with s.client(name) as client:
        form = {"name": name, "teaches": "no"}
        async with client.post(invitation, data=form, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()


@pytest.mark.parametrize("name", ["Ben", "Mallory", None])
async def test_nobody_makes_a_call_who_may_not_watch(s: Studio, name: str | None) -> None:
    assert (await ask(s, name, "POST", f"/recordings/{s.first}/consultations", {}))[0] == 404
    assert (await ask(s, name, "GET", f"/recordings/{s.first}/consultations"))[0] == 404


async def test_the_teacher_has_the_seat_that_teaches_and_leads(s: Studio) -> None:
    call = await made(s, "Maria", {"person": s.people["Ito"].person})
    assert call["title"].startswith("Consultation: ")
    status, found = await ask(s, "Maria", "GET", f"/recordings/{s.first}/consultations")
    assert status == 200
    assert call["session"] in [each["session"] for each in found["consultations"]]
    assert (await ask(s, "Maria", "GET", call["url"]))[0] == 200
    assert (await ask(s, "Ito", "GET", call["url"]))[0] == 404, "the other one comes by the link"
    await come_in(s, "Ito", call["invitation"])
    assert (await ask(s, "Ito", "GET", call["url"]))[0] == 200


async def test_a_consultant_asks_the_teacher_into_a_room(s: Studio) -> None:
    call = await made(s, "Ito")
    for name in ("Maria", "Ito"):
        status, film = await ask(s, name, "GET", f"/sessions/{call['session']}/film")
        assert (status, film["take"]) == (200, s.first)
        assert film["use"] == ("own" if name == "Maria" else "consult")


async def test_the_link_seats_and_opens_nothing(s: Studio) -> None:
    """Mallory sits in the room, and learns nothing of the film until the teacher lets her."""
    call = await made(s, "Maria")
    path = f"/sessions/{call['session']}/film"
    assert (await ask(s, "Mallory", "GET", path))[0] == 404
    await come_in(s, "Mallory", call["invitation"])
    status, film = await ask(s, "Mallory", "GET", path)
    assert (status, film) == (200, {"take": "", "teacher": "Maria", "film": None, "cannot": []})
    play = {"act": "play", "position_ms": 0, "rate": 1, "version": 0}
    assert (await ask(s, "Mallory", "POST", path, play))[0] == 404
    assert (await ask(s, "Mallory", "GET", f"/recordings/{s.first}/data"))[0] == 404
    _, film = await ask(s, "Maria", "GET", path)
    [waits] = film["cannot"]
    assert waits["name"] == "Mallory"
    assert (await ask(s, "Mallory", "POST", f"{path}/watchers", {"seat": waits["seat"]}))[0] == 404, "nobody lets themselves in"
    assert (await ask(s, "Maria", "POST", f"{path}/watchers", {"seat": "nobody"}))[0] == 409
    assert (await ask(s, "Maria", "POST", f"{path}/watchers", {"seat": waits["seat"]}))[0] == 200
    _, film = await ask(s, "Mallory", "GET", path)
    assert (film["take"], film["use"], film["cannot"]) == (s.first, "watch", [])
    assert (await ask(s, "Mallory", "GET", f"/recordings/{s.first}/data"))[0] == 200


async def test_both_move_the_film_and_who_is_later_is_told_where_it_is(s: Studio) -> None:
    call = await made(s, "Ana")
    path = f"/sessions/{call['session']}/film"
    _, looked = await ask(s, "Maria", "GET", path)
    assert looked["film"]["version"] == 0
    status, played = await ask(s, "Maria", "POST", path, {"act": "play", "position_ms": 2_000, "rate": 1.5, "version": 0})
    assert (status, played["film"]["playing"], played["film"]["rate"]) == (200, True, 1.5)
    status, late = await ask(s, "Ana", "POST", path, {"act": "seek", "position_ms": 9_000, "version": 0})
    assert (status, late) == (409, played)
    status, moved = await ask(s, "Ana", "POST", path, {"act": "seek", "position_ms": 9_000, "version": played["film"]["version"]})
    assert status == 200
    assert (moved["film"]["position_ms"], moved["film"]["playing"]) == (9_000, True)
    assert moved["film"]["leader"] != played["film"]["leader"]
    assert (await ask(s, "Ana", "POST", path, {"act": "explode", "position_ms": 0, "version": 0}))[0] == 400
    for name in ("Ben", "Ito", "Mallory", None):
        assert (await ask(s, name, "GET", path))[0] == 404
        assert (await ask(s, name, "POST", path, {"act": "pause", "position_ms": 0, "version": moved["film"]["version"]}))[0] == 404


async def test_both_hear_of_it_at_once_and_nobody_else_does(s: Studio) -> None:
    call = await made(s, "Ana")
    path = f"/sessions/{call['session']}"
    async with s.client("Maria") as maria, maria.ws_connect(f"{path}/news") as line:
        _, played = await ask(s, "Ana", "POST", f"{path}/film", {"act": "play", "position_ms": 0, "version": 0})
        assert await line.receive_json(timeout=10) == {"name": "film", "value": played["film"]}
    for name in ("Ben", None):
        async with s.client(name) as client:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await client.ws_connect(f"{path}/news")
            assert refused.value.status == 404


async def test_who_sits_there_and_may_not_watch_hears_only_that_they_may_now(s: Studio) -> None:
    call = await made(s, "Maria")
    path = f"/sessions/{call['session']}"
    await come_in(s, "Ben", call["invitation"])
    async with s.client("Ben") as ben, ben.ws_connect(f"{path}/news") as line:
        _, played = await ask(s, "Maria", "POST", f"{path}/film", {"act": "play", "position_ms": 4_000, "version": 0})
        _, film = await ask(s, "Maria", "GET", f"{path}/film")
        seat = next(each["seat"] for each in film["cannot"] if each["name"] == "Ben")
        await ask(s, "Maria", "POST", f"{path}/film/watchers", {"seat": seat})
        assert await line.receive_json(timeout=10) == {"name": "watchers", "value": None}
        act = {"act": "seek", "position_ms": 5_000, "version": played["film"]["version"]}
        _, moved = await ask(s, "Maria", "POST", f"{path}/film", act)
        assert await line.receive_json(timeout=10) == {"name": "film", "value": moved["film"]}
        with s.database() as database:
            database.execute("update grants set ended_ms = 1 where person = ?", (s.people["Ben"].person,))


async def test_a_time_can_be_set_and_goes_into_a_calendar(s: Studio) -> None:
    starts_ms = time.time_ns() // 1_000_000 + 86_400_000
    call = await made(s, "Maria", {"person": s.people["Ana"].person, "starts_ms": starts_ms})
    status, file = await ask(s, "Ana", "GET", call["calendar"])
    assert status == 200
    assert "SUMMARY:Consultation: " in file
    assert (await ask(s, "Maria", "POST", f"/recordings/{s.first}/consultations", {"starts_ms": 1}))[0] == 400
    assert (await ask(s, "Maria", "POST", f"/recordings/{s.first}/consultations", {"person": s.people["Ben"].person}))[0] == 409
    assert (await ask(s, "Maria", "POST", f"/recordings/{s.first}/consultations", {"review": "another"}))[0] == 404


async def test_an_ordinary_session_has_no_film(s: Studio) -> None:
    assert (await ask(s, "Maria", "GET", f"/sessions/{s.session}/film"))[0] == 404
