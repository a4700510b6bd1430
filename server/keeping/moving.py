"""From the file of one machine to PostgreSQL: every row, once, while nothing runs. Files of recordings and slides stay where they are.

Invariant: what was in the file is there whole, or nothing is; only after every row was read back is the file put away. Whoever is
killed meanwhile begins again.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.keeping.commands import is_restoring
from server.keeping.copying import BackupError, sync
from server.keeping.database_copy import PASSING
from server.keeping.restore import alone
from server.settings import Settings
from server.store.engine import Store
from server.store.schema import metadata, sessions

FILE, PUT_AWAY = "microteach.db", "microteach.db.moved"
ROWS_AT_ONCE = 500
OWNING = frozenset({sessions.c.owner, sessions.c.epoch})
TABLES = [table for table in metadata.sorted_tables if table.name not in PASSING]

Row = tuple[Any, ...]
Digest = dict[str, tuple[int, int]]  # of each table: rows, and all of them in one number


async def move(settings: Settings, node: str, tell: Callable[[str], None]) -> int:
    """How many rows. All sessions are then `node`'s, on whose disk their files lie.

    Raises BackupError, NotSaved, OSError; then the file is as it was.
    """
    data = settings.data_path
    if not settings.database:
        raise BackupError("the setting `database` names no PostgreSQL; give the address of an empty database there")
    if not (data / FILE).exists():
        raise BackupError(f"there is no {FILE} in {data}")
    with alone(data):
        if is_restoring(data):
            raise BackupError("a restore was begun and not ended: end it first")
        async with Store(data / FILE) as source, Store(settings.database) as target:
            there = await _digest(source)
            if await _is_empty(target):
                tell(f"{_rows(there)} rows")
                await target.write(lambda connection: _copy(source, connection, node))
            tell("reading all of it once more")
            if await _digest(target) != there:
                raise BackupError("the database holds something else already; give the address of an empty one")
        put_away(data)
    return _rows(there)


def put_away(data: Path) -> None:
    """With what belongs to it, as a file that nothing opens by itself."""
    for more in ("-wal", "-shm", ""):
        file = data / f"{FILE}{more}"
        if file.exists():
            file.rename(data / f"{PUT_AWAY}{more}")
    sync(data)


async def _copy(source: Store, target: AsyncConnection, node: str) -> None:
    for table in TABLES:
        to_itself = [key.parent for key in table.foreign_keys if key.column.table is table]
        pointing: list[dict[str, Any]] = []
        async for rows in _read(source, table):
            named = [dict(zip(table.columns.keys(), row, strict=True)) for row in rows]
            pointing += [row for row in named if any(row[column.name] is not None for column in to_itself)]
            await target.execute(sa.insert(table), [row | {column.name: None for column in to_itself} for row in named])
        for row in pointing:  # what they point to is there now
            itself = (column == row[column.name] for column in table.primary_key.columns)
            await target.execute(sa.update(table).where(*itself).values({column.name: row[column.name] for column in to_itself}))
        counted = table.autoincrement_column
        if counted is not None:
            last = sa.select(sa.func.max(counted)).scalar_subquery()
            await target.execute(sa.select(sa.func.setval(sa.func.pg_get_serial_sequence(table.name, counted.name), last)))
    await target.execute(sa.update(sessions).values(owner=node, epoch=sessions.c.epoch + 1))


async def _read(store: Store, table: sa.Table) -> AsyncIterator[list[Row]]:
    """In the order of its key, and without NUL, which PostgreSQL's texts cannot hold."""
    key = list(table.primary_key.columns)
    at = [list(table.columns).index(column) for column in key]
    wanted = sa.select(table).order_by(*key).limit(ROWS_AT_ONCE)
    rows: Sequence[Any] = ()
    async with store.read() as connection:
        while True:
            after = (
                sa.tuple_(*key) > sa.tuple_(*(rows[-1][place] for place in at), types=[column.type for column in key])
                if rows
                else sa.true()
            )
            rows = (await connection.execute(wanted.where(after))).all()
            if not rows:
                return
            yield [tuple(value.replace("\0", "") if isinstance(value, str) else value for value in row) for row in rows]


async def _digest(store: Store) -> Digest:
    """In no order, since databases sort letters in ways of their own, and whoever owns a session."""
    found = {}
    for table in TABLES:
        count = all_of_it = 0
        lasting = [place for place, column in enumerate(table.columns) if column not in OWNING]
        async for rows in _read(store, table):
            count += len(rows)
            all_of_it += sum(_hash([row[place] for place in lasting]) for row in rows)
        found[table.name] = (count, all_of_it)
    return found


def _hash(values: Sequence[Any]) -> int:
    return int.from_bytes(hashlib.blake2b(repr(values).encode(), digest_size=16).digest())


async def _is_empty(store: Store) -> bool:
    async with store.read() as connection:
        for table in TABLES:
            if await connection.scalar(sa.select(sa.func.count()).select_from(table)):
                return False
    return True


def _rows(digest: Digest) -> int:
    return sum(count for count, _ in digest.values())
