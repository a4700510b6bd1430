"""One pair of engines for each kind of database: connections that only read, and the one that writes.

SQLite runs in WAL with synchronous=FULL: less than that loses acknowledged rows in a power cut. Its driver begins no transaction
before a CREATE TABLE by itself, so the writer's transactions are begun here. PostgreSQL commits to its disk before it answers.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from server.settings import SettingsError

CONNECT_S = 2.0
READ_S = 10.0
WRITE_S = 3.0  # rooms wait for it, and say then that something was not saved
LOCK_S = 2.0
ANSWER_S = 0.5  # the server gives up before we do, and says so
READERS = 5
MORE_READERS = 10
NO_ADDRESS = "database: not an address of PostgreSQL, which looks like postgresql://name:password@host:5432/database?sslmode=require"
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000", "secure_delete=ON")


class Engines(NamedTuple):
    """`migrating` has no limits of time."""

    reading: AsyncEngine
    writing: AsyncEngine
    migrating: AsyncEngine


def sqlite_engines(path: Path) -> Engines:
    url = f"sqlite+aiosqlite:///{path}"
    reading = create_async_engine(url, hide_parameters=True)  # they hold names and texts
    writing = create_async_engine(url, hide_parameters=True, poolclass=StaticPool)
    for engine in (reading, writing):
        sa.event.listen(engine.sync_engine, "connect", _set_pragmas)
    sa.event.listen(writing.sync_engine, "connect", _begin_nothing_by_itself)
    sa.event.listen(writing.sync_engine, "begin", _begin)
    return Engines(reading, writing, writing)


def postgres_engines(url: str) -> Engines:
    """`url` is libpq's: sslmode, several hosts, target_session_attrs and a unix socket's folder as host are understood."""
    reads = _settings("reads", READ_S) | {"default_transaction_read_only": "on"}
    writes = {"synchronous_commit": "on"}
    return Engines(
        _postgres(url, reads, READ_S, pool_size=READERS, max_overflow=MORE_READERS, isolation_level="AUTOCOMMIT"),
        _postgres(url, writes | _settings("writes", WRITE_S), WRITE_S, pool_size=1, max_overflow=0),
        _postgres(url, writes | _settings("migrates", None), None, pool_size=1, max_overflow=0),
    )


def _settings(what: str, limit_s: float | None) -> dict[str, str]:
    """The server, too, gives up what nobody waits for any more: a transaction whose node is gone must not hold a session's row."""
    settings = {"application_name": f"microteach {what}", "timezone": "UTC", "tcp_keepalives_idle": "5", "tcp_keepalives_interval": "2"}
    if limit_s is not None:
        limits = {"statement_timeout": limit_s, "lock_timeout": LOCK_S, "idle_in_transaction_session_timeout": limit_s}
        settings |= {name: f"{int(each_s * 1000)}" for name, each_s in limits.items()}
    return settings


def _postgres(url: str, server_settings: dict[str, str], limit_s: float | None, **pool: Any) -> AsyncEngine:
    try:
        import asyncpg
    except ImportError as error:
        raise SettingsError("database: PostgreSQL needs a package that is not installed: pip install 'microteach[cluster]'") from error

    async def connect() -> Any:
        """The whole of it in time: asyncpg's own limit leaves out what comes after the handshake."""
        answer_s = limit_s and limit_s + ANSWER_S
        try:
            async with asyncio.timeout(CONNECT_S):
                return await asyncpg.connect(url, timeout=CONNECT_S, command_timeout=answer_s, server_settings=server_settings)
        except ValueError:
            raise SettingsError(NO_ADDRESS) from None  # the error says the whole address, with its password

    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=connect, hide_parameters=True, pool_timeout=CONNECT_S, pool_recycle=1800, **pool
    )
    sa.event.listen(engine.sync_engine, "checkout", _refuse_closed)
    sa.event.listen(engine.sync_engine, "before_cursor_execute", _without_nul, retval=True)
    return engine


def _set_pragmas(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_nothing_by_itself(connection: Any, _: object) -> None:
    connection.isolation_level = None


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:
    """A server that was restarted has closed what lies in the pool; the pool makes a new one then."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def _without_nul(_c: object, _cursor: object, statement: str, parameters: Any, _context: object, many: bool) -> tuple[str, Any]:
    """SQLite keeps NUL characters, which PostgreSQL's texts cannot hold: what nobody can see or type is left out."""
    if many:
        return statement, [_cleaned(each) for each in parameters]
    return statement, _cleaned(parameters)


def _cleaned(parameters: Any) -> Any:
    if not isinstance(parameters, tuple | list):
        return parameters
    return tuple(value.replace("\0", "") if isinstance(value, str) else value for value in parameters)
