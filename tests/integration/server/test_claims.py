"""A person on a second device: asked for, answered by those who may, and limited to what comes after."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from server.wire.messages import Accepted, Error
from tests.fakes.page import Page
from tests.fakes.product import Product

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def claim(page: Page, link: str, name: str) -> dict[str, Any]:
    async with page._client.post(f"{link}/claims", data={"name": name}, headers={"Accept": "application/json"}) as answer:
        found: dict[str, Any] = await answer.json()
        return found | {"status": answer.status}


async def look(page: Page, link: str, made: dict[str, Any]) -> dict[str, Any]:
    async with page._client.get(f"{link}/claims/{made['claim']}") as answer:
        assert answer.status == 200
        found: dict[str, Any] = await answer.json()
        return found


async def test_a_yes_makes_the_new_device_the_person_in_this_session_only(product: Product) -> None:
    async with Page(product.url) as ana, Page(product.url) as maria, Page(product.url) as phone:
        lead, invitation = await ana.make_session()
        other_lead, other_invitation = await ana.make_session()
        await ana.join(other_lead, "Ana")
        await maria.join(other_invitation, "Maria", teaches=True)
        elsewhere = maria.session
        await ana.join(lead, "Ana")
        await maria.join(invitation, "Maria", teaches=True)
        await ana.connect()
        await maria.connect()
        made = await claim(phone, invitation, " MARIA ")
        assert (made["status"], made["state"]) == (201, "waiting")
        assert await look(phone, invitation, made) == {"state": "waiting", "url": None}
        assert await look(ana, invitation, made) == {"state": "gone", "url": None}, "whoever answers cannot collect"
        shown = await maria.until_seen(lambda view: bool(view.claims) and all(person.here for person in view.people))
        assert shown.claims[0].claim == made["claim"]
        answer = await ana.ask(type="answer_claim", claim=made["claim"], yes=True)
        assert isinstance(answer, Error), "Maria is here and answers herself"
        assert answer.code == "not_allowed"
        assert isinstance(await maria.ask(type="answer_claim", claim=made["claim"], yes=True), Accepted)
        assert await look(phone, invitation, made) == {"state": "yes", "url": f"/sessions/{maria.session}"}
        assert (await look(phone, invitation, made))["state"] == "gone"
        assert (await phone.connect(maria.session)).you.seat == shown.you.seat
        assert await maria.until_closed() == 4001
        assert (await phone.get(f"/sessions/{elsewhere}"))[0] == 404


async def test_a_no_is_a_no_and_others_are_not_asked(product: Product) -> None:
    async with Page(product.url) as ana, Page(product.url) as ben, Page(product.url) as phone:
        lead, invitation = await ana.make_session()
        await ana.join(lead, "Ana")
        await ben.join(invitation, "Ben")
        await ana.connect()
        await ben.connect()
        made = await claim(phone, invitation, "Ana")
        await ana.until_seen(lambda view: bool(view.claims))
        assert (await ben.connect()).claims == ()
        answer = await ben.ask(type="answer_claim", claim=made["claim"], yes=True)
        assert isinstance(answer, Error)
        assert answer.code == "not_allowed"
        assert isinstance(await ana.ask(type="answer_claim", claim=made["claim"], yes=False), Accepted)
        assert (await look(phone, invitation, made))["state"] == "no"
        assert (await phone.get(f"/sessions/{ana.session}"))[0] == 404


async def test_who_leads_answers_for_somebody_who_is_away(product: Product) -> None:
    async with Page(product.url) as ana, Page(product.url) as maria, Page(product.url) as phone:
        lead, invitation = await ana.make_session()
        await ana.join(lead, "Ana")
        await maria.join(invitation, "Maria")
        seat = (await maria.connect()).you.seat
        await ana.connect()
        made = await claim(phone, invitation, "Maria")
        await maria.disconnect()
        await ana.until_seen(lambda view: bool(view.claims))
        assert isinstance(await ana.ask(type="answer_claim", claim=made["claim"], yes=True), Accepted)
        assert (await look(phone, invitation, made))["state"] == "yes"
        assert (await phone.connect(maria.session)).you.seat == seat


async def test_a_new_device_decides_about_no_older_recording(product: Product) -> None:
    async with Page(product.url) as ana, Page(product.url) as maria, Page(product.url) as phone:
        lead, invitation = await ana.make_session()
        await ana.join(lead, "Ana")
        await maria.join(invitation, "Maria", teaches=True, recording="record")
        view = await ana.connect()
        await maria.connect()
        await ana.ask(type="advance", decision=view.phase.decision)
        view = await maria.until_seen(lambda view: "start_lesson" in view.you.may)
        await maria.ask(type="start_lesson", decision=view.phase.decision)
        await maria.until_seen(lambda view: view.phase.status == "running")
        await maria.ask(type="choose_recording", choice="leave_out")
        view = await maria.until_seen(lambda view: view.recording.stopped)
        await maria.ask(type="advance", decision=view.phase.decision)
        take = (await maria.until_seen(lambda view: any(take.asks for take in view.takes))).takes[0].take
        made = await claim(phone, invitation, "Maria")
        await maria.ask(type="answer_claim", claim=made["claim"], yes=True)
        assert (await look(phone, invitation, made))["state"] == "yes"
        assert (await phone.connect(maria.session)).takes[0].asks
        answer = await phone.ask(type="decide_take", take=take, keep=False)
        assert isinstance(answer, Error)
        assert answer.code == "not_allowed"
        await maria.connect()
        assert isinstance(await maria.ask(type="decide_take", take=take, keep=True), Accepted)


async def test_a_flood_of_claims_is_stopped_in_words(product: Product) -> None:
    async with Page(product.url) as ana, Page(product.url) as phone:
        lead, invitation = await ana.make_session()
        await ana.join(lead, "Ana")
        await ana.connect()
        answers = await asyncio.gather(*(claim(phone, invitation, "Ana") for _ in range(20)))
        assert sorted({answer["status"] for answer in answers}) == [201, 429]
        assert {answer.get("code") for answer in answers if answer["status"] == 429} == {"too_many_claims"}
        view = await ana.until_seen(lambda view: len(view.claims) == 3)
        assert len(view.claims) == 3
        assert (await claim(phone, invitation, "Nobody"))["code"] == "no_such_seat"
        assert (await claim(phone, invitation[:-1] + "x", "Ana"))["status"] == 404


async def test_the_next_time_is_a_calendar_file_for_those_with_a_seat(product: Product) -> None:
    async with Page(product.url) as ana, Page(product.url) as stranger:
        lead, _ = await ana.make_session()
        await ana.join(lead, "Ana", teaches=True)
        await ana.connect()
        for name in ("next.ics", "session.ics"):
            assert (await ana.get(f"/sessions/{ana.session}/{name}"))[0] == 404, "no time was set"
        for _ in range(12):
            view = await ana.connect()
            if view.phase.part in ("closing", "ended"):
                break
            if "start_lesson" in view.you.may:
                await ana.ask(type="start_lesson", decision=view.phase.decision)
                view = await ana.until_seen(lambda view: view.phase.status == "running")
            await ana.ask(type="advance", decision=view.phase.decision)
        starts_ms = view.now_ms + 7 * 86_400_000
        answer = await ana.ask(type="plan_next", starts_ms=starts_ms, minutes=60, teachers=[view.you.seat])
        assert isinstance(answer, Accepted), answer
        async with ana._client.get(f"{ana.url}/sessions/{ana.session}/next.ics") as file:
            assert file.status == 200
            assert file.content_type == "text/calendar"
            text = await file.text()
        assert f"URL:{ana.url}/sessions/{ana.session}" in text.replace("\r\n ", "")
        assert (await stranger.get(f"/sessions/{ana.session}/next.ics"))[0] == 404


async def test_a_device_for_one_session_renames_nobody(product: Product) -> None:
    async with Page(product.url) as ana, Page(product.url) as maria, Page(product.url) as phone:
        lead, invitation = await ana.make_session()
        await ana.join(lead, "Ana")
        await maria.join(invitation, "Maria", teaches=True)
        await maria.connect()
        made = await claim(phone, invitation, "Maria")
        await maria.ask(type="answer_claim", claim=made["claim"], yes=True)
        assert (await look(phone, invitation, made))["state"] == "yes"
        path = invitation.removeprefix(product.url)
        assert await phone.post(path, {"name": "Mallory", "who": "same", "teaches": "yes"}) == 200
        assert {person.name for person in (await ana.connect()).people} == {"Ana", "Maria"}
        assert "Mallory" not in (await maria.get("/"))[1]
