"""How connections are, over the real protocol: badges, a suggestion, the operator's numbers, and a server that is full."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar

import aiohttp
import msgspec
import pytest

from server.wire.connections import CameraOffSuggested, Connections
from server.wire.messages import Accepted, Error, ToPage
from tests.fakes.media_worker import ALL_IS_WELL, SpokenFor, server_and_worker
from tests.fakes.page import Page
from tests.unit.rooms.test_quality import peer

M = TypeVar("M", bound=ToPage)


@pytest.fixture
async def worker(tmp_path: Path) -> AsyncIterator[SpokenFor]:
    async with server_and_worker(tmp_path) as running:
        yield running


async def until(page: Page, kind: type[M]) -> M:
    while not isinstance(message := await page.receive(), kind):
        pass
    return message


async def numbers(worker: SpokenFor) -> dict[str, float]:
    async with aiohttp.ClientSession() as client, client.get(f"{worker.numbers_url}/metrics") as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        lines = [line for line in (await answer.text()).splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


async def test_trouble_travels_from_the_worker_to_pages_and_a_suggestion_from_page_to_page(worker: SpokenFor) -> None:
    async with Page(worker.url) as ana, Page(worker.url) as ben:
        lead, invitation = await ana.make_session()
        await ana.join(lead, "Ana")
        await ben.join(invitation, "Ben")
        seat_of_ben = (await ben.connect()).you.seat
        seat_of_ana = (await ana.connect()).you.seat
        saying = asyncio.create_task(weakly(worker, ana.session, seat_of_ben))
        told = await until(ben, Connections)
        assert (told.badges, told.yours.up, told.ways) == ({seat_of_ben: "poor"}, "poor", {})
        told = await until(ana, Connections)
        assert (told.badges, told.yours.up, told.ways) == ({seat_of_ben: "poor"}, "good", {seat_of_ben: "up"})
        saying.cancel()
        assert isinstance(await ana.ask(type="suggest_camera_off", seat=seat_of_ben), Accepted)
        assert (await until(ben, CameraOffSuggested)).seat == seat_of_ana
        refused = await ben.ask(type="suggest_camera_off", seat=seat_of_ana)
        assert isinstance(refused, Error)
        assert refused.code == "not_allowed"
        found = await numbers(worker)
        assert found['microteach_connections{level="poor"}'] == 1
        assert found['microteach_weak_seconds_total{level="poor"}'] > 0


async def weakly(worker: SpokenFor, session: str, seat: str) -> None:
    """Every half second what a worker says every two: six seconds of trouble are six seconds all the same."""
    while True:
        worker.quality(session, peer(peer=seat, up_loss=0.4))
        await asyncio.sleep(0.5)


async def test_the_operator_reads_how_much_there_is_to_do_and_nothing_about_anybody(worker: SpokenFor) -> None:
    async with Page(worker.url) as ana:
        lead, _ = await ana.make_session()
        await ana.join(lead, "Ana")
        await ana.connect()
        found = await numbers(worker)
        assert (found["microteach_rooms"], found["microteach_pages"], found["microteach_media_up"]) == (1, 1, 0)
        worker.say(ALL_IS_WELL)
        await asyncio.sleep(0.05)
        found = await numbers(worker)
        assert (found["microteach_media_up"], found["microteach_media_peers"]) == (1, 2)
        assert found["microteach_media_tick_late_seconds"] == 0.0015
        assert not any(ana.session in name or "Ana" in name for name in found)
        status, _ = await ana.get("/metrics")
        assert status == 404


async def test_a_full_server_says_so_to_who_is_new_and_lets_back_in_who_is_not(worker: SpokenFor) -> None:
    async with Page(worker.url) as ana, Page(worker.url) as ben:
        lead, invitation = await ana.make_session()
        await ana.join(lead, "Ana")
        await ana.connect()
        worker.say(msgspec.structs.replace(ALL_IS_WELL, pressure=3))
        await asyncio.sleep(0.05)
        assert await ben.post("/sessions", {"plan": "try-out"}) == 503
        async with ben._client.post(invitation, data={"name": "Ben", "teaches": "no"}) as answer:
            assert answer.status == 503
            assert "try again in a few minutes" in await answer.text()
        await ana.disconnect()
        await ana.join(lead, "Ana")
        await ana.connect()
        worker.say(ALL_IS_WELL)
        await asyncio.sleep(0.05)
        await ben.join(invitation, "Ben")
