"""What people do in a running session beside moving it on: over real sockets, with the real protocol."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from server.signaling.dispatch import CHAT_LINES_AT_ONCE, COMMANDS_AT_ONCE
from server.wire.messages import Accepted, Error
from server.wire.view import View
from tests.fakes.page import Page
from tests.fakes.product import Product

pytestmark = pytest.mark.asyncio(loop_scope="module")


@contextlib.asynccontextmanager
async def group(product: Product) -> AsyncIterator[tuple[Page, Page, Page]]:
    """Ana leads, Maria teaches, Ben is a colleague; all three are here."""
    async with Page(product.url) as ana, Page(product.url) as maria, Page(product.url) as ben:
        lead, invitation = await ana.make_session()
        await ana.join(lead, "Ana")
        await maria.join(invitation, "Maria", teaches=True)
        await ben.join(invitation, "Ben")
        for page in (ana, maria, ben):
            await page.connect()
        for page in (ana, maria, ben):
            await page.until_seen(lambda view: len(view.people) == 3 and all(person.here for person in view.people))
        yield ana, maria, ben


def seat(page: Page) -> str:
    assert page.view
    return page.view.you.seat


def person(view: View, seat: str) -> Any:
    return next(person for person in view.people if person.seat == seat)


async def accepted(page: Page, /, **message: Any) -> None:
    answer = await page.ask(**message)
    assert isinstance(answer, Accepted), answer


async def refused(page: Page, /, **message: Any) -> str:
    answer = await page.ask(**message)
    assert isinstance(answer, Error), message
    assert answer.message
    return answer.code


async def test_a_page_that_goes_is_seen_to_go_and_to_come_back(product: Product) -> None:
    async with group(product) as (ana, _, ben):
        await ben.disconnect()
        await ana.until_seen(lambda view: not person(view, seat(ben)).here)
        await ben.connect()
        await ana.until_seen(lambda view: person(view, seat(ben)).here)


async def test_a_second_window_never_makes_its_person_look_away(product: Product) -> None:
    async with group(product) as (ana, _, ben):
        for _ in range(3):
            await ben.connect()
        await accepted(ben, type="choose_recording", choice="record")
        await accepted(ana, type="choose_recording", choice="record")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await ana.until_seen(lambda view: not person(view, seat(ben)).here)
                pytest.fail("flickered")


async def test_a_line_of_chat_reaches_everybody_once(product: Product) -> None:
    async with group(product) as (ana, maria, ben):
        for _ in range(2):
            await accepted(ben, type="chat", message="m1", text="I cannot see the board")
        assert await refused(ana, type="chat", message="m1", text="something else") == "not_allowed"
        for page in (ana, maria, ben):
            view = await page.until_seen(lambda view: bool(view.chat))
            assert [(line.text, line.seat) for line in view.chat] == [("I cannot see the board", seat(ben))]


async def test_a_private_line_is_for_two_people(product: Product) -> None:
    async with group(product) as (ana, maria, ben):
        await accepted(ben, type="chat", message="m1", text="I have to leave at three", to=seat(ana))
        assert (await ana.until_seen(lambda view: bool(view.chat))).chat[0].to == seat(ana)
        await accepted(maria, type="choose_recording", choice="record")
        assert (await maria.connect()).chat == ()
        assert await refused(ben, type="chat", message="m2", text="psst", to=seat(maria)) == "not_allowed"


async def test_a_flood_of_chat_is_stopped_in_words(product: Product) -> None:
    async with group(product) as (_, __, ben):
        for number in range(CHAT_LINES_AT_ONCE):
            await accepted(ben, type="chat", message=f"m{number}", text="spam")
        assert await refused(ben, type="chat", message="more", text="spam") == "too_fast"
        await accepted(ben, type="choose_recording", choice="record")


async def test_a_flood_of_commands_is_stopped_in_words_but_never_what_somebody_writes(product: Product) -> None:
    async with group(product) as (_, maria, __):
        for number in range(COMMANDS_AT_ONCE - 5):
            await accepted(maria, type="choose_recording", choice=("record", "leave_out")[number % 2])
        answers = [await maria.ask(type="choose_recording", choice="record") for _ in range(30)]
        assert {answer.code for answer in answers if isinstance(answer, Error)} == {"too_fast"}
        await accepted(maria, type="write", form="lesson-card", round=0, field="goal", text="To divide")


async def test_a_hand_goes_up_and_is_seen(product: Product) -> None:
    async with group(product) as (ana, maria, ben):
        await accepted(ana, type="advance", decision=0)
        await maria.until("lesson")
        await accepted(ben, type="raise_hand", raised=True)
        await maria.until_seen(lambda view: person(view, seat(ben)).hand_ms is not None)
        await accepted(maria, type="lower_hand", seat=seat(ben))
        await ana.until_seen(lambda view: person(view, seat(ben)).hand_ms is None)


async def test_the_lesson_is_counted_in_held_and_goes_on(product: Product) -> None:
    async with group(product) as (ana, maria, ben):
        await accepted(ana, type="advance", decision=0)
        view = await maria.until("lesson")
        await accepted(maria, type="start_lesson", decision=view.phase.decision)
        await ben.until_seen(lambda view: view.phase.starts_ms is not None)
        view = await ana.until_seen(lambda view: view.phase.status == "running")
        await accepted(ana, type="show_card", card="two_minutes")
        assert await refused(ben, type="show_card", card="two_minutes") == "not_allowed"
        await maria.until_seen(lambda view: view.card is not None)
        await accepted(ana, type="hold", decision=view.phase.decision)
        view = await ben.until_seen(lambda view: view.phase.held is not None)
        assert await refused(ben, type="resume", decision=view.phase.decision) == "not_allowed"
        view = await ana.until_seen(lambda view: view.phase.held is not None)
        await accepted(ana, type="resume", decision=view.phase.decision)
        await ben.until_seen(lambda view: view.phase.held is None)


async def test_who_shares_a_microphone_and_who_shares_a_screen_is_known_to_all(product: Product) -> None:
    async with group(product) as (ana, maria, ben):
        await accepted(ben, type="set_devices", microphone="shared", camera=True, shares=seat(ana))
        await ana.until_seen(lambda view: view.sharing_asks == (seat(ben),))
        assert await refused(maria, type="answer_sharing", seat=seat(ben), yes=True) == "not_asked"
        await accepted(ana, type="answer_sharing", seat=seat(ben), yes=True)
        await maria.until_seen(lambda view: person(view, seat(ben)).shares == seat(ana))
        await accepted(maria, type="share_screen", on=True)
        await ben.until_seen(lambda view: view.screen == seat(maria))
        await accepted(maria, type="share_screen", on=False)
        await ben.until_seen(lambda view: view.screen is None)


async def test_the_lead_is_handed_over(product: Product) -> None:
    async with group(product) as (ana, _, ben):
        assert await refused(ben, type="take_lead") == "not_allowed"
        await accepted(ana, type="hand_over", seat=seat(ben))
        await ben.until_seen(lambda view: view.you.leads)
        await ana.until_seen(lambda view: not view.you.leads)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"type": "chat", "message": "m", "text": ""}, "invalid"),
        ({"type": "chat", "message": "m", "text": "x" * 1001}, "invalid"),
        ({"type": "chat", "message": "m", "text": "x", "to": "nobody"}, "not_allowed"),
        ({"type": "hold", "decision": 0}, "not_allowed"),
        ({"type": "resume", "decision": 0}, "not_allowed"),
        ({"type": "add_time", "decision": 0, "seconds": 60}, "not_allowed"),
        ({"type": "add_time", "decision": 0, "seconds": 6000}, "invalid"),
        ({"type": "take_back", "decision": 0}, "not_allowed"),
        ({"type": "back", "decision": 0}, "not_allowed"),
        ({"type": "pass_turn", "decision": 0}, "not_allowed"),
        ({"type": "add_turn", "decision": 0, "seat": "nobody"}, "not_allowed"),
        ({"type": "set_order", "order": ["nobody"]}, "not_allowed"),
        ({"type": "teach_later", "decision": 0}, "not_allowed"),
        ({"type": "go_without", "decision": 0}, "not_allowed"),
        ({"type": "restart_lesson", "decision": 0}, "not_allowed"),
        ({"type": "hand_over", "seat": "nobody"}, "not_allowed"),
        ({"type": "lower_hand", "seat": "nobody"}, "not_allowed"),
        ({"type": "keep", "round": 0, "author": "nobody", "kept": True}, "not_allowed"),
        ({"type": "share_screen", "on": True}, "not_allowed"),
        ({"type": "show_slide", "deck": "d", "page": 0}, "not_allowed"),
        ({"type": "plan_next", "starts_ms": 1, "minutes": 30, "teachers": []}, "not_allowed"),
        ({"type": "plan_next", "starts_ms": 1, "minutes": 3, "teachers": []}, "invalid"),
        ({"type": "decide_take", "take": "t", "keep": False}, "not_allowed"),
        ({"type": "answer_claim", "claim": "c", "yes": True}, "no_claim"),
        ({"type": "set_devices", "microphone": "loud", "camera": True}, "invalid"),
    ],
    ids=lambda value: value if isinstance(value, str) else value["type"],
)
async def test_a_colleague_is_refused_what_is_not_theirs(product: Product, message: dict[str, Any], code: str) -> None:
    async with group(product) as (ana, _, ben):
        before = await ana.connect()
        assert await refused(ben, **message) == code
        after = await ana.connect()
        assert (after.phase, after.screen, after.slide, after.chat) == (before.phase, before.screen, before.slide, before.chat)
