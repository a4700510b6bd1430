"""Where a screen is fullest: nobody is cut off, nothing lies over names that are read or over what somebody writes in."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from tests.browser.driver import Browser
from tests.browser.page_scripts import BRING_SLIDES_JS
from tests.browser.people import Human, come_in, set_up
from tests.browser.steps import all_here, go_on, lesson_runs, no_loud_problems, people_in
from tests.fakes.formats import scaled
from tests.fakes.product import running_product
from tests.requirements import long

PLAN = "twenty-minute-round"
PHONE = (390, 844)
SMALL_PHONE = (360, 640)
SMALL_DESK = (1280, 800)
SAME_IDS_JS = "[...document.querySelectorAll('[id]')].map(({ id }) => id).filter((id, place, ids) => ids.indexOf(id) !== place)"
TOASTED_JS = "document.getElementById('toast').innerText !== ''"
OVERLAPS_JS = """(which, others) => {
    const boxes = (selector) => [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility())
        .map((one) => [one.id || one.className || one.innerText, one.getBoundingClientRect()]);
    const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
    return boxes(which).flatMap(([name, box]) =>
        boxes(others).filter(([, other]) => meet(box, other)).map(([other]) => `${name}: ${other}`));
}"""
CUT_OFF_JS = """(place, inside) => {
    const frame = document.querySelector(place).getBoundingClientRect();
    return [...document.querySelectorAll(inside)].map((one) => [one.innerText, one.getBoundingClientRect()])
        .filter(([, box]) => box.height < 24 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1
            || box.left < frame.left - 1 || box.right > frame.right + 1)
        .map(([name, box]) => `${name}: ${box.top}-${box.bottom} in ${frame.top}-${frame.bottom}`);
}"""
TELL_JS = "(words) => document.getElementById('room').dispatchEvent(new CustomEvent('say', { detail: words }))"
ONE_ROOM_JS = """() => window.microteach.signaling.dispatchEvent(new CustomEvent("view", {
    detail: { ...window.lastView, same_room: window.lastView.people.find((each) => each.seat !== window.lastView.you.seat).seat } }))"""
SHOWN = "textarea, button, #now-sentence"


@long
@pytest.mark.timeout(240)
async def test_nothing_is_in_the_way(tmp_path: Path, screenshots: Path, browser: Browser) -> None:
    """Ana leads from a phone; Maria teaches from another; Ben learns at a small desk."""
    async with contextlib.AsyncExitStack() as stack:
        plans = scaled(tmp_path / "plans", PLAN, 1.0)
        product = await stack.enter_async_context(running_product(tmp_path, plans=str(plans)))
        ana, maria, ben, *_ = everybody = await people_in(browser, "Ana", "Maria", "Ben", "Clara", "Daniel", "Emil")
        await ana.page.set_viewport(*PHONE, mobile=True)
        await maria.page.set_viewport(*PHONE, mobile=True)
        await ben.page.set_viewport(*SMALL_DESK)
        invitation = await set_up(ana, product, PLAN)
        await come_in(ana, None, teaches=False, recording="record")
        for person in everybody[1:]:
            await come_in(person, invitation, teaches=person is maria, recording="record")
        await all_here(everybody)
        await _what_is_told_covers_nothing(maria, screenshots)
        await _the_strip_of_faces_fits(ana, maria, ben, everybody, screenshots)
        await _names_stand_free_in_ones_own_turn(ana, everybody, screenshots)
        for person in everybody[:-1]:
            assert await person.page.eval(SAME_IDS_JS) == []
        no_loud_problems(*everybody[:-1])


async def _what_is_told_covers_nothing(maria: Human, screenshots: Path) -> None:
    page = maria.page
    await page.eval("document.getElementById('field-goal').scrollIntoView({ block: 'end' })")
    await page.eval(TELL_JS, "This device has refused its camera and its microphone. Others see your name.")
    await page.wait_for(TOASTED_JS, what="what is told")
    await page.screenshot(screenshots / "way-1-told.png")
    assert await page.eval(OVERLAPS_JS, "#toast", SHOWN) == []


async def _the_strip_of_faces_fits(ana: Human, maria: Human, ben: Human, everybody: list[Human], screenshots: Path) -> None:
    await maria.page.fill("#field-learners", "15 years old, they know fractions and have learnt to add those with the same denominator")
    await maria.page.fill("#field-goal", "explain why a half is more than a third, and show it with two strips of paper")
    await maria.page.eval(BRING_SLIDES_JS)
    await maria.page.wait_for("!!document.querySelector('[data-deck]')", what="the slides", timeout_s=30)
    await go_on(ana, everybody, "lesson")
    await lesson_runs(maria, everybody)
    await maria.page.eval("document.querySelector('[data-deck]').click()")  # a question may stand in its place
    await ben.page.wait_for("!!document.getElementById('slide')?.naturalWidth", what="the slide")
    await ben.page.wait_for(
        "!document.getElementById('chat').hidden && !document.getElementById('lesson-card').hidden", what="chat and card"
    )
    await ben.page.screenshot(screenshots / "way-2-learner.png")
    assert await ben.page.eval(CUT_OFF_JS, "#faces", "face-tile") == []
    await ben.page.eval(ONE_ROOM_JS)
    await ben.page.wait_for("document.getElementById('same-room').checkVisibility()", what="whether they are in one room")
    await ben.page.screenshot(screenshots / "way-2-learner-asked.png")
    assert await ben.page.eval(CUT_OFF_JS, "#faces", "face-tile") == []
    assert await ben.page.eval(CUT_OFF_JS, "#room", "#faces, #panel, #chat, #chat-text") == []


async def _names_stand_free_in_ones_own_turn(ana: Human, everybody: list[Human], screenshots: Path) -> None:
    for phase in ("writing", "teacher-first", "feedback"):
        await go_on(ana, everybody, phase)
    while not await ana.page.eval("window.lastView.floor.turn === window.lastView.you.seat"):
        turn = await ana.page.eval("window.lastView.floor.turn")
        await ana.page.click("#action-end-turn")
        await ana.page.wait_for("(turn) => window.lastView.floor.turn !== turn", turn, what="the next turn")
    await ana.page.screenshot(screenshots / "way-3-own-turn.png")
    assert await ana.page.eval(OVERLAPS_JS, ".dock, .strip-buttons, .undo, #actions button", "#turn-notes li") == []
    assert await ana.page.eval(OVERLAPS_JS, "#strip button, #strip summary", "#actions button") == []
    await everybody[-1].page.close()
    await ana.page.wait_for("!document.getElementById('strip-missing').hidden", what="that somebody is missing", timeout_s=20)
    await ana.page.set_viewport(*SMALL_PHONE, mobile=True)
    await ana.page.screenshot(screenshots / "way-4-own-turn-missing.png")
    assert await ana.page.eval(CUT_OFF_JS, "#panel", "#turn-notes .turn-row li:nth-child(-n+3)") == []
    assert await ana.page.eval(OVERLAPS_JS, ".dock, #strip", "#turn-notes .turn-row li") == []
