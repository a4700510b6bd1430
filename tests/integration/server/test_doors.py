"""Start page, set-up and door as they are without JavaScript, in both languages."""

from __future__ import annotations

import re

import pytest

from tests.fakes.page import Page
from tests.fakes.product import Product

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_language_follows_the_browser_until_it_is_chosen(product: Product) -> None:
    async with Page(product.url) as ana:
        _, english = await ana.get("/")
        _, german = await ana.get("/", Accept_Language="de-CH, en;q=0.5")
        assert 'lang="en"' in english
        assert "Set up a session" in english
        assert 'lang="de"' in german
        assert "Treffen einrichten" in german
        assert "Set up a session" not in german
        assert await ana.post("/language", {"language": "de", "back": "/set-up?teachers=2&minutes=45"}) == 200
        _, chosen = await ana.get("/set-up?teachers=2&minutes=45", Accept_Language="en")
        assert "Format wählen" in chosen
        status, missing = await ana.get("/nowhere", Accept="text/html")
        assert status == 404
        assert "Dieser Link führt nirgendwohin" in missing


async def test_setting_up_asks_two_questions_and_then_offers_formats(product: Product) -> None:
    async with Page(product.url) as ana:
        _, questions = await ana.get("/set-up")
        assert "How many will teach?" in questions
        assert "How much time do you have?" in questions
        _, formats = await ana.get("/set-up?teachers=2&minutes=45")
        assert 'id="plan-twenty-minute-round"' in formats
        assert "practise-alone" not in formats
        _, short = await ana.get("/set-up?teachers=6&minutes=25")
        assert "longer than you have" in short
        _, broken = await ana.get("/set-up?teachers=nobody&minutes=45")
        assert "How many will teach?" in broken


async def test_a_session_with_a_time_has_a_calendar_file_and_one_without_has_none(product: Product) -> None:
    async with Page(product.url) as ana:
        form = {"plan": "twenty-minute-round", "teachers": "2", "minutes": "45", "title": "Lunch", "starts_ms": "1796000000000"}
        async with ana._client.post(f"{product.url}/sessions", data=form) as answer:
            text, lead = await answer.text(), str(answer.url)
        found = re.search(r"/i/[\w.-]+/session\.ics", text)
        assert found
        assert lead in text, "the own link stands there to be kept"
        status, file = await ana.get(found[0])
        assert status == 200
        assert "SUMMARY:Lunch" in file
        assert found[0].removesuffix("/session.ics") in file.replace("\r\n ", "")
        lead, invitation = await ana.make_session()
        assert (await ana.get(invitation.removeprefix(product.url) + "/session.ics"))[0] == 404


async def test_practising_alone_asks_for_no_teacher_and_invites_nobody(product: Product) -> None:
    async with Page(product.url) as ana:
        async with ana._client.post(f"{product.url}/practise") as answer:
            assert answer.status == 200
            text, door = await answer.text(), str(answer.url)
        assert "invitation-link" not in text
        assert "Will you teach?" not in text
        await ana.join(door, "Ana", teaches=True, recording="record")
        view = await ana.connect()
        assert view.alone
        assert view.you.leads


async def test_who_comes_back_finds_what_waits(product: Product) -> None:
    async with Page(product.url) as ana, Page(product.url) as stranger:
        lead, _ = await ana.make_session()
        await ana.join(lead, "Ana <b>")
        _, text = await ana.get("/")
        assert "Waiting for you, Ana &lt;b&gt;" in text
        assert f"/sessions/{ana.session}" in text
        assert "Waiting for you" not in (await stranger.get("/"))[1]


async def test_the_door_says_when_the_places_to_teach_are_taken(product: Product) -> None:
    async with Page(product.url) as ana, Page(product.url) as maria, Page(product.url) as ben:
        form = {"plan": "try-out", "teachers": "1", "minutes": "0"}
        async with ana._client.post(f"{product.url}/sessions", data=form) as answer:
            found = re.search(r"/i/[\w.-]+", await answer.text())
            assert found
        invitation = found[0]
        _, early = await ben.get(invitation)
        assert 'id="teaches-yes"' in early
        await maria.join(product.url + invitation, "Maria", teaches=True)
        assert 'id="teaches-yes"' in (await maria.get(invitation))[1], "she has hers"
        late = {"name": "Ben", "teaches": "yes", "recording": "record"}
        async with ben._client.post(product.url + invitation, data=late) as answer:
            told = await answer.text()
            assert answer.status == 400
        assert "have just been taken" in told
        assert 'id="teaches-yes"' not in told
        assert 'value="record" checked' not in told, "what he said of his own lesson is not said of his voice in others'"
        await ben.join(product.url + invitation, "Ben", recording="leave_out")
        view = await ben.connect()
        assert view.places_taken
        assert [person.teaches for person in view.people] == [0, None]


async def test_a_second_person_of_the_same_name_is_asked_and_can_tell_the_names_apart(product: Product) -> None:
    async with Page(product.url) as ana, Page(product.url) as phone:
        lead, invitation = await ana.make_session()
        await ana.join(lead, "Maria")
        async with phone._client.post(invitation, data={"name": " maria ", "teaches": "no"}) as answer:
            assert answer.status == 400
            text = await answer.text()
        assert "Are you Maria?" in text
        path = invitation.removeprefix(product.url)
        async with phone._client.post(f"{product.url}{path}/claims", data={"name": "maria"}, headers={"Accept": "text/html"}) as answer:
            assert "claim=" in str(answer.url)
            assert "We are asking" in await answer.text()
        assert await phone.post(path, {"name": "Maria K.", "teaches": "no"}) == 200


async def test_who_sits_beside_somebody_asks_to_use_their_microphone(product: Product) -> None:
    async with Page(product.url) as ana, Page(product.url) as ben:
        lead, invitation = await ana.make_session()
        await ana.join(lead, "Ana")
        seat = (await ana.connect()).you.seat
        _, door = await ben.get(invitation.removeprefix(product.url))
        assert f'value="{seat}"' in door
        assert await ben.post(invitation.removeprefix(product.url), {"name": "Ben", "teaches": "no", "same_room": seat}) == 200
        view = await ana.connect()
        ben_seat = next(person.seat for person in view.people if person.name == "Ben")
        assert view.sharing_asks == (ben_seat,)
