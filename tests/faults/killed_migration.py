"""Opens a database again and again in a fresh child that kills itself before its n-th statement, n by n; then once without.

`python -m tests.faults.killed_migration DATABASE STEP`: one line of JSON for each child: n, how it ended, and the revision that is there.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import sqlite3
import sys
from pathlib import Path

import asyncpg
import sqlalchemy as sa

from server.store.engine import Store


def main(database: str, step: int) -> None:
    for at in itertools.count(1, step):
        child = os.fork()
        if child == 0:
            _kill_at(at)
            asyncio.run(_open(database))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status)
        print(json.dumps({"at": at, "killed": killed, "status": status, "revision": _revision(database)}), flush=True)
        if not killed:
            return


def _kill_at(number: int) -> None:
    count = itertools.count(1)

    @sa.event.listens_for(sa.Engine, "before_cursor_execute")
    def look(*_: object) -> None:
        if next(count) == number:
            os.kill(os.getpid(), signal.SIGKILL)


async def _open(database: str) -> None:
    async with Store(database if "://" in database else Path(database)):
        pass


def _revision(database: str) -> str:
    if "://" in database:
        return asyncio.run(_postgres_revision(database))
    with contextlib.closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = connection.execute("SELECT version_num FROM alembic_version").fetchall() if "alembic_version" in tables else []
    return found[0][0] if found else f"none, {len(tables)} tables"


async def _postgres_revision(database: str) -> str:
    connection = await asyncpg.connect(database)
    try:
        tables = [row[0] for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        found = await connection.fetch("SELECT version_num FROM alembic_version") if "alembic_version" in tables else []
    finally:
        await connection.close()
    return found[0][0] if found else f"none, {len(tables)} tables"


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
