"""One person without a pointer leads, teaches and is a colleague; the page says aloud where the session is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.driver import Browser, Page
from tests.browser.keyboard import choose, go_to, press, write
from tests.browser.page_scripts import BRING_SLIDES_JS
from tests.browser.people import WATCH_JS, Human, come_in
from tests.browser.steps import at, no_loud_problems, people_in
from tests.fakes.colleagues import simulated_colleagues
from tests.fakes.formats import scaled
from tests.fakes.product import running_product

PLAN = "twenty-minute-round"
MOST_STOPS = 120
TEXT = "Wait three seconds after a question."
# All that a screen reader is given to say by itself, in its order.
LISTEN_JS = """document.addEventListener("DOMContentLoaded", () => {
    window.aloud = [];
    new MutationObserver(() => {
        const text = document.getElementById("announcement")?.textContent;
        if (text && text !== window.aloud.at(-1)) window.aloud.push(text);
    }).observe(document.documentElement, { subtree: true, childList: true, characterData: true });
})"""
FOCUS_JS = """(() => {
    const one = document.activeElement;
    if (one === null || one === document.body) return "";
    return one.id || `${one.tagName} ${one.className} ${one.innerText}`.trim();
})()"""


@pytest.mark.full
@pytest.mark.timeout(420)
async def test_a_whole_session_by_keyboard_alone(tmp_path: Path, screenshots: Path, browser: Browser) -> None:
    """Kim leads and teaches first; Ana teaches after that; Lina and Omar are simulated."""
    plans = scaled(tmp_path / "plans", PLAN, 0.4)
    async with running_product(tmp_path, plans=str(plans)) as product:
        kim, ana = await people_in(browser, "Kim", "Ana")
        await kim.page.preload(LISTEN_JS)
        invitation = await _from_the_start_page_into_the_room(kim, product.url)
        await come_in(ana, invitation, teaches=True, recording=None)
        async with simulated_colleagues(product.url, tmp_path / "data", invitation, count=2):
            await until(kim, "view.people.filter((each) => each.here).length === 4", "everybody", 30)
            await _before(kim)
            await _device_dialog(kim)
            await _teaches(kim, screenshots)
            await _writes_and_speaks_first(kim)
            await _listens_keeps_and_chooses(kim, screenshots)
            await _is_a_colleague(kim, ana)
            await _closes_and_leaves(kim)
        no_loud_problems(kim)


async def until(person: Human, js: str, what: str, timeout_s: float = 30.0) -> Any:
    return await person.page.wait_for(f"((view) => {js})(window.lastView)", what=f"{what} for {person.name}", timeout_s=timeout_s)


async def said_once(kim: Human, *sentences: str) -> None:
    """Each was said aloud, in this order and once only, since this was asked last."""
    await kim.page.wait_for("(text) => window.aloud.includes(text)", sentences[-1], what=f"“{sentences[-1]}” being said")
    aloud = await kim.page.eval("window.aloud.splice(0)")
    assert [text for text in aloud if text in sentences] == list(sentences), aloud


async def goes_round(page: Page, *, least: int) -> None:
    """Tab leads through the page and back to where it began, never round in a part of it; between is the browser itself."""
    stops: list[str] = []
    for _ in range(MOST_STOPS):
        await page.press("Tab")
        stops.append(await page.eval(FOCUS_JS))
        if len(stops) > 1 and stops[-1] == stops[0]:
            break
    assert stops[-1] == stops[0], f"Tab does not come back: {stops}"
    assert len(set(stops)) >= least, stops
    await page.press("Shift+Tab")
    assert await page.eval(FOCUS_JS) in stops[-3:-1], "Shift and Tab go the same way back"


async def _from_the_start_page_into_the_room(kim: Human, url: str) -> str:
    page = kim.page
    await page.goto(url)
    assert await page.eval("document.documentElement.lang") == "en"
    await goes_round(page, least=3)
    await press(page, "#set-up")
    await page.wait_for("!!document.getElementById('teachers-2')", what="the questions")
    await choose(page, "#teachers-2")
    await choose(page, "#minutes-0")
    await press(page, "#show-formats")
    await page.wait_for("!!document.getElementById('formats')", what="the formats")
    await choose(page, f"#plan-{PLAN}")
    await press(page, "form#set-up button.primary")
    invitation = str(await page.wait_for("document.getElementById('invitation-link')?.value", what="the invitation"))
    await page.wait_for("document.getElementById('device-state')?.innerText", what="the check of camera and microphone")
    await goes_round(page, least=8)
    await write(page, "#name", "Kim")
    await choose(page, "#teaches-yes")
    await choose(page, "#recording-record")
    await page.preload(WATCH_JS)
    await press(page, "#come-in")
    await page.wait_for("!!window.lastView", what="the room for Kim", timeout_s=20)
    return invitation


async def _before(kim: Human) -> None:
    page = kim.page
    await said_once(kim, "Before we start: everybody can talk")
    await goes_round(page, least=10)
    await write(page, "#field-learners", "15 years old, they know fractions")
    await write(page, "#field-goal", "explain why a half is more than a third")
    await until(kim, "view.people.some((each) => each.card_written && each.seat === view.you.seat)", "the card being kept")
    await press(page, "#desk ol desk-person:first-child .arrows button:last-child", "Space")
    await until(kim, "view.people.find((each) => each.name === 'Kim').teaches === 1", "Kim being second")
    await press(page, "#desk ol desk-person:last-child .arrows button:first-child", "ArrowUp")
    await until(kim, "view.people.find((each) => each.name === 'Kim').teaches === 0", "Kim being first again")
    await press(page, "#choose-leave-out")
    await press(page, "#choose-record", "Space")
    await until(kim, "view.you.recording === 'record'", "the choice of the recording")
    await page.eval(BRING_SLIDES_JS)
    await page.wait_for("document.querySelector('[data-deck]')?.innerText.startsWith('Try')", what="the slides", timeout_s=30)


async def _device_dialog(kim: Human) -> None:
    page = kim.page
    await press(page, "#open-settings")
    await page.wait_for("document.querySelector('#device-settings dialog').open", what="the settings")
    inside = "document.activeElement === document.body || !!document.activeElement.closest('#device-settings dialog')"
    stops = set()
    for _ in range(20):
        assert await page.eval(inside), "the focus stays in the dialog"
        stops.add(await page.eval(FOCUS_JS))
        await page.press("Tab")
    assert {"settings-close", "bell", "play-sound"} <= stops
    await page.press("Escape")
    await page.wait_for("!document.querySelector('#device-settings dialog').open", what="the settings being closed")
    assert await page.eval(FOCUS_JS) == "open-settings"


async def _teaches(kim: Human, screenshots: Path) -> None:
    page = kim.page
    await press(page, "#action-advance")
    await at([kim], "lesson")
    await press(page, "#action-start-lesson")
    await until(kim, "view.phase.status === 'running' && !view.phase.starts_ms", "the lesson", 10)
    await said_once(kim, "Your lesson is next. Start when you are ready", "Your lesson begins", "Your lesson is running")
    await press(page, "[data-deck]", "Space")
    await page.wait_for("document.getElementById('slide')?.alt === 'Slide 1 of 2'", what="the first slide")
    await page.press("ArrowRight")
    await page.wait_for("document.getElementById('slide')?.alt === 'Slide 2 of 2'", what="the second slide")
    await goes_round(page, least=8)
    if await page.eval("document.getElementById('chat').hidden"):
        await press(page, "#chat-toggle")
    await write(page, "#chat-text", "Have a look at the second slide")
    await page.press("Enter")
    await until(kim, "view.chat.some((line) => line.seat === view.you.seat)", "the line in the chat")
    await _menus_of_the_strip(kim)
    await page.screenshot(screenshots / "keyboard-1-lesson.png")
    await press(page, "#action-advance")


async def _menus_of_the_strip(kim: Human) -> None:
    """Enter opens, Escape closes and gives the focus back."""
    page = kim.page
    await press(page, "#strip-more > summary")
    await page.wait_for("document.getElementById('strip-more').open", what="the menu")
    await page.press("Tab")
    assert await page.eval("!!document.activeElement.closest('#strip-more .menu-list')"), "the next stop is in the menu"
    await page.press("Escape")
    await page.wait_for("!document.getElementById('strip-more').open", what="the menu being closed")
    assert await page.eval("document.activeElement.matches('#strip-more > summary')")
    await press(page, "#action-hold", "Space")
    await until(kim, "view.phase.held !== null", "the held clock")
    await press(page, "#action-resume")
    await until(kim, "view.phase.held === null", "the clock", 10)


async def _writes_and_speaks_first(kim: Human) -> None:
    page = kim.page
    await at([kim], "writing")
    await said_once(kim, "Everyone is writing in silence")
    await goes_round(page, least=4)
    await write(page, "#field-worked", "The opening question")
    await press(page, "#action-ready")
    await until(kim, "view.you.ready && view.ready_count >= 3", "Kim and two others being ready", 40)
    await press(page, "#action-advance")
    await at([kim], "teacher-first")
    await said_once(kim, "You speak now, everybody listens")
    await press(page, "#action-advance")


async def _listens_keeps_and_chooses(kim: Human, screenshots: Path) -> None:
    page = kim.page
    await at([kim], "feedback")
    await kim.until("Ana speaks now", where="#now-sentence")
    await press(page, "#action-end-turn")
    await until(kim, "view.received.length > 0", "what was written")
    await said_once(kim, "Ana speaks now", f"{await _speaker(kim)} speaks now")
    await press(page, "#entries [aria-pressed]", "Space")
    await until(kim, "view.received.some((entry) => entry.kept)", "it being kept")
    await page.screenshot(screenshots / "keyboard-2-kept.png")
    while await page.eval("window.lastView.phase.key") == "feedback":
        turn = await page.eval("window.lastView.floor.turn")
        await press(page, "#action-end-turn" if await page.eval("window.lastView.floor.next.length > 0") else "#action-advance")
        await until(kim, f"view.floor.turn !== '{turn}'", "the next turn")
    await at([kim], "choose")
    await press(page, "#choose-one button")
    await until(kim, "!!view.mine?.fields.try", "the one thing being chosen")
    await press(page, "#action-advance")


async def _speaker(kim: Human) -> str:
    return str(await until(kim, "view.people.find((each) => each.seat === view.floor.turn)?.name", "somebody’s turn"))


async def _is_a_colleague(kim: Human, ana: Human) -> None:
    page = kim.page
    await until(kim, "view.phase.round === 1", "the second round")
    await ana.page.click("#action-start-lesson")
    await until(kim, "view.phase.status === 'running' && !view.phase.starts_ms", "Ana’s lesson", 10)
    await press(page, "#hand")
    await until(kim, "view.people.some((each) => each.seat === view.you.seat && each.hand_ms !== null)", "the raised hand")
    await press(page, "#hand", "Space")
    await press(page, "#moment-helped")
    await kim.until("Noted", where="#moments")
    await page.press("2")
    await press(page, "#action-advance")
    await at([kim], "writing")
    await page.wait_for("document.querySelectorAll('#form [data-moment]').length === 2", what="a card for each of the two moments")
    await write(page, "#field-suggestion", TEXT)
    await press(page, "#action-ready")
    await until(kim, "view.you.ready", "Kim being ready")
    for key in ("teacher-first", "feedback"):
        await press(page, "#action-advance")
        await at([kim], key)
    await _passes_and_speaks(kim)


async def _passes_and_speaks(kim: Human) -> None:
    page = kim.page
    await _turns_until_own(kim)
    if await page.eval("window.lastView.floor.next.length > 0"):
        await press(page, "#action-pass-turn")
        await until(kim, "view.floor.turn !== view.you.seat", "the turn being passed on")
        await _turns_until_own(kim)
    await kim.until(TEXT, where="#turn-notes")
    await press(page, "#action-end-turn")
    await until(kim, "view.floor.turn !== view.you.seat", "the end of the turn")
    while await page.eval("window.lastView.phase.part") == "round":
        decision = await page.eval("window.lastView.phase.decision")
        await press(page, "#action-advance")
        await until(kim, f"view.phase.decision !== {decision}", "the next step")


async def _turns_until_own(kim: Human) -> None:
    while not await kim.page.eval("window.lastView.floor.turn === window.lastView.you.seat"):
        turn = await kim.page.eval("window.lastView.floor.turn")
        await press(kim.page, "#action-end-turn")
        await until(kim, f"view.floor.turn !== '{turn}'", "the next turn")


async def _closes_and_leaves(kim: Human) -> None:
    page = kim.page
    await said_once(kim, "One thing each: what do you take for your own teaching?")
    await goes_round(page, least=6)
    await press(page, "#next-time label.check input", "Space")
    await press(page, "#action-plan-next")
    await page.wait_for("!!document.getElementById('next-when').innerText", what="the next date")
    await press(page, "#action-advance")
    await said_once(kim, "The session has ended")
    link = "#takes a"
    await page.wait_for("(link) => !!document.querySelector(link)", link, what="the recording", timeout_s=20)
    await go_to(page, link)
    await go_to(page, "#thanks button")
