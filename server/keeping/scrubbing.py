"""What was deleted is gone from the database's files too, not only from its tables.

SQLite overwrites deleted rows (`secure_delete`), and its write-ahead log is emptied here. PostgreSQL keeps what was deleted in its pages:
the tables are written anew. Its own write-ahead log, replicas and archives are the operator's business (docs/operations.md).
"""

from __future__ import annotations

import asyncio
import logging

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from server.store.engine import Store
from server.store.schema import metadata
from server.store.schema_keeping import audit
from server.store.schema_review import outbox

log = logging.getLogger(__name__)

TRIES = 20
PAUSE_S = 0.5
LOCK_MS = 1000
MOST_BYTES = 256 * 1024 * 1024
WITHOUT_WORDS = frozenset({"events", "nodes", "duties", audit.name, "withdrawals"})  # ids, numbers and times
assert outbox.metadata is metadata, "all tables are known when this is loaded"


class Scrubbing:
    """`behind`: how many tables could not be written anew because they are in use or too large. Done once for all who ask meanwhile."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = asyncio.Lock()
        self._asked = 0
        self._done = 0
        self.behind = 0

    async def scrub(self) -> None:
        """Raises nothing: what could not be done is done with the next deletion, and said in the log."""
        self._asked += 1
        mine = self._asked
        async with self._lock:
            if self._done >= mine:
                return
            now = self._asked
            try:
                await self._scrub()
                self._done = now
            except SQLAlchemyError as error:
                log.error("deleted rows could not be overwritten yet: %s", type(error).__name__)

    async def _scrub(self) -> None:
        async with self._store.read() as connection:
            dialect = connection.dialect.name
        if dialect == "sqlite":
            await self._empty_log()
        else:
            await self._write_anew()

    async def _empty_log(self) -> None:
        """A reader that is still on its way holds it back for a moment."""
        for _ in range(TRIES):
            async with self._store.read() as connection:
                row = (await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")).first()
            if row is not None and row[0] == 0:
                self.behind = 0
                return
            await asyncio.sleep(PAUSE_S)
        self.behind = 1
        log.error("the database's write-ahead log could not be emptied: somebody reads for long")

    async def _write_anew(self) -> None:
        left = []
        for table in (table for table in metadata.sorted_tables if table.name not in WITHOUT_WORDS):
            try:
                await self._write_table_anew(table.name)
            except SQLAlchemyError as error:
                left.append(table.name)
                log.warning("table %s could not be written anew: %s", table.name, type(error).__name__)
        self.behind = len(left)

    async def _write_table_anew(self, table: str) -> None:
        async with self._store.read() as connection:
            size = await connection.scalar(sa.text("SELECT pg_total_relation_size(to_regclass(:table))"), {"table": f'"{table}"'})
            await connection.exec_driver_sql(f"SET lock_timeout = {LOCK_MS}")
            try:
                how = "FULL " if (size or 0) <= MOST_BYTES else ""
                await connection.exec_driver_sql(f'VACUUM {how}"{table}"')
            finally:
                await connection.exec_driver_sql("RESET lock_timeout")
