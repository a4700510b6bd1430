"""One seat, several windows and devices: the newest has it, a yes is needed for a new device, a no opens nothing."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser.driver import Browser, Page
from tests.browser.people import Human, come_in, set_up
from tests.browser.steps import all_here, go_on, lesson_runs, no_loud_problems, people_in, seat_of, status, told
from tests.fakes.product import Product, running_product

SECRET = "Could you say that again?"
AWAY_JS = """(seat) => {
    window.timesAway = 0;
    window.microteach.signaling.addEventListener("view", ({ detail: view }) => {
        if (!view.people.find((person) => person.seat === seat).here) window.timesAway += 1;
    });
}"""
SOCKET_JS = """(url) => new Promise((done) => {
    const socket = new WebSocket(url);
    socket.onopen = () => done("open");
    socket.onerror = () => done("refused");
})"""
IN_ROOM_JS = "!!document.getElementById('now-sentence') && !!window.microteach"


@dataclass
class Table:
    """Ana leads, Maria teaches."""

    product: Product
    browser: Browser
    ana: Human
    maria: Human
    invitation: str

    async def claims_to_be_maria(self, device: str, name: str = "Maria") -> Page:
        """At the door of the invitation, on a device that nobody knows."""
        page = await self.browser.page(self.invitation, person=device)
        await page.wait_for("document.getElementById('device-state')?.innerText", what="the check")
        await page.fill("#name", name)
        await page.click("#teaches-no")
        await page.click("#come-in")
        await page.wait_for("document.getElementById('are-you')?.innerText.includes('Are you Maria?')", what="the question who it is")
        return page


@contextlib.asynccontextmanager
async def table(folder: Path, browser: Browser) -> AsyncIterator[Table]:
    async with running_product(folder) as product:
        ana, maria = await people_in(browser, "Ana", "Maria")
        invitation = await set_up(ana, product)
        await come_in(ana, None, teaches=False, recording="record")
        await come_in(maria, invitation, teaches=True, recording="record")
        await all_here((ana, maria))
        yield Table(product, browser, ana, maria, invitation)
        no_loud_problems(ana, maria)


@pytest.mark.timeout(120)
async def test_nobody_sees_a_seat_flicker_when_it_is_opened_in_a_second_tab(tmp_path: Path, browser: Browser, screenshots: Path) -> None:
    async with table(tmp_path, browser) as at:
        await at.ana.page.eval(AWAY_JS, await seat_of(at.maria))
        second = await browser.page(await at.maria.page.url(), person="Maria")
        await second.wait_for(IN_ROOM_JS, what="the second tab")
        await at.maria.page.wait_for("!!document.querySelector('#replaced[open]')", what="the first tab saying so")
        await at.maria.until("This seat is open in another window")
        await at.maria.page.screenshot(screenshots / "devices-1-replaced.png")
        assert await at.maria.page.eval("document.querySelector('[data-own] video').srcObject === null"), "its camera rests"
        await second.wait_for("window.microteach.media.condition === 'connected'", what="sound and picture in the second tab", timeout_s=30)
        await at.maria.page.click("#use-here")
        await second.wait_for("!!document.querySelector('#replaced[open]')", what="the second tab giving way")
        await at.maria.page.wait_for("window.microteach.media.condition === 'connected'", what="sound and picture again", timeout_s=30)
        assert await at.ana.page.eval("window.timesAway") == 0


@pytest.mark.timeout(180)
async def test_a_new_device_comes_in_on_the_same_seat_and_opens_no_older_recording(
    tmp_path: Path, browser: Browser, screenshots: Path
) -> None:
    """Maria says yes on her old device, after a lesson that was recorded."""
    async with table(tmp_path, browser) as at:
        both = (at.ana, at.maria)
        await go_on(at.ana, both, "lesson")
        await lesson_runs(at.maria, both)
        await go_on(at.ana, both, "writing")
        take = await at.maria.page.wait_for("window.lastView.takes.find((take) => take.state === 'ready')?.take", what="the recording")
        seat = await seat_of(at.maria)
        phone = await at.claims_to_be_maria("phone", "maria")
        await phone.screenshot(screenshots / "devices-2-are-you.png", full_page=True)
        await phone.click("#claim-seat")
        await phone.wait_for("document.body.innerText.includes('We are asking')", what="the page that waits")
        await phone.screenshot(screenshots / "devices-3-waiting.png")
        await at.maria.until("Somebody asks to come in as you, on another device. Is it you?", where="#claims")
        await at.maria.page.screenshot(screenshots / "devices-4-asked-Maria.png")
        await at.maria.page.click("#claim-yes")
        await phone.wait_for(IN_ROOM_JS, what="the room on the new device", timeout_s=20)
        await at.maria.page.wait_for("!!document.querySelector('#replaced[open]')", what="the old device giving way")
        await at.ana.page.wait_for("window.lastView.people.length === 2", what="two people, not three")
        new = Human("Maria", phone, browser)
        assert await status(new, f"/sessions/{await at.ana.page.eval('window.lastView.session')}") == 200
        for path in (f"/recordings/{take}", f"/recordings/{take}/data"):
            assert await status(new, path) == 404
            assert await status(at.maria, path) == 200
        own = "document.querySelector('[data-own]').dataset.seat"
        assert await phone.wait_for(own, what="the own seat") == seat


@pytest.mark.timeout(120)
async def test_whoever_leads_answers_for_somebody_who_is_away_and_a_no_is_told_in_words(
    tmp_path: Path, browser: Browser, screenshots: Path
) -> None:
    async with table(tmp_path, browser) as at:
        await at.maria.page.click("#chat-toggle")
        await at.maria.page.fill("#chat-text", SECRET)
        await at.maria.page.press("Enter")
        await at.ana.page.wait_for("window.lastView.chat.length === 1", what="the line for Ana")
        stranger = await at.claims_to_be_maria("stranger")
        await _sees_nothing(stranger, at)
        await stranger.click("#claim-seat")
        await at.maria.until("Is it you?", where="#claims")
        assert await at.ana.page.eval("window.lastView.claims.length") == 0, "Maria is here and answers herself"
        await at.maria.page.goto("about:blank")
        await at.ana.until("Maria asks to come in on another device.", where="#claims")
        await at.ana.page.screenshot(screenshots / "devices-5-asked-Ana.png")
        await _sees_nothing(stranger, at)
        await at.ana.page.click("#claim-no")
        await stranger.wait_for("document.body.innerText.includes('The answer was no')", what="the no in words", timeout_s=30)
        await stranger.screenshot(screenshots / "devices-6-no.png")
        await _sees_nothing(stranger, at)
        await at.ana.page.wait_for("document.getElementById('claims').hidden", what="the question going away")
        laptop = await at.claims_to_be_maria("laptop")
        await laptop.click("#claim-seat")
        await at.ana.page.click("#claim-yes")
        await laptop.wait_for(IN_ROOM_JS, what="the room on the new device", timeout_s=20)
        await at.ana.page.wait_for("window.lastView.people.length === 2", what="two people, not three")
        assert SECRET not in at.product.log
        assert "Maria" not in at.product.log


async def _sees_nothing(stranger: Page, at: Table) -> None:
    """Neither the room nor its socket, slides or calendar; and no word that was said in it."""
    session = await at.ana.page.eval("window.lastView.session")
    person = Human("a stranger", stranger, at.browser)
    for path in (
        f"/sessions/{session}",
        f"/sessions/{session}/socket",
        f"/sessions/{session}/slides/any/0",
        f"/sessions/{session}/next.ics",
    ):
        assert await status(person, path) in (400, 401, 403, 404), path
    assert await stranger.eval(SOCKET_JS, f"{at.product.url.replace('http', 'ws', 1)}/sessions/{session}/socket") == "refused"
    assert SECRET not in await stranger.eval("document.documentElement.outerHTML")
    assert SECRET in await told(at.ana)
