"""A teacher's lesson on a second page while it runs: seen and heard a moment later, back and to now again, and at last the whole film."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from tests.browser.axe import violations
from tests.browser.driver import Page
from tests.browser.live import FILM_OF_MARIA, MOST_BEHIND_S, VIDEO_JS, delays_s, teach_alone, unplayed_s
from tests.browser.material import HEARD_DB, TEACHER_HZ, TONES_JS
from tests.browser.people import Human, human
from tests.browser.steps import no_loud_problems
from tests.browser.test_recording_with_screen import APART_JS, SHARED_WINDOW_JS
from tests.fakes.product import Product, running_product

TOGETHER_S = 0.3
COLOURED_JS = """() => {
    const video = document.getElementById('film-screen');
    const context = new OffscreenCanvas(1, 1).getContext("2d");
    context.drawImage(video, video.videoWidth / 2, video.videoHeight / 2, 1, 1, 0, 0, 1, 1);
    return Math.max(...context.getImageData(0, 0, 1, 1).data.slice(0, 3)) > 100;
}"""


@pytest.mark.timeout(180)
async def test_a_lesson_is_watched_while_it_runs_and_becomes_its_recording(tmp_path: Path, screenshots: Path) -> None:
    async with running_product(tmp_path) as product, human("Maria", source=FILM_OF_MARIA, tone_hz=TEACHER_HZ) as maria:
        await maria.page.preload(SHARED_WINDOW_JS)
        take = await teach_alone(maria, product)
        page = await maria.browser.page(f"{product.url}/recordings/{take}")
        await _nothing_plays_by_itself(page)
        await page.screenshot(screenshots / "watch-live.png")
        assert await violations(page) == []
        await _seen_and_heard_a_moment_later(maria, page)
        await _back_and_to_now_again(page)
        await _goes_on_after_a_lost_line(product, page)
        await _nobody_else_watches(product, take)
        await _the_screen_beside_the_face(maria, page, screenshots)
        await _becomes_the_film(maria, page)
        no_loud_problems(maria, Human("the other page", page, maria.browser))


async def _nothing_plays_by_itself(page: Page) -> None:
    await page.wait_for(f"{VIDEO_JS}?.readyState >= 2", what="the first picture", timeout_s=20)
    await page.wait_for("document.body.innerText.includes('You see it about a second later')", what="words about it")
    assert await page.eval(f"{VIDEO_JS}.paused && !{VIDEO_JS}.muted && document.getElementById('player-play').checkVisibility()")


async def _seen_and_heard_a_moment_later(maria: Human, page: Page) -> None:
    await page.eval(f"{VIDEO_JS}.play()", gesture=True)
    await page.wait_for(f"{VIDEO_JS}.currentTime > 3 && !{VIDEO_JS}.paused", what="it playing")
    await asyncio.sleep(4)
    delays = await delays_s(page, maria, 8)
    print(f"behind the lesson: {delays[0]:.2f} to {delays[-1]:.2f} s, median {delays[4]:.2f} s; {await unplayed_s(page):.2f} s unplayed")
    assert delays[-1] < MOST_BEHIND_S
    levels = await page.eval(TONES_JS, "#film-video", [TEACHER_HZ], 2.0, timeout_s=20)
    assert levels[str(int(TEACHER_HZ))] > HEARD_DB


async def _back_and_to_now_again(page: Page) -> None:
    await page.eval(f"{VIDEO_JS}.currentTime -= 4")
    await page.wait_for("!document.getElementById('live-back').hidden", what="the way back to now")
    before_s = await page.eval(f"{VIDEO_JS}.currentTime")
    await page.wait_for(
        "(before) => document.getElementById('film-video').currentTime > before + 0.5", before_s, what="it playing from there"
    )
    assert await unplayed_s(page) > 3
    await page.eval(f"{VIDEO_JS}.currentTime = {VIDEO_JS}.buffered.start(0) - 1")
    await page.wait_for(f"!{VIDEO_JS}.seeking && {VIDEO_JS}.readyState >= 3", what="the beginning, for there is nothing before it")
    await page.click(name="Back to now", role="button")
    await page.wait_for("document.getElementById('live-back').hidden", what="now")
    assert await unplayed_s(page) < 2.5
    assert not await page.eval(f"{VIDEO_JS}.paused")


async def _goes_on_after_a_lost_line(product: Product, page: Page) -> None:
    before_s = await page.eval(f"{VIDEO_JS}.currentTime")
    product.kill("recorder")
    js = "(before) => document.getElementById('film-video').currentTime > before + 3"
    await page.wait_for(js, before_s, what="it going on", timeout_s=30)
    await page.wait_for("document.getElementById('live-said').innerText.includes('a second later')", what="words about it", timeout_s=20)


async def _nobody_else_watches(product: Product, take: str) -> None:
    async with aiohttp.ClientSession() as stranger, stranger.get(f"{product.url}/recordings/{take}/live.webm") as answer:
        assert answer.status == 404


async def _the_screen_beside_the_face(maria: Human, page: Page, screenshots: Path) -> None:
    await maria.page.click("#share-screen")
    js = "document.getElementById('film-screen').readyState >= 2 && !document.getElementById('film-screen').paused"
    await page.wait_for(js, what="the screen beside the face", timeout_s=20)
    await page.wait_for(f"{APART_JS} < {TOGETHER_S}", what="both playing together", timeout_s=20)
    await page.wait_for(COLOURED_JS, what="a picture of the screen that is not black")
    await page.screenshot(screenshots / "watch-live-screen.png")
    await maria.page.click("#share-screen")
    await page.wait_for("document.getElementById('film-screen').hidden", what="the face alone again")


async def _becomes_the_film(maria: Human, page: Page) -> None:
    await maria.page.click("#action-advance")
    await page.wait_for(
        f"{VIDEO_JS}.currentSrc.endsWith('/film.webm') && {VIDEO_JS}.readyState >= 2", what="the finished film", timeout_s=30
    )
    await page.wait_for(f"!{VIDEO_JS}.seeking", what="the place in it")
    place_s, length_s = await page.eval(f"[{VIDEO_JS}.currentTime, {VIDEO_JS}.duration]")
    assert length_s - 12 < place_s <= length_s
    assert await page.eval("document.getElementById('now').hidden")
    assert (
        await page.eval("fetch(document.querySelector('[data-url]').dataset.url.replace('data', 'live.webm')).then(({ status }) => status)")
        == 409
    )
