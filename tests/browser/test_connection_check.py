"""Before a session: whether sound and picture get through, in words, with what to do; coming in never waits for it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.browser.driver import Browser, Page
from tests.browser.people import Human, set_up
from tests.browser.tour import Tour
from tests.fakes.product import free_port, running_product

OUTCOME_JS = "document.getElementById('connection-check')?.dataset.outcome"
SETTLED_JS = f"{OUTCOME_JS} !== 'trying' && {OUTCOME_JS}"
# As in a browser that may not name any of its addresses.
NO_NETWORK_JS = """(() => {
    const Real = window.RTCPeerConnection;
    if (!Real) return;
    window.RTCPeerConnection = class extends Real {
        constructor(options) { super({ ...options, iceTransportPolicy: "relay", iceServers: [] }); }
    };
})()"""


async def outcome(page: Page) -> str:
    return str(await page.wait_for(SETTLED_JS, what="what came of the try", timeout_s=30))


async def test_where_everything_gets_through_it_is_said_in_a_sentence(tmp_path: Path, browser: Browser) -> None:
    async with running_product(tmp_path, advertise="127.0.0.1") as product:
        ana = Human("Ana", await browser.page(), browser)
        await set_up(ana, product)
        assert await outcome(ana.page) == "fine"
        assert await ana.page.text("#connection-check") == "Sound and picture get through from here."


@pytest.mark.timeout(150)
async def test_a_blocked_network_is_told_with_what_to_do(tmp_path: Path, browser: Browser, screenshots: Path) -> None:
    """No UDP reaches the worker. Ana's browser tries in vain, Ben's finds no network at all; he comes in all the same."""
    tour, dead = Tour(screenshots), free_port(socket.SOCK_DGRAM)
    async with running_product(tmp_path, advertise="127.0.0.1", advertise_port=str(dead)) as product:
        ana = Human("Ana", await browser.page(person="ana"), browser)
        invitation = await set_up(ana, product)
        assert await outcome(ana.page) == "blocked"
        await _what_to_do_is_said(ana.page, f"UDP to 127.0.0.1, port {dead}")
        await tour.look("connection-blocked", {"ana": ana.page})
        ben = await browser.page(person="ben")
        await ben.set_viewport(390, 844, mobile=True)
        await ben.preload(NO_NETWORK_JS)
        await ben.goto(invitation)
        await ben.click("#language-de")
        assert await outcome(ben) == "nowhere"
        assert "keinen Weg in ein Netz" in await ben.text("#connection-check")
        await tour.look("connection-nowhere", {"ben": ben})
        await ben.fill("#name", "Ben")
        await ben.click("#teaches-no")
        await ben.eval("document.getElementById('recording-leave-out')?.click()")
        await ben.click("#come-in")
        await ben.wait_for("!!document.getElementById('now-sentence')", what="the room, whatever the check says")
    assert tour.found == []


async def _what_to_do_is_said(page: Page, where: str) -> None:
    text = await page.text("#connection-check")
    assert "does not let sound and picture through" in text
    assert "You can come in all the same" in text
    await page.click("#connection-check summary")
    assert "hotspot" in await page.text("#connection-check")
    assert where in await page.eval("document.querySelector('#connection-check textarea').value")
