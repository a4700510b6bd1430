"""A network that lets no sound and picture through: everything else works, and it is said what can be done."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.browser.driver import Browser
from tests.browser.people import Human, come_in, set_up
from tests.browser.steps import all_here, at, go_on, lesson_runs, no_loud_problems, people_in
from tests.browser.tour import Tour
from tests.fakes.product import free_port, running_product

QUESTION = "Is a half more than a third?"
NOTE = "You waited for us."
# Ben's packets go to a port where nobody listens.
LOST = """(() => {
    const Real = window.RTCPeerConnection;
    if (!Real) return;
    window.RTCPeerConnection = class extends Real {
        setRemoteDescription(description) {
            return super.setRemoteDescription({ ...description, sdp: description.sdp.replace(/ \\d+ typ host/g, " %d typ host") });
        }
    };
})()"""


@pytest.mark.timeout(240)
async def test_who_has_no_sound_and_picture_does_everything_else(tmp_path: Path, browser: Browser, screenshots: Path) -> None:
    """Ana leads, Maria teaches, Ben's network blocks. He asks, writes and has his turn like the others."""
    tour, dead = Tour(screenshots), free_port(socket.SOCK_DGRAM)
    async with running_product(tmp_path, advertise="127.0.0.1") as product:
        ana, maria, ben = everybody = await people_in(browser, "Ana", "Maria", "Ben")
        await ben.page.preload(LOST % dead)
        invitation = await set_up(ana, product)
        await come_in(ana, None, teaches=False, recording="leave-out")
        await come_in(maria, invitation, teaches=True, recording="leave-out")
        await come_in(ben, invitation, teaches=False, recording="leave-out")
        await all_here(everybody)
        await ben.until("Sound and picture do not get through from here", where="#blocked", timeout_s=40)
        await ben.page.click("#blocked summary")
        text = await ben.page.eval("document.querySelector('#blocked textarea').value")
        assert f"UDP to 127.0.0.1, port {dead}" in text
        assert "being restored" not in await ben.page.text("#connection-state")
        await tour.look("room-blocked", {"ben": ben.page})
        await ben.page.click("#blocked summary")
        await go_on(ana, everybody, "lesson")
        await lesson_runs(maria, everybody)
        await _asks(ben, maria)
        await go_on(ana, everybody, "writing")
        await ben.page.fill("#field-suggestion", NOTE)
        await ben.page.wait_for("document.getElementById('field-suggestion-state').innerText === 'Kept'", what="Ben's note being kept")
        await go_on(ana, everybody, "feedback")
        await ana.page.click("#action-end-turn")
        await ben.until("You speak now")
        await maria.until(NOTE)
        await ben.page.click("#action-end-turn")
        await at(everybody, "closing", timeout_s=30)
        assert await ana.page.eval("document.getElementById('blocked').hidden"), "only Ben's way is blocked"
        servers = "Object.values(window.microteach.media.connections).flatMap((pc) => pc.getConfiguration?.().iceServers ?? [])"
        assert await ana.page.eval(servers) == [], "without a relay of the operator's nobody is asked for a way"
        no_loud_problems(*everybody)
    assert tour.found == []


async def _asks(ben: Human, maria: Human) -> None:
    await ben.page.click("#hand")
    await maria.page.click(name="Ben: hand raised, number 1. Lower the hand of Ben", role="button")
    if not await ben.page.eval("document.getElementById('chat').checkVisibility()"):
        await ben.page.click("#chat-toggle")
    await ben.page.fill("#chat-text", QUESTION)
    await ben.page.press("Enter")
    await maria.until(QUESTION, where="#chat")
