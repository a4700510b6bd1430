"""The schema that migrations make, from the first version's on."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import AsyncConnection

from server.rooms import rows
from server.store import schema_keeping, schema_review  # noqa: F401 -- their tables belong to the same metadata
from server.store.engine import Store, Work, statement
from server.store.failures import SchemaTooNew
from server.store.migrating import MIGRATIONS
from server.store.schema import metadata, sessions
from tests.fakes.postgres import new_database
from tests.fakes.stores import ENGINES, Engine, new_place

NOW = 1_774_000_000_000


@pytest.mark.parametrize("engine", ENGINES)
async def test_the_migrations_give_the_tables_that_the_code_expects(engine: Engine, tmp_path: Path) -> None:
    found: list[object] = []

    async def compare(connection: AsyncConnection) -> None:
        def work(inner: sa.Connection) -> None:
            found.extend(compare_metadata(MigrationContext.configure(inner), metadata))

        await connection.run_sync(work)

    async with new_place(engine, tmp_path) as place, Store(place) as store:
        await store.write(compare)
    assert found == []


@pytest.mark.parametrize("engine", ENGINES)
async def test_what_was_written_under_an_old_schema_is_still_there(engine: Engine, tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        place: Path | str = tmp_path / "old.db" if engine == "sqlite" else await stack.enter_async_context(new_database())
        async with Store(place) as store:
            await store.write(down_to("0001"))
            old = sa.insert(sa.table("sessions", *(sa.column(name) for name in ("session", "title", "created_ms"))))
            await store.write(statement(old.values(session="s", title="Fractions", created_ms=NOW)))
        async with Store(place) as store, store.read() as connection:
            row = (await connection.execute(sa.select(sessions))).one()
            assert (row.session, row.title, row.owner, row.epoch) == ("s", "Fractions", None, 0)


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_database_of_a_newer_version_is_refused_in_words(engine: Engine, tmp_path: Path) -> None:
    async with new_place(engine, tmp_path) as place:
        async with Store(place) as store:
            await store.write(statement(sa.text("UPDATE alembic_version SET version_num = '9999'")))
        with pytest.raises(SchemaTooNew, match="newer version"):
            await Store(place).__aenter__()


async def test_nodes_that_start_at_the_same_time_migrate_once() -> None:
    async with new_database() as url, contextlib.AsyncExitStack() as stack:
        stores = await asyncio.gather(*(stack.enter_async_context(Store(url)) for _ in range(4)))
        await stores[0].write(rows.new_session("s", "Fractions", NOW))
        async with stores[3].read() as connection:
            assert await connection.scalar(sa.select(sa.func.count()).select_from(sessions)) == 1
            assert len((await connection.execute(sa.text("SELECT version_num FROM alembic_version"))).all()) == 1


def down_to(revision: str) -> Work:
    """Tables of the first version only: there is no way back from a migration."""

    async def work(connection: AsyncConnection) -> None:
        def make(inner: sa.Connection) -> None:
            metadata.drop_all(inner)
            inner.exec_driver_sql("DELETE FROM alembic_version")
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            config.attributes["connection"] = inner
            command.upgrade(config, revision)

        await connection.run_sync(make)

    return work
