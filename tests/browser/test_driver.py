"""The driver and the material themselves: what a test reads off a page is what a person would have met there."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.browser.conftest import StartBrowser
from tests.browser.driver import Browser, BrowserError, CrashedError
from tests.browser.material import COLLEAGUE_A_HZ, COUNTER_JS, HEARD_DB, TEACHER_HZ, TONES_JS, film_y4m, speech_wav

PAGE = """<!doctype html><html lang="en"><title>Try</title><link rel="icon" href="data:,">
<form onsubmit="event.preventDefault(); out.textContent = `${field.value}|${choice.value}|${level.value}`">
<label>Your name <input id="field" value="old"></label>
<label>Choice <select id="choice"><option>one<option>two</select></label>
<label>Level <input id="level" type="range" max="10"></label>
<button aria-label="Join the room">→</button></form>
<div style="height:3000px"></div><button id="late" onclick="out.textContent = 'late'">Late</button>
<div style="height:900px"></div><button id="below">Below</button><p id="out"></p><video muted autoplay></video></html>"""

LOOPBACK_JS = """
async () => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  const [near, far] = [new RTCPeerConnection(), new RTCPeerConnection()];
  near.onicecandidate = ({ candidate }) => candidate && far.addIceCandidate(candidate);
  far.onicecandidate = ({ candidate }) => candidate && near.addIceCandidate(candidate);
  const video = document.querySelector("video");
  far.ontrack = ({ streams }) => { video.srcObject = streams[0]; };
  stream.getTracks().forEach((track) => near.addTrack(track, stream));
  await near.setLocalDescription();
  await far.setRemoteDescription(near.localDescription);
  await far.setLocalDescription();
  await near.setRemoteDescription(far.localDescription);
}
"""


@pytest.fixture
async def site() -> AsyncIterator[str]:
    async def index(request: web.Request) -> web.Response:
        policy = "default-src 'self' 'unsafe-inline' data:" if "strict" in request.query else ""
        return web.Response(text=PAGE, content_type="text/html", headers={"Content-Security-Policy": policy} if policy else {})

    app = web.Application()
    app.router.add_get("/", index)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


async def test_a_form_is_filled_and_sent_as_a_person_would(browser: Browser, site: str, screenshots: Path) -> None:
    page = await browser.page(site)
    await page.fill("#field", "Zoë")
    await page.fill(None, "two", name="Choice")
    await page.fill("#level", "7")
    await page.click(name="Join the room")
    assert await page.text("#out") == "Zoë|two|7"
    await page.fill(None, "Ada", name="Your name", role="textbox")
    await page.press("Enter")
    assert await page.text("#out") == "Ada|two|7"
    await page.press("Control+a")
    await page.press("x")
    await page.press("Shift+Tab")
    assert await page.eval("field.value") == "x"
    assert ("button", "Join the room") in await page.controls()
    assert (await page.screenshot(screenshots / "driver.png")).stat().st_size > 1000
    assert page.problems == []


async def test_a_click_scrolls_and_refuses_what_a_person_could_not_press(browser: Browser, site: str) -> None:
    page = await browser.page(site)
    await page.click("#late")
    assert await page.text("#out") == "late"
    with pytest.raises(BrowserError, match=r"no element named “Leave”.*Join the room"):
        await page.click(name="Leave", timeout_s=0.2)
    await page.eval("late.disabled = true")
    with pytest.raises(BrowserError, match="disabled"):
        await page.click("#late", timeout_s=0.2)
    await page.eval("below.insertAdjacentHTML('afterend', '<div style=\"position:fixed;inset:0\">')")
    with pytest.raises(BrowserError, match="covered by <div"):
        await page.click("#below", timeout_s=0.2)


async def test_what_goes_wrong_in_a_page_is_told(browser: Browser, site: str) -> None:
    page = await browser.page(f"{site}?strict")
    with pytest.raises(BrowserError, match=r"(?s)TypeError.*at.*nothing"):
        await page.eval("(() => { const nothing = null; return nothing.here; })()")
    with pytest.raises(BrowserError, match=r"waited 0\.2 s in vain for the moon"):
        await page.wait_for("window.moon", timeout_s=0.2, what="the moon")
    with pytest.raises(BrowserError, match="cannot open"):
        await page.goto("http://127.0.0.1:9/")
    await page.goto(f"{site}?strict")
    await page.eval("setTimeout(() => { throw new Error('lost') })")
    await page.eval("console.error('bad', 7)")
    await page.eval("fetch('/missing').then((answer) => answer.status)")
    await page.eval("new Promise((done) => { const i = new Image(); i.onerror = done; i.src = 'http://127.0.0.1:9/x.png'; })")
    await page.wait_for("new Promise((done) => setTimeout(() => done(1), 100))")
    kinds = {problem.kind: problem.text for problem in page.problems}
    assert "lost" in kinds["exception"]
    assert kinds["error"] == "bad 7"
    assert "404" in kinds["network"]
    assert "Content Security Policy" in kinds["security"]


async def test_a_crashed_page_is_an_error_and_not_a_wait(browser: Browser, site: str) -> None:
    page = await browser.page(site)
    with pytest.raises((CrashedError, BrowserError), match="crash"):
        await page.goto("chrome://crash", timeout_s=10)
    with pytest.raises(CrashedError):
        await page.eval("1")


async def test_people_share_nothing_and_every_page_is_in_view(browser: Browser, site: str) -> None:
    anna = await browser.page(site, person="anna")
    ben = await browser.page(site, person="ben")
    annas_other = await browser.page(site, person="anna")
    await anna.eval("localStorage.setItem('who', 'anna')")
    assert await ben.eval("localStorage.getItem('who')") is None
    assert await annas_other.eval("localStorage.getItem('who')") == "anna"
    for page in (anna, ben):
        assert await page.eval("[document.visibilityState, document.hasFocus()]") == ["visible", True]
        assert await page.eval("new Promise((done) => requestAnimationFrame(() => done(true)))", timeout_s=3)


async def test_size_colours_and_motion_can_be_chosen(browser: Browser, site: str) -> None:
    page = await browser.page(site)
    await page.set_viewport(390, 844, mobile=True)
    await page.emulate(colour_scheme="dark", reduced_motion=True)
    assert await page.eval("(query) => matchMedia(query).matches", "(prefers-color-scheme: dark)")
    assert await page.eval("(query) => matchMedia(query).matches", "(prefers-reduced-motion: reduce)")
    assert await page.eval("screen.width") == 390


async def test_film_and_voice_are_known_again_after_webrtc(start_browser: StartBrowser, site: str) -> None:
    """With the page's own default constraints, so with the browser's noise suppression."""
    film, voice = film_y4m(5, source=3), speech_wav(seconds=10, tone_hz=TEACHER_HZ)
    browser = await start_browser(camera=film, microphone=voice)
    page = await browser.page(site)
    await page.eval(LOOPBACK_JS)
    seen: list[dict[str, Any]] = []
    for _ in range(6):
        seen.append(await page.wait_for(COUNTER_JS, "video", what="a readable mark"))
        await page.eval("new Promise((done) => setTimeout(() => done(1), 150))")
    assert {mark["source"] for mark in seen} == {3}
    steps = [(after["counter"] - before["counter"]) % 150 for before, after in itertools.pairwise(seen)]
    assert all(step < 60 for step in steps), steps
    assert sum(steps) > 5
    levels = await page.eval(TONES_JS, "video", [TEACHER_HZ, COLLEAGUE_A_HZ])
    assert levels["1000"] > HEARD_DB
    assert levels["1700"] < HEARD_DB / 2


async def test_camera_and_microphone_can_be_refused(start_browser: StartBrowser, site: str) -> None:
    browser = await start_browser(flags=["--use-fake-ui-for-media-stream=deny"])
    page = await browser.page(site)
    with pytest.raises(BrowserError, match="NotAllowedError"):
        await page.eval("navigator.mediaDevices.getUserMedia({ audio: true })")


async def test_a_screen_can_be_shared(browser: Browser, site: str) -> None:
    page = await browser.page(site)
    kinds = await page.eval("navigator.mediaDevices.getDisplayMedia().then((s) => s.getTracks().map((t) => t.kind))", gesture=True)
    assert kinds == ["video"]
