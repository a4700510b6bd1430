"""The whole first path in real browsers: a lesson is taught, seen, heard, noted, recorded and watched."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
from pathlib import Path

import av
import numpy as np
import pytest

from tests.browser.material import COLLEAGUE_A_HZ, COLLEAGUE_B_HZ, COUNTER_JS, HEARD_DB, TEACHER_HZ, read_mark, tone_level
from tests.browser.people import Human, come_in, human, mark_near, set_up
from tests.fakes.product import running_product

FILM_OF_MARIA = 2
# The answer to a tap stands there for two seconds only; a busy machine could look too late.
NOTED_JS = """new MutationObserver(() => { window.noted ||= document.getElementById("moments").innerText.includes("Noted"); })
    .observe(document.getElementById("moments"), { subtree: true, childList: true, characterData: true })"""


@pytest.mark.timeout(300)
async def test_a_lesson_is_taught_recorded_and_watched(tmp_path: Path, screenshots: Path) -> None:
    """Maria teaches and is recorded, Ben's voice may be in it, Ana leads and has declined."""
    async with contextlib.AsyncExitStack() as stack:
        product = await stack.enter_async_context(running_product(tmp_path))
        maria = await stack.enter_async_context(human("Maria", source=FILM_OF_MARIA, tone_hz=TEACHER_HZ))
        ben = await stack.enter_async_context(human("Ben", tone_hz=COLLEAGUE_A_HZ))
        ana = await stack.enter_async_context(human("Ana", tone_hz=COLLEAGUE_B_HZ))
        invitation = await set_up(ana, product)
        await ana.page.screenshot(screenshots / "first-lesson-1-invitation.png")
        await come_in(ana, None, teaches=False, recording="leave-out")
        await come_in(maria, invitation, teaches=True, recording="record")
        await come_in(ben, invitation, teaches=False, recording="record")
        await _lesson_begins(maria, ana)
        await _everybody_sees_and_hears(maria, ben, ana, screenshots)
        moment_s = await _ben_taps(ben)
        await _writing(maria, ben, ana, screenshots)
        await _feedback(maria, ben, ana, screenshots)
        await _maria_watches(maria, moment_s, screenshots)
        film = await _film_of(maria)
        _check_film(film)
        await _nobody_else_watches(maria, ben, ana)
        for secret in ("Maria", "Ben", "Ana", "three seconds", invitation.rpartition(".")[2]):
            assert secret not in product.log, "logs hold ids only"
        for person in (maria, ben, ana):
            assert [str(problem) for problem in person.page.problems if problem.kind in ("exception", "security")] == []


async def _lesson_begins(maria: Human, ana: Human) -> None:
    await ana.page.wait_for("document.querySelectorAll('#faces [data-seat]').length === 3", what="three people in the room")
    await ana.page.click("#action-advance")
    await maria.page.click("#action-start-lesson")
    for person in (maria, ana):
        await person.until("Recording", where="#now-recording")


async def _everybody_sees_and_hears(maria: Human, ben: Human, ana: Human, screenshots: Path) -> None:
    for person in (ben, ana):
        mark = await person.page.wait_for(COUNTER_JS, "[aria-label^='Maria']", what="Maria's film", timeout_s=30)
        assert mark["source"] == FILM_OF_MARIA
    heard = await asyncio.gather(ben.hears("Maria"), ana.hears("Maria"), maria.hears("Ben"))
    assert heard[0][TEACHER_HZ] > HEARD_DB
    assert heard[1][TEACHER_HZ] > HEARD_DB
    assert heard[2][COLLEAGUE_A_HZ] > HEARD_DB
    assert heard[2][TEACHER_HZ] < HEARD_DB
    for person in (maria, ben, ana):
        await person.page.screenshot(screenshots / f"first-lesson-2-{person.name}.png")


async def _ben_taps(ben: Human) -> float:
    await ben.page.eval(NOTED_JS)
    await ben.page.press("1")
    await ben.page.wait_for("window.noted", what="the answer to a tap")
    at_ms: float = await ben.page.eval("window.microteach.clock.now()")
    return at_ms


async def _writing(maria: Human, ben: Human, ana: Human, screenshots: Path) -> None:
    await ben.page.wait_for("!!document.querySelector('#form textarea')", what="the writing phase by itself", timeout_s=50)
    for person in (maria, ben, ana):
        await person.page.screenshot(screenshots / f"first-lesson-3-{person.name}.png")
    await ben.until("That helped me", where="#form")
    fields = "[...document.querySelectorAll('#form textarea')].map((each) => each.id)"
    for field in await ben.page.eval(fields):
        await ben.page.fill(f"#{field}", "Wait three seconds after a question.")
    await ben.page.wait_for(
        "[...document.querySelectorAll('#form [id$=-state]')].every((each) => each.innerText)", what="Ben's text being kept"
    )
    assert "three seconds" not in await maria.page.text()
    await ana.page.click("#action-advance")


