"""Maria and Ben talk about her recording: one film at one place for both, and a talk that is recorded only if both want it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.browser.axe import violations
from tests.browser.gathering import look, until
from tests.browser.people import WATCH_JS, Human, come_in
from tests.browser.steps import all_here, go_on, no_loud_problems, status
from tests.fakes.studio import Studio, studio

VIDEO = "document.querySelector('film-together #film-video')"
PLACE_JS = f"({{ at_ms: {VIDEO}.currentTime * 1000, now_ms: performance.timeOrigin + performance.now(), paused: {VIDEO}.paused }})"
NEAR_MS = 300
SAME_MS = 50
SLOW = 0.5  # the recording is short


@pytest.mark.timeout(150)
async def test_a_call_for_two_over_one_film(tmp_path: Path, screenshots: Path) -> None:
    async with studio(tmp_path) as s, s.person("Maria") as maria, s.person("Ben") as ben:
        invitation = await _maria_opens_a_call(s, maria, screenshots)
        await come_in(ben, invitation, teaches=False, recording="leave-out")
        await all_here((maria, ben))
        await _ben_is_let_in(maria, ben, screenshots)
        await _one_place(maria, ben, screenshots)
        await _on_ones_own(maria, ben)
        await _only_if_both_want_it(maria, ben, screenshots)
        for person in (maria, ben):
            no_loud_problems(person)


async def _maria_opens_a_call(s: Studio, maria: Human, screenshots: Path) -> str:
    """From the recording's page into the room; returns the link for the other one."""
    page = maria.page
    await page.preload(WATCH_JS)
    await page.goto(f"{s.product.url}/recordings/{s.first}")
    await page.click("#call-now")
    invitation = await page.wait_for("document.querySelector('#calls textarea')?.value", what="the link for the other one")
    await page.screenshot(screenshots / "consultation-opened.png")
    assert await violations(page) == []
    assert await page.eval("document.documentElement.scrollWidth <= innerWidth")
    await page.click(name="Go to the room", role="link")
    await page.wait_for("!!window.lastView", what="the room for Maria")
    return str(invitation)


async def _ben_is_let_in(maria: Human, ben: Human, screenshots: Path) -> None:
    """The link has seated him and opened nothing."""
    await ben.until("Maria has not let you watch this recording")
    assert await ben.page.eval(f"!({VIDEO}?.hasAttribute('src'))")
    await maria.until("Ben cannot see the film yet")
    await maria.page.screenshot(screenshots / "consultation-let-watch.png")
    await ben.page.screenshot(screenshots / "consultation-may-not.png")
    for person in (maria, ben):
        assert await violations(person.page) == []
    await maria.page.click(name="Let Ben watch", role="button")
    for person in (maria, ben):
        await person.page.wait_for(f"{VIDEO}?.readyState >= 2", what=f"the film for {person.name}")


async def _one_place(maria: Human, ben: Human, screenshots: Path) -> None:
    await maria.page.fill("#player-speed", str(SLOW))
    await ben.page.wait_for(f"{VIDEO}.playbackRate === {SLOW}", what="her speed for Ben")
    await maria.page.eval(f"() => {VIDEO}.play()", gesture=True)
    await ben.page.wait_for(f"!{VIDEO}.paused", what="the film playing for Ben")
    await _near(maria, ben)
    await ben.until("Maria has moved the film", where="film-together")
    await ben.page.eval(f"() => {{ {VIDEO}.currentTime = 4; }}")
    await maria.page.wait_for(f"{VIDEO}.currentTime >= 3.9", what="Ben's place for Maria")
    await _near(maria, ben)
    await maria.until("Ben has moved the film", where="film-together")
    await ben.page.eval(f"() => {{ {VIDEO}.currentTime = 1; }}")
    await maria.page.wait_for(f"{VIDEO}.currentTime < 4", what="the beginning again for Maria")
    await ben.page.reload()
    await ben.page.wait_for(
        f"{VIDEO}?.readyState >= 2 && !{VIDEO}.paused && {VIDEO}.currentTime > 1", what="the film for Ben after a reload"
    )
    await _near(maria, ben)
    await ben.page.eval(f"() => {VIDEO}.pause()")
    await maria.page.wait_for(f"{VIDEO}.paused", what="the film resting for Maria")
    await _near(maria, ben, SAME_MS)
    await maria.page.screenshot(screenshots / "consultation-desktop.png")
    assert await violations(maria.page) == []


async def _near(one: Human, other: Human, near_ms: float = NEAR_MS) -> None:
    """Two looks in a row: what is a little away comes nearer by playing faster or slower."""
    apart: list[float] = []
    for _ in range(40):
        a, b = await asyncio.gather(one.page.eval(PLACE_JS), other.page.eval(PLACE_JS))
        rate = 0 if a["paused"] else SLOW
        apart.append(abs((a["at_ms"] - b["at_ms"]) - (a["now_ms"] - b["now_ms"]) * rate))
        if a["paused"] == b["paused"] and len(apart) > 1 and max(apart[-2:]) < near_ms:
            return
        await asyncio.sleep(0.25)
    raise AssertionError(f"the films are {apart} ms apart")


async def _on_ones_own(maria: Human, ben: Human) -> None:
    await ben.page.click("#film-elsewhere")
    before_s = await maria.page.eval(f"{VIDEO}.currentTime")
    await ben.page.eval(f"() => {{ {VIDEO}.currentTime = 14; }}")
    await ben.until("You look on your own", where="film-together")
    assert await maria.page.eval(f"{VIDEO}.currentTime") == before_s
    assert await ben.page.eval(f"{VIDEO}.currentTime") == 14
    await ben.page.click("#film-elsewhere")
    await _near(maria, ben, SAME_MS)


async def _only_if_both_want_it(maria: Human, ben: Human, screenshots: Path) -> None:
    await maria.page.click("#choose-record")
    await go_on(maria, (maria, ben), "arriving")
    await go_on(maria, (maria, ben), "reaction")
    for person in (maria, ben):
        assert not await _recorded(person)
    await maria.until("the other one has not said so", where="#now-recording")
    await ben.until("only if you both want it", where="#now-recording")
    await ben.page.click("#choose-record")
    for person in (maria, ben):
        await until(person, "view.recording.on", "the talk being recorded")
    await ben.until("Your talk is being recorded for Maria", where="#now-recording")
    await _looks(ben, screenshots)
    await ben.page.click("#action-stop-recording")
    for person in (maria, ben):
        await until(person, "!view.recording.on", "the recording having ended")
    await until(maria, "view.takes[0]?.state === 'ready'", "her recording of the talk", timeout_s=45)
    talk = await look(maria, "view.takes[0].take")
    assert await look(ben, "view.takes.length") == 0
    assert [await status(person, f"/recordings/{talk}/data") for person in (maria, ben)] == [200, 404]


async def _recorded(person: Human) -> Any:
    return await look(person, "view.recording.on")


async def _looks(person: Human, screenshots: Path) -> None:
    page = person.page
    await page.screenshot(screenshots / "consultation-recorded.png")
    await page.emulate(colour_scheme="dark", reduced_motion=True)
    await asyncio.sleep(0.3)
    await page.screenshot(screenshots / "consultation-dark.png")
    assert await violations(page) == []
    await page.set_viewport(390, 844, mobile=True)
    await page.screenshot(screenshots / "consultation-phone.png")
    assert await violations(page) == []
    await page.set_viewport(1280, 800)
