"""Which of several nodes has what only one of them does, as `/metrics` tells it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.api.metrics import Figures, of_node, written
from server.clock import Clock
from server.cluster import holding
from server.membership import Membership
from server.settings import Settings
from server.store.engine import Store
from tests.unit.rooms.test_room import settled

NAME = "reminders"


class Standing:
    def now_ms(self) -> int:
        return 1_774_000_000_000


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store(tmp_path / "test.db") as opened:
        yield opened


async def told(node: Membership) -> str:
    return written(await of_node(Figures(duties=node.duties))).decode()


@contextlib.asynccontextmanager
async def doing(node: Membership) -> AsyncIterator[None]:
    async def work() -> None:
        await asyncio.Event().wait()

    task = asyncio.create_task(node.only_here(NAME, work))
    try:
        await settled(lambda: NAME in node.duties())
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def member(store: Store, clock: Clock, node: str, redis: str = "") -> Membership:
    async def adopted(_: str) -> None:
        pass

    return Membership(Settings(node=node, redis=redis), store, clock, adopted)


async def test_one_node_of_two_says_that_a_duty_is_its_own_and_the_other_when_that_one_is_gone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "RENEW_S", 0.02)
    first, second = (member(store, Standing(), node, "redis://127.0.0.1:1") for node in ("first", "second"))
    async with contextlib.AsyncExitStack() as leaving:
        await leaving.enter_async_context(doing(first))
        await settled(lambda: first.duties()[NAME])
        async with doing(second):
            await asyncio.sleep(0.1)
            assert 'microteach_duty{duty="reminders"} 1.0' in await told(first)
            assert 'microteach_duty{duty="reminders"} 0.0' in await told(second)
            await leaving.aclose()
            await settled(lambda: second.duties()[NAME])
            assert NAME not in await told(first)
            assert 'microteach_duty{duty="reminders"} 1.0' in await told(second)


async def test_a_machine_alone_has_all_of_them(store: Store) -> None:
    alone = member(store, Standing(), "alone")
    assert alone.duties() == {}
    async with doing(alone):
        assert alone.duties() == {NAME: True}
