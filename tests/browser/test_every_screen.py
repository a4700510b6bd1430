"""Every page in every state and role, on a desk and on a phone, light and dark: looked at, and judged by axe-core."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from tests.browser.driver import Browser, Page
from tests.browser.people import Human, come_in, set_up
from tests.browser.tour import Tour
from tests.fakes.formats import scaled
from tests.fakes.product import running_product

PAGES = {"start": "/", "set-up": "/set-up", "formats": "/set-up?teachers=2&minutes=90", "nothing": "/nothing"}
TEXT = "Wait three seconds after a question."


class Group:
    """Ana leads at a desk, Maria teaches at a desk, Ben is a colleague with a phone."""

    def __init__(self, ana: Human, maria: Human, ben: Human) -> None:
        self.ana, self.maria, self.ben = ana, maria, ben
        self.pages = {"facilitator": ana.page, "teacher": maria.page, "phone": ben.page}

    async def at(self, key: str) -> None:
        """Until everybody's page is in this phase."""
        for page in self.pages.values():
            await page.wait_for("(key) => window.lastView?.phase.key === key", key, what=f"phase {key}", timeout_s=20)

    async def go_on(self, key: str) -> None:
        await self.ana.page.click("#action-advance")
        await self.at(key)


@pytest.mark.timeout(600)
async def test_pages_before_a_session(tmp_path: Path, screenshots: Path, browser: Browser) -> None:
    tour = Tour(screenshots)
    async with running_product(tmp_path) as product:
        for width, height, who in ((1280, 800, "desk"), (390, 844, "phone")):
            page = await browser.page(person=who)
            await page.set_viewport(width, height, mobile=who == "phone")
            for name, path in PAGES.items():
                await page.goto(product.url + path)
                await tour.look(name, {who: page})
            lead = Human("Lea", page, browser)
            invitation = await set_up(lead, product)
            await tour.look("door-facilitator", {who: page})
            guest = await browser.page(invitation, person=f"guest-{who}")
            await guest.set_viewport(width, height, mobile=who == "phone")
            await guest.wait_for("document.getElementById('device-state')?.innerText", what="the check")
            await tour.look("door", {who: guest})
            await guest.click("#come-in")
            await guest.goto(product.url)
            await guest.click("#practise")
            await guest.wait_for("document.getElementById('device-state')?.innerText", what="the check")
            await tour.look("practise-alone", {who: guest})
    assert tour.found == []


@pytest.mark.timeout(600)
async def test_pages_of_deleting_for_good(tmp_path: Path, screenshots: Path, browser: Browser) -> None:
    """As the one who leads reads them, and a colleague, who cannot delete a session."""
    tour = Tour(screenshots)
    async with running_product(tmp_path) as product:
        lead, ben = [Human(name, await browser.page(person=name), browser) for name in ("Lea", "Ben")]
        invitation = await set_up(lead, product)
        await come_in(lead, None, teaches=False, recording=None)
        await come_in(ben, invitation, teaches=False, recording=None)
        session = str(await lead.page.eval("location.pathname"))
        for width, height, who in ((1280, 800, "desk"), (390, 844, "phone")):
            await lead.page.set_viewport(width, height, mobile=who == "phone")
            for name, path in {"erase-me": "/me/erase", "erase-session": f"{session}/erase", "erased": "/erased"}.items():
                await lead.page.goto(product.url + path)
                await lead.page.wait_for("!!document.querySelector('#erase form, #erased')", what=name)
                await tour.look(name, {who: lead.page})
            await ben.page.set_viewport(width, height, mobile=who == "phone")
            await ben.page.goto(f"{product.url}{session}/erase")
            await ben.page.wait_for("!!document.querySelector('#erase') && !document.querySelector('#erase form')", what="only who leads")
            await tour.look("erase-session-of-another", {who: ben.page})
    assert tour.found == []


@pytest.mark.timeout(600)
async def test_the_room_from_before_to_after(tmp_path: Path, screenshots: Path, browser: Browser) -> None:
    tour = Tour(screenshots)
    async with contextlib.AsyncExitStack() as stack:
        plans = scaled(tmp_path / "plans", "twenty-minute-round", 1.0)
        product = await stack.enter_async_context(running_product(tmp_path, plans=str(plans)))
        ana, maria, ben = [Human(name, await browser.page(person=name), browser) for name in ("Ana", "Maria", "Ben")]
        await ben.page.set_viewport(390, 844, mobile=True)
        invitation = await set_up(ana, product, "twenty-minute-round")
        await come_in(ana, None, teaches=False, recording="record")
        await come_in(maria, invitation, teaches=True, recording="record")
        await come_in(ben, invitation, teaches=False, recording="leave-out")
        group = Group(ana, maria, ben)
        await before(group, tour)
        await lesson(group, tour)
        await writing(group, tour)
        await feedback(group, tour)
        await closing(group, tour)
        await recording(maria, tour)
    assert tour.found == []


async def before(group: Group, tour: Tour) -> None:
    await group.ana.page.wait_for("document.querySelectorAll('#faces [data-seat]').length === 3", what="three people in the room")
    await group.maria.page.fill("#field-learners", "15 years old, they know fractions")
    await group.maria.page.fill("#field-goal", "explain why a half is more than a third")
    await tour.look("before", group.pages)


async def lesson(group: Group, tour: Tour) -> None:
    await group.go_on("lesson")
    await tour.look("lesson-waits", group.pages)
    await group.maria.page.click("#action-start-lesson")
    for page in group.pages.values():
        await page.wait_for("window.lastView?.phase.status === 'running'", what="the lesson", timeout_s=30)
    await group.ben.page.click("#hand")
    await group.ben.page.click("#moment-helped")
    await tour.look("lesson", group.pages)
    await group.ana.page.click("#action-hold")
    for page in group.pages.values():
        await page.wait_for("window.lastView?.phase.held !== null", what="the held clock")
    await tour.look("lesson-held", group.pages)
    await group.ana.page.click("#action-resume")
    await group.ana.page.wait_for("window.lastView?.phase.held === null", what="the clock", timeout_s=30)


async def writing(group: Group, tour: Tour) -> None:
    await group.go_on("writing")
    await group.ben.page.fill("#field-suggestion", TEXT)
    await tour.look("writing", group.pages)


async def feedback(group: Group, tour: Tour) -> None:
    await group.go_on("teacher-first")
    await tour.look("teacher-first", group.pages)
    await group.go_on("feedback")
    for number in (1, 2):
        await tour.look(f"feedback-{number}", group.pages)
        await group.ana.page.click("#action-end-turn" if number == 1 else "#action-advance")
    await group.at("choose")
    await tour.look("choose", group.pages)


async def closing(group: Group, tour: Tour) -> None:
    await group.go_on("closing")
    await tour.look("closing", group.pages)
    await group.go_on("ended")
    await tour.look("ended", group.pages)


async def recording(maria: Human, tour: Tour) -> None:
    page: Page = maria.page
    link = await page.wait_for("document.querySelector('#takes a')?.href", what="the link to the recording")
    await page.goto(link)
    await page.wait_for("document.getElementById('film-video')?.readyState >= 1", what="the film", timeout_s=30)
    await tour.look("recording", {"teacher": page})
    await page.set_viewport(390, 844, mobile=True)
    await tour.look("recording", {"phone": page})