async def _feedback(maria: Human, ben: Human, ana: Human, screenshots: Path) -> None:
    """Ana speaks first; what Ben wrote reaches Maria when he begins, and then he is the one who is heard."""
    await maria.until("Ana speaks now")
    assert "three seconds" not in await maria.page.text()
    await ana.page.click("#action-end-turn")
    await maria.until("Wait three seconds after a question.")
    await maria.until("Microphone rests")
    await asyncio.sleep(1.5)  # browsers play out what they have
    levels = await asyncio.gather(maria.hears("Ben"), maria.hears("Ana"), ben.hears("Maria"))
    assert levels[0][COLLEAGUE_A_HZ] > HEARD_DB
    assert levels[1][COLLEAGUE_B_HZ] < HEARD_DB
    assert levels[2][TEACHER_HZ] < HEARD_DB
    await maria.page.screenshot(screenshots / "first-lesson-4-Maria.png")


async def _maria_watches(maria: Human, tapped_ms: float, screenshots: Path) -> None:
    link = await maria.page.wait_for("document.querySelector('#takes a')?.href", what="the link to the recording", timeout_s=30)
    ready_ms = await maria.page.eval("window.recordingReady - window.lessonEnded")
    print(f"recording ready {ready_ms:.0f} ms after the end of the lesson")
    await maria.page.goto(link)
    await maria.page.wait_for("document.getElementById('film-video')?.readyState >= 1", what="a film that can be played", timeout_s=30)
    duration_s, paused = await maria.page.eval("((video) => [video.duration, video.paused])(document.getElementById('film-video'))")
    assert 34 < duration_s < 38, "thirty seconds of lesson and five of grace"
    assert paused
    await maria.page.click(".moment-jump, [data-moment]")
    await maria.page.wait_for("!document.getElementById('film-video').seeking", what="the moment in the film")
    data = await maria.page.eval("fetch(document.querySelector('[data-url]').dataset.url).then((answer) => answer.json())")
    [moment] = data["moments"]
    assert abs(moment["at_ms"] - (tapped_ms - data["started_ms"])) < 3000
    at_s = await maria.page.eval("document.getElementById('film-video').currentTime")
    assert abs(at_s - max(0, moment["at_ms"] / 1000 - 3)) < 0.5
    mark = await mark_near(maria.page, at_s)
    assert mark["source"] == FILM_OF_MARIA
    await maria.page.eval("document.getElementById('film-video').play()", gesture=True)
    await maria.page.wait_for("(from) => document.getElementById('film-video').currentTime > from + 1", at_s, what="the film playing")
    await maria.page.screenshot(screenshots / "first-lesson-5-recording.png")


async def _film_of(maria: Human) -> bytes:
    js = """fetch(document.getElementById('film-video').currentSrc).then((answer) => answer.arrayBuffer()).then((bytes) => {
        let text = ''; for (const byte of new Uint8Array(bytes)) text += String.fromCharCode(byte); return btoa(text); })"""
    return base64.b64decode(await maria.page.eval(js, timeout_s=30))


def _check_film(film: bytes) -> None:
    """Decoded pictures are Maria's; Maria and Ben are heard, Ana, who declined, is not."""
    with av.open(io.BytesIO(film), "r", format="matroska") as container:
        marks = [read_mark(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    assert len(marks) > 300, "at least ten pictures a second"
    seen = [mark for mark in marks if mark]
    assert len(seen) > 0.8 * len(marks)
    assert {mark.source for mark in seen} == {FILM_OF_MARIA}
    with av.open(io.BytesIO(film), "r", format="matroska") as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=48000)
        samples = np.concatenate([part.to_ndarray()[0] for frame in container.decode(audio=0) for part in resampler.resample(frame)])
    assert 34 < len(samples) / 48000 < 38
    assert tone_level(samples, 48000, TEACHER_HZ) > HEARD_DB
    assert tone_level(samples, 48000, COLLEAGUE_A_HZ) > HEARD_DB
    assert tone_level(samples, 48000, COLLEAGUE_B_HZ) < HEARD_DB / 2


async def _nobody_else_watches(maria: Human, ben: Human, ana: Human) -> None:
    page_url = await maria.page.url()
    film_url = await maria.page.eval("document.getElementById('film-video').currentSrc")
    for person in (ben, ana):
        for url in (page_url, f"{page_url}/data", film_url):
            assert await person.page.eval("(url) => fetch(url).then((answer) => answer.status)", url) == 404
