"""The database engine, and the one writer through which everything is written.

The writer puts whatever waits into one transaction, so many small writes cost one sync. A write that returned is on
disk. SQLite runs in WAL with synchronous=FULL: less than that loses acknowledged rows in a power cut.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

Work = Callable[[AsyncConnection], Awaitable[None]]

MIGRATIONS = Path(__file__).parent / "migrations"
MOST_IN_ONE_COMMIT = 200


class Closed(Exception):
    """The store is closing; this write did not happen."""


class Store:
    """Use as an async context manager. `write` is safe from any task; `read` gives a connection that must not write.

    `give_up_spare` is asked when there was no room for a write, and says whether there is more now.
    """

    def __init__(self, path: Path, give_up_spare: Callable[[], bool] = lambda: False) -> None:
        self._give_up_spare = give_up_spare
        url = f"sqlite+aiosqlite:///{path}"
        self._reading = _engine(url)
        self._writing = _engine(url, poolclass=StaticPool)
        self._waiting: asyncio.Queue[tuple[Work, asyncio.Future[None]] | None] = asyncio.Queue()
        self._writer: asyncio.Task[None] | None = None
        self._closed = False

    async def __aenter__(self) -> Store:
        try:
            await self._open()
        except OperationalError:
            if not self._give_up_spare():
                raise
            await self._open()
        self._writer = asyncio.create_task(self._write_all(), name="store writer")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closed = True
        if self._writer:
            self._waiting.put_nowait(None)
            await self._writer
        await self._reading.dispose()
        await self._writing.dispose()

    def read(self) -> AsyncConnection:
        """`async with store.read() as connection`."""
        return self._reading.connect()

    async def write(self, work: Work) -> None:
        """Run `work` in a transaction; return when it is on disk. Raises what `work` raises, and Closed.

        `work` may run twice: once with others', and alone when somebody's failed.
        """
        if self._closed:
            raise Closed
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((work, done))
        await asyncio.shield(done)

    async def _open(self) -> None:
        async with self._writing.begin() as connection:
            await connection.run_sync(_migrate)

    async def _write_all(self) -> None:
        while True:
            first = await self._waiting.get()
            if first is None:
                return
            batch = [first]
            last = False
            while not self._waiting.empty() and len(batch) < MOST_IN_ONE_COMMIT:
                more = self._waiting.get_nowait()
                if more is None:
                    last = True
                    break
                batch.append(more)
            await self._commit(batch)
            if last:
                return

    async def _commit(self, batch: list[tuple[Work, asyncio.Future[None]]]) -> None:
        try:
            async with self._writing.begin() as connection:
                for work, _ in batch:
                    await work(connection)
        except Exception as error:  # noqa: BLE001 -- whatever it is belongs to whoever asked for the write
            if isinstance(error, OperationalError) and self._give_up_spare():
                await self._commit(batch)
                return
            if len(batch) == 1:
                _settle(batch[0][1], error)
                return
            for one in batch:
                await self._commit([one])
            return
        for _, done in batch:
            _settle(done, None)


def statement(wanted: sa.Executable) -> Work:
    """The work of one statement."""

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(wanted)

    return work


def _settle(done: asyncio.Future[None], error: Exception | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)


def _engine(url: str, **options: Any) -> AsyncEngine:
    engine = create_async_engine(url, hide_parameters=True, **options)  # they hold names and texts

    @sa.event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000", "secure_delete=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def _migrate(connection: sa.Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
