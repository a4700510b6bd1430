"""A window that the teacher shares: seen large and heard by a learner, recorded beside the teacher's face, and over when it is stopped."""

from __future__ import annotations

import base64
import contextlib
import io
from pathlib import Path
from typing import Final

import av
import pytest

from tests.browser.material import (
    CELL_PX,
    CHECK_BITS,
    COLLEAGUE_A_HZ,
    COLUMNS,
    COUNTER_BITS,
    COUNTER_JS,
    HEARD_DB,
    TEACHER_HZ,
    TONES_JS,
    read_mark,
)
from tests.browser.people import Human, come_in, human, set_up
from tests.fakes.product import running_product

FILM_OF_MARIA = 2
SCREEN = 5
SCREEN_HZ = 2300.0

# A browser without a desktop has no window to share: a canvas and a pulsed tone stand in for it, marked as films are.
SCREEN_JS: Final = f"""
if (navigator.mediaDevices) navigator.mediaDevices.getDisplayMedia = async () => {{
  const canvas = Object.assign(document.createElement("canvas"), {{ width: 640, height: 360 }});
  const context = canvas.getContext("2d");
  let counter = 0;
  const draw = () => {{
    counter = (counter + 1) % 1000;
    const value = {SCREEN} << {COUNTER_BITS} | counter, check = {(1 << CHECK_BITS) - 2} - value % {(1 << CHECK_BITS) - 1};
    const bits = [1, 0, ...(value << {CHECK_BITS} | check).toString(2).padStart({COLUMNS * 2 - 2}, "0")].map(Number);
    context.fillStyle = "linen";
    context.fillRect(0, 0, 640, 360);
    bits.forEach((bit, index) => {{
      context.fillStyle = bit ? "white" : "black";
      context.fillRect(index % {COLUMNS} * {CELL_PX}, Math.floor(index / {COLUMNS}) * {CELL_PX}, {CELL_PX}, {CELL_PX});
    }});
  }};
  draw();
  setInterval(draw, 66);
  const sound = new AudioContext();
  const gate = new GainNode(sound, {{ gain: 0 }}), target = sound.createMediaStreamDestination();
  const tone = new OscillatorNode(sound, {{ frequency: {SCREEN_HZ} }});
  tone.connect(gate).connect(target);
  tone.start();
  setInterval(() => gate.gain.setTargetAtTime(gate.gain.value > 0.1 ? 0 : 0.2, sound.currentTime, 0.01), 200);
  window.sharedWindow = new MediaStream([...canvas.captureStream(15).getTracks(), ...target.stream.getTracks()]);
  return window.sharedWindow;
}};
"""
LARGER_JS = """() => {
    const [screen, face] = ["#screen", "video[aria-label^='Maria']"].map((each) => document.querySelector(each).getBoundingClientRect());
    return screen.width * screen.height > 2 * face.width * face.height;
}"""
FILM_JS = """(url) => fetch(url).then((answer) => answer.arrayBuffer()).then((bytes) => {
    let text = ""; for (const byte of new Uint8Array(bytes)) text += String.fromCharCode(byte); return btoa(text); })"""


@pytest.mark.timeout(180)
async def test_a_shared_window_is_seen_heard_and_recorded(tmp_path: Path, screenshots: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        product = await stack.enter_async_context(running_product(tmp_path))
        maria = await stack.enter_async_context(human("Maria", source=FILM_OF_MARIA, tone_hz=TEACHER_HZ))
        ben = await stack.enter_async_context(human("Ben", tone_hz=COLLEAGUE_A_HZ))
        await maria.page.preload(SCREEN_JS)
        invitation = await set_up(maria, product)
        await come_in(maria, None, teaches=True, recording="record")
        await come_in(ben, invitation, teaches=False, recording=None)
        await maria.page.click("#action-advance")
        await maria.page.click("#action-start-lesson")
        await maria.until("Recording", where="#now-recording")
        await shares(maria, ben, screenshots)
        await stops(maria, ben)
        await maria.page.click("#action-advance")
        await is_recorded(maria)
        for person in (maria, ben):
            assert [str(problem) for problem in person.page.problems if problem.kind in ("exception", "security")] == []


async def shares(maria: Human, ben: Human, screenshots: Path) -> None:
    await maria.page.click("#share-screen")
    mark = await ben.page.wait_for(COUNTER_JS, "#screen", what="Maria's window for Ben", timeout_s=30)
    assert mark["source"] == SCREEN
    face = await ben.page.wait_for(COUNTER_JS, "video[aria-label^='Maria']", what="Maria beside it")
    assert face["source"] == FILM_OF_MARIA
    assert await ben.page.eval(LARGER_JS), "the window is large, the face beside it"
    await ben.page.wait_for(f"async () => ({COUNTER_JS})('#screen')?.counter > {mark['counter']}", what="the window moving")
    heard = await ben.page.eval(TONES_JS, "#screen", [SCREEN_HZ], 3, timeout_s=20)
    assert max(heard.values()) > HEARD_DB
    assert (await ben.hears("Maria"))[TEACHER_HZ] > HEARD_DB, "her voice goes on beside it"
    assert await maria.page.eval("document.getElementById('room').dataset.main") == "faces", "a teacher has the learners large"
    await maria.page.screenshot(screenshots / "screen-Maria.png")
    await ben.page.screenshot(screenshots / "screen-Ben.png")


async def stops(maria: Human, ben: Human) -> None:
    await maria.page.click("#share-screen")
    await ben.page.wait_for("!document.getElementById('screen').checkVisibility()", what="the window being gone")
    assert await ben.page.eval("window.lastView.screen") is None
    assert await maria.page.eval("window.sharedWindow.getTracks().every(({ readyState }) => readyState === 'ended')")
    await ben.page.wait_for("document.getElementById('room').dataset.main === 'faces'", what="Maria large again")


async def is_recorded(maria: Human) -> None:
    """A film of its own, in which the window can be seen."""
    take = await maria.page.wait_for(
        "window.lastView.takes.find(({ state }) => state === 'ready')?.take", what="the recording", timeout_s=30
    )
    data = await maria.page.eval(f"fetch('/recordings/{take}/data').then((answer) => answer.json())")
    assert data["screen_film"]
    assert data["screen_film"] != data["film"]
    film = base64.b64decode(await maria.page.eval(FILM_JS, data["screen_film"], timeout_s=30))
    with av.open(io.BytesIO(film), "r", format="matroska") as container:
        marks = [read_mark(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    seen = [mark for mark in marks if mark]
    assert {mark.source for mark in seen} == {SCREEN}
    assert len(seen) > 20, "several seconds of it"
