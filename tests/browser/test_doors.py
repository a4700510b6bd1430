"""The way in, as people go it: start page, two questions, a format, the invitation, the check, the room. In both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.people import Human, human
from tests.fakes.product import Product, running_product

LOUD = ("exception", "security")
FILL_TIME_JS = """(time) => {
    const field = document.getElementById("starts");
    field.value = time;
    field.dispatchEvent(new Event("input"));
}"""


@pytest.mark.timeout(180)
async def test_from_the_start_page_into_the_room_in_two_languages(tmp_path: Path, screenshots: Path) -> None:
    async with running_product(tmp_path) as product, human("Ana") as ana, human("Ben") as ben:
        invitation = await _ana_sets_up(ana, product, screenshots)
        await _comes_in(ana)
        await _ben_reads_german(ben, invitation, screenshots)
        await _comes_in(ben)
        await ana.until("Ben")
        assert await ben.page.eval("document.documentElement.lang") == "de"
        assert "Before we start" not in await ben.page.text("#now")
        assert [str(problem) for person in (ana, ben) for problem in person.page.problems if problem.kind in LOUD] == []


async def _ana_sets_up(ana: Human, product: Product, screenshots: Path) -> str:
    """For a day to come; returns the invitation."""
    page = ana.page
    await page.goto(product.url)
    await page.click("#set-up")
    await page.click("#teachers-2")
    await page.click("#minutes-45")
    await page.click("#show-formats")
    await page.click("#plan-twenty-minute-round")
    await page.eval(FILL_TIME_JS, "2031-12-04T12:30")
    await ana.until("we end at 13:", where="#formats")
    await page.screenshot(screenshots / "door-1-formats.png", full_page=True)
    await page.click(name="Set up a session", role="button")
    await page.wait_for("!!document.getElementById('calendar-file')", what="a calendar file")
    await page.click("#ready-message summary")
    said = "document.getElementById('message').value"
    await page.wait_for(f"{said}.includes('4 December')", what="the day in the message")
    message = str(await page.eval(said))
    link = str(await page.eval("document.getElementById('invitation-link').value"))
    assert link in message
    await page.click("#play-sound")
    await page.click("#sound-heard")
    await ana.until("your sound works", where="#sound-state")
    await page.screenshot(screenshots / "door-2-lead.png", full_page=True)
    return link


async def _ben_reads_german(ben: Human, invitation: str, screenshots: Path) -> None:
    page = ben.page
    await page.set_viewport(390, 844, mobile=True)
    await page.goto(invitation)
    await page.click("#language-de")
    await ben.until("Werden Sie unterrichten?")
    assert await page.url() == invitation, "the choice of a language leads back"
    await page.click("#teaches-no")
    assert await page.eval("document.querySelectorAll('#recording input:checked').length") == 0
    await page.screenshot(screenshots / "door-3-phone-german.png")


async def _comes_in(person: Human) -> None:
    page = person.page
    await page.wait_for("document.getElementById('device-state')?.innerText", what="the check of camera and microphone")
    await page.fill("#name", person.name)
    await page.eval("document.querySelector('[name=teaches]:checked') ?? document.getElementById('teaches-no').click()")
    await page.click("#come-in")
    await page.wait_for("!!document.getElementById('now-sentence')", what=f"the room for {person.name}", timeout_s=20)
