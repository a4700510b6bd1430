"""Two people over https, behind the project's Caddyfile: what browsers allow on secure pages only, and WebSockets through the proxy."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.browser.driver import Browser
from tests.browser.people import come_in, set_up
from tests.browser.steps import all_here, no_loud_problems, people_in
from tests.browser.test_connection_check import outcome
from tests.fakes.caddy import running_caddy
from tests.fakes.product import Product, free_port, running_product
from tests.requirements import require

# Caddy's own authority stands in no store of this machine.
FLAGS = ("--ignore-certificate-errors",)
PICTURE_JS = "(name) => document.querySelector(`[aria-label^='${name}'] video, video[aria-label^='${name}']`)?.videoWidth > 0"


@pytest.mark.timeout(180)
async def test_two_people_see_each_other_over_https(tmp_path: Path, screenshots: Path) -> None:
    require("caddy")
    port, health = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_STREAM)
    settings = {"public_url": f"https://localhost:{port}", "metrics_listen": f"127.0.0.1:{health}", "advertise": "127.0.0.1"}
    async with running_product(tmp_path, **settings) as product, Browser(flags=FLAGS) as browser:
        node = product.url.removeprefix("http://")
        with running_caddy(tmp_path, [node], port=port, health_port=health) as caddy:
            in_front = Product(product.process, caddy.url, tmp_path / "log.txt", product.media_port)
            people = await people_in(browser, "Ana", "Ben")
            ana, ben = people
            invitation = await set_up(ana, in_front)
            assert invitation.startswith(caddy.url)
            assert await ana.page.eval("window.isSecureContext")
            assert await outcome(ana.page) == "fine"
            await come_in(ana, None, teaches=True, recording="record")
            await come_in(ben, invitation, teaches=False, recording="leave-out")
            await all_here(people)
            for person, other in ((ana, "Ben"), (ben, "Ana")):
                await person.page.wait_for(PICTURE_JS, other, what=f"the picture of {other}", timeout_s=40)
            await ana.page.screenshot(screenshots / "behind-caddy.png")
            no_loud_problems(*people)
