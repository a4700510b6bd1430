"""A whole session is led from a phone: before, during and after, with two teachers and time that is lost and made up."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.browser.driver import Browser
from tests.browser.people import WATCH_JS, Human, come_in
from tests.browser.steps import at, no_loud_problems, people_in
from tests.fakes.colleagues import simulated_colleagues
from tests.fakes.formats import scaled
from tests.fakes.product import running_product
from tests.requirements import long

PLAN = "twenty-minute-round"
PHONE = (390, 844)
# Each round may become a tenth shorter: 3 minutes become 2 after some seconds, and half a minute more is not made up.
PART, LEAST = 0.124, 0.88
KEYBOARD_PX = 400
# A link within a sentence is as high as the sentence; of the cards to write on, one is on the screen and the others are swiped away.
LOW_CONTROLS_JS = """(least) => {
    const operable = "button, summary, select, textarea, a[href], input:not([type=hidden])";
    const faceOf = (one) => (one.matches("input[type=radio], input[type=checkbox]") ? one.labels?.[0] ?? one : one);
    const stands = (one) => one.checkVisibility({ visibilityProperty: true }) && getComputedStyle(one).display !== "inline";
    const cut = ({ left, right }) => left < -0.5 || right > innerWidth + 0.5;
    const misses = (one, box) => box.height < least || (cut(box) && !one.closest(".field-cards"));
    return [...document.querySelectorAll(operable)].filter(stands).map((one) => [one, faceOf(one).getBoundingClientRect()])
        .filter(([one, box]) => box.width > 1 && box.height > 1 && misses(one, box))
        .map(([one, box]) => `${one.id || one.className || one.innerText || one.name}: ${box.width}x${box.height} at ${box.left}`);
}"""
WIDER_JS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
ORDER_JS = "[...document.querySelectorAll('#desk ol .desk-name')].map((name) => name.innerText)"
NARROWEST_NAME_JS = "Math.min(...[...document.querySelectorAll('#desk .desk-name')].map((name) => name.clientWidth || name.offsetWidth))"
TICKS_JS = """(name) => [...document.querySelectorAll("#desk desk-person")].filter((item) => item.innerText.includes(name))
    .flatMap((item) => [...item.querySelectorAll(".ticks li")].map((tick) => tick.getAttribute("aria-label")))"""
# The place that a keyboard leaves; the driver has no keyboard of a phone.
KEYBOARD_JS = """(height) => Object.defineProperty(window.visualViewport, "height", { configurable: true, get: () => height })"""
ABOVE_KEYBOARD_JS = """((clock) => !clock.hidden && clock.innerText && clock.getBoundingClientRect().bottom)(
    document.querySelector("keyboard-clock"))"""
SPEAKS_JS = "view.people.find((each) => each.seat === view.floor.turn)?.name"


@dataclass
class Leading:
    """Ana leads from her phone; Maria has a computer. `found`: what a finger would miss, over the whole session."""

    ana: Human
    maria: Human
    screenshots: Path
    found: list[str] = field(default_factory=list)

    async def fits(self, state: str) -> None:
        page = self.ana.page
        await page.screenshot(self.screenshots / f"desk-{state}.png")
        self.found += [f"{state}: {control}" for control in await page.eval(LOW_CONTROLS_JS, 44)]
        self.found += [f"{state}: wider than the screen"] if await page.eval(WIDER_JS) > 0 else []

    async def sheet(self, action: str) -> None:
        """A quiet button of the clock, in the sheet."""
        await self.open_sheet()
        await self.ana.page.click(action)

    async def says(self, words: str, where: str, *, timeout_s: float = 30.0) -> None:
        js = "(where, words) => ((one) => one?.checkVisibility() && one.innerText.includes(words))(document.querySelector(where))"
        await self.ana.page.wait_for(js, where, words, timeout_s=timeout_s, what=f"“{words}” in {where}")

    async def paces(self, words: str, *, timeout_s: float = 30.0) -> None:
        """How the time goes stands in the sheet."""
        await self.open_sheet()
        await self.says(words, "#sheet-pace", timeout_s=timeout_s)

    async def open_sheet(self) -> None:
        if not await self.ana.page.eval("!!document.getElementById('strip-sheet').dataset.open"):
            await self.ana.page.click(".strip-toggle")

    async def close_sheet(self) -> None:
        await self.ana.page.click("#now-sentence")


@long
@pytest.mark.full
@pytest.mark.timeout(420)
async def test_a_whole_session_is_led_from_a_phone(tmp_path: Path, screenshots: Path, browser: Browser) -> None:
    plans = _nearly_fixed(scaled(tmp_path / "plans", PLAN, PART))
    async with running_product(tmp_path, plans=str(plans)) as product:
        ana, maria = await people_in(browser, "Ana", "Maria")
        await ana.page.set_viewport(*PHONE, mobile=True)
        leading = Leading(ana, maria, screenshots)
        invitation = await _set_up(leading, product.url)
        async with simulated_colleagues(product.url, tmp_path / "data", invitation, count=2):
            await until(ana, "view.people.some((each) => each.teaches !== null)", "Lina who teaches", 30)
            await come_in(maria, invitation, teaches=True, recording="record")
            await _before(leading, invitation)
            await _first_lesson(leading)
            await _time_is_lost_and_made_up(leading)
            await _writing(leading)
            await _turns(leading)
            await _second_round(leading)
            await _closing(leading)
            await _after(leading)
        no_loud_problems(ana, maria)
        assert leading.found == []


async def look(person: Human, js: str) -> Any:
    """Something of what this person's page was told last."""
    return await person.page.eval(f"((view) => {js})(window.lastView)")


