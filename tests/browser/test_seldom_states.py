"""What a page seldom shows, judged by axe-core and looked at: questions, dialogs, a typed turn, a flat phone, German."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.driver import Browser
from tests.browser.page_scripts import BRING_SLIDES_JS
from tests.browser.people import Human, come_in, set_up
from tests.browser.steps import all_here, at, go_on, lesson_runs, no_loud_problems, people_in
from tests.browser.tour import Tour
from tests.fakes.formats import scaled
from tests.fakes.product import running_product

PLAN = "twenty-minute-round"
FLAT = (844, 390)
NO_DEVICES_JS = (
    "if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))"
)
# What the server tells after minutes that no test waits for.
SHOW_JS = """(change) => window.microteach.signaling.dispatchEvent(
    new CustomEvent("view", { detail: { ...window.lastView, ...change(window.lastView) } }))"""
MISSING_JS = f"""() => ({SHOW_JS})((view) => ({{
    missing: {{ seat: view.teacher, since_ms: view.now_ms, why: "teacher_late" }},
    you: {{ ...view.you, may: [...view.you.may, "go_without", "teach_later"] }},
}}))"""
SAME_ROOM_JS = f"""() => ({SHOW_JS})((view) => ({{ same_room: view.people.find((each) => each.seat !== view.you.seat).seat }}))"""


@pytest.mark.timeout(400)
async def test_what_is_seldom_shown(tmp_path: Path, screenshots: Path, browser: Browser) -> None:
    """Ana leads at a desk; Maria teaches on a phone that lies flat; Ben reads German and has neither camera nor microphone."""
    tour = Tour(screenshots)
    plans = scaled(tmp_path / "plans", PLAN, 1.0)
    async with running_product(tmp_path, plans=str(plans)) as product:
        ana, maria, ben = everybody = await people_in(browser, "Ana", "Maria", "Ben")
        await maria.page.set_viewport(*FLAT, mobile=True)
        await ben.page.preload(NO_DEVICES_JS)
        invitation = await set_up(ana, product, PLAN)
        await come_in(ana, None, teaches=False, recording="record")
        await come_in(maria, invitation, teaches=True, recording="record")
        await ben.page.goto(invitation)
        await ben.page.click("#language-de")
        await ben.page.wait_for("document.documentElement.lang === 'de'", what="German")
        await tour.look("door-german", {"colleague": ben.page})
        await come_in(ben, None, teaches=False, recording="record")
        await all_here(everybody)
        await _questions(tour, ana, maria, ben, invitation)
        await _lesson(tour, ana, maria, ben)
        await _feedback(tour, ana, maria, ben)
        no_loud_problems(*everybody)
    assert tour.found == []


async def _questions(tour: Tour, ana: Human, maria: Human, ben: Human, invitation: str) -> None:
    pages = {"facilitator": ana.page, "flat": maria.page, "german": ben.page}
    [other] = await people_in(ana.browser, "another device")
    await other.page.goto(invitation)
    await other.page.fill("#name", "Maria")
    await other.page.click("#teaches-yes")
    await other.page.click("#come-in")
    await other.page.wait_for("!!document.getElementById('are-you')", what="the question who it is")
    await tour.look("seldom-are-you", {"new-device": other.page})
    await other.page.click("#claim-seat")
    await maria.page.wait_for("!!document.getElementById('claim-yes')", what="the question")
    await ana.page.eval(SAME_ROOM_JS)
    await ana.page.wait_for("!document.getElementById('same-room').hidden", what="whether they are in one room")
    await tour.look("seldom-claim", {**pages, "new-device": other.page})
    await maria.page.click("#claim-no")
    await maria.page.wait_for("!document.getElementById('claim-yes')", what="the answer")
    for person in (ana, ben):
        await person.page.click("#open-settings")
        await person.page.wait_for("document.querySelector('#device-settings dialog').open", what="the settings")
    await tour.look("seldom-settings", {"facilitator": ana.page, "german": ben.page})
    for person in (ana, ben):
        await person.page.press("Escape")
    await other.page.close()


async def _lesson(tour: Tour, ana: Human, maria: Human, ben: Human) -> None:
    pages = {"facilitator": ana.page, "flat": maria.page, "german": ben.page}
    everybody = (ana, maria, ben)
    await maria.page.eval(BRING_SLIDES_JS)
    await maria.page.wait_for("!!document.querySelector('[data-deck]')", what="the slides", timeout_s=30)
    await tour.look("seldom-before", pages)
    await go_on(ana, everybody, "lesson")
    await ana.page.eval(MISSING_JS)
    await ana.page.wait_for("!document.getElementById('missing').hidden", what="what can be done about somebody who is missing")
    await tour.look("seldom-missing", {"facilitator": ana.page})
    await lesson_runs(maria, everybody)
    await tour.look("seldom-lesson", {"flat": maria.page})
    await maria.page.click("[data-deck]")
    for person in everybody:
        await person.page.wait_for("!!document.getElementById('slide')?.naturalWidth", what="the slide")
    await ana.page.click("#strip-more summary")
    await tour.look("seldom-slide", pages)
    await ana.page.press("Escape")
    await maria.page.click("#action-stop-recording")
    await maria.until("Recording stopped.", where="#now-recording")
    await tour.look("seldom-stopped", pages)


async def _feedback(tour: Tour, ana: Human, maria: Human, ben: Human) -> None:
    everybody = (ana, maria, ben)
    pages = {"facilitator": ana.page, "flat": maria.page, "german": ben.page}
    await go_on(ana, everybody, "writing")
    await ben.page.fill("#field-suggestion", "Nach jeder Frage drei Sekunden warten.")
    await maria.page.wait_for("!document.getElementById('takes').hidden", what="what becomes of the recording")
    await tour.look("seldom-writing", pages)
    await go_on(ana, everybody, "teacher-first")
    await go_on(ana, everybody, "feedback")
    while not await ben.page.eval("window.lastView.floor.turn === window.lastView.you.seat"):
        turn = await ana.page.eval("window.lastView.floor.turn")
        await ana.page.click("#action-end-turn")
        await ben.page.wait_for("(turn) => window.lastView.floor.turn !== turn", turn, what="the next turn")
    await ana.page.wait_for("document.getElementById('typed-turn')?.checkVisibility()", what="what Ben writes")
    await tour.look("seldom-typed-turn", pages)
    await go_on(ana, everybody, "choose")
    await go_on(ana, everybody, "closing")
    await tour.look("seldom-closing", pages)
    await ana.page.click("#action-advance")
    await at(everybody, "ended")
    await tour.look("seldom-ended", pages)
