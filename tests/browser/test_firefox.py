"""Films in Firefox: a lesson that runs is watched a moment later, and its recording loads, seeks and plays."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.firefox import Firefox
from tests.browser.live import FILM_OF_MARIA, MOST_BEHIND_S, VIDEO_JS, delays_s, teach_alone
from tests.browser.material import COUNTER_JS
from tests.browser.people import Human, human
from tests.fakes.product import Product, running_product
from tests.requirements import require

PLAY_JS = f"() => {VIDEO_JS}.play()"


@pytest.mark.timeout(180)
async def test_a_lesson_and_its_recording_are_watched_in_firefox(tmp_path: Path) -> None:
    require("firefox-esr")
    async with running_product(tmp_path) as product, human("Maria", source=FILM_OF_MARIA) as maria, Firefox() as firefox:
        take = await teach_alone(maria, product)
        await _be_maria(firefox, product, maria)
        await firefox.goto(f"{product.url}/recordings/{take}")
        await _watch_live(firefox, maria)
        await maria.page.click("#action-advance")
        await _watch_the_film(firefox)


async def _be_maria(firefox: Firefox, product: Product, maria: Human) -> None:
    cookies = (await maria.page.cdp("Network.getCookies"))["cookies"]
    await firefox.goto(product.url)
    for cookie in cookies:
        await firefox.give_cookie(cookie["name"], cookie["value"])


async def _watch_live(firefox: Firefox, maria: Human) -> None:
    await firefox.wait_for(f"{VIDEO_JS}?.readyState >= 2", what="the first picture", timeout_s=30)
    assert await firefox.eval(f"{VIDEO_JS}.paused")
    await firefox.eval(PLAY_JS)
    before_s = await firefox.eval(f"{VIDEO_JS}.currentTime")
    await firefox.wait_for(
        "(before) => document.getElementById('film-video').currentTime > before + 6", before_s, what="it playing", timeout_s=30
    )
    delays = await delays_s(firefox, maria, 6)
    print(f"Firefox behind the lesson: {delays[0]:.2f} to {delays[-1]:.2f} s, median {delays[3]:.2f} s")
    assert delays[-1] < MOST_BEHIND_S
    await firefox.eval(f"() => {{ {VIDEO_JS}.currentTime -= 4; }}")
    await firefox.wait_for(f"!{VIDEO_JS}.seeking && !document.getElementById('live-back').hidden", what="four seconds ago", timeout_s=60)
    await firefox.eval("document.getElementById('live-back').click()")
    await firefox.wait_for(f"{VIDEO_JS}.buffered.end({VIDEO_JS}.buffered.length - 1) - {VIDEO_JS}.currentTime < 2.5", what="now again")


async def _watch_the_film(firefox: Firefox) -> None:
    js = f"{VIDEO_JS}.currentSrc.endsWith('/film.webm') && {VIDEO_JS}.readyState >= 2 && !{VIDEO_JS}.seeking"
    await firefox.wait_for(js, what="the finished film at the same place", timeout_s=30)
    length_s = await firefox.eval(f"{VIDEO_JS}.duration")
    for place_s in (length_s / 2, 3.0, length_s - 4):
        await firefox.eval("(place) => { document.getElementById('film-video').currentTime = place; }", place_s)
        await firefox.wait_for(f"!{VIDEO_JS}.seeking && {VIDEO_JS}.readyState >= 2", what="the place in the film")
        assert abs(await firefox.eval(f"{VIDEO_JS}.currentTime") - place_s) < 1.5
    marks = [await firefox.eval(COUNTER_JS, "#film-video") for _ in range(3)]
    assert FILM_OF_MARIA in {mark["source"] for mark in marks if mark}
    await firefox.eval("() => { document.getElementById('film-video').currentTime = 2; }")
    await firefox.eval(PLAY_JS)
    await firefox.wait_for(f"{VIDEO_JS}.currentTime > 3 && {VIDEO_JS}.currentTime < 20", what="the film playing")
