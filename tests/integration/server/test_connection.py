"""Trying out the connection before a session, as a page does it: by HTTP, with a real connection to the worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiortc import RTCPeerConnection, RTCSessionDescription

from server.wire.messages import Relay, Welcome
from tests.fakes.aiortc_peer import connection, loopback_gathered
from tests.fakes.page import Page
from tests.fakes.product import Product, running_product

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATIENCE_S = 15
RELAY = "turns:relay.school.example:443?transport=tcp"
SECRET = "north-wall-7"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def product(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    folder: Path = tmp_path_factory.mktemp("product")
    async with running_product(folder, turn_urls=RELAY, turn_secret=SECRET) as running:
        yield running


async def post(url: str, body: object) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as client:
        headers = {"Origin": "/".join(url.split("/")[:3]), "Accept": "application/json"}
        async with client.post(url, json=body, headers=headers) as answer:
            return answer.status, await answer.json()


async def test_a_connection_is_made_carries_nothing_and_is_gone_afterwards(product: Product) -> None:
    async with Page(product.url) as ana:
        lead, invitation = await ana.make_session()
    for link in (lead, invitation):
        with loopback_gathered():
            trial = connection()
            trial.addTransceiver("audio", direction="sendonly")
            await trial.setLocalDescription(await trial.createOffer())
            status, given = await post(f"{link}/connection", {"sdp": trial.localDescription.sdp})
            assert status == 200
            assert given["relay"]["urls"] == [RELAY]
            assert "a=recvonly" in given["sdp"]
            assert f" {product.media_port} typ host" in given["sdp"]
            await trial.setRemoteDescription(RTCSessionDescription(given["sdp"], "answer"))
            await connected(trial)
            await trial.close()
    async with asyncio.timeout(PATIENCE_S):
        while product.log.count("closed") < 2 or any(room not in gone(product) for room in opened(product)):
            await asyncio.sleep(0.1)
    assert len(opened(product)) == 2


async def test_it_is_for_people_with_an_invitation_and_takes_what_it_can_read(product: Product) -> None:
    async with Page(product.url) as ana:
        _, invitation = await ana.make_session()
    door = invitation.rpartition("/")[0]
    assert (await post(f"{door}/nothing/connection", {"sdp": "v=0"}))[0] == 404
    unreadable: list[object] = [{}, {"sdp": 1}, {"sdp": "v=0", "more": 1}, [], "sdp"]
    for body in unreadable:
        assert (await post(f"{invitation}/connection", body))[0] == 400
    status, told = await post(f"{invitation}/connection", {"sdp": "nothing of the kind"})
    assert (status, told["code"]) == (400, "invalid")
    async with asyncio.timeout(PATIENCE_S):
        while not opened(product) <= gone(product):  # the worker says so a moment later
            await asyncio.sleep(0.05)


async def test_a_page_has_the_relay_before_it_is_welcomed_and_asks_for_it_again(product: Product) -> None:
    async with Page(product.url) as ana:
        lead, _ = await ana.make_session()
        await ana.join(lead, "Ana")
        await ana.open()
        await ana.send({"type": "hello", "protocol": 1})
        first, then = await ana.receive(), await ana.receive()
        assert isinstance(first, Relay)
        assert isinstance(then, Welcome)
        await ana.send({"type": "ask_relay"})
        while not isinstance(again := await ana.receive(), Relay):
            pass
        assert again.username.partition(":")[2] == first.username.partition(":")[2], "the relay counts what one seat uses"
        assert (again.urls, again.lasts_s) == ((RELAY,), 7200)
    for secret in (SECRET, first.credential, first.username, RELAY):
        assert secret not in product.log


def opened(product: Product) -> set[str]:
    return {line.split()[-2] for line in product.log.splitlines() if "room check-" in line and line.endswith("opened")}


def gone(product: Product) -> set[str]:
    return {line.split()[-2] for line in product.log.splitlines() if "room check-" in line and line.endswith("closed")}


async def connected(trial: RTCPeerConnection) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while trial.connectionState != "connected":
            await asyncio.sleep(0.02)