async def until(person: Human, js: str, what: str, timeout_s: float = 30.0) -> None:
    await person.page.wait_for(f"((view) => {js})(window.lastView)", what=f"{what} for {person.name}", timeout_s=timeout_s)


def _nearly_fixed(plans: Path) -> Path:
    """The format with phases that can hardly be made shorter."""
    path = plans / f"{PLAN}.toml"
    clock = re.compile(r"default = ([\d.]+), least = [\d.]+")
    path.write_text(clock.sub(lambda found: f"default = {found[1]}, least = {float(found[1]) * LEAST:.4f}", path.read_text()))
    return plans


async def _set_up(leading: Leading, url: str) -> str:
    page = leading.ana.page
    await page.goto(url)
    await leading.fits("0-start")
    await page.click("#set-up")
    await page.click("#teachers-2")
    await leading.fits("0-teachers")
    await page.click("#next-step")
    await page.click("#minutes-0")
    await page.click("#show-formats")
    await page.wait_for("!!document.getElementById('formats')", what="the formats")
    await page.click(f"#plan-{PLAN}")
    await leading.fits("0-formats")
    await page.click("#next-step")
    await page.click(name="Set up a session", role="button")
    invitation = str(await page.wait_for("document.getElementById('invitation-link')?.value", what="the invitation"))
    await leading.fits("0-door")
    await come_in(leading.ana, None, teaches=False, recording="leave-out")
    return invitation


async def _before(leading: Leading, invitation: str) -> None:
    """Lina came first; Maria is to begin."""
    page, maria = leading.ana.page, leading.maria.page
    await page.wait_for(f"{ORDER_JS}.join() === 'Lina,Maria'", what="the order in which they came")
    await page.wait_for(f"({TICKS_JS})('Maria').includes('sound and picture: yes')", what="that Maria’s sound works", timeout_s=30)
    assert await page.eval(TICKS_JS, "Maria") == ["here: yes", "sound and picture: yes", "lesson card: not yet"]
    await maria.fill("#field-goal", "explain why a half is more than a third")
    await page.wait_for(f"({TICKS_JS})('Maria').includes('lesson card: yes')", what="that Maria’s card is written")
    await page.click(name="Maria earlier", role="button")
    await page.wait_for(f"{ORDER_JS}.join() === 'Maria,Lina'", what="Maria being first")
    await leading.says("Everybody keeps 3 minutes. We end ", "#desk-pace")
    await leading.says("1 voice is left out", "#desk-left-out")
    await page.eval("document.getElementById('desk').scrollIntoView()")
    await leading.fits("1-before")
    assert await page.eval(NARROWEST_NAME_JS) >= 80, "names have room beside all that can be done with them"
    await page.click("#copy-invitation button")
    await page.wait_for("/Copied|by hand/.test(document.querySelector('#copy-invitation button').innerText)", what="the answer to copying")
    assert await page.eval("document.querySelector('#copy-invitation textarea').value") == invitation
    await page.click(name="Start with Maria", role="button")
    await at([leading.ana], "lesson")


