"""The database, and the one writer through which everything is written.

The writer puts whatever waits into one transaction, so many small writes cost one sync. A write that returned is on
disk. Whatever could not be written raises an OperationalError; only after a Doubtful one it may be there all the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from server.store.engines import postgres_engines, sqlite_engines
from server.store.failures import Doubtful, NotSaved, Unreachable, failure_of, sqlstate
from server.store.migrating import migrate

log = logging.getLogger(__name__)

Work = Callable[[AsyncConnection], Awaitable[None]]

MOST_IN_ONE_COMMIT = 200
LOOK_AGAIN_S = 1.0
TELL_S = 10.0


class Closed(Exception):
    """The store is closing; this write did not happen."""


class Store:
    """Use as an async context manager. `write` is safe from any task; `read` gives a connection that must not write.

    `where` is the file of an SQLite database or the postgresql:// URL of another; entering waits until that one answers.
    `give_up_spare` is asked when there was no room for a write, and says whether there is more now.
    """

    def __init__(self, where: Path | str, give_up_spare: Callable[[], bool] = lambda: False) -> None:
        self._give_up_spare = give_up_spare
        self.is_file = isinstance(where, Path)
        self._reading, self._writing, self._migrating = sqlite_engines(where) if isinstance(where, Path) else postgres_engines(where)
        sa.event.listen(self._writing.sync_engine, "handle_error", self._note_error)
        self._went_wrong = False
        self._waiting: asyncio.Queue[tuple[Work, asyncio.Future[None]] | None] = asyncio.Queue()
        self._writer: asyncio.Task[None] | None = None
        self._closed = False

    async def __aenter__(self) -> Store:
        try:
            await self._open()
        except BaseException:
            await self._dispose()
            raise
        self._writer = asyncio.create_task(self._write_all(), name="store writer")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closed = True
        if self._writer:
            self._waiting.put_nowait(None)
            await self._writer
        await self._dispose()

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """`async with store.read() as connection`. Raises Unreachable where the database does not answer."""
        connection = await self._connect(self._reading)
        try:
            yield connection
        except Exception as error:
            if self.is_file or (failure := failure_of(error)) is None:
                raise
            if isinstance(failure, Unreachable):
                await _give_up_connection(connection)
            raise failure from error
        finally:
            await _close(connection)

    async def write(self, work: Work) -> None:
        """Run `work` in a transaction; return when it is on disk. Raises what `work` raises, OperationalError, and Closed.

        `work` may run twice: once with others', and alone when somebody's failed.
        """
        if self._closed:
            raise Closed
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((work, done))
        await asyncio.shield(done)

    async def _open(self) -> None:
        if not self.is_file:
            await self._open_when_reached()
            return
        try:
            await self._transaction([_migrate], self._migrating)
        except OperationalError:
            if not self._give_up_spare():
                raise
            await self._transaction([_migrate], self._migrating)

    async def _open_when_reached(self) -> None:
        """A database that is started later, or restarts, is waited for."""
        waited_s = 0.0
        while True:
            try:
                await self._transaction([_migrate], self._migrating)
                return await self._migrating.dispose()
            except NotSaved as error:
                if waited_s % TELL_S == 0:
                    log.error("waiting for the database: %s", error.why)
                waited_s += LOOK_AGAIN_S
                await asyncio.sleep(LOOK_AGAIN_S)

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

    async def _commit(self, batch: list[tuple[Work, asyncio.Future[None]]], *, again: bool = True) -> None:
        """What another try may help is tried `again`, once."""
        try:
            await self._transaction([work for work, _ in batch], self._writing)
        except Exception as error:  # noqa: BLE001 -- whatever it is belongs to whoever asked for the write
            if again and _another_try_may_help(error):
                await self._commit(batch, again=False)
            elif isinstance(error, Unreachable | Doubtful):
                for _, done in batch:
                    _settle(done, type(error)(error.why))
            elif isinstance(error, OperationalError) and self._give_up_spare():
                await self._commit(batch)
            elif len(batch) == 1:
                _settle(batch[0][1], error)
            else:
                for one in batch:
                    await self._commit([one])
            return
        for _, done in batch:
            _settle(done, None)

    async def _transaction(self, works: list[Work], engine: AsyncEngine) -> None:
        connection = await self._connect(engine)
        try:
            transaction = await connection.begin()
            self._went_wrong = False
            for work in works:
                await work(connection)
            if self._went_wrong:
                raise RuntimeError("a statement failed and its work went on: PostgreSQL would commit nothing and say yes")
            try:
                await transaction.commit()
            except Exception as error:
                if self.is_file or not _outcome_unknown(error):
                    raise
                await _give_up_connection(connection)
                raise Doubtful("it went away while it committed") from error
        except Exception as error:
            if self.is_file or isinstance(error, Doubtful) or (failure := failure_of(error)) is None:
                raise
            if isinstance(failure, Unreachable):
                await _give_up_connection(connection)
            raise failure from error
        finally:
            await _close(connection)

    async def _connect(self, engine: AsyncEngine) -> AsyncConnection:
        connection = engine.connect()
        try:
            await connection.start()
        except Exception as error:
            if self.is_file:
                raise
            if isinstance(error, OSError):
                raise Unreachable("it cannot be reached") from error
            raise failure_of(error) or error from error
        return connection

    def _note_error(self, _: object) -> None:
        self._went_wrong = True

    async def _dispose(self) -> None:
        for engine in (self._reading, self._writing, self._migrating):
            await engine.dispose()


def statement(wanted: sa.Executable) -> Work:
    """The work of one statement."""

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(wanted)

    return work


def _outcome_unknown(error: Exception) -> bool:
    """Whether the server has not said itself that it refused to commit."""
    state = sqlstate(error)
    return not state or state.startswith(("08", "57"))


def _another_try_may_help(error: Exception) -> bool:
    """After a deadlock with another node, and on another connection; who was silent is not asked twice."""
    if isinstance(error, Unreachable):
        return not isinstance(error.__cause__, TimeoutError)
    return isinstance(error, NotSaved) and sqlstate(error).startswith("40")


async def _migrate(connection: AsyncConnection) -> None:
    await connection.run_sync(migrate)


async def _give_up_connection(connection: AsyncConnection) -> None:
    """One on which something was not answered is not used again, nor taken leave of: that would wait for an answer, too."""
    with contextlib.suppress(Exception):
        if not connection.invalidated:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            driver.terminate()
            await connection.invalidate()


async def _close(connection: AsyncConnection) -> None:
    """Also when its task is cancelled meanwhile, else the pool misses one."""
    await asyncio.shield(asyncio.create_task(connection.close()))


def _settle(done: asyncio.Future[None], error: Exception | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
