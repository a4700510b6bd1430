"""A teacher asks for a film to keep: it is made while she waits, plays in her browser, and shows what she showed."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.browser.material import HEARD_DB, RATE_HZ, TEACHER_HZ, read_mark, tone_level
from tests.browser.people import WATCH_JS, Human, human
from tests.browser.steps import lesson_runs, no_loud_problems
from tests.browser.test_recording_with_screen import SHARED_WINDOW_JS
from tests.fakes.product import Product, running_product

FILM_OF_MARIA = 1
ALONE_MS, SHARED_MS = 7_000, 5_000  # without and with a screen
SHOWN_JS = "(id) => document.getElementById(id)?.checkVisibility() ?? false"
DATA_JS = "fetch(document.querySelector('[data-url]').dataset.url).then((answer) => answer.json())"
BYTES_JS = """(url) => fetch(url).then((answer) => answer.arrayBuffer()).then((bytes) => {
    let text = ''; for (const byte of new Uint8Array(bytes)) text += String.fromCharCode(byte); return btoa(text); })"""
SIZE_JS = "(url) => fetch(url).then((answer) => answer.blob()).then(createImageBitmap).then(({ width, height }) => [width, height])"
PLAY_JS = """(url) => new Promise((done) => {
    const video = document.createElement("video");
    if (!video.canPlayType('video/mp4; codecs="avc1.64001f, mp4a.40.2"')) return done(null);
    video.muted = true;
    video.addEventListener("error", () => done([0, video.error.message]));
    video.addEventListener("timeupdate", () => { if (video.currentTime > 8.5) done([video.videoWidth, video.duration]); });
    video.addEventListener("loadedmetadata", () => { video.currentTime = 8; void video.play(); });
    video.src = url; })"""


@pytest.mark.timeout(240)
async def test_a_film_is_made_to_keep(tmp_path: Path, screenshots: Path) -> None:
    async with running_product(tmp_path) as product, human("Maria", source=FILM_OF_MARIA, tone_hz=TEACHER_HZ) as maria:
        await _teach(maria, product)
        await _open_recording(maria)
        await _ask(maria)
        await maria.page.screenshot(screenshots / "film-to-keep.png")
        url = await maria.page.eval("document.getElementById('film-link').href")
        _check(base64.b64decode(await maria.page.eval(BYTES_JS, url, timeout_s=30)))
        played = await maria.page.eval(PLAY_JS, url, timeout_s=30)
        assert played is None or (played[0] == 1280 and played[1] > (ALONE_MS + SHARED_MS) / 1000), played
        await _pictures(maria)
        no_loud_problems(maria)


async def _teach(maria: Human, product: Product) -> None:
    page = maria.page
    await page.preload(WATCH_JS)
    await page.preload(SHARED_WINDOW_JS)
    await page.goto(product.url)
    await page.click("#practise")
    await page.wait_for("document.getElementById('device-state')?.innerText", what="the check of camera and microphone")
    await page.fill("#name", "Maria")
    await page.click("#recording-record")
    await page.click("#come-in")
    await page.wait_for("!!window.lastView", what="the room", timeout_s=20)
    await page.click("#action-advance")
    await lesson_runs(maria, [maria])
    since = f"window.lastView.now_ms + {ALONE_MS} < window.microteach.clock.now()"
    await page.wait_for(since, what="some seconds without a screen", timeout_s=20)
    await page.click("#share-screen")
    await page.wait_for("window.lastView.screen === window.lastView.you.seat", what="the screen being shown")
    since = f"window.lastView.now_ms + {SHARED_MS} < window.microteach.clock.now()"
    await page.wait_for(since, what="some seconds of it", timeout_s=20)
    await page.click("#action-advance")


async def _open_recording(maria: Human) -> None:
    link = await maria.page.wait_for("document.querySelector('#takes a')?.href", what="the link to the recording", timeout_s=30)
    await maria.page.goto(link)
    await maria.page.wait_for("document.getElementById('film-video')?.readyState >= 1", what="the recording", timeout_s=30)


async def _ask(maria: Human) -> None:
    await maria.page.wait_for(SHOWN_JS, "make-film", what="the button")
    await maria.page.click("#make-film")
    await maria.page.wait_for(SHOWN_JS, "film-progress", what="how far it is")
    assert await maria.page.eval(SHOWN_JS, "cancel-film")
    await maria.page.wait_for(SHOWN_JS, "film-link", what="the film", timeout_s=120)


async def _pictures(maria: Human) -> None:
    js = f"{DATA_JS}.then(({{ products }}) => products.poster && products.sprite && products)"
    products: dict[str, Any] = await maria.page.wait_for(js, what="the pictures", timeout_s=30)
    assert (await maria.page.eval(SIZE_JS, products["poster"]))[0] == 640
    width, height = await maria.page.eval(SIZE_JS, products["sprite"])
    assert (width % 160, height % 90) == (0, 0)


def _check(film: bytes) -> None:
    """First Maria alone, then what she shared with her in the corner; her voice in all of it."""
    with av.open(io.BytesIO(film), "r") as container:
        pictures = [frame.to_ndarray(format="rgb24") for number, frame in enumerate(container.decode(video=0)) if number % 5 == 0]
    marks = [mark for mark in map(read_mark, pictures) if mark]
    assert len(marks) >= 5, "the camera fills the picture once the title has gone"
    assert {mark.source for mark in marks} == {FILM_OF_MARIA}
    shared = [picture for picture in pictures if _is_colourful(picture)]
    assert len(shared) >= 15, "three seconds of the shared screen"
    corners = [mark for mark in (read_mark(picture[548:706, 972:1254]) for picture in shared) if mark]
    assert {mark.source for mark in corners} == {FILM_OF_MARIA}, "her face upon it"
    with av.open(io.BytesIO(film), "r") as container:
        samples = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    assert tone_level(samples, RATE_HZ, TEACHER_HZ) > HEARD_DB


def _is_colourful(picture: NDArray[Any]) -> bool:
    middle = picture[200:500, 300:900].reshape(-1, 3).mean(axis=0)
    return bool(middle.max() - middle.min() > 100)
