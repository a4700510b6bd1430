"""kill -9 of the server in the middle of a lesson: nobody notices more than a line of text."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path
from typing import Any

import pytest

from tests.browser.material import COLLEAGUE_A_HZ, COUNTER_JS, HEARD_DB, TEACHER_HZ
from tests.browser.people import Human, come_in, human, set_up
from tests.fakes.product import running_product

FILM_OF_MARIA = 3


@pytest.mark.timeout(300)
async def test_sound_picture_and_recording_go_on_and_everybody_is_back(tmp_path: Path, screenshots: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        product = await stack.enter_async_context(running_product(tmp_path))
        maria = await stack.enter_async_context(human("Maria", source=FILM_OF_MARIA, tone_hz=TEACHER_HZ))
        ben = await stack.enter_async_context(human("Ben", tone_hz=COLLEAGUE_A_HZ))
        invitation = await set_up(ben, product)
        await come_in(ben, None, teaches=False, recording="leave-out")
        await come_in(maria, invitation, teaches=True, recording="record")
        await ben.page.click("#action-advance")
        await maria.page.click("#action-start-lesson")
        for person in (maria, ben):
            await person.until("Recording", where="#now-recording")
        await ben.page.wait_for(COUNTER_JS, "[aria-label^='Maria']", what="Maria's film", timeout_s=30)
        before = await asyncio.gather(_place(maria), _place(ben))
        received = await _received(ben)

        killed_s = time.monotonic()
        product.kill("server")
        await ben.page.wait_for(
            "document.getElementById('connection-state')?.innerText", what="the word that the connection is being restored", timeout_s=5
        )
        await ben.page.screenshot(screenshots / "server-killed.png")
        await asyncio.gather(*(_back(person) for person in (maria, ben)))
        print(f"pages back {time.monotonic() - killed_s:.1f} s after the kill")

        assert await asyncio.gather(_place(maria), _place(ben)) == before, "same phase, same deadline"
        after = await _received(ben)
        assert after["session"] == received["session"], "the same peer connections"
        assert after["pictures"] > received["pictures"] + 15
        assert after["sounds"] > received["sounds"] + 50
        assert (await ben.hears("Maria"))[TEACHER_HZ] > HEARD_DB

        await maria.page.click("#action-advance")
        link = await maria.page.wait_for("document.querySelector('#takes a')?.href", what="the link to the recording", timeout_s=30)
        ended_s = time.monotonic()
        await maria.page.goto(link)
        await maria.page.wait_for("document.getElementById('film-video')?.readyState >= 1", what="a film that can be played", timeout_s=30)
        data = await maria.page.eval("fetch(document.querySelector('[data-url]').dataset.url).then((answer) => answer.json())")
        assert data["holes"] == [], "nothing is missing in the recording"
        print(f"recording of {data['duration_ms']} ms opened {time.monotonic() - ended_s:.1f} s after the link was there")


async def _place(person: Human) -> Any:
    """Where the session is for this person."""
    return await person.page.eval("(({ key, decision, ends_ms, status }) => ({ key, decision, ends_ms, status }))(window.lastView.phase)")


async def _received(person: Human) -> dict[str, Any]:
    """What came in so far, and by which peer connections."""
    js = """(async () => {
        const { subscriber } = window.microteach.media.connections;
        const inbound = [...(await subscriber.getStats()).values()].filter((each) => each.type === "inbound-rtp");
        const total = (kind, field) => inbound.filter((each) => each.kind === kind).reduce((sum, each) => sum + each[field], 0);
        return {
            session: /a=ice-ufrag:(.*)/.exec(subscriber.localDescription.sdp)[1],
            pictures: total("video", "framesDecoded"),
            sounds: total("audio", "packetsReceived"),
        };
    })()"""
    found: dict[str, Any] = await person.page.eval(js)
    return found


async def _back(person: Human) -> None:
    await person.page.wait_for("window.microteach.signaling.condition === 'open'", what=f"{person.name} being back", timeout_s=30)
