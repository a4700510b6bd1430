"""What would take minutes from somebody who still teaches is done only after a yes, in words that say what it costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.axe import violations
from tests.browser.driver import Browser
from tests.browser.gathering import look, until
from tests.browser.people import come_in, set_up
from tests.browser.steps import all_here, go_on, lesson_runs, no_loud_problems, people_in
from tests.fakes.formats import timed
from tests.fakes.product import running_product

PLAN = "twenty-minute-round"
LENGTHS_S = {"lesson": 120, "writing": 60, "teacher-first": 60, "feedback": 120, "choose": 60, "closing": 60}
OPEN_JS = "!!document.querySelector('#costs dialog')?.open"


@pytest.mark.timeout(180)
async def test_minutes_of_others_are_taken_after_a_yes_only(tmp_path: Path, browser: Browser, screenshots: Path) -> None:
    """Maria teaches, Ben teaches after her, and Ana, who leads, adds a minute by keyboard."""
    plans = timed(tmp_path / "plans", PLAN, LENGTHS_S)
    async with running_product(tmp_path, plans=str(plans)) as product:
        ana, maria, ben = everybody = await people_in(browser, "Ana", "Maria", "Ben")
        invitation = await set_up(ana, product, PLAN)
        await come_in(ana, None, teaches=False, recording="record")
        await come_in(maria, invitation, teaches=True, recording="record")
        await come_in(ben, invitation, teaches=True, recording="record")
        await all_here(everybody)
        await go_on(ana, everybody, "lesson")
        await lesson_runs(maria, everybody)
        ends_ms = int(await look(ana, "view.phase.ends_ms"))
        await ana.page.click("#action-add-time")
        await ana.page.wait_for(OPEN_JS, what="the question")
        await ana.until("Everybody who still teaches would have", where="#costs-text")
        await ana.page.screenshot(screenshots / "costs-Ana.png")
        assert await violations(ana.page) == []
        await ana.page.press("Escape")
        await ana.page.wait_for(f"!{OPEN_JS}", what="no question any more")
        assert await ana.page.eval("document.activeElement.id") == "action-add-time"
        assert await look(ana, "view.phase.ends_ms") == ends_ms
        await ana.page.press("Enter")
        await ana.page.wait_for(OPEN_JS, what="the question again")
        await ana.page.click("#costs-yes")
        await until(maria, f"view.phase.ends_ms === {ends_ms + 60_000}", "another minute")
        no_loud_problems(*everybody)
