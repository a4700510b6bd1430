"""An installation that has grown: every row of its file is in PostgreSQL afterwards, or nothing is and the file is as it was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
import sqlalchemy as sa

from server.keeping import moving
from server.keeping.copying import BackupError
from server.keeping.moving import FILE, PUT_AWAY, TABLES, move
from server.keeping.restore import alone
from server.settings import Settings
from server.store.engine import Store, statement
from server.store.schema import metadata, people, sessions
from server.store.schema_review import openings
from tests.fakes.filled import ANA
from tests.fakes.installation import files_in, make_installation
from tests.fakes.postgres import new_database

pytestmark = pytest.mark.full
Contents = dict[str, list[tuple[Any, ...]]]


@pytest_asyncio.fixture
async def grown(tmp_path: Path) -> AsyncIterator[Settings]:
    """An installation with something in each table, and settings that name an empty PostgreSQL."""
    settings = await make_installation(tmp_path)
    async with Store(settings.data_path / FILE) as store:
        for number in range(moving.ROWS_AT_ONCE + 7):  # more than are read at once, and sorted otherwise by each database
            name = f"{'Zz'[number % 2]}ö\0{number}"
            await store.write(statement(sa.insert(people).values(person=f"p{number:x}-{'aB'[number % 2]}", name=name, created_ms=number)))
        await store.write(statement(sa.update(sessions).values(owner="this machine", epoch=3)))
    async with new_database() as url:
        yield msgspec.structs.replace(settings, database=url)


async def contents(where: Path | str) -> Contents:
    found = {}
    async with Store(where) as store, store.read() as connection:
        for table in TABLES:
            found[table.name] = sorted(map(tuple, (await connection.execute(sa.select(table))).all()), key=repr)
    return found


def quiet(_: str) -> None:
    pass


async def test_every_row_is_there_and_the_file_is_put_away(grown: Settings) -> None:
    before = await contents(grown.data_path / FILE)
    assert all(before.values()), "there is something in each table"
    files = files_in(grown.recordings_path) | files_in(grown.keys_path)
    said: list[str] = []
    rows = await move(grown, "first", said.append)
    assert rows == sum(map(len, before.values()))
    assert said[0] == f"{rows} rows"
    after = await contents(grown.database)
    owned = [(*row[:5], "first", row[6] + 1) for row in before.pop("sessions")]
    assert after.pop("sessions") == sorted(owned, key=repr), "on its disk their files lie"
    named = [tuple(value.replace("\0", "") if isinstance(value, str) else value for value in row) for row in before.pop("people")]
    assert after.pop("people") == sorted(named, key=repr)
    assert after == before
    assert not list(grown.data_path.glob(f"{FILE}*-wal"))
    assert (grown.data_path / PUT_AWAY).exists()
    assert not (grown.data_path / FILE).exists()
    assert files_in(grown.recordings_path) | files_in(grown.keys_path) == files


async def test_the_next_opening_has_a_number_of_its_own(grown: Settings) -> None:
    await move(grown, "first", quiet)
    values = {"take": "t", "person": ANA, "use": "watch", "what": "page", "first_ms": 1, "last_ms": 1}
    async with Store(grown.database) as store:
        await store.write(statement(sa.insert(openings).values(**values)))


async def test_nothing_is_put_into_a_database_that_holds_something(grown: Settings) -> None:
    async with Store(grown.database) as store:
        await store.write(statement(sa.insert(people).values(person="p", name="Somebody", created_ms=1)))
    held = await contents(grown.database)
    with pytest.raises(BackupError, match="something else"):
        await move(grown, "first", quiet)
    assert await contents(grown.database) == held
    assert (grown.data_path / FILE).exists()


async def test_who_was_killed_before_the_file_was_put_away_begins_again(grown: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(_: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(moving, "put_away", killed)
        with pytest.raises(KeyboardInterrupt):
            await move(grown, "first", quiet)
    held = await contents(grown.database)
    await move(grown, "first", quiet)
    assert await contents(grown.database) == held
    assert (grown.data_path / PUT_AWAY).exists()


async def test_a_failure_in_the_midst_leaves_nothing(grown: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    before, read, there = await contents(grown.data_path / FILE), moving._read, False

    async def fails_late(store: Store, table: sa.Table) -> AsyncIterator[list[tuple[Any, ...]]]:
        async for rows in read(store, table):
            yield rows
        if there and table is TABLES[-1]:
            raise OSError("the disk is gone")

    original: Callable[..., Any] = moving._copy

    async def copy(*arguments: Any) -> None:
        nonlocal there
        there = True
        await original(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(moving, "_read", fails_late)
        patch.setattr(moving, "_copy", copy)
        with pytest.raises(OSError, match="the disk is gone"):
            await move(grown, "first", quiet)
    assert not any((await contents(grown.database)).values())
    assert await contents(grown.data_path / FILE) == before


async def test_not_while_it_runs_and_not_without_an_address(grown: Settings) -> None:
    with alone(grown.data_path), pytest.raises(BackupError, match="stop it first"):
        await move(grown, "first", quiet)
    with pytest.raises(BackupError, match="database"):
        await move(msgspec.structs.replace(grown, database=""), "first", quiet)
    await asyncio.to_thread((grown.data_path / FILE).unlink)
    with pytest.raises(BackupError, match="there is no"):
        await move(grown, "first", quiet)


def test_each_table_has_a_key_to_read_it_by() -> None:
    assert all(table.primary_key.columns for table in metadata.sorted_tables)
