"""Somebody's line drops: the teacher's in her lesson, a speaker's, that of the one who leads."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path
from typing import Any

import pytest

from tests.browser.driver import Browser
from tests.browser.gathering import Gathering, gathering, look, since, start, until
from tests.browser.lines import cut_line
from tests.browser.material import COUNTER_JS
from tests.browser.people import Human, come_in, human
from tests.browser.steps import at, go_on
from tests.fakes.colleagues import simulated_colleagues
from tests.requirements import long

FILM_OF_MARIA = 4
STANDS_STILL_S = 3.0
AWAY_MS = 5_000
LEFT_JS = "view.phase.ends_ms - window.microteach.clock.now()"
DATA_JS = """(take) => fetch(`/recordings/${take}/data`).then((answer) => answer.json()).then((data) => data.state === "ready" && data)"""


@pytest.mark.timeout(180)
async def test_the_time_of_a_teacher_whose_page_closed_is_held(tmp_path: Path, browser: Browser) -> None:
    """She comes back to her seat, to what was left of her time, and to one film with one marked place."""
    async with gathering(tmp_path, browser, part=0.05) as group:
        ana = group.lead
        maria = await group.guest("Maria", teaches=True, recording="record")
        await start(ana, maria)
        seat = await look(maria, "view.you.seat")
        await asyncio.sleep(2)
        left_ms = await look(ana, LEFT_JS)
        closed_s = time.monotonic()
        await maria.page.close()
        await is_held(ana, left_ms, closed_s)
        await asyncio.sleep(STANDS_STILL_S)
        await group.back(maria)
        assert await look(maria, "[view.you.seat, view.you.role]") == [seat, "teacher"]
        await runs_again(ana, left_ms)
        await ends_with_one_marked_place(maria)


@pytest.mark.timeout(240)
async def test_the_time_of_a_teacher_whose_line_is_cut_is_held(tmp_path: Path, browser: Browser) -> None:
    """Her page stays open and knows nothing. When it happens again, the lesson is taught again."""
    async with contextlib.AsyncExitStack() as stack:
        group = await stack.enter_async_context(gathering(tmp_path, browser, part=0.08))
        maria = await stack.enter_async_context(human("Maria", source=FILM_OF_MARIA))
        ana = group.lead
        await come_in(maria, group.invitation, teaches=True, recording="record")
        await start(ana, maria)
        await ana.page.wait_for(COUNTER_JS, "[aria-label^='Maria']", what="Maria's film", timeout_s=30)
        left_ms = await look(ana, LEFT_JS)
        cut_s = time.monotonic()
        with cut_line(maria.browser):
            await is_held(ana, left_ms, cut_s)
            await asyncio.sleep(STANDS_STILL_S)
            there_s = time.monotonic()
        await runs_again(ana, left_ms)
        since(there_s, "the clock ran again")
        await pictures_come(ana)
        since(there_s, "pictures were back")

        with cut_line(maria.browser):
            await until(ana, "view.phase.held?.reason === 'teacher_away'", "the held clock")
            await ana.page.click("#strip-missing summary")
            await ana.page.click("#strip-missing [data-remedy=restart_lesson]")
            await ana.until("Maria is not here yet", where="#now-sentence")
        await maria.until("Your lesson is next", where="#now-sentence")
        await maria.page.click("#action-start-lesson", timeout_s=30)
        await until(ana, "view.phase.status === 'running' && view.recording.on", "the lesson being taught again")
        await until(maria, "view.takes.length === 2", "a recording of its own")
        await maria.page.click("#action-advance")
        broken_off, whole = await recording(maria, 0), await recording(maria, 1)
        assert [hole["reason"] for hole in broken_off["holes"]] == ["held", "lost"], "and the line dropped before it was broken off"
        assert whole["holes"] == []


async def is_held(ana: Human, left_ms: float, dropped_s: float) -> None:
    """Everybody reads it; what is left is what was left when the line dropped; nothing is recorded."""
    await ana.until("Maria’s line dropped. The time is held", where="#now-sentence")
    since(dropped_s, "the clock was held")
    assert time.monotonic() - dropped_s < AWAY_MS / 1000 + 4
    held = await look(ana, "view.phase.held")
    assert held["reason"] == "teacher_away"
    assert abs(held["left_ms"] - left_ms) < 1_500
    await ana.until("Nothing is recorded while the clock is held.", where="#now-recording")
    assert await look(ana, "view.phase.ends_ms") is None


async def runs_again(ana: Human, left_ms: float) -> None:
    """After 3-2-1."""
    await until(ana, "view.phase.held?.resumes_ms", "the count", timeout_s=20)
    await ana.page.wait_for("!document.getElementById('count-in').hidden", what="3-2-1 for Ana")
    await until(ana, "view.phase.ends_ms !== null", "the clock")
    assert abs(await look(ana, LEFT_JS) - left_ms) < 2_500


async def pictures_come(ana: Human) -> None:
    seen = await ana.page.wait_for(COUNTER_JS, "[aria-label^='Maria']", what="Maria's film", timeout_s=20)
    js = f"async (before) => {{ const mark = await ({COUNTER_JS})(\"[aria-label^='Maria']\"); return mark && mark.counter !== before; }}"
    await ana.page.wait_for(js, seen["counter"], what="another picture of Maria", timeout_s=20)


async def ends_with_one_marked_place(maria: Human) -> None:
    await maria.page.click("#action-advance")
    data = await recording(maria, 0)
    [hole] = data["holes"]
    print(f"one marked place of {hole['end_ms'] - hole['start_ms']} ms in {data['duration_ms']} ms")
    assert hole["reason"] == "held"
    assert hole["end_ms"] - hole["start_ms"] > AWAY_MS + STANDS_STILL_S * 1000 - 1_500


async def recording(maria: Human, number: int) -> dict[str, Any]:
    take = await until(maria, f"view.takes[{number}]?.take", "the recording")
    data: dict[str, Any] = await maria.page.wait_for(DATA_JS, take, what="the film", timeout_s=20)
    return data


@long
@pytest.mark.timeout(180)
async def test_a_speaker_whose_line_drops_comes_last(tmp_path: Path, browser: Browser) -> None:
    async with contextlib.AsyncExitStack() as stack:
        group = await stack.enter_async_context(gathering(tmp_path, browser, part=0.15))
        ana = group.lead
        maria = await group.guest("Maria", teaches=True)
        ben = await group.guest("Ben")
        await stack.enter_async_context(simulated_colleagues(group.product.url, tmp_path / "data", group.invitation, count=1))
        await until(ana, "view.people.length === 4", "Lina", timeout_s=30)
        await start(ana, maria)
        for key in ("writing", "teacher-first", "feedback"):
            await go_on(ana, (ana, ben), key)
        await ana.page.click("#action-end-turn")
        await ben.until("You speak now", where="#now-sentence")
        await ben.page.close()
        closed_s = time.monotonic()
        await maria.until("Ben later.", where="#toast")
        since(closed_s, "the turn went on")
        await maria.until("Lina speaks now", where="#now-sentence")
        assert await look(ana, "view.floor.next.map((seat) => view.people.find((each) => each.seat === seat).name)") == ["Ben"]
        await group.back(ben)
        await ana.page.click("#action-end-turn")
        await ben.until("You speak now", where="#now-sentence")


@long
@pytest.mark.timeout(180)
async def test_nobody_waits_for_the_one_who_leads(tmp_path: Path, browser: Browser) -> None:
    async with gathering(tmp_path, browser, part=0.2) as group:
        ana = group.lead
        maria = await group.guest("Maria", teaches=True)
        ben = await group.guest("Ben")
        await start(ana, maria)
        ends_ms = await look(ben, "view.phase.ends_ms")
        await ana.page.close()
        closed_s = time.monotonic()
        assert await look(ben, "view.you.may.includes('take_lead')") is False, "not at once"
        await ben.page.click("#action-take-lead", timeout_s=30)
        since(closed_s, "somebody else led")
        assert time.monotonic() - closed_s > 19
        assert await look(ben, "[view.phase.held, view.phase.ends_ms]") == [None, ends_ms], "the clock runs"
        await ben.page.wait_for("!document.getElementById('strip').hidden", what="the strip for Ben")
        await go_on(ben, (ben, maria), "writing")
        await hands_over(group, ana, ben)


async def hands_over(group: Gathering, ana: Human, ben: Human) -> None:
    await group.back(ana)
    await at((ana,), "writing")
    assert await look(ana, "view.you.leads") is False
    await until(ben, "view.people.some((each) => each.name === 'Ana' && each.here)", "Ana being here")
    await ben.page.click("#strip-more summary")
    await ben.page.click(name="Ana leads from now on", role="button")
    await until(ana, "view.you.leads", "leading")
    await until(ben, "!view.you.leads", "having handed over")