async def _first_lesson(leading: Leading) -> None:
    await leading.maria.page.click("#action-start-lesson")
    await until(leading.ana, "view.phase.status === 'running'", "the lesson", 8)
    await leading.says("Then: Silent writing", "#now-next")
    await leading.paces("On time. Everybody keeps 3 minutes.")
    await leading.fits("2-sheet")
    await leading.ana.page.click("#strip-cards summary")
    await leading.fits("2-cards")
    await leading.ana.page.click("#action-show-card-cannot-hear")
    await leading.maria.until("We can’t hear you", where="#card")
    await leading.maria.page.click(name="Seen", role="button")


async def _time_is_lost_and_made_up(leading: Leading) -> None:
    """What is lost is first taken from the round to come, then from the end; what is saved comes back."""
    ana, maria = leading.ana, leading.maria
    await leading.sheet("#action-hold")
    await maria.until("Ana holds the clock", where="#now-sentence")
    await leading.paces("Everybody keeps 2 minutes", timeout_s=30)
    await leading.paces("On time.")
    await leading.close_sheet()
    await _lead_goes_to_maria_and_back(leading)
    await leading.paces("1 minute behind. Everybody keeps 2 minutes", timeout_s=75)
    await leading.fits("3-behind")
    await leading.sheet("#action-resume")
    await until(maria, "view.phase.held === null", "the clock", 8)
    await ana.page.click("#action-advance")
    await at([ana], "writing")
    await leading.paces("On time.")
    await leading.close_sheet()


async def _lead_goes_to_maria_and_back(leading: Leading) -> None:
    ana, maria = leading.ana, leading.maria
    await ana.page.click("#strip-more summary")
    await leading.fits("3-more")
    await ana.page.click(name="Maria leads from now on", role="button")
    await ana.page.wait_for("document.getElementById('strip').hidden", what="the strip being Maria’s")
    await maria.until("This round runs by itself.", where="#strip-where")
    assert await look(ana, "view.you.may.includes('resume')"), "whoever is here holds the clock of a round that runs by itself"
    await leading.fits("3-handed-over")
    await maria.page.click("#strip-more summary")
    await maria.page.click(name="Ana leads from now on", role="button")
    await ana.page.wait_for("!document.getElementById('strip').hidden", what="Ana leading again")


async def _writing(leading: Leading) -> None:
    ana = leading.ana
    await leading.says("still writing: ", "#ready-count")
    await leading.says("Maria", "#ready-count")
    await ana.page.eval(KEYBOARD_JS, PHONE[1] - KEYBOARD_PX)
    await ana.page.fill("#field-suggestion", "Wait three seconds after a question.")
    bottom = await ana.page.wait_for(ABOVE_KEYBOARD_JS, what="the time above the keyboard")
    assert 0 < bottom <= PHONE[1] - KEYBOARD_PX
    await ana.page.screenshot(leading.screenshots / "desk-4-keyboard.png")
    await ana.page.eval("delete window.visualViewport.height")
    await ana.page.eval("document.activeElement.blur()")
    await leading.fits("4-writing")
    await ana.page.click("#action-advance")
    await at([ana], "teacher-first")
    await ana.page.click("#undo")
    await at([ana], "writing")
    await ana.page.click("#action-advance")
    await at([ana], "teacher-first")
    await ana.page.click("#strip-more summary")
    await ana.page.click("#action-back")
    await leading.says("Everybody who still teaches would have", "#costs-text")
    await leading.fits("4-costs")
    await ana.page.click("#costs-yes")
    await at([ana], "writing")
    for key in ("teacher-first", "feedback"):
        await ana.page.click("#action-advance")
        await at([ana], key)


