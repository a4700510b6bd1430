"""How much there is of what takes up room, and what it is limited to."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from server.settings import Settings
from server.store.engine import Store
from server.store.schema import people, seats, sessions, takes

GB = 1_000_000_000


class Used(msgspec.Struct, frozen=True, kw_only=True):
    recordings_bytes: int
    slides_bytes: int
    database_bytes: int
    recordings: int
    sessions: int
    open_sessions: int
    people: int
    seats_of_largest: int


async def usage(store: Store, settings: Settings) -> Used:
    largest = sa.select(sa.func.count().label("seats")).select_from(seats).group_by(seats.c.session).subquery()
    async with store.read() as connection:

        async def count(query: sa.Select[Any]) -> int:
            return int(await connection.scalar(query) or 0)

        number = sa.func.count()
        return Used(
            recordings_bytes=size_of(settings.recordings_path),
            slides_bytes=size_of(settings.data_path / "slides"),
            database_bytes=await count(sa.select(sa.text("pg_database_size(current_database())")))
            if settings.database
            else sum(path.stat().st_size for path in settings.data_path.glob("microteach.db*")),
            recordings=await count(sa.select(number).select_from(takes).where(takes.c.deleted_ms.is_(None))),
            sessions=await count(sa.select(number).select_from(sessions)),
            open_sessions=await count(sa.select(number).select_from(sessions).where(sessions.c.ended_ms.is_(None))),
            people=await count(sa.select(number).select_from(people)),
            seats_of_largest=await count(sa.select(sa.func.max(largest.c.seats))),
        )


def size_of(folder: Path) -> int:
    """Of all files in it, as far as they are still there."""
    return sum(_sizes(folder))


def lines(used: Used, settings: Settings) -> list[str]:
    most, rooms = settings.recordings_gb, settings.rooms_at_once
    kept, told = settings.keep_recordings_days, settings.keep_sessions_days
    return [
        f"recordings   {used.recordings:>8}   {_size(used.recordings_bytes)}" + (f" of {most} GB (recordings_gb)" if most else ""),
        f"slides       {'':>8}   {_size(used.slides_bytes)}",
        f"database     {'':>8}   {_size(used.database_bytes)}",
        f"sessions     {used.sessions:>8}   {used.open_sessions} have not ended"
        + (f"; at most {rooms} go on at once (rooms_at_once)" if rooms else ""),
        f"people       {used.people:>8}   {used.seats_of_largest} in the largest session",
        f"kept         recordings {f'{kept} days' if kept else 'until they are deleted'},"
        f" sessions {f'{told} days' if told else 'until they are deleted'}",
    ]


def _sizes(folder: Path) -> Iterable[int]:
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                yield os.lstat(os.path.join(path, name)).st_size
            except FileNotFoundError:
                continue


def _size(size_bytes: int) -> str:
    return f"{size_bytes / GB:.2f} GB" if size_bytes >= GB / 10 else f"{size_bytes / 1_000_000:.1f} MB"
