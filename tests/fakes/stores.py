"""A database of either kind with all its tables, for one test: the tables are made once in a run and copied.

`@pytest.mark.parametrize("engine", ENGINES)` on a fixture or a test runs it on both, on PostgreSQL in the whole run only.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import pytest

from server.store.engine import Store
from tests.fakes.postgres import shared_postgres

Engine = Literal["sqlite", "postgresql"]
T = TypeVar("T")
ENGINES: Final = ("sqlite", pytest.param("postgresql", marks=pytest.mark.full))


@contextlib.asynccontextmanager
async def new_place(engine: Engine, folder: Path) -> AsyncIterator[Path | str]:
    """What a Store is opened with. In `folder` if it is a file."""
    if engine == "sqlite":
        yield Path(shutil.copy(_sqlite_tables(), folder / "test.db"))
        return
    template = _postgres_tables()
    url = await shared_postgres().new_database(template)
    try:
        yield url
    finally:
        await shared_postgres().drop(url)


@contextlib.asynccontextmanager
async def new_store(engine: Engine, folder: Path) -> AsyncIterator[Store]:
    async with new_place(engine, folder) as place, Store(place) as store:
        yield store


@functools.cache
def _sqlite_tables() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="mt-tables-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _make_tables(folder / "empty.db")
    return folder / "empty.db"


@functools.cache
def _postgres_tables() -> str:
    """The name of the database that others are copies of."""
    url = _in_thread(shared_postgres().new_database())
    _make_tables(url)
    return url.partition("@/")[2].partition("?")[0]


def _make_tables(place: Path | str) -> None:
    async def make() -> None:
        async with Store(place):
            pass

    _in_thread(make())


def _in_thread(work: Coroutine[Any, Any, T]) -> T:
    """Also when a loop runs here."""
    result: list[T] = []
    thread = threading.Thread(target=lambda: result.append(asyncio.run(work)))
    thread.start()
    thread.join()
    return result[0]
