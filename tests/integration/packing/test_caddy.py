"""The project's Caddyfile in a real Caddy before the real product: pages, WebSockets, cookies, whose address it is, a node that is gone."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from tests.fakes.caddy import Caddy, running_caddy
from tests.fakes.image import ROOT
from tests.fakes.page import Page
from tests.fakes.product import Product, free_port, running_product
from tests.requirements import require

pytestmark = pytest.mark.full
SESSIONS_AT_ONCE = 10


class SecurePage(Page):
    """A page that trusts Caddy's authority."""

    def __init__(self, url: str, trust: ssl.SSLContext) -> None:
        super().__init__(url)
        self._trust = trust

    async def __aenter__(self) -> SecurePage:
        await self._client.close()
        jar, connector = aiohttp.CookieJar(), aiohttp.TCPConnector(ssl=self._trust)
        self._client = aiohttp.ClientSession(cookie_jar=jar, headers={"Origin": self.url}, connector=connector)
        return self

    async def invite(self) -> tuple[str, str]:
        """As `make_session`, with links by https."""
        async with self._client.post(f"{self.url}/sessions", data={"plan": "try-out"}) as answer:
            assert answer.status == 200, await answer.text()
            found = re.search(r"https://[^\s\"<]+/i/[\w.-]+", await answer.text())
            assert found
            return str(answer.url), found[0]


@dataclass(frozen=True)
class Front:
    caddy: Caddy
    product: Product

    def page(self) -> SecurePage:
        return SecurePage(self.caddy.url, self.caddy.trust())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def front(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Front]:
    """Of two nodes that Caddy knows, one is not there."""
    require("caddy")
    folder = tmp_path_factory.mktemp("front")
    port, health = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_STREAM)
    settings = {
        "public_url": f"https://localhost:{port}",
        "metrics_listen": f"127.0.0.1:{health}",
        "sessions_at_once": str(SESSIONS_AT_ONCE),
    }
    async with running_product(folder, **settings) as product:
        nodes = [f"127.0.0.2:{free_port(socket.SOCK_STREAM)}", product.url.removeprefix("http://")]
        with running_caddy(folder, nodes, port=port, health_port=health) as caddy:
            yield Front(caddy, product)


@pytest.mark.parametrize("mode", ["public", "internal", "files"])
def test_the_caddyfile_is_understood_in_each_way_to_a_certificate(mode: str) -> None:
    words = {"SITE": "microteach.school.example", "TLS": mode, "NODES": "127.0.0.1:8080 127.0.0.2:8080"}
    command: list[str | Path] = [require("caddy"), "adapt", "--config", ROOT / "config" / "Caddyfile", "--adapter", "caddyfile"]
    done = subprocess.run(command, env={**os.environ, **words}, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert '"dial":"127.0.0.2:8080"' in done.stdout
    assert "warn" not in done.stderr.lower(), done.stderr


async def test_a_session_is_made_joined_and_spoken_in_through_it(front: Front) -> None:
    async with front.page() as ana, front.page() as ben:
        lead, invitation = await ana.invite()
        assert invitation.startswith(front.caddy.url)
        await ana.join(lead, "Ana", teaches=True, recording="record")
        await ben.join(invitation, "Ben")
        await ana.connect()
        view = await ben.connect()
        assert {person.name for person in view.people} == {"Ana", "Ben"}
        await ana.ask(type="advance", decision=0)
        await ben.until_seen(lambda seen: seen.phase != view.phase)
        names = {cookie.key for cookie in ana._client.cookie_jar if cookie["secure"]}
        assert names
        assert all(name.startswith("__Host-") for name in names)
        async with ana._client.get(front.caddy.url) as answer:
            assert "max-age" in answer.headers["Strict-Transport-Security"]


async def test_another_site_is_refused_as_without_a_proxy(front: Front) -> None:
    async with front.page() as ana:
        assert await ana.post("/sessions", {"plan": "try-out"}, Origin="https://evil.example") == 403
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await ana._client.ws_connect(f"{front.caddy.url}/sessions/x/socket", headers={"Origin": "https://evil.example"})


async def test_whoever_asks_without_tls_is_led_to_it(front: Front) -> None:
    async with (
        aiohttp.ClientSession() as client,
        client.get(f"http://localhost:{front.caddy.http_port}/i/x", allow_redirects=False) as answer,
    ):
        assert answer.status in (301, 308)
        assert answer.headers["Location"].startswith("https://localhost")


async def test_a_node_that_is_not_there_gets_nobody(front: Front) -> None:
    async with front.page() as ana:
        assert [(await ana.get("/"))[0] for _ in range(12)] == [200] * 12


async def test_what_somebody_writes_into_x_forwarded_for_counts_for_nothing(front: Front) -> None:
    """From now on this address has made as many sessions as it may."""
    async with front.page() as ana:
        answers = [
            await ana.post("/sessions", {"plan": "try-out"}, X_Forwarded_For=f"198.51.100.{count}") for count in range(2 * SESSIONS_AT_ONCE)
        ]
    assert 429 in answers[: SESSIONS_AT_ONCE + 1]
    assert answers[-1] == 429


async def test_while_a_node_is_away_people_read_words_and_the_log_learns_no_invitation(front: Front) -> None:
    """The last one here: it ends the node."""
    async with front.page() as ana:
        path = "/i/a-secret-invitation"
        front.product.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(front.product.process.wait, 30)
        status, words = await ana.get(path)
    assert status == 503
    assert "in a few seconds" in words
    assert path.rpartition("/")[2] not in front.caddy.log, front.caddy.log
