"""Small things of the room that people would be angry about."""

from __future__ import annotations

import contextlib
from pathlib import Path

from tests.browser.people import come_in, human, set_up
from tests.fakes.product import running_product

OWN_JS = "document.querySelector('[data-own] video')?.srcObject"


async def test_a_camera_that_was_switched_off_stays_off_when_a_headset_is_pulled_out(tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        product = await stack.enter_async_context(running_product(tmp_path))
        ana = await stack.enter_async_context(human("Ana", source=0))
        await set_up(ana, product)
        await come_in(ana, None, teaches=True, recording=None)
        await ana.page.wait_for(f"{OWN_JS}?.getVideoTracks()[0]?.enabled", what="the own picture")
        await ana.page.click("#camera-toggle")
        await ana.page.wait_for("document.getElementById('camera-toggle').innerText.includes('off')", what="the camera being off")
        await ana.page.eval(f"(window.before = {OWN_JS}).getAudioTracks()[0].dispatchEvent(new Event('ended'))")
        await ana.page.wait_for(f"{OWN_JS} !== window.before && {OWN_JS}.getVideoTracks().length", what="the devices being opened again")
        assert await ana.page.eval(f"{OWN_JS}.getVideoTracks()[0].enabled") is False
        assert await ana.page.eval(f"{OWN_JS}.getAudioTracks()[0].enabled") is True
        assert await ana.page.eval("window.before.getTracks().every((track) => track.readyState === 'ended')"), "no light stays on"


async def test_a_second_window_takes_the_seat_and_the_first_can_have_it_back(tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        product = await stack.enter_async_context(running_product(tmp_path))
        ana = await stack.enter_async_context(human("Ana"))
        await set_up(ana, product)
        await come_in(ana, None, teaches=True, recording=None)
        second = await ana.browser.page(await ana.page.url())
        await second.wait_for("!!document.getElementById('now-sentence')", what="the second window")
        await ana.page.wait_for("!!document.querySelector('#replaced[open]')", what="the word that the seat is open elsewhere")
        await ana.page.click("#use-here")
        await second.wait_for("!!document.querySelector('#replaced[open]')", what="the second window giving way")
        await ana.page.wait_for("window.microteach.signaling.condition === 'open'", what="the first window being back")


async def test_what_was_typed_stays_through_a_killed_server(tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        product = await stack.enter_async_context(running_product(tmp_path))
        ana = await stack.enter_async_context(human("Ana"))
        await set_up(ana, product)
        await come_in(ana, None, teaches=True, recording=None)
        await ana.page.click("#action-advance")
        await ana.page.click("#action-start-lesson")
        await ana.page.click("#action-advance")
        await ana.page.fill("#field-worked", "The opening")
        product.kill("server")
        await ana.page.wait_for("document.getElementById('connection-state')?.innerText", what="the word about the connection")
        await ana.page.fill("#field-worked", "The opening question")
        await ana.page.wait_for("window.microteach.signaling.condition === 'open'", what="the server being back", timeout_s=15)
        await ana.page.wait_for("document.getElementById('field-worked-state').innerText === 'Kept'", what="the text being kept")
        assert await ana.page.eval("document.getElementById('field-worked').value") == "The opening question"
        await ana.page.reload()
        await ana.page.wait_for("document.getElementById('field-worked')?.value === 'The opening question'", what="the text after a reload")
