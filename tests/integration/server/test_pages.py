"""Pages and links of a running server, asked for by people who may and people who may not."""

from __future__ import annotations

import asyncio
import re

import pytest

from server.wire.messages import Accepted
from tests.fakes.page import Page
from tests.fakes.product import Product

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_forged_link_reads_as_no_link(product: Product) -> None:
    async with Page(product.url) as ana, Page(product.url) as stranger:
        lead, invitation = await ana.make_session()
        tokens = [link.rpartition("/")[2] for link in (lead, invitation)]
        session = tokens[0].partition(".")[0]
        forged = [
            f"/f/{tokens[1]}",
            f"/i/{tokens[0]}",
            f"/i/{tokens[1][:-1]}",
            f"/i/{tokens[1]}x",
            f"/i/{session}",
            f"/i/{session}.",
            f"/i/other.{tokens[1].partition('.')[2]}",
            "/i/é.é",
            "/i/" + "a" * 300,
            "/f/..%2f..%2fetc",
        ]
        answers = {path: await stranger.get(path) for path in forged}
        assert {status for status, _ in answers.values()} == {404}
        assert len({body for _, body in answers.values()}) == 1
        for path in forged[:3]:
            assert await stranger.post(path, {"name": "Mallory"}) == 404


async def test_what_is_not_there_and_what_is_not_ones_own_look_alike(product: Product) -> None:
    async with Page(product.url) as ana, Page(product.url) as stranger:
        lead, _ = await ana.make_session()
        await ana.join(lead, "Ana")
        there = await stranger.get(f"/sessions/{ana.session}")
        nowhere = await stranger.get("/sessions/nowhere")
        assert there == nowhere
        assert there[0] == 404


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}])
async def test_another_site_makes_and_joins_nothing(product: Product, headers: dict[str, str]) -> None:
    async with Page(product.url) as ana:
        _, invitation = await ana.make_session()
        assert await ana.post("/sessions", {"plan": "try-out"}, **headers) == 403
        assert await ana.post(invitation.removeprefix(product.url), {"name": "Ana"}, **headers) == 403


async def test_somebody_without_a_name_is_asked_for_it_and_loses_nothing_else(product: Product) -> None:
    async with Page(product.url) as ana:
        _, invitation = await ana.make_session()
        async with ana._client.post(invitation, data={"name": " \u200b", "teaches": "yes", "recording": "record"}) as answer:
            assert answer.status == 400
            text = await answer.text()
        assert "Please write your name" in text


async def test_coming_in_four_times_at_once_is_coming_in_once(product: Product) -> None:
    async with Page(product.url) as ana, Page(product.url) as ben:
        lead, invitation = await ana.make_session()
        await ana.join(lead, "Ana")
        await ana.connect()
        await ben.join((await ben.make_session())[0], "Ben")
        path = invitation.removeprefix(product.url)
        answers = await asyncio.gather(*(ben.post(path, {"name": "Ben", "teaches": "no"}) for _ in range(4)))
        assert answers == [200] * 4
        view = await ana.connect()
        assert [person.name for person in view.people] == ["Ana", "Ben"]
        assert isinstance(await ana.ask(type="choose_recording", choice="record"), Accepted), "nobody was thrown out"


async def test_somebody_else_on_the_same_device_does_not_become_the_first_person(product: Product) -> None:
    async with Page(product.url) as ana, Page(product.url) as shared:
        lead, invitation = await ana.make_session()
        await ana.join(lead, "Ana")
        await shared.join(invitation, "Maria", teaches=True)
        form = {"name": "Ben", "teaches": "no"}
        async with shared._client.post(invitation, data=form) as answer:
            assert answer.status == 400
            assert "Are you Maria" in await answer.text()
        assert await shared.post(invitation.removeprefix(product.url), form | {"who": "other"}) == 200
        view = await ana.connect()
        assert [(person.name, person.teaches) for person in view.people] == [("Ana", None), ("Maria", 0), ("Ben", None)]
        assert await shared.post(invitation.removeprefix(product.url), {"name": "Benjamin", "teaches": "no", "who": "same"}) == 200
        view = await ana.connect()
        assert [person.name for person in view.people] == ["Ana", "Maria", "Benjamin"]


