"""The teacher watches the recording of a moment ago, alone, while colleagues talk among themselves; then all meet again."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.browser.axe import violations
from tests.browser.driver import Browser
from tests.browser.gathering import look, since, until
from tests.browser.lanes import PLAYED_OUT_S, SILENT_BYTES, arrives, level
from tests.browser.material import COLLEAGUE_A_HZ, COLLEAGUE_B_HZ, HEARD_DB, TEACHER_HZ
from tests.browser.people import Human, come_in, human, mark_near, set_up
from tests.browser.steps import all_here, at, go_on, lesson_runs, no_loud_problems, people_in, status
from tests.browser.watching import keep_all, was_told
from tests.fakes.formats import timed
from tests.fakes.product import running_product
from tests.requirements import long

PLAN = "watch-while-they-talk"
FILM_OF_MARIA = 2
LESSON_S = 15
LINE = "The example with the pizza was clear at once."
WORKED = "they began to explain it to each other"
READY_JS = "document.getElementById('film-video')?.readyState >= 1"
# What is left of the own time when the film comes to rest, whenever somebody looks. A short film that has ended begins again.
WHEN_IT_RESTS_JS = """(() => {
    const film = document.getElementById("film-video");
    film.loop = true;
    film.addEventListener("pause", () => { window.restedLeftMs ??= window.lastView.lane.together_ms - window.microteach.clock.now(); });
})()"""
PAUSED_JS = "document.getElementById('film-video').paused"


def lengths_s(apart: int) -> dict[str, int]:
    return {"lesson": LESSON_S, "apart": apart, "teacher-first": 30, "feedback": 40, "choose": 20, "closing": 30}


@long
@pytest.mark.timeout(360)
async def test_the_teacher_watches_alone_while_colleagues_talk(tmp_path: Path, screenshots: Path) -> None:
    """Maria watches; Ana, who leads, and Ben talk and make a list. All are ready early."""
    async with contextlib.AsyncExitStack() as stack:
        plans = timed(tmp_path / "plans", PLAN, lengths_s(apart=150))
        product = await stack.enter_async_context(running_product(tmp_path, plans=str(plans)))
        maria = await stack.enter_async_context(human("Maria", source=FILM_OF_MARIA, tone_hz=TEACHER_HZ))
        ben = await stack.enter_async_context(human("Ben", source=3, tone_hz=COLLEAGUE_A_HZ))
        ana = await stack.enter_async_context(human("Ana", tone_hz=COLLEAGUE_B_HZ))
        everybody = (ana, maria, ben)
        invitation = await set_up(ana, product, PLAN)
        await come_in(ana, None, teaches=False, recording="record")
        await come_in(maria, invitation, teaches=True, recording="record")
        await come_in(ben, invitation, teaches=False, recording="record")
        await _the_lesson_ends(ana, maria, everybody)
        began_s = time.monotonic()
        take = await _a_recording_for_maria_alone(maria, (ana, ben), began_s)
        await _nobody_hears_across(ana, maria, ben)
        await _a_list(ana, maria, ben)
        await _a_moment_that_worked(maria)
        for person in (maria, ben):
            await person.page.screenshot(screenshots / f"own-time-{person.name}.png")
            assert await violations(person.page) == []
        await _all_meet_again_early(ana, maria, ben)
        await _what_was_found_is_read_by_all(maria, screenshots)
        assert await status(ana, f"/recordings/{take}/data") == 404
        assert LINE not in product.log
        no_loud_problems(*everybody)


@pytest.mark.timeout(240)
async def test_on_a_phone_the_film_rests_before_all_meet_again(tmp_path: Path, browser: Browser, screenshots: Path) -> None:
    """Nobody presses anything: the clock brings them together. Maria plays the film, then would rather not watch."""
    plans = timed(tmp_path / "plans", PLAN, lengths_s(apart=60))
    async with running_product(tmp_path, plans=str(plans)) as product:
        ana, maria, ben = everybody = await people_in(browser, "Ana", "Maria", "Ben")
        await maria.page.set_viewport(390, 844, mobile=True)
        invitation = await set_up(ana, product, PLAN)
        await come_in(ana, None, teaches=False, recording="record")
        await come_in(maria, invitation, teaches=True, recording="record")
        await come_in(ben, invitation, teaches=False, recording="record")
        await _the_lesson_ends(ana, maria, everybody)
        await maria.page.wait_for(READY_JS, what="the film")
        await maria.page.eval(WHEN_IT_RESTS_JS)
        await maria.page.eval("document.getElementById('film-video').play()", gesture=True)
        await maria.page.screenshot(screenshots / "own-time-phone-Maria.png")
        await ben.page.screenshot(screenshots / "own-time-talk-Ben.png")
        await maria.page.wait_for(
            f"document.getElementById('own-time-soon').innerText && {PAUSED_JS}", what="the film at rest", timeout_s=45
        )
        assert 25 < await maria.page.eval("window.restedLeftMs") / 1000 <= 30
        await maria.page.click("#rather-not")
        await maria.until("a glass of water", where="#own-time-said")
        assert not await maria.page.eval("document.getElementById('film-video').checkVisibility()")
        await maria.page.fill("#field-worked", WORKED)
        await maria.page.screenshot(screenshots / "own-time-phone-rather-not-Maria.png")
        assert await violations(maria.page) == []
        await at(everybody, "teacher-first", timeout_s=45)
        assert await look(maria, "view.mine.fields.worked") == WORKED
        no_loud_problems(*everybody)


@pytest.mark.timeout(180)
async def test_without_a_recording_there_are_two_questions(tmp_path: Path, browser: Browser, screenshots: Path) -> None:
    plans = timed(tmp_path / "plans", PLAN, lengths_s(apart=60))
    async with running_product(tmp_path, plans=str(plans)) as product:
        ana, maria, ben = everybody = await people_in(browser, "Ana", "Maria", "Ben")
        invitation = await set_up(ana, product, PLAN)
        await come_in(ana, None, teaches=False, recording="record")
        await come_in(maria, invitation, teaches=True, recording="leave-out")
        await come_in(ben, invitation, teaches=False, recording="record")
        await _the_lesson_ends(ana, maria, everybody)
        await maria.until("was not recorded", where="#own-time-said")
        assert not await maria.page.eval("document.getElementById('film-video').checkVisibility()")
        await maria.page.screenshot(screenshots / "own-time-not-recorded-Maria.png")
        await ana.until("together again", where="#strip-where")
        await ana.page.click("#action-advance")
        await at(everybody, "teacher-first")
        no_loud_problems(*everybody)


async def _the_lesson_ends(ana: Human, maria: Human, everybody: Sequence[Human]) -> None:
    await all_here(everybody)
    await go_on(ana, everybody, "lesson")
    await keep_all(*everybody)
    await lesson_runs(maria, everybody)
    await until(maria, "view.lane?.key === 'own-time'", "own time", timeout_s=LESSON_S + 20)
    for person in everybody:
        if person is not maria:
            await until(person, "view.lane?.key === 'colleagues-talk'", "the talk of colleagues")


async def _a_recording_for_maria_alone(maria: Human, others: Sequence[Human], began_s: float) -> str:
    """It is there by itself, paused, and shows her."""
    await maria.until("Nobody can hear or see you", where="#now")
    await maria.until("Your colleagues talk among themselves and you meet again at", where="#now")
    await maria.page.wait_for(READY_JS, what="the film", timeout_s=30)
    since(began_s, "film in own time")
    assert await maria.page.eval(PAUSED_JS)
    assert (await mark_near(maria.page, 5))["source"] == FILM_OF_MARIA
    await maria.page.wait_for("document.querySelectorAll('starting-points canvas[data-drawn]').length > 1", what="places to begin at")
    take = str(await look(maria, "view.takes.at(-1).take"))
    data = await maria.page.eval("(url) => fetch(url).then((answer) => answer.json())", f"/recordings/{take}/data")
    for person in others:
        await person.until("Maria cannot hear you until", where="#now")
        assert [await status(person, url) for url in (f"/recordings/{take}/data", data["film"])] == [404, 404]
    return take


async def _nobody_hears_across(ana: Human, maria: Human, ben: Human) -> None:
    """From what arrives: nothing at all at Maria's page, nothing of hers at theirs, and they hear each other."""
    await asyncio.sleep(PLAYED_OUT_S)
    assert await arrives(maria) < SILENT_BYTES
    levels = await asyncio.gather(
        ana.hears("Ben"),
        level(ben, "Ana", COLLEAGUE_B_HZ),
        level(ben, "Maria", TEACHER_HZ),
        level(maria, "Ben", COLLEAGUE_A_HZ),
    )
    assert levels[0][COLLEAGUE_A_HZ] > HEARD_DB
    assert levels[1] > HEARD_DB
    assert levels[2] < HEARD_DB
    assert levels[3] < HEARD_DB
    assert await ana.sees("Ben") == 3
    assert await ben.page.eval("document.querySelector('#faces [aria-label^=Maria]')") is None
    assert await maria.page.eval("document.querySelector('#faces [aria-label^=Ben]')") is None


