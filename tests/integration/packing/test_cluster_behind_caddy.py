"""Two nodes behind the project's Caddyfile, laid out as in the compose file: loopback addresses that differ, the same ports on each."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path

import aiohttp
import pytest

from server.cluster.ownership import owner_of
from server.store.engine import Store
from server.wire.view import View
from tests.fakes.caddy import running_caddy
from tests.fakes.cluster import running_cluster
from tests.fakes.product import free_port
from tests.integration.packing.test_caddy import SecurePage
from tests.requirements import require_all

pytestmark = [pytest.mark.full, pytest.mark.timeout(240)]
BACK_S = 40.0  # much more than is promised: here a node's death must not be forever


async def test_people_go_on_when_one_of_two_nodes_dies(tmp_path: Path) -> None:
    require_all(("caddy", "redis-server", "postgresql"))
    https, listen, inner, health = (free_port(socket.SOCK_STREAM) for _ in range(4))
    async with running_cluster(tmp_path, names=()) as cluster:
        for name, host in (("a", "127.0.0.1"), ("b", "127.0.0.2")):
            own = {"listen": f"{host}:{listen}", "node_listen": f"{host}:{inner}", "metrics_listen": f"{host}:{health}"}
            await cluster.add(name, public_url=f"https://localhost:{https}", **own)
        with running_caddy(tmp_path, [f"127.0.0.1:{listen}", f"127.0.0.2:{listen}"], port=https, health_port=health) as caddy:
            async with SecurePage(caddy.url, caddy.trust()) as ana, SecurePage(caddy.url, caddy.trust()) as ben:
                await until_served(ana)
                for host in ("127.0.0.1", "127.0.0.2"):
                    await until_alive(f"http://{host}:{health}/healthz")
                lead, invitation = await ana.invite()
                await ana.join(lead, "Ana", teaches=True, recording="record")
                await ben.join(invitation, "Ben")
                await ana.connect()
                await ben.connect()
                async with Store(cluster.database) as store:
                    owner = await owner_of(store, ana.session)
                assert owner is not None and owner.node
                cluster[owner.node].kill()
                for page in (ana, ben):
                    view = await until_back(page)
                    assert {person.name for person in view.people} == {"Ana", "Ben"}
                assert [(await ana.get("/"))[0] for _ in range(6)] == [200] * 6


async def until_served(page: SecurePage) -> None:
    async with asyncio.timeout(90):
        while (await page.get("/"))[0] != 200:
            await asyncio.sleep(0.2)


async def until_alive(url: str) -> None:
    async with asyncio.timeout(90), aiohttp.ClientSession() as client:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with client.get(url) as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.2)


async def until_back(page: SecurePage) -> View:
    """As a page does: again and again, until it is welcome."""
    async with asyncio.timeout(BACK_S):
        while True:
            with contextlib.suppress(aiohttp.ClientError, ConnectionError, TimeoutError):
                return await page.connect()
            await asyncio.sleep(0.5)
