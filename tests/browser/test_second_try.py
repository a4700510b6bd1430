"""The same lesson once more with one thing changed: a colleague suggested it, it stays in sight, and is noticed or not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.browser.axe import violations
from tests.browser.driver import Browser
from tests.browser.gathering import look, until
from tests.browser.people import Human, come_in, set_up
from tests.browser.steps import all_here, at, go_on, lesson_runs, no_loud_problems, people_in
from tests.fakes.formats import timed
from tests.fakes.product import running_product

PLAN = "teach-again"
LENGTHS_S = {
    "lesson": 40,
    "writing": 60,
    "teacher-first": 40,
    "feedback": 90,
    "coaching": 90,
    "replan": 40,
    "lesson-again": 60,
    "writing-again": 90,
    "teacher-first-again": 40,
    "feedback-again": 90,
    "closing": 60,
}
SUGGESTION = "You could count to three after each question."
OWN_WORDS = "Next time I count to three"


@pytest.mark.timeout(300)
async def test_one_thing_is_chosen_tried_and_noticed(tmp_path: Path, browser: Browser, screenshots: Path) -> None:
    """Maria teaches twice, Ben suggested what she tries, Ana leads and did not."""
    plans = timed(tmp_path / "plans", PLAN, LENGTHS_S)
    async with running_product(tmp_path, plans=str(plans)) as product:
        ana, maria, ben = everybody = await people_in(browser, "Ana", "Maria", "Ben")
        invitation = await set_up(ana, product, PLAN)
        await come_in(ana, None, teaches=False, recording="record")
        await come_in(maria, invitation, teaches=True, recording="record")
        await come_in(ben, invitation, teaches=False, recording="record")
        await _until_coaching(ana, maria, ben)
        await _a_suggestion_is_chosen(ana, maria, ben)
        await maria.page.screenshot(screenshots / "second-try-choose-Maria.png")
        assert await violations(maria.page) == []
        await _the_second_try(everybody, screenshots)
        await _ben_says_what_he_noticed(ana, ben)
        await ben.page.screenshot(screenshots / "second-try-noticed-Ben.png")
        assert await violations(ben.page) == []
        await _it_reaches_maria_in_words(ana, maria, everybody)
        await _both_tries_have_names(ana, maria, everybody)
        await maria.page.screenshot(screenshots / "second-try-recordings-Maria.png")
        no_loud_problems(*everybody)


async def _until_coaching(ana: Human, maria: Human, ben: Human) -> None:
    everybody = (ana, maria, ben)
    await all_here(everybody)
    await go_on(ana, everybody, "lesson")
    await lesson_runs(maria, everybody)
    await go_on(ana, everybody, "writing")
    await ben.page.fill("#field-suggestion", SUGGESTION)
    await until(ben, f"view.mine.fields.suggestion === '{SUGGESTION}'", "the suggestion being kept")
    await go_on(ana, everybody, "teacher-first")
    await go_on(ana, everybody, "feedback")
    await until(ana, "view.floor.turn === view.you.seat", "Ana's turn")
    await ana.page.click("#action-end-turn")
    await maria.until(SUGGESTION, where="#entries")
    await go_on(ana, everybody, "coaching")


async def _a_suggestion_is_chosen(ana: Human, maria: Human, ben: Human) -> None:
    """The words become hers; Ben is told that it was his, Ana is told nothing."""
    await maria.page.click("#choose-one .choose")
    await maria.page.fill("#field-try", OWN_WORDS)
    await maria.until(f"The one thing I’m trying: {OWN_WORDS}", where="#pinned")
    assert await maria.page.eval("document.querySelector('#choose-one .choose').getAttribute('aria-pressed')") == "true"
    await ben.until(f"Maria tries your suggestion: {SUGGESTION}", where="#pinned")
    assert await look(ana, "view.pinned") is None


async def _the_second_try(everybody: Sequence[Human], screenshots: Path) -> None:
    ana, maria, ben = everybody
    await go_on(ana, everybody, "replan")
    await go_on(ana, everybody, "lesson-again")
    await maria.until("Your second try is next", where="#now")
    await maria.page.click("#action-start-lesson")
    for person in everybody:
        await until(person, "view.phase.status === 'running' && !view.phase.starts_ms && view.recording.on", "the second try")
    await ben.until("Maria teaches again: second try", where="#now")
    await maria.page.set_viewport(390, 844, mobile=True)
    assert OWN_WORDS in await maria.page.text("#pinned")
    assert await maria.page.eval("document.getElementById('pinned').checkVisibility()")
    await maria.page.screenshot(screenshots / "second-try-phone-Maria.png")
    await maria.page.set_viewport(1280, 800)
    await go_on(ana, everybody, "writing-again")


async def _ben_says_what_he_noticed(ana: Human, ben: Human) -> None:
    await ben.until("Did you notice the change?", where="#form")
    await ben.page.click("#choice-noticed-partly")
    await until(ben, "view.mine.fields.noticed === 'partly'", "the answer being kept")
    assert "Did you notice" not in await ana.page.text("#form")


async def _it_reaches_maria_in_words(ana: Human, maria: Human, everybody: Sequence[Human]) -> None:
    await go_on(ana, everybody, "teacher-first-again")
    await go_on(ana, everybody, "feedback-again")
    await until(ana, "view.floor.turn !== null", "the turns")
    if await look(ana, "view.floor.turn === view.you.seat"):
        await ana.page.click("#action-end-turn")
    await maria.until("Partly", where="#entries")


async def _both_tries_have_names(ana: Human, maria: Human, everybody: Sequence[Human]) -> None:
    await ana.page.click("#action-advance")
    await at(everybody, "closing")
    await maria.until("Watch your recording, first try", where="#takes")
    await maria.until("Watch your recording, second try", where="#takes")
    assert await look(maria, "view.pinned") is None
