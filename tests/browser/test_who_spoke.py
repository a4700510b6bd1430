"""After the lesson Maria sees who spoke when: real voices through real browsers, found again within what a person would notice."""

from __future__ import annotations

import asyncio
import contextlib
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from tests.browser.axe import violations
from tests.browser.driver import Browser, Page
from tests.browser.keyboard import go_to
from tests.browser.material import speech_wav
from tests.browser.people import Human, come_in, set_up
from tests.browser.steps import all_here, go_on, lesson_runs, no_loud_problems, status
from tests.fakes.product import running_product

LOOP_S = 6.0
TAUGHT_S = 13.0
SAYS = {"Maria": "Who spoke first, and how long did the teacher wait before going on?", "Ben": "It gets bigger."}
FILM_JS = "document.getElementById('film-video')"
ROWS_JS = """[...document.querySelectorAll("talk-row")].map((row) => ({
    name: row.querySelector(".talk-name").textContent,
    bars: [...row.querySelectorAll(".talk-bar")].map(
        ({ style }) => ["--at", "--length"].map((name) => Number(style.getPropertyValue(name)))),
}))"""
SUMMARY_JS = "(id) => document.querySelector(`${id} > summary`).click()"


@pytest.mark.timeout(150)
async def test_the_teacher_sees_who_spoke_when(tmp_path: Path, screenshots: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        product = await stack.enter_async_context(running_product(tmp_path))
        maria = await stack.enter_async_context(_talker("Maria"))
        ben = await stack.enter_async_context(_talker("Ben"))
        invitation = await set_up(maria, product)
        await come_in(maria, None, teaches=True, recording="record")
        await come_in(ben, invitation, teaches=False, recording="record")
        await all_here((maria, ben))
        await go_on(maria, (maria, ben), "lesson")
        await lesson_runs(maria, (maria, ben))
        await asyncio.sleep(TAUGHT_S)
        await go_on(maria, (maria, ben), "writing")
        take = str(await maria.page.eval("window.lastView.takes[0].take"))
        assert await status(ben, f"/recordings/{take}/talk") == 404
        page = await maria.browser.page(f"{product.url}/recordings/{take}")
        await page.wait_for(f"{FILM_JS}?.readyState >= 1", what="the film", timeout_s=30)
        await _the_bars_are_as_long_as_what_was_said(page)
        await _a_bar_leads_into_the_film_by_keyboard(page)
        await _the_same_stands_in_words_and_tables(page)
        await _looks(page, screenshots)
        no_loud_problems(maria, ben)
        assert [problem for problem in page.problems if problem.kind in ("exception", "security")] == []


@contextlib.asynccontextmanager
async def _talker(name: str) -> AsyncIterator[Human]:
    voice = await asyncio.to_thread(lambda: speech_wav(SAYS[name], seconds=LOOP_S))
    async with Browser(microphone=voice) as browser:
        yield Human(name, await browser.page(), browser)


def _said_share(name: str) -> float:
    """Of its loop, from the first to the last sound."""
    with wave.open(str(speech_wav(SAYS[name], seconds=LOOP_S)), "rb") as file:
        samples = np.abs(np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float64))
    loud = np.flatnonzero(samples > 0.02 * samples.max())
    return float(loud[-1] - loud[0]) / len(samples)


async def _the_bars_are_as_long_as_what_was_said(page: Page) -> None:
    assert await page.eval("document.querySelectorAll('talk-row').length") == 0, "nothing before it is asked for"
    await page.eval(SUMMARY_JS, "#who-spoke")
    await page.wait_for("document.querySelectorAll('.talk-bar').length > 1", what="the bars")
    rows = await page.eval(ROWS_JS)
    assert [row["name"] for row in rows] == ["Maria", "Ben"]
    for row in rows:
        whole = [length for at, length in row["bars"] if at > 0.02 and at + length < 0.98]
        film_s = await page.eval(f"{FILM_JS}.duration")
        assert whole, row
        assert max(whole) * film_s == pytest.approx(_said_share(row["name"]) * LOOP_S, abs=0.5)


async def _a_bar_leads_into_the_film_by_keyboard(page: Page) -> None:
    await go_to(page, "talk-row:first-child .talk-bar")
    assert await page.eval("document.querySelectorAll('talk-row:first-child .talk-bar[tabindex=\"0\"]').length") == 1
    await page.press("End")
    await page.press("Enter")
    at = "Number(document.activeElement.style.getPropertyValue('--at')) * document.getElementById('film-video').duration"
    await page.wait_for(f"Math.abs({FILM_JS}.currentTime - Math.max(0, {at} - 3)) < 0.5", what="the place of the last bar")
    await page.wait_for("Number(document.querySelector('.talk-rows').style.getPropertyValue('--now')) > 0", what="the playhead")


async def _the_same_stands_in_words_and_tables(page: Page) -> None:
    words = await page.text(".talk-figures")
    assert "You speak" in words and "Every colleague speaks." in words
    for summary in (".talk-how", "folded-table > details", "folded-table:last-child > details"):
        await page.eval(SUMMARY_JS, summary)
    assert "colleagues are not pupils" in await page.text("#who-spoke")
    assert "12 decibels" in await page.text(".talk-how")
    bars = await page.eval("document.querySelectorAll('.talk-bar').length")
    assert await page.eval("document.querySelectorAll('.talk-time').length") == bars
    assert "Ben" in await page.text(".talk-table tbody")


async def _looks(page: Page, screenshots: Path) -> None:
    assert await violations(page) == []
    await page.screenshot(screenshots / "who-spoke.png", full_page=True)
    await page.set_viewport(390, 844, mobile=True)
    assert await page.eval("document.documentElement.scrollWidth") <= 390, "nothing sticks out on a phone"
    await page.screenshot(screenshots / "who-spoke-phone.png", full_page=True)
