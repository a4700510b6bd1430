"""Somebody whose browser gives neither camera nor microphone, and somebody who never writes: nobody has to wait for them."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from tests.browser.driver import Browser
from tests.browser.people import Human, come_in, set_up
from tests.browser.steps import all_here, go_on, lesson_runs, no_loud_problems, people_in, seat_of, status, told
from tests.fakes.product import running_product

WRITTEN = "Let me finish my thought before you go on."
WRITTEN_ALOUD = "Your picture of the pizza made it clear."
WRITTEN_LATER = "Ask the quiet ones first."
REFUSED = ("--use-fake-ui-for-media-stream=deny",)
TILE_JS = """(seat) => ((tile) => ({
    picture: tile.hasAttribute("data-picture"),
    words: [...tile.querySelectorAll("*")]
        .filter((part) => !part.childElementCount && part.checkVisibility())
        .map((part) => part.textContent)
        .filter(Boolean),
}))(document.querySelector(`[data-seat="${seat}"]`))"""


@pytest.mark.timeout(240)
async def test_a_typed_turn_and_a_note_that_comes_later(tmp_path: Path, screenshots: Path) -> None:
    """Ana leads and never writes; Maria teaches; Ben has neither camera nor microphone."""
    async with contextlib.AsyncExitStack() as stack:
        product = await stack.enter_async_context(running_product(tmp_path))
        ana, maria = await people_in(await stack.enter_async_context(Browser()), "Ana", "Maria")
        refusing = await stack.enter_async_context(Browser(flags=REFUSED))
        ben = Human("Ben", await refusing.page(), refusing)
        everybody = (ana, maria, ben)
        invitation = await set_up(ana, product)
        await come_in(ana, None, teaches=False, recording="record")
        await come_in(maria, invitation, teaches=True, recording="record")
        await come_in(ben, invitation, teaches=False, recording="record")
        await all_here(everybody)
        await _a_tile_with_initials_only(ben, maria, screenshots)
        await go_on(ana, everybody, "lesson")
        await lesson_runs(maria, everybody)
        await _hand_and_chat(ben, maria)
        await go_on(ana, everybody, "writing")
        await _ben_writes(ben, ana, maria)
        await go_on(ana, everybody, "feedback")
        await _ana_has_not_written(ana, maria, ben)
        await _everybody_reads_what_ben_types(ben, ana, maria, screenshots)
        await go_on(ana, everybody, "closing")
        await go_on(ana, everybody, "ended")
        await _a_note_that_comes_later(ana, maria, ben, screenshots)
        for words in (WRITTEN, WRITTEN_ALOUD, WRITTEN_LATER, "Maria", "Ben"):
            assert words not in product.log
        no_loud_problems(*everybody)


async def _a_tile_with_initials_only(ben: Human, maria: Human, screenshots: Path) -> None:
    seat = await seat_of(ben)
    await maria.page.wait_for(
        "(seat) => window.lastView.people.find((one) => one.seat === seat).microphone === 'none'", seat, what="Ben without a microphone"
    )
    tile = await maria.page.eval(TILE_JS, seat)
    assert not tile["picture"]
    assert tile["words"] == ["B", "Ben"], "initials and the name, nothing else"
    await ben.until("No microphone", where="#devices")
    await ben.until("No camera", where="#devices")
    await maria.page.screenshot(screenshots / "trouble-1-no-camera-Maria.png")
    await ben.page.screenshot(screenshots / "trouble-1-no-camera-Ben.png")


async def _hand_and_chat(ben: Human, maria: Human) -> None:
    await ben.page.click("#hand")
    await maria.page.click(name="Ben: hand raised, number 1. Lower the hand of Ben", role="button")
    await ben.page.fill("#chat-text", "Is a half more than a third?")
    await ben.page.press("Enter")
    await maria.until("Is a half more than a third?", where="#chat")
    await ben.page.eval("document.activeElement.blur()")


async def _ben_writes(ben: Human, ana: Human, maria: Human) -> None:
    await ben.page.fill("#field-suggestion", WRITTEN)
    await ben.page.wait_for("document.getElementById('field-suggestion-state').innerText === 'Kept'", what="Ben's text being kept")
    for person in (ana, maria):
        assert WRITTEN not in await told(person), "nobody reads it yet"


async def _ana_has_not_written(ana: Human, maria: Human, ben: Human) -> None:
    """She is asked to speak like everybody; the teacher reads that nothing was written."""
    await maria.until("Ana speaks now")
    await ana.until("You speak now, everybody listens")
    await ana.until("You have written nothing; you can say it.")
    await maria.until("Ana has not written")
    assert WRITTEN not in await told(maria)
    await ana.page.click("#action-end-turn")


async def _everybody_reads_what_ben_types(ben: Human, ana: Human, maria: Human, screenshots: Path) -> None:
    for person in (ana, maria):
        await person.until("Ben writes:")
        await person.until(WRITTEN, where="#typed-turn")
        await person.until("Ben · writing now", where="#faces")
    await ben.until("You write now, everybody reads")
    await ben.page.fill("#field-suggestion", f"{WRITTEN} {WRITTEN_ALOUD}")
    for person in (ana, maria):
        await person.until(WRITTEN_ALOUD, where="#typed-turn")
        await person.page.screenshot(screenshots / f"trouble-2-typed-turn-{person.name}.png")
    await ben.page.screenshot(screenshots / "trouble-2-typed-turn-Ben.png")


async def _a_note_that_comes_later(ana: Human, maria: Human, ben: Human, screenshots: Path) -> None:
    await ana.until("You can still write to Maria, until 24 hours after the session. Only Maria reads it.")
    assert await ben.page.eval("window.lastView.form === null"), "Ben has written and is asked for nothing more"
    await ana.page.fill("#field-suggestion", WRITTEN_LATER)
    await ana.page.screenshot(screenshots / "trouble-3-later-Ana.png")
    await maria.page.screenshot(screenshots / "trouble-3-later-Maria.png")
    assert not await maria.page.eval("window.lastView.you.may.includes('plan_next')"), "Ana leads and is here"
    await maria.until(WRITTEN_LATER)
    assert WRITTEN_LATER not in await told(ben)
    take = await maria.page.eval("window.lastView.takes[0].take")
    assert await status(ana, f"/recordings/{take}/data") == 404
    await maria.page.goto(f"{(await maria.page.url()).partition('/sessions/')[0]}/recordings/{take}")
    await maria.page.click("#colleagues-notes summary", timeout_s=30)
    await maria.until(WRITTEN_LATER, where="#notes")
    await maria.page.screenshot(screenshots / "trouble-3-later-recording.png")
