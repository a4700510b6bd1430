"""The store on real files."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from server.rooms import rows
from server.session.beside import EntryKey
from server.session.events import ReadyChanged
from server.store import schema_review  # noqa: F401 -- its tables belong to the same metadata
from server.store.engine import Closed, Store
from server.store.log import Fenced, append, load, open_sessions
from server.store.schema import metadata


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store(tmp_path / "test.db") as opened:
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


async def test_what_was_written_is_there_after_a_restart_and_synced(tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    async with Store(path) as store:
        await make(store, "s1")

        async def modes(connection: AsyncConnection) -> None:
            assert (await connection.execute(sa.text("PRAGMA journal_mode"))).scalar() == "wal"
            assert (await connection.execute(sa.text("PRAGMA synchronous"))).scalar() == 2

        await store.write(modes)
    async with Store(path) as store:
        assert len(await load(store, "s1")) == 1


async def test_a_closed_store_takes_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "test.db")
    async with store:
        pass
    with pytest.raises(Closed):
        await store.write(rows.new_session("s", "t", 1))


async def test_the_migrations_give_the_tables_that_the_code_expects(tmp_path: Path) -> None:
    async with Store(tmp_path / "test.db"):
        pass
    engine = sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(tmp_path / "test.db"))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


async def test_an_error_of_the_database_does_not_say_what_was_written(store: Store) -> None:
    async def work(connection: AsyncConnection) -> None:
        await connection.execute(sa.text("INSERT INTO nowhere VALUES (:name)"), {"name": "Maria Canary"})

    with pytest.raises(OperationalError) as error:
        await store.write(work)
    assert "Canary" not in str(error.value)
