"""PostgreSQL is killed, stopped, and stands still: what rooms were told to be saved is there, once, and writing goes on by itself.

A real server that waits for its disk. `MT_POSTGRES_KILLS` is how often it is killed.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from server.rooms import rows
from server.session.beside import EntryKey
from server.session.events import ReadyChanged
from server.store.engine import Store
from server.store.failures import NotSaved
from server.store.log import Fenced, append, load
from tests.fakes.postgres import Postgres, own_postgres

pytestmark = [pytest.mark.full, pytest.mark.timeout(300)]

KILLS = int(os.environ.get("MT_POSTGRES_KILLS", "2"))
WRITERS = 8
KEY = EntryKey(round=0, form="f", author="ben")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with own_postgres() as server:
        yield server


@dataclass
class Writer:
    """One room: it goes on from the last number it was told, and reads its log again when it is fenced."""

    store: Store
    session: str
    seq: int = 0
    told: list[int] = field(default_factory=list)
    text: int = 0
    refused: int = 0
    asked: int = 0
    slowest_s: float = 0.0

    async def write(self, stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        for self.asked in itertools.count(1):
            if stop.is_set():
                return
            began_s = loop.time()
            try:
                words = rows.text(self.session, KEY, "field", str(self.asked), self.asked)
                self.seq = await append(self.store, self.session, self.seq, [ready(self.asked)], words)
                self.told.append(self.asked)
                self.text = self.asked
            except NotSaved:
                self.refused += 1
                await asyncio.sleep(0.05)
            except Fenced:
                self.seq = await self.look()
            self.slowest_s = max(self.slowest_s, loop.time() - began_s)

    async def look(self) -> int:
        while True:
            try:
                return len(await load(self.store, self.session))
            except NotSaved:
                await asyncio.sleep(0.05)

    async def wrong(self) -> list[str]:
        there = [event.at_ms for event in await load(self.store, self.session)]
        texts = (await rows.load_texts(self.store, self.session)).get(KEY, {})
        found = [f"{number} was told to be saved and is missing" for number in self.told if number not in there]
        found += [f"{number} is there twice" for number in there if there.count(number) > 1]
        found += [] if there == sorted(there) else ["out of order"]
        return found + ([] if int(texts.get("field", 0)) >= self.text else ["the text is an older one"])


def ready(at_ms: int) -> ReadyChanged:
    return ReadyChanged(at_ms=at_ms, seat="ben", ready=True)


async def while_written(postgres: Postgres, store: Store, name: str, happens: list[float]) -> list[Writer]:
    """The writers of rooms that were written while `postgres` was killed and came back after each of these seconds."""
    writers = [Writer(store, f"{name}{number}") for number in range(WRITERS)]
    for each in writers:
        each.seq = await append(store, each.session, 0, [ready(0)], rows.new_session(each.session, "Fractions", 1))
    stop = asyncio.Event()
    tasks = [asyncio.create_task(each.write(stop)) for each in writers]
    for away_s in happens:
        await asyncio.sleep(0.5)
        await asyncio.to_thread(postgres.kill)
        await asyncio.sleep(away_s)
        await asyncio.to_thread(postgres.start)
        before = [len(each.told) for each in writers]
        async with asyncio.timeout(30):
            while any(len(each.told) <= at + 2 for each, at in zip(writers, before, strict=True)):
                await asyncio.sleep(0.02)
    stop.set()
    await asyncio.gather(*tasks)
    return writers


async def test_what_is_acknowledged_outlives_a_kill(postgres: Postgres) -> None:
    url = await postgres.new_database()
    async with Store(url) as store:
        writers = await while_written(postgres, store, "s", [0.0, 1.0] * (KILLS // 2))
        assert [wrong for each in writers for wrong in await each.wrong()] == []
        print(f"{sum(len(each.told) for each in writers)} saved, {sum(each.refused for each in writers)} refused, ", end="")
        print(f"slowest answer {max(each.slowest_s for each in writers):.1f} s")
    await postgres.drop(url)


async def test_reading_goes_on_at_once_after_a_restart(postgres: Postgres) -> None:
    """What lies in the pool is dead then."""
    url = await postgres.new_database()
    async with Store(url) as store:
        await append(store, "s", 0, [ready(0)], rows.new_session("s", "Fractions", 1))
        await asyncio.gather(*(load(store, "s") for _ in range(10)))
        await asyncio.to_thread(postgres.stop)
        with pytest.raises(NotSaved):
            await load(store, "s")
        await asyncio.to_thread(postgres.start)
        for answer in await asyncio.gather(*(load(store, "s") for _ in range(10))):
            assert len(answer) == 1
        assert await append(store, "s", 1, [ready(1)]) == 2
    await postgres.drop(url)


async def test_one_that_stands_still_is_not_waited_for(postgres: Postgres) -> None:
    url = await postgres.new_database()
    async with Store(url) as store:
        await append(store, "s", 0, [ready(0)], rows.new_session("s", "Fractions", 1))
        postgres.pause()
        try:
            async with asyncio.timeout(20):
                for _ in range(2):
                    with pytest.raises(NotSaved):
                        await append(store, "s", 1, [ready(1)])
        finally:
            postgres.go_on()
        writer = Writer(store, "s")
        writer.seq = await writer.look()
        async with asyncio.timeout(30):
            while True:
                try:
                    await append(store, "s", writer.seq, [ready(2)])
                    break
                except (NotSaved, Fenced):
                    writer.seq = await writer.look()
        there = [event.at_ms for event in await load(store, "s")]
        assert there in ([0, 2], [0, 1, 2])
    await postgres.drop(url)


async def test_a_start_waits_for_the_database(postgres: Postgres, caplog: pytest.LogCaptureFixture) -> None:
    url = await postgres.new_database()
    await asyncio.to_thread(postgres.stop)
    store = Store(url)
    opening = asyncio.create_task(store.__aenter__())
    await asyncio.sleep(1.5)
    assert not opening.done()
    assert "waiting for the database" in caplog.text
    await asyncio.to_thread(postgres.start)
    async with asyncio.timeout(30):
        await opening
    await append(store, "s", 0, [ready(0)], rows.new_session("s", "Fractions", 1))
    await store.__aexit__()
    await postgres.drop(url)
