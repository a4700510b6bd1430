"""Who may watch: given, opened, stopped; in a running product, by the people of a real lesson."""

from __future__ import annotations

import asyncio
import urllib.parse
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.fakes.studio import Studio, studio

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ready(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    async with studio(tmp_path_factory.mktemp("watchers"), before=lambda copy: copy.new_person("Zoe")) as running:
        yield running


async def test_a_colleague_may_watch_until_it_is_stopped(ready: Studio) -> None:
    path = f"/recordings/{ready.second}"
    async with ready.client("Maria") as maria, ready.client("Ana") as ana, ready.client("Ben") as ben:
        assert await status(ana, path) == 404
        state = await ask(maria, "POST", f"{path}/permissions", person=ready.people["Ana"].person, until="week")
        assert [(each["name"], each["state"], each["opened_ms"]) for each in state["permissions"]] == [("Ana", "may", None)]
        assert [each["name"] for each in state["colleagues"]] == ["Ben"]
        assert state["link"] is None
        assert "Maria lets you watch" in await text(ana, "/")
        assert "Maria lets you watch" not in await text(ben, "/")
        assert await status(ana, path) == 200
        data = await ask(ana, "GET", f"{path}/data")
        assert data["you"]["teacher_name"] == "Maria"
        assert await status(ben, path) == 404
        for request in ("GET", "POST"):
            assert await status(ana, f"{path}/permissions", request) == 404, "only the teacher knows and decides who may watch"
        state = await ask(maria, "GET", f"{path}/permissions")
        assert state["permissions"][0]["opened_ms"] is not None
        assert [(each["name"], each["what"]) for each in state["openings"]] == [("Ana", "page")]
        async with ana.get(data["film"], headers={"Range": "bytes=0-99"}) as answer:
            assert (answer.status, len(await answer.read())) == (206, 100)
        state = await ask(maria, "DELETE", f"{path}/permissions/{state['permissions'][0]['grant']}")
        assert [each["state"] for each in state["permissions"]] == ["ended"]
        async with ana.get(data["film"], headers={"Range": "bytes=0-99"}) as answer:
            assert answer.status == 404
        assert await status(ana, f"{path}/data") == 404
        assert "Maria lets you watch" not in await text(ana, "/")


async def test_a_page_that_is_open_is_told(ready: Studio) -> None:
    path = f"/recordings/{ready.first}"
    async with ready.client("Maria") as maria, ready.client("Ana") as ana:
        given = await ask(maria, "POST", f"{path}/permissions", person=ready.people["Ana"].person)
        async with ana.ws_connect(f"{path}/news") as line, asyncio.timeout(5):
            await ask(maria, "DELETE", f"{path}/permissions/{given['permissions'][0]['grant']}")
            assert (await line.receive_json()) == {"name": "gone", "value": "ended"}
            assert (await line.receive()).type is aiohttp.WSMsgType.CLOSE


async def test_a_link_is_for_whoever_opens_it_first(ready: Studio) -> None:
    path = f"/recordings/{ready.first}"
    async with ready.client("Maria") as maria, ready.client(None) as ito, ready.client("Zoe") as zoe:
        made = await ask(maria, "POST", f"{path}/permissions", name="  Dr   Ito ", until="month")
        assert made["link"]["name"] == "Dr Ito"
        assert made["link"]["qr"].startswith("<svg")
        link = urllib.parse.urlsplit(made["link"]["address"]).path
        assert made["permissions"][0]["state"] == "waits"
        assert made["link"]["address"] not in str(await ask(maria, "GET", f"{path}/permissions")), "it is shown once"
        for client in (ito, zoe):
            page = await text(client, link)
            assert "Maria lets you watch a recording" in page, "looking takes nothing: mail programs look too"
        assert "This link is for Dr Ito" in await text(maria, link)
        async with maria.post(link) as answer:
            assert answer.status == 200, "the teacher does not use it up"
        async with ito.post(link, data={"name": "Keiko Ito"}, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, path)
        assert await status(ito, path) == 200
        async with ito.get(link, allow_redirects=False) as answer:
            assert answer.headers["Location"] == path, "it goes on leading there"
        assert "This link has been used" in await text(zoe, link)
        async with zoe.post(link) as answer:
            assert answer.status == 403
        assert await status(zoe, path) == 404
        state = (await ask(maria, "GET", f"{path}/permissions"))["permissions"][0]
        assert (state["name"], state["called"], state["state"], state["opened_ms"] is None) == ("Dr Ito", "Keiko Ito", "may", False)
        await ask(maria, "DELETE", f"{path}/permissions/{state['grant']}")
        assert "This link is over" in await text(ito, link)
        assert await status(ito, path) == 404


async def test_whoever_needs_it_no_longer_gives_it_up(ready: Studio) -> None:
    ready.allow("Zoe")
    path = f"/recordings/{ready.first}"
    async with ready.client("Maria") as maria, ready.client("Zoe") as zoe:
        assert await status(zoe, path) == 200
        async with zoe.post(f"{path}/leave", allow_redirects=False) as answer:
            assert answer.status == 303
        assert await status(zoe, path) == 404
        assert await status(maria, f"{path}/leave", "POST") == 404, "her own is hers"
        assert (await ask(maria, "GET", f"{path}/permissions"))["permissions"][0]["state"] == "ended"


async def test_whoever_may_watch_twice_is_told_once_and_gives_it_up_once(ready: Studio) -> None:
    path = f"/recordings/{ready.first}"
    ready.new_person("Uma")
    ready.allow("Uma")
    async with ready.client("Maria") as maria, ready.client("Uma") as uma:
        made = await ask(maria, "POST", f"{path}/permissions", name="Uma")
        async with uma.post(urllib.parse.urlsplit(made["link"]["address"]).path) as answer:
            assert answer.status == 200
        assert (await text(uma, "/")).count(path) == 1
        async with uma.post(f"{path}/leave", allow_redirects=False) as answer:
            assert answer.status == 303
        assert await status(uma, path) == 404


async def test_who_becomes_a_consultant_is_not_told_that_sharing_was_stopped(ready: Studio) -> None:
    path = f"/recordings/{ready.first}"
    ready.new_person("Kim")
    ready.allow("Kim")
    async with ready.client("Kim") as kim, kim.ws_connect(f"{path}/news") as line, asyncio.timeout(15):
        ready.allow("Kim", use="consult")
        assert (await line.receive_json()) == {"name": "gone", "value": "changed"}
        assert await status(kim, path) == 200


@pytest.mark.parametrize("wanted", [{}, {"name": " "}, {"name": "!"}, {"person": "nobody"}, {"name": "A", "until": "ever"}, {"name": 5}])
async def test_what_makes_no_sense_is_refused_in_words(ready: Studio, wanted: dict[str, object]) -> None:
    async with ready.client("Maria") as maria, maria.post(f"/recordings/{ready.first}/permissions", json=wanted, headers=JSON) as answer:
        assert answer.status in (400, 409)
        assert " " in (await answer.json())["message"]


async def test_with_the_recording_every_permission_goes_and_what_others_wrote_stays(ready: Studio) -> None:
    s = ready
    async with s.client("Maria") as maria, s.client("Ana") as ana:
        path, grant = f"/recordings/{s.first}", s.allow("Ana")
        reviewed = s.allow("Ben", use="consult")
        s.insert("reviews", review="r", take=s.first, grant=reviewed, teacher=s.people["Maria"].person, **REVIEW)
        s.insert("notes", note="n", session=s.session, take=s.first, author=s.people["Ana"].person, **NOTE)
        made = await ask(maria, "POST", f"{path}/permissions", name="Dr Ito")
        async with ana.ws_connect(f"{path}/news") as line, asyncio.timeout(5):
            async with maria.post(f"{path}/delete", allow_redirects=False) as answer:
                assert answer.status == 303
            assert (await line.receive_json()) == {"name": "gone", "value": "deleted"}
        with s.database() as database:
            left = database.execute("select count(*) from grants where take = ? and ended_ms is null", (s.first,)).fetchone()
            assert left == (0,), grant
            assert database.execute("select ended_ms is null from reviews").fetchall() == [(0,)]
            assert database.execute("select text from notes").fetchall() == [(NOTE["text"],)]
        assert await status(ana, path) == 404
        assert "This link is over" in await text(ana, urllib.parse.urlsplit(made["link"]["address"]).path)


JSON = {"Accept": "application/json"}
NOTE: dict[str, Any] = {"kind": "note", "text": "Ana’s own words", "version": 1, "created_ms": 1, "changed_ms": 1}
REVIEW: dict[str, Any] = {"questions": "[]", "about": "{}", "include_notes": 0, "include_own": 0, "include_talk": 0, "address": ""}
REVIEW |= {"due_ms": 1, "asked_ms": 1, "changed_ms": 1}


async def ask(client: aiohttp.ClientSession, method: str, path: str, **body: object) -> Any:
    async with client.request(method, path, json=body or None, headers=JSON) as answer:
        assert answer.status in (200, 201), await answer.text()
        return await answer.json()


async def status(client: aiohttp.ClientSession, path: str, method: str = "GET") -> int:
    async with client.request(method, path, headers=JSON) as answer:
        return answer.status


async def text(client: aiohttp.ClientSession, path: str) -> str:
    async with client.get(path, headers={"Accept": "text/html"}) as answer:
        return await answer.text()
