"""kill -9 of the media worker and of the recorder in the middle of a lesson: one film comes out of it all the same."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path

import pytest

from tests.browser.material import COUNTER_JS, HEARD_DB, TEACHER_HZ
from tests.browser.people import come_in, human, set_up
from tests.browser.steps import lesson_runs
from tests.fakes.product import running_product

FILM_OF_MARIA = 1
BEFORE_S = 2.0
PICTURES_JS = """async () => {
    const connections = window.microteach.media.connections;
    if (!connections || connections.subscriber.connectionState !== "connected") return 0;
    const inbound = [...(await connections.subscriber.getStats()).values()].filter((each) => each.type === "inbound-rtp");
    return inbound.reduce((sum, each) => sum + (each.framesDecoded ?? 0), 0);
}"""


@pytest.mark.timeout(300)
async def test_one_film_comes_out_of_a_lesson_in_which_worker_and_recorder_died(tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        product = await stack.enter_async_context(running_product(tmp_path))
        maria = await stack.enter_async_context(human("Maria", source=FILM_OF_MARIA, tone_hz=TEACHER_HZ))
        ben = await stack.enter_async_context(human("Ben"))
        invitation = await set_up(ben, product)
        await come_in(ben, None, teaches=False, recording=None)
        await come_in(maria, invitation, teaches=True, recording="record")
        await ben.page.click("#action-advance")
        await lesson_runs(maria, (maria, ben))
        await ben.page.wait_for(COUNTER_JS, "[aria-label^='Maria']", what="Maria's film", timeout_s=30)
        await asyncio.sleep(BEFORE_S)

        product.kill("recorder")
        before = await ben.page.eval(PICTURES_JS)
        await ben.page.wait_for(f"async (before) => await ({PICTURES_JS})() > before + 10", before, what="pictures without a recorder")

        killed_s = time.monotonic()
        product.kill("media worker")
        await ben.page.wait_for(f"async () => await ({PICTURES_JS})() === 0", what="the loss of the old connection")
        await ben.page.wait_for(f"async () => await ({PICTURES_JS})() > 5", what="pictures from the new worker", timeout_s=20)
        print(f"pictures back {time.monotonic() - killed_s:.1f} s after the kill of the worker")
        assert (await ben.hears("Maria"))[TEACHER_HZ] > HEARD_DB

        await maria.page.click("#action-advance")
        link = await maria.page.wait_for("document.querySelector('#takes a')?.href", what="the link to the recording", timeout_s=30)
        await maria.page.goto(link)
        await maria.page.wait_for("document.getElementById('film-video')?.readyState >= 1", what="a film that can be played", timeout_s=30)
        data = await maria.page.eval("fetch(document.querySelector('[data-url]').dataset.url).then((answer) => answer.json())")
        print(f"holes {data['holes']} in {data['duration_ms']} ms")
        [hole] = data["holes"]  # the worker's death is marked; the recorder's leaves nothing out
        for at_s in (max(0, hole["start_ms"] / 1000 - 1), data["duration_ms"] / 1000 - 0.5):
            await maria.page.eval("(at) => { document.getElementById('film-video').currentTime = at; }", at_s)
            mark = await maria.page.wait_for(COUNTER_JS, "#film-video", what=f"Maria's film at {at_s:.1f} s")
            assert mark["source"] == FILM_OF_MARIA
