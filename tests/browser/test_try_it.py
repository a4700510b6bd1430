"""One person alone tries it: a whole session with simulated colleagues, from the start page to the recording."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.browser.people import Human, come_in, human
from tests.fakes.product import Product, running_product

COLLEAGUES = ("Lina", "Omar", "Greta")
HEARD_RMS = 0.01

# How many different pictures of somebody were shown in so many seconds.
PICTURES_JS = """async (target, seconds) => {
    const video = document.querySelector(target);
    const canvas = new OffscreenCanvas(80, 60), context = canvas.getContext("2d", { willReadFrequently: true });
    const seen = new Set(), end = performance.now() + seconds * 1000;
    while (performance.now() < end) {
        context.drawImage(video, 0, 0, 80, 60);
        seen.add(context.getImageData(0, 0, 80, 60).data.reduce((sum, part, at) => (sum * 31 + part * (at % 7 + 1)) | 0, 0));
        await new Promise((done) => setTimeout(done, 50));
    }
    return seen.size;
}"""
# The loudest 20 ms in the sound that arrives from somebody.
LOUDEST_JS = """async (target, seconds) => {
    const stream = document.querySelector(target).srcObject;
    const context = new AudioContext();
    await context.resume();
    const analyser = new AnalyserNode(context, { fftSize: 1024 });
    const pump = new Audio();
    pump.muted = true;
    pump.srcObject = new MediaStream(stream.getAudioTracks());
    await Promise.race([pump.play(), new Promise((done) => setTimeout(done, 1000))]);
    context.createMediaStreamSource(pump.srcObject).connect(analyser);
    const samples = new Float32Array(1024), end = performance.now() + seconds * 1000;
    let loudest = 0;
    while (performance.now() < end) {
        await new Promise((done) => setTimeout(done, 20));
        analyser.getFloatTimeDomainData(samples);
        loudest = Math.max(loudest, Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length));
    }
    pump.srcObject = null;
    await context.close();
    return loudest;
}"""
FACES_JS = """(names) => names.every((name) => {
    const video = document.querySelector(`video[aria-label^='${name}']`);
    return video && video.videoWidth > 0 && video.currentTime > 0;
})"""


@pytest.mark.timeout(360)
async def test_one_person_alone_has_a_whole_session(tmp_path: Path, screenshots: Path) -> None:
    async with running_product(tmp_path) as product, human("Maria", source=2) as maria:
        await _come_in(maria, product, screenshots)
        for name in COLLEAGUES:
            assert await maria.page.eval(PICTURES_JS, face(name), 5, timeout_s=20) >= 2, f"{name} blinks"
        await _lesson(maria, screenshots)
        await _writing(maria)
        await _feedback(maria, screenshots)
        await _closing(maria, screenshots)
        await _watches(maria, screenshots)
        assert [str(problem) for problem in maria.page.problems if problem.kind in ("exception", "security")] == []
        assert " ERROR " not in product.log


def face(name: str) -> str:
    return f"video[aria-label^='{name}']"


async def _come_in(maria: Human, product: Product, screenshots: Path) -> None:
    await maria.page.goto(product.url)
    pressed_s = time.monotonic()
    await maria.page.click("#try")
    await come_in(maria, None, teaches=True, recording="record")
    await maria.page.wait_for(FACES_JS, list(COLLEAGUES), timeout_s=20, what="three faces")
    print(f"from the door on the start page to three faces: {time.monotonic() - pressed_s:.1f} s, with the form filled in between")
    assert await maria.page.eval("window.lastView.people.filter((person) => person.simulated).length") == len(COLLEAGUES)
    await maria.page.screenshot(screenshots / "try-it-1-before.png")


async def _lesson(maria: Human, screenshots: Path) -> None:
    await maria.page.click("#action-advance")
    await maria.page.click("#action-start-lesson")
    await maria.until("Recording", where="#now-recording")
    await maria.page.wait_for("!!document.querySelector('[data-seat] .face-hand:not([hidden])')", timeout_s=30, what="Lina's hand")
    await maria.page.screenshot(screenshots / "try-it-2-hand.png")
    assert await maria.page.eval(LOUDEST_JS, face("Lina"), 9, timeout_s=20) > HEARD_RMS, "Lina asks"
    await maria.page.wait_for("document.getElementById('chat').textContent.includes('larger numbers')", timeout_s=30, what="a chat line")
    assert await maria.page.eval("document.querySelectorAll('[data-seat] .face-hand:not([hidden])').length") == 0


async def _writing(maria: Human) -> None:
    await maria.page.wait_for("window.lastView.phase.key === 'writing'", timeout_s=60, what="the writing phase by itself")
    await maria.page.wait_for("window.lastView.ready_count >= 3", timeout_s=40, what="three who have written")
    assert "you could" not in (await maria.page.text()).lower(), "nobody reads yet what they wrote"


async def _feedback(maria: Human, screenshots: Path) -> None:
    await maria.page.wait_for("window.lastView.phase.key === 'feedback'", timeout_s=40, what="the feedback by itself")
    words = {"Lina": "on the board", "Omar": "You spoke calmly", "Greta": "think for myself"}
    spoke: list[str] = []
    for _ in COLLEAGUES:
        js = """(spoke) => { const { floor, people } = window.lastView;
            const name = people.find(({ seat }) => seat === floor.turn)?.name; return !spoke.includes(name) && name; }"""
        name = await maria.page.wait_for(js, spoke, timeout_s=40, what="the next turn")
        spoke.append(name)
        assert await maria.page.eval(LOUDEST_JS, face(name), 5, timeout_s=20) > HEARD_RMS, f"{name} speaks"
        await maria.until(words[name])
        if name == "Omar":
            await maria.until("That helped me")
            await maria.page.screenshot(screenshots / "try-it-3-feedback.png")
    assert sorted(spoke) == sorted(COLLEAGUES)


async def _closing(maria: Human, screenshots: Path) -> None:
    await maria.page.wait_for("window.lastView.phase.part === 'closing'", timeout_s=40, what="the closing by itself")
    await maria.page.screenshot(screenshots / "try-it-4-closing.png")
    await maria.page.wait_for("window.lastView.phase.part === 'ended'", timeout_s=60, what="the end of the session")


async def _watches(maria: Human, screenshots: Path) -> None:
    link = await maria.page.wait_for("document.querySelector('#takes a')?.href", what="the link to the recording")
    await maria.page.goto(link)
    await maria.page.wait_for("document.getElementById('film-video')?.readyState >= 1", what="a film that can be played")
    await maria.page.eval("document.getElementById('film-video').play()", gesture=True)
    await maria.page.wait_for("document.getElementById('film-video').currentTime > 1", what="the film playing")
    assert len(await maria.page.eval("[...document.querySelectorAll('.moment-jump, [data-moment]')].map((each) => each.innerText)")) >= 1
    await maria.page.screenshot(screenshots / "try-it-5-recording.png")