async def test_a_language_that_is_chosen_in_the_room_leads_back_to_it(product: Product) -> None:
    async with Page(product.url) as ana:
        lead, _ = await ana.make_session()
        await ana.join(lead, "Ana")
        path = f"/sessions/{ana.session}"
        _, english = await ana.get(path)
        assert f'name="back" value="{path}"' in english
        form = {"language": "de", "back": path}
        async with ana._client.post(f"{product.url}/language", data=form) as answer:
            assert answer.url.path == path
            assert '<html lang="de">' in await answer.text()


async def test_an_unknown_format_is_refused_in_words(product: Product) -> None:
    async with Page(product.url) as ana:
        assert await ana.post("/sessions", {"plan": "../secret"}) == 400


async def test_every_format_has_a_page_and_others_have_none(product: Product) -> None:
    async with Page(product.url) as ana:
        status, text = await ana.get("/formats")
        assert status == 200
        formats = set(re.findall(r'href="/formats/([\w-]+)"', text))
        assert {"twenty-minute-round", "teach-again", "practise-alone"} <= formats
        assert {(await ana.get(f"/formats/{plan}"))[0] for plan in formats} == {200}
        assert (await ana.get("/formats/nothing"))[0] == 404


async def test_a_format_that_was_chosen_on_its_page_is_chosen_at_set_up(product: Product) -> None:
    async with Page(product.url) as ana:
        _, questions = await ana.get("/set-up?plan=tuning")
        assert '<input type="hidden" name="plan" value="tuning">' in questions
        _, formats = await ana.get("/set-up?plan=tuning&teachers=1&minutes=90")
        assert re.findall(r'id="plan-([\w-]+)" value="\S+" required checked', formats) == ["tuning"]
        assert 'href="/formats/tuning?teachers=1&amp;minutes=90"' in formats
        _, ordinary = await ana.get("/set-up?teachers=1&minutes=90")
        assert re.findall(r'id="plan-([\w-]+)" value="\S+" required checked', ordinary) == ["twenty-minute-round"]
        assert 'id="plan-consultation"' in ordinary
        assert 'id="plan-consultation"' not in (await ana.get("/set-up?teachers=2&minutes=90"))[1], "two people, one lesson"


@pytest.mark.parametrize("plan", ["practise-alone", "nothing", ""])
async def test_simulated_colleagues_come_to_no_format_without_colleagues(product: Product, plan: str) -> None:
    async with Page(product.url) as ana:
        assert await ana.post("/try", {"plan": plan}) == 404


async def test_any_shared_format_can_be_tried(product: Product) -> None:
    async with Page(product.url) as ana, ana._client.post(f"{product.url}/try", data={"plan": "two-plus-two"}) as answer:
        assert answer.status == 200
        assert "Two plus two" in await answer.text()


async def test_nobody_is_asked_about_a_recording_where_there_is_none(product: Product) -> None:
    async with Page(product.url) as ana:
        _, invitation = await ana.make_session("tuning")
        _, text = await ana.get(invitation.removeprefix(product.url))
        assert "Nothing is recorded in this format." in text
        assert 'name="recording"' not in text
        _, invitation = await ana.make_session("teach-again")
        _, text = await ana.get(invitation.removeprefix(product.url))
        assert 'name="recording"' in text
        assert "6-minute" in text
        assert "That holds for the first and the second try." in text


async def test_every_answer_carries_the_protective_headers(product: Product) -> None:
    async with Page(product.url) as ana:
        for path in ("/", "/static/css/tokens.css", "/nothing", "/sessions/x"):
            async with ana._client.get(product.url + path) as answer:
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'self'" in policy
                assert "unsafe" not in policy
                assert "frame-ancestors 'none'" in policy
                assert "object-src 'none'; base-uri 'none'" in policy
                assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
                assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Referrer-Policy"] == "same-origin"
        async with ana._client.post(f"{product.url}/sessions", data={"plan": "try-out"}, allow_redirects=False) as answer:
            assert answer.status == 303
            assert answer.headers["Cache-Control"] == "no-store"
            assert "Content-Security-Policy" in answer.headers
            assert "Python" not in answer.headers["Server"]


@pytest.mark.parametrize("name", ["../templates/base.html", "..%2f..%2fpyproject.toml", "%2e%2e/x", "css", "css/", "nothing.js"])
async def test_static_files_are_exactly_those_that_are_shipped(product: Product, name: str) -> None:
    async with Page(product.url) as ana:
        assert (await ana.get(f"/static/{name}"))[0] == 404
