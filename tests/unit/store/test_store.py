"""The store on real files and on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from server.rooms import rows
from server.session.beside import EntryKey
from server.session.events import ReadyChanged
from server.store.engine import Closed, Store
from server.store.log import Fenced, append, load, open_sessions
from tests.fakes.stores import ENGINES, new_place


@pytest.fixture(params=ENGINES)
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Path | str]:
    async with new_place(request.param, tmp_path) as made:
        yield made


@pytest.fixture
async def store(place: Path | str) -> AsyncIterator[Store]:
    async with Store(place) as opened:
        yield opened


def ready(number: int) -> ReadyChanged:
    return ReadyChanged(at_ms=number, seat="ben", ready=True)


async def make(store: Store, session: str) -> None:
    await append(store, session, 0, [ready(0)], rows.new_session(session, "Fractions", 1))


async def test_events_come_back_in_order(store: Store) -> None:
    await make(store, "s1")
    await make(store, "s2")
    seq = await append(store, "s1", 1, [ready(1), ready(2)])
    assert seq == 3
    assert [event.at_ms for event in await load(store, "s1")] == [0, 1, 2]
    assert await load(store, "nowhere") == []
    assert sorted(await open_sessions(store)) == ["s1", "s2"]


async def test_a_second_owner_is_fenced_and_its_rows_are_not_written(store: Store) -> None:
    await make(store, "s1")
    await append(store, "s1", 1, [ready(1)])
    key = EntryKey(round=0, form="f", author="ben")
    with pytest.raises(Fenced):
        await append(store, "s1", 1, [ready(9)], rows.text("s1", key, "field", "lost", 1))
    assert len(await load(store, "s1")) == 2
    assert await rows.load_texts(store, "s1") == {}


async def test_one_failing_write_does_not_take_its_neighbours_along(store: Store) -> None:
    await make(store, "s1")
    await make(store, "s2")
    results = await asyncio.gather(
        append(store, "s1", 1, [ready(1)]), append(store, "s1", 0, [ready(9)]), append(store, "s2", 1, [ready(1)]), return_exceptions=True
    )
    assert results[0] == 2
    assert isinstance(results[1], Fenced)
    assert results[2] == 2


async def test_a_text_is_overwritten_in_place(store: Store) -> None:
    await make(store, "s1")
    key = EntryKey(round=0, form="one-thing", author="ben")
    for words in ("W", "Wait"):
        await store.write(rows.text("s1", key, "suggestion", words, 1))
    assert await rows.load_texts(store, "s1") == {key: {"suggestion": "Wait"}}


async def test_what_was_written_is_there_after_a_restart_and_synced(place: Path | str) -> None:
    wanted = {"PRAGMA journal_mode": "wal", "PRAGMA synchronous": 2} if isinstance(place, Path) else {"SHOW synchronous_commit": "on"}
    async with Store(place) as store:
        await make(store, "s1")

        async def modes(connection: AsyncConnection) -> None:
            for question, answer in wanted.items():
                assert (await connection.execute(sa.text(question))).scalar() == answer

        await store.write(modes)
    async with Store(place) as store:
        assert len(await load(store, "s1")) == 1


async def test_a_closed_store_takes_nothing(place: Path | str) -> None:
    store = Store(place)
    async with store:
        pass
    with pytest.raises(Closed):
        await store.write(rows.new_session("s", "t", 1))


async def test_an_error_of_the_database_does_not_say_what_was_written(store: Store) -> None:
    async def work(connection: AsyncConnection) -> None:
        await connection.execute(sa.text("INSERT INTO nowhere VALUES (:name)"), {"name": "Maria Canary"})

    with pytest.raises(DBAPIError) as error:
        await store.write(work)
    assert "Canary" not in str(error.value)
