"""What `microteach doctor` wants to know of a database. Reads, and writes nothing."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory

from server.store.migrating import MIGRATIONS

WAIT_S = 5.0
QUICK_BYTES = 2_000_000_000  # a larger file is not read through


class DatabaseDown(Exception):
    """In words, without its address."""


@dataclass(frozen=True, slots=True)
class SqliteFound:
    """`damage`: what the quick check says, "" for none, None when it was not made. `schema`: "" for a file without tables."""

    schema: str
    journal_mode: str
    damage: str | None
    size_bytes: int


@dataclass(frozen=True, slots=True)
class PostgresFound:
    """`ahead_s`: how much its clock is ahead of ours. `encrypted` is None on a unix socket. `unsafe`: settings that lose what was told
    to be on the disk. `urls`: where other nodes say that they are reached."""

    version: str
    schema: str
    answer_s: float
    ahead_s: float
    writable: bool
    encrypted: bool | None
    unsafe: tuple[str, ...]
    connections: int
    nodes: tuple[tuple[str, str], ...]


def newest_schema() -> str:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return ScriptDirectory.from_config(config).get_current_head() or ""


def known_schemas() -> frozenset[str]:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return frozenset(script.revision for script in ScriptDirectory.from_config(config).walk_revisions())


def look_at_sqlite(path: Path) -> SqliteFound:
    """Raises DatabaseDown."""
    size_bytes = path.stat().st_size
    try:
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=WAIT_S)) as connection:
            mode = str(connection.execute("PRAGMA journal_mode").fetchone()[0])
            damage = None
            if size_bytes <= QUICK_BYTES:
                damage = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
            has_tables = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'").fetchone()[0]
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone() if has_tables else None
    except sqlite3.DatabaseError as error:
        raise DatabaseDown(str(error)) from None
    return SqliteFound(found[0] if found else "", mode, "" if damage == "ok" else damage, size_bytes)


async def look_at_postgres(url: str) -> PostgresFound:
    """Raises DatabaseDown, SettingsError when the driver is missing."""
    try:
        import asyncpg  # type: ignore[import-untyped,unused-ignore]
    except ImportError as error:
        from server.settings import SettingsError

        raise SettingsError("database: PostgreSQL needs a package that is not installed: pip install 'microteach[cluster]'") from error
    try:
        async with asyncio.timeout(WAIT_S):
            connection: Any = await asyncpg.connect(url, timeout=WAIT_S, command_timeout=WAIT_S)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise DatabaseDown(_words(error)) from None
    try:
        return await _asked(connection)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise DatabaseDown(_words(error)) from None
    finally:
        connection.terminate()


async def _asked(connection: Any) -> PostgresFound:
    began_s, wall_s = time.perf_counter(), time.time()
    now_s = float(await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())"))
    answer_s = time.perf_counter() - began_s
    settings = dict(
        await connection.fetch("SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'max_connections')")
    )
    has_tables = await connection.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL")
    has_nodes = await connection.fetchval("SELECT to_regclass('nodes') IS NOT NULL")
    encrypted = await connection.fetchval(
        "SELECT CASE WHEN client_addr IS NULL THEN NULL ELSE ssl END FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
        "WHERE pid = pg_backend_pid()"
    )
    nodes = await connection.fetch("SELECT node, url FROM nodes ORDER BY node") if has_nodes else []
    return PostgresFound(
        version=str(await connection.fetchval("SHOW server_version")),
        schema=str(await connection.fetchval("SELECT version_num FROM alembic_version") or "") if has_tables else "",
        answer_s=answer_s,
        ahead_s=now_s - wall_s - answer_s / 2,
        writable=not await connection.fetchval("SELECT pg_is_in_recovery()"),
        encrypted=encrypted,
        unsafe=tuple(name for name in ("fsync", "full_page_writes") if settings.get(name) == "off"),
        connections=int(settings.get("max_connections", 0)),
        nodes=tuple((each["node"], each["url"]) for each in nodes),
    )


def _words(error: BaseException) -> str:
    """Of the server's own errors their kind: the text names users and hosts."""
    kinds = {
        "InvalidPasswordError": "it does not accept the password",
        "InvalidAuthorizationSpecificationError": "it does not accept this user",
        "InvalidCatalogNameError": "there is no database of that name",
        "CannotConnectNowError": "it is just starting or stopping",
        "TooManyConnectionsError": "all its connections are taken",
        "TimeoutError": "no answer in time",
        "gaierror": "its name is not known here",
        "ConnectionRefusedError": "nobody listens there",
        "FileNotFoundError": "there is no such socket",
    }
    return kinds.get(type(error).__name__, type(error).__name__)