async def _a_list(ana: Human, maria: Human, ben: Human) -> None:
    """Ben adds a line, Ana says the same and takes notes; Maria's page hears nothing of it."""
    await ben.page.fill("#line-text", LINE)
    await ben.page.press("Enter")
    await ana.until(LINE, where="#shared-list")
    await ana.page.click("shared-line .me-too")
    await ana.page.click("#take-notes")
    await ben.until("Ana takes notes", where="#shared-list")
    await ben.until("also Ana", where="#shared-list")
    assert not await was_told(maria, LINE)


async def _a_moment_that_worked(maria: Human) -> None:
    """The first stamp offers the second; where the film is stands in the answer."""
    assert not await maria.page.eval("document.getElementById('stamp-differently').checkVisibility()")
    await maria.page.eval("document.getElementById('film-video').currentTime = 7.5")
    await maria.page.click("#stamp-worked")
    await maria.page.cdp("Input.insertText", text=WORKED)
    await until(maria, f"view.mine.fields.worked === '0:07 – {WORKED}'", "the moment being kept")
    await maria.page.click("#stamp-differently")
    await maria.page.wait_for("document.activeElement.id === 'field-differently'", what="the other question")


async def _all_meet_again_early(ana: Human, maria: Human, ben: Human) -> None:
    for person in (ben, ana):
        await person.page.fill("#field-suggestion", "You could draw it once more.")
        await until(person, "view.mine.fields.suggestion", "the note being kept")
        await person.page.click("#action-ready")
        await until(person, "view.you.ready", "being ready")
    await ben.until("2 of 2 ready", where="#ready-count")
    await maria.page.click("#action-ready")
    await at((ana, maria, ben), "teacher-first")


async def _what_was_found_is_read_by_all(maria: Human, screenshots: Path) -> None:
    await maria.until(LINE, where="#shared-list")
    await maria.until("Ana took notes", where="#shared-list")
    await maria.page.screenshot(screenshots / "own-time-together-Maria.png")
    assert not await maria.page.eval("document.getElementById('own-time').checkVisibility()")
