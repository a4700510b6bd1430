"""Who may speak where people ask first: one after the other, and opinions only if the teacher wants to hear them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.browser.axe import violations
from tests.browser.driver import Browser
from tests.browser.gathering import look, until
from tests.browser.lanes import PLAYED_OUT_S, SILENT_BYTES
from tests.browser.people import Human, come_in, set_up
from tests.browser.steps import all_here, go_on, lesson_runs, no_loud_problems, people_in
from tests.browser.watching import sound_bytes
from tests.fakes.formats import timed
from tests.fakes.product import running_product

PLAN = "maker-led"
LENGTHS_S = {
    "lesson": 40,
    "writing": 40,
    "meaning": 60,
    "teacher-asks": 90,
    "neutral-questions": 90,
    "opinions": 120,
    "choose": 30,
    "closing": 60,
}
ABOUT = "the pace of the second example"


@pytest.mark.timeout(300)
async def test_people_ask_before_they_speak(tmp_path: Path, browser: Browser, screenshots: Path) -> None:
    """Maria teaches and decides, Ben and Ana, who leads, ask."""
    plans = timed(tmp_path / "plans", PLAN, LENGTHS_S)
    async with running_product(tmp_path, plans=str(plans)) as product:
        ana, maria, ben = everybody = await people_in(browser, "Ana", "Maria", "Ben")
        invitation = await set_up(ana, product, PLAN)
        await come_in(ana, None, teaches=False, recording="record")
        await come_in(maria, invitation, teaches=True, recording="record")
        await come_in(ben, invitation, teaches=False, recording="record")
        await all_here(everybody)
        await go_on(ana, everybody, "lesson")
        await lesson_runs(maria, everybody)
        for key in ("writing", "meaning", "teacher-asks"):
            await go_on(ana, everybody, key)
        await _one_after_the_other(ana, maria, ben)
        await ben.page.screenshot(screenshots / "queue-Ben.png")
        assert await violations(ben.page) == []
        await go_on(ana, everybody, "neutral-questions")
        await ben.until("left of your time", where="#own-share")
        await go_on(ana, everybody, "opinions")
        await _an_opinion_is_wanted(maria, ben, screenshots)
        await _another_is_not(ana, maria)
        for person in everybody:
            await person.page.screenshot(screenshots / f"permission-{person.name}.png")
        await _the_teacher_ends_it(maria, ben)
        no_loud_problems(*everybody)


async def _one_after_the_other(ana: Human, maria: Human, ben: Human) -> None:
    await ben.until("Whoever wants to speak asks first", where="#now")
    await ben.until("Ask to speak", where="#tools")
    await ben.page.click("#hand")
    await ben.until("You speak now", where="#now")
    await ana.page.click("#hand")
    await ana.until("You are next", where="#now")
    assert await sound_bytes(maria, "Ben") > SILENT_BYTES
    assert await sound_bytes(maria, "Ana") < SILENT_BYTES
    await ben.page.click(name="Done – over to Ana", role="button")
    await ana.until("You speak now", where="#now")
    await ana.page.click("#action-end-turn")
    await until(ana, "view.floor.turn === null", "nobody speaking")


async def _an_opinion_is_wanted(maria: Human, ben: Human, screenshots: Path) -> None:
    assert await sound_bytes(maria, "Ben") < SILENT_BYTES
    await ben.page.fill("#opinion-text", ABOUT)
    await ben.page.press("Enter")
    await maria.until(f"Ben has an opinion about {ABOUT}", where="#opinions")
    await ben.until("not answered yet", where="#opinions")
    await maria.page.screenshot(screenshots / "permission-asked-Maria.png")
    assert await violations(maria.page) == []
    await maria.page.click(name="Yes, please: Ben", role="button")
    await ben.until("You speak now", where="#now")
    await ben.until("Maria wants to hear this", where="#now")
    await asyncio.sleep(PLAYED_OUT_S)
    assert await sound_bytes(maria, "Ben") > SILENT_BYTES


async def _another_is_not(ana: Human, maria: Human) -> None:
    await ana.page.fill("#opinion-text", "your voice")
    await ana.page.click("#opinion-ask")
    await maria.page.click(name="No, thank you: Ana", role="button")
    await ana.until("Not now", where="#opinions")


async def _the_teacher_ends_it(maria: Human, ben: Human) -> None:
    await maria.page.click("#action-end-turn")
    await until(ben, "view.floor.turn === null", "the end of it")
    await asyncio.sleep(PLAYED_OUT_S)
    assert await sound_bytes(maria, "Ben") < SILENT_BYTES
    assert await sound_bytes(ben, "Maria") > SILENT_BYTES
    assert await look(maria, "view.offers.map(({ state }) => state).sort()") == ["no", "said"]
