"""After the lesson Ben takes his voice out of Maria's recording; Maria, whose page is open, takes her picture out and then deletes it."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from tests.browser.axe import violations
from tests.browser.driver import Page
from tests.browser.keyboard import press
from tests.browser.material import COLLEAGUE_A_HZ, HEARD_DB, TEACHER_HZ
from tests.browser.people import Human, come_in, human, mark_near, set_up
from tests.browser.steps import all_here, film_of, go_on, lesson_runs, level_in, no_loud_problems, sound_of, status
from tests.fakes.product import running_product

FILM_OF_MARIA = 2
TAUGHT_S = 5.0
AT_S = 2.5
SOON_S = 60.0  # a busy machine mixes slowly
FILM_JS = "document.getElementById('film-video')"
WHERE_JS = f"{FILM_JS}.readyState >= 2 && !{FILM_JS}.seeking && {FILM_JS}.currentTime"
BRIGHTNESS_JS = """(() => { const film = document.getElementById("film-video");
    const paint = new OffscreenCanvas(16, 9).getContext("2d");
    paint.drawImage(film, 0, 0, 16, 9);
    return paint.getImageData(0, 0, 16, 9).data.reduce((most, value, index) => (index % 4 === 3 ? most : Math.max(most, value)), 0); })()"""


@pytest.mark.timeout(200)
async def test_a_voice_a_picture_and_a_recording_are_taken_away(tmp_path: Path, screenshots: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        product = await stack.enter_async_context(running_product(tmp_path))
        maria = await stack.enter_async_context(human("Maria", source=FILM_OF_MARIA, tone_hz=TEACHER_HZ))
        ben = await stack.enter_async_context(human("Ben", tone_hz=COLLEAGUE_A_HZ))
        invitation = await set_up(maria, product)
        await come_in(maria, None, teaches=True, recording="record")
        await come_in(ben, invitation, teaches=False, recording="record")
        take = await _a_lesson(maria, ben)
        recording = await maria.browser.page(f"{product.url}/recordings/{take}")
        await _maria_watches(recording)
        assert await _voices(maria, take) == (True, True)
        await _ben_takes_his_voice_out(ben, screenshots)
        await _maria_is_told_and_stays_where_she_was(recording, screenshots)
        assert await _voices(maria, take) == (True, False)
        await _maria_takes_her_picture_out(recording, screenshots)
        assert await _voices(maria, take) == (True, False), "her voice stays"
        await _maria_deletes_it(maria, recording, take, screenshots)
        assert "no recording" in await _again(ben.page)
        no_loud_problems(maria, ben)
        assert [problem for problem in recording.problems if problem.kind in ("exception", "security")] == []


async def _a_lesson(maria: Human, ben: Human) -> str:
    """And on to the closing."""
    everybody = (maria, ben)
    await all_here(everybody)
    await go_on(maria, everybody, "lesson")
    await lesson_runs(maria, everybody)
    await asyncio.sleep(TAUGHT_S)
    for phase in ("writing", "feedback", "closing"):
        await go_on(maria, everybody, phase)
    return str(await maria.page.eval("window.lastView.takes[0].take"))


async def _maria_watches(page: Page) -> None:
    """She has stopped at a place that is not the beginning."""
    await page.wait_for(f"{FILM_JS}?.readyState >= 1", what="the film", timeout_s=30)
    assert (await mark_near(page, AT_S))["source"] == FILM_OF_MARIA
    await page.eval(f"{FILM_JS}.currentTime = {AT_S}")
    await page.wait_for(WHERE_JS, what="the place in the film")


async def _voices(maria: Human, take: str) -> tuple[bool, bool]:
    """Whether Maria and Ben are heard in the film that the server gives now."""
    sound = sound_of(await film_of(maria, take))
    return level_in(sound, TEACHER_HZ) > HEARD_DB, level_in(sound, COLLEAGUE_A_HZ) > HEARD_DB


async def _ben_takes_his_voice_out(ben: Human, screenshots: Path) -> None:
    """With the keyboard alone."""
    page = ben.page
    await ben.until("Your voice is in 1 recording.", where="#my-voice")
    await page.screenshot(screenshots / "withdrawal-1-room-Ben.png")
    assert await violations(page) == []
    await page.goto(await page.eval("document.getElementById('voice-link').href"))
    assert "Lesson: Maria" in await page.text("#voices")
    await press(page, ".voice summary")
    await ben.until("This cannot be undone. Maria keeps the rest of the recording.", where="#voices")
    await page.screenshot(screenshots / "withdrawal-2-asked-Ben.png")
    assert await violations(page) == []
    await press(page, ".voice button")
    await ben.until("Your voice is not in it any more.", where="#voices")
    await page.set_viewport(390, 844, mobile=True)
    await page.emulate(colour_scheme="dark")
    await page.screenshot(screenshots / "withdrawal-3-out-Ben-phone.png")
    assert await violations(page) == []


async def _maria_is_told_and_stays_where_she_was(page: Page, screenshots: Path) -> None:
    """Nobody touched her page."""
    js = "document.getElementById('news').innerText.includes('This recording was changed: one voice was taken out.')"
    await page.wait_for(js, what="the line about it", timeout_s=SOON_S)
    await page.wait_for(
        "!document.getElementById('news-mixing') && document.getElementById('film-state').hidden", what="the new film", timeout_s=SOON_S
    )
    await page.wait_for(f"Math.abs(({WHERE_JS} || 0) - {AT_S}) < 0.2", what="the same place in the new film", timeout_s=SOON_S)
    assert (await mark_near(page, AT_S))["source"] == FILM_OF_MARIA
    await page.screenshot(screenshots / "withdrawal-4-changed-Maria.png")


async def _maria_takes_her_picture_out(page: Page, screenshots: Path) -> None:
    await page.click("#change-recording > summary")
    await page.click("[data-part=picture] summary")
    await page.screenshot(screenshots / "withdrawal-5-asked-Maria.png", full_page=True)
    assert await violations(page) == []
    assert not await page.eval("document.querySelector('[data-part=screen]').checkVisibility()"), "none was shared"
    await page.click(name="Yes, take my picture out", role="button")
    await page.wait_for(
        "document.getElementById('picture-state').innerText === 'Your picture is not in it any more.'",
        what="it being out",
        timeout_s=SOON_S,
    )
    await page.wait_for(
        f"document.getElementById('film-state').hidden && ({WHERE_JS} || 0) > 0", what="the film without it", timeout_s=SOON_S
    )
    await page.wait_for(f"{BRIGHTNESS_JS} < 40", what="a dark picture")
    await page.screenshot(screenshots / "withdrawal-6-without-picture-Maria.png", full_page=True)


async def _maria_deletes_it(maria: Human, page: Page, take: str, screenshots: Path) -> None:
    """In another window than the one in which she watches: there it stops."""
    other = await maria.browser.page(f"{await maria.page.eval('location.origin')}/recordings/{take}")
    await other.wait_for(f"{FILM_JS}?.readyState >= 1", what="the film in the other window", timeout_s=20)
    await other.click("#change-recording > summary")
    await other.click("#delete-recording summary")
    await other.click(name="Yes, delete it for good", role="button")
    await other.wait_for("document.getElementById('deleted')?.innerText.includes('deleted for good')", what="being told so")
    assert await violations(other) == []
    await other.screenshot(screenshots / "withdrawal-7-deleted-Maria.png")
    await page.wait_for(
        "document.getElementById('film-state')?.innerText === 'This recording was deleted for good.'",
        what="the end of it",
        timeout_s=SOON_S,
    )
    assert await page.eval(f"{FILM_JS}.hasAttribute('src') || {FILM_JS}.readyState > 0") is False
    await page.screenshot(screenshots / "withdrawal-8-gone-Maria.png")
    await maria.page.wait_for("window.lastView.takes.every((take) => take.state === 'deleted')", what="the room knowing it")
    assert await status(maria, f"/recordings/{take}") == 404


async def _again(page: Page) -> str:
    await page.reload()
    return await page.text()
