"""The one who leads teaches; a tab is put to sleep; a laptop is closed for a while."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path

import pytest

from tests.browser.driver import Browser
from tests.browser.gathering import gathering, look, since, start, until
from tests.browser.lines import asleep
from tests.browser.people import Human, come_in, human
from tests.browser.steps import at, go_on

AT_ONCE_S = 2.0
SLEEP_S = 8.0


@pytest.mark.timeout(180)
async def test_a_round_whose_teacher_leads_runs_by_itself(tmp_path: Path, browser: Browser) -> None:
    async with gathering(tmp_path, browser, part=0.05, teaches=True) as group:
        ana = group.lead
        ben = await group.guest("Ben")
        await start(ana, ana)
        await ben.until("This round runs by itself.", where="#now-next")
        await ben.page.click(name="Hold the clock", role="button")
        await ana.until("Ben holds the clock", where="#now-sentence")
        left_ms = await look(ana, "view.phase.held.left_ms")
        await asyncio.sleep(1)
        await ben.page.click(name="Let the clock run", role="button")
        await until(ana, "view.phase.held?.resumes_ms", "3-2-1")
        await until(ana, "view.phase.ends_ms !== null", "the clock")
        assert abs(await look(ana, "view.phase.ends_ms - window.microteach.clock.now()") - left_ms) < 1_000
        for key in ("writing", "teacher-first", "feedback"):
            await at((ana, ben), key, timeout_s=40)
        await ben.until("You speak now", where="#now-sentence")


@pytest.mark.timeout(120)
async def test_a_tab_that_was_frozen_shows_at_once_where_the_session_is(tmp_path: Path, browser: Browser) -> None:
    async with gathering(tmp_path, browser, part=0.2) as group:
        ana = group.lead
        maria = await group.guest("Maria", teaches=True)
        ben = await group.guest("Ben")
        await start(ana, maria)
        await ben.page.cdp("Page.setWebLifecycleState", state="frozen")
        await go_on(ana, (ana, maria), "writing")
        await asyncio.sleep(2)
        await ben.page.cdp("Page.setWebLifecycleState", state="active")
        await shows_writing(ben, time.monotonic())
        await keeps_what_is_typed(ben)


@pytest.mark.timeout(180)
async def test_a_laptop_that_slept_shows_at_once_where_the_session_is(tmp_path: Path, browser: Browser) -> None:
    """Longer than a line may be silent: others see that its owner was away, and that they are back."""
    async with contextlib.AsyncExitStack() as stack:
        group = await stack.enter_async_context(gathering(tmp_path, browser, part=0.2))
        ben = await stack.enter_async_context(human("Ben"))
        ana = group.lead
        maria = await group.guest("Maria", teaches=True)
        await come_in(ben, group.invitation, teaches=False, recording=None)
        await start(ana, maria)
        with asleep(ben.browser):
            await go_on(ana, (ana, maria), "writing")
            await asyncio.sleep(SLEEP_S)
            await until(ana, "view.people.some((each) => each.name === 'Ben' && !each.here)", "Ben being away")
        await shows_writing(ben, time.monotonic())
        await until(ana, "view.people.every((each) => each.here)", "Ben being back", timeout_s=20)
        await keeps_what_is_typed(ben)


async def shows_writing(ben: Human, awake_s: float) -> None:
    await ben.until("Everyone is writing in silence", where="#now-sentence", timeout_s=20)
    since(awake_s, "the right screen")
    assert time.monotonic() - awake_s < AT_ONCE_S
    left = "window.lastView.phase.ends_ms - window.microteach.clock.now()"
    assert 0 < await ben.page.eval(left) < 40_000, "the clock of the server, not that of a device that slept"


async def keeps_what_is_typed(ben: Human) -> None:
    await ben.page.fill("#field-suggestion", "Wait three seconds after a question.")
    await ben.page.wait_for("document.getElementById('field-suggestion-state').innerText === 'Kept'", what="the text being kept")
