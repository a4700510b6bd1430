"""The server is of a newer release than an open page: the page loads itself anew, and goes on by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.driver import Browser
from tests.browser.people import come_in, set_up
from tests.browser.steps import people_in
from tests.fakes.product import running_product

# The first page of the room speaks as one of another release does.
OLD_JS = """(() => {
    if (!location.pathname.startsWith("/sessions/") || sessionStorage.getItem("was-old")) return;
    sessionStorage.setItem("was-old", "1");
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (data) { return send.call(this, data.replace('"protocol":1', '"protocol":99')); };
})()"""


@pytest.mark.timeout(120)
async def test_a_page_of_another_release_loads_itself_anew(tmp_path: Path, browser: Browser) -> None:
    async with running_product(tmp_path) as product:
        [ben] = await people_in(browser, "Ben")
        await set_up(ben, product)
        await ben.page.preload(OLD_JS)
        await come_in(ben, None, teaches=False, recording=None)
        await ben.page.wait_for(
            "performance.getEntriesByType('navigation')[0].type === 'reload' && window.microteach?.signaling.condition === 'open'",
            what="the page, loaded anew and connected",
            timeout_s=30,
        )
        assert await ben.page.eval("sessionStorage.getItem('was-old')") == "1"
