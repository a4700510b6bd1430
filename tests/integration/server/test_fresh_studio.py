"""fresh"""

from __future__ import annotations

import asyncio
import time
import urllib.parse
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.fakes.studio import Studio, studio

HTML = {"Accept": "text/html"}
JSON = {"Accept": "application/json"}
DAY = 86_400_000
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ready(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    async with studio(tmp_path_factory.mktemp("fresh"), before=lambda copy: [copy.new_person(n) for n in ("Zoe", "Lea", "Kim", "Uma", "Ida")]) as running:
        yield running


async def ask(client: aiohttp.ClientSession, method: str, path: str, body: object = None) -> Any:
    async with client.request(method, path, json=body, headers=JSON) as answer:
        assert answer.status in (200, 201), (answer.status, await answer.text())
        return await answer.json()


async def text(client: aiohttp.ClientSession, path: str) -> str:
    async with client.get(path) as answer:
        return await answer.text()


async def test_a_question_to_a_colleague_waits_on_their_start_page_and_goes_with_the_permission(ready: Studio) -> None:
    path = f"/recordings/{ready.first}"
    async with ready.client("Maria") as maria, ready.client("Ben") as ben:
        given = await ask(maria, "POST", f"{path}/permissions", {"person": ready.people["Ben"].person})
        grant = given["permissions"][0]["grant"]
        question = {"kind": "question", "text": "What do you think?", "at_ms": 1000, "version": 0, "addressee": ready.people["Ben"].person}
        await ask(maria, "PUT", f"{path}/notes/{'q' * 20}", question)
        assert f"note-{'q' * 20}" in await text(ben, "/")
        await ask(maria, "DELETE", f"{path}/permissions/{grant}")
        assert f"note-{'q' * 20}" not in await text(ben, "/")


async def test_an_answer_that_was_emptied_is_private_again(ready: Studio) -> None:
    path = f"/recordings/{ready.first}"
    ready.allow("Zoe")
    async with ready.client("Maria") as maria, ready.client("Zoe") as zoe:
        await ask(maria, "PUT", f"{path}/own-view/worked", {"text": "first words"})
        await ask(maria, "POST", f"{path}/own-view/share", {"shared": True})
        assert "first words" in await text(zoe, f"{path}/own-view")
        await ask(maria, "PUT", f"{path}/own-view/worked", {"text": ""})
        own = await ask(maria, "GET", f"{path}/own-view")
        assert not any(each["shared"] for each in own["questions"])
        await ask(maria, "PUT", f"{path}/own-view/worked", {"text": "only mine"})
        assert "only mine" not in await text(zoe, f"{path}/own-view")


async def test_what_a_consultant_has_written_stays_when_they_are_asked_again(ready: Studio) -> None:
    path = f"/recordings/{ready.first}"
    due = int(time.time() * 1000) + 7 * DAY
    async with ready.client("Maria") as maria, ready.client("Lea") as lea:
        body = await ask(maria, "POST", f"{path}/reviews", {"due_ms": due, "name": "Lea"})
        asked = next(each for each in body["reviews"] if each["review"] == body["review"])
        async with lea.post(urllib.parse.urlsplit(asked["link"]).path, data={"name": "Lea"}, headers=HTML) as answer:
            assert answer.status == 200
        await ask(lea, "PUT", f"{path}/review/summary", {"version": 0, "worked": "an hour of work", "suggestions": []})
        again = {"due_ms": due + DAY, "person": ready.people["Lea"].person, "instead": asked["review"]}
        await ask(maria, "POST", f"{path}/reviews", again)
        assert (await ask(lea, "GET", f"{path}/review"))["summary"]["worked"] == "an hour of work"


async def test_a_page_of_somebody_who_becomes_consultant_is_not_told_that_sharing_was_stopped(ready: Studio) -> None:
    path = f"/recordings/{ready.first}"
    due = int(time.time() * 1000) + 7 * DAY
    ready.allow("Kim")
    async with ready.client("Maria") as maria, ready.client("Kim") as kim:
        async with kim.ws_connect(f"{path}/news") as line, asyncio.timeout(8):
            body = await ask(maria, "POST", f"{path}/reviews", {"due_ms": due, "name": "Kim"})
            asked = next(each for each in body["reviews"] if each["review"] == body["review"])
            async with kim.post(urllib.parse.urlsplit(asked["link"]).path, headers=HTML) as answer:
                assert answer.status == 200
            news = await line.receive_json()
            while news["name"] != "gone":
                news = await line.receive_json()
            assert news["value"] == "changed"


async def test_who_may_watch_twice_is_told_once_and_gives_it_up_once(ready: Studio) -> None:
    path = f"/recordings/{ready.first}"
    ready.allow("Uma")
    async with ready.client("Maria") as maria, ready.client("Uma") as uma:
        made = await ask(maria, "POST", f"{path}/permissions", {"name": "Uma"})
        async with uma.post(urllib.parse.urlsplit(made["link"]["address"]).path) as answer:
            assert answer.status == 200
        assert (await text(uma, "/")).count(path) == 1
        async with uma.post(f"{path}/leave", allow_redirects=False) as answer:
            assert answer.status == 303
        async with uma.get(path) as answer:
            assert answer.status == 404


async def test_the_list_of_a_consultant_leads_nowhere_that_is_closed(ready: Studio) -> None:
    path = f"/recordings/{ready.second}"
    due = int(time.time() * 1000) + 7 * DAY
    async with ready.client("Maria") as maria, ready.client("Ida") as ida:
        body = await ask(maria, "POST", f"{path}/reviews", {"due_ms": due, "name": "Ida"})
        asked = next(each for each in body["reviews"] if each["review"] == body["review"])
        async with ida.post(urllib.parse.urlsplit(asked["link"]).path, headers=HTML) as answer:
            assert answer.status == 200
        await ask(ida, "POST", f"{path}/review/send")
        assert path in await text(ida, "/reviews")
        state = await ask(maria, "GET", f"{path}/permissions")
        grant = next(each["grant"] for each in state["permissions"] if each["name"] == "Ida")
        await ask(maria, "DELETE", f"{path}/permissions/{grant}")
        assert path not in await text(ida, "/reviews")


async def test_who_sits_in_the_room_and_may_not_watch_hears_nothing_of_the_film(ready: Studio) -> None:
    async with ready.client("Maria") as maria, ready.client("Ben") as ben:
        call = await ask(maria, "POST", f"/recordings/{ready.second}/consultations", {})
        async with ben.post(call["invitation"], data={"name": "Ben", "teaches": "no"}, allow_redirects=False) as answer:
            assert answer.status == 303
        path = f"/sessions/{call['session']}"
        async with ben.ws_connect(f"{path}/news") as line, maria.ws_connect(f"{path}/news") as own, asyncio.timeout(15):
            await ask(maria, "POST", f"{path}/film", {"act": "play", "position_ms": 4_000, "version": 0})
            assert (await own.receive_json())["name"] == "film"
            (waits,) = (await ask(maria, "GET", f"{path}/film"))["cannot"]
            await ask(maria, "POST", f"{path}/film/watchers", {"seat": waits["seat"]})
            assert await line.receive_json() == {"name": "watchers", "value": None}
            moved = await ask(maria, "POST", f"{path}/film", {"act": "seek", "position_ms": 5_000, "version": 1})
            assert await line.receive_json() == {"name": "film", "value": moved["film"]}