async def _turns(leading: Leading) -> None:
    """Ana came first, so she is first in the row."""
    ana = leading.ana
    await leading.says("You speak now", "#now-sentence")
    row = await ana.page.text("#turn-notes .turn-row")
    assert "speaking now" in row
    assert all(name in row for name in ("Lina", "Omar", "Ana")), "who has not been heard yet stands in the row"
    await leading.fits("5-own-turn")
    await ana.page.click("#action-end-turn")
    await until(ana, "view.floor.turn !== view.you.seat", "the end of Ana’s turn")
    first = await look(ana, SPEAKS_JS)
    await leading.says(f"{first} speaks now", "#now-sentence")
    await ana.page.click("#undo")
    await until(ana, "view.floor.turn === view.you.seat", "Ana’s turn again")
    await ana.page.click("#action-end-turn")
    await until(ana, f"{SPEAKS_JS} === '{first}'", f"{first} speaking again")
    ends_ms = await look(ana, "view.floor.turn_ends_ms")
    await leading.sheet("#action-add-time")
    await until(ana, f"view.floor.turn_ends_ms >= {ends_ms} + 19_000", "20 seconds more")
    await leading.fits("5-turn")
    await _until_phase_by_hand(leading, "choose")
    await leading.paces("ahead. Everybody keeps 3 minutes")
    await leading.close_sheet()
    await ana.page.click("#action-advance")
    await until(ana, "view.phase.round === 1", "the second round")


async def _until_phase_by_hand(leading: Leading, key: str) -> None:
    while await look(leading.ana, "view.phase.key") != key:
        decision = await look(leading.ana, "view.phase.decision")
        await leading.ana.page.click("#action-advance")
        await until(leading.ana, f"view.phase.decision !== {decision}", "the next step")


async def _second_round(leading: Leading) -> None:
    """Lina starts by herself; in her feedback Maria is away when it is her turn, and Ana speaks after her."""
    ana, maria = leading.ana, leading.maria
    await until(ana, "view.phase.key === 'lesson' && view.phase.status === 'running'", "Lina’s lesson", 15)
    for key in ("writing", "teacher-first", "feedback"):
        await ana.page.click("#action-advance")
        await at([ana], key)
    await ana.page.click("#action-pass-turn")
    await until(ana, f"{SPEAKS_JS} === 'Omar'", "Omar’s turn")
    await ana.page.click("#action-end-turn")
    await until(ana, f"{SPEAKS_JS} === 'Maria'", "Maria’s turn")
    room = await maria.page.url()
    await maria.page.close()
    await ana.page.click(name="Not here – later", role="button")
    await until(ana, "view.floor.turn === view.you.seat && view.floor.next.length === 1", "Maria later")
    await leading.says("Not here: Maria", "#strip-trouble")
    await leading.fits("6-maria-later")
    [maria.page] = [person.page for person in await people_in(maria.browser, "Maria")]
    await maria.page.preload(WATCH_JS)
    await maria.page.goto(room)
    await until(maria, "view.phase.round === 1", "Maria being back")
    await ana.page.click("#action-end-turn")
    await until(ana, f"{SPEAKS_JS} === 'Maria'", "Maria’s turn at the end of the row")
    await _until_phase_by_hand(leading, "closing")


async def _closing(leading: Leading) -> None:
    page = leading.ana.page
    await leading.fits("7-closing")
    await page.wait_for("!document.getElementById('undo')?.checkVisibility()", timeout_s=30, what="the offer to undo being over")
    await page.click("#next-time label.check:has(input)")
    await page.click("#action-plan-next")
    await page.wait_for("!!document.getElementById('next-when').innerText", what="the next date")
    await leading.maria.page.wait_for("!!document.getElementById('next-when').innerText", what="the next date for Maria")
    await leading.fits("7-next-time")
    await page.click("#action-advance")
    await at([leading.ana], "ended")


async def _after(leading: Leading) -> None:
    ana = leading.ana
    await leading.says("How the time went", "#spent")
    for words in ("Lesson (Maria)", "Lesson (Lina)", "Silent writing (Maria)", "Closing", " planned, "):
        await leading.says(words, "#spent")
    when = await ana.page.text("#next-when")
    message = await ana.page.eval("document.querySelector('#thanks textarea').value")
    assert message.startswith("Thank you all for today, and Maria and Lina for teaching.")
    assert when.partition(",")[0] in message
    await leading.fits("8-after")
    assert await leading.maria.page.eval("document.getElementById('spent').hidden")
