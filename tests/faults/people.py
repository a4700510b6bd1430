"""People who act on and on, and remember what the server has said is done: nothing of that may be missing later, or be there twice."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from server.session.events import ChatSaid, decode_event
from server.signaling.dispatch import CHAT_LINES_AT_ONCE
from server.wire.messages import Accepted
from tests.fakes.page import Page

TABLES = {"events": "session, seq, body", "entries": "session, author, field, text", "chat": "session, message, seat, text"}
FIELDS = ("learners", "goal", "watch-for")
GONE = (aiohttp.ClientError, ConnectionError, OSError, TimeoutError)


@dataclass
class Actor:
    """`sent`, `written`: the number that was sent, and acknowledged, last for each field of the card. `said`: the same of chat lines."""

    page: Page
    name: str
    seat: str = ""
    sent: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FIELDS, 0))
    written: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FIELDS, 0))
    said: dict[str, bool] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def act(self) -> None:
        """Until the server is gone. What was not acknowledged is said again first, as a page does."""
        with contextlib.suppress(*GONE):
            view = await self.page.connect()
            self.seat = view.you.seat
            for line in [line for line, acknowledged in self.said.items() if not acknowledged]:
                await self._say(line)
            for turn in itertools.count():
                if turn % 2 and turn // 2 < CHAT_LINES_AT_ONCE // 2:
                    await self._say(f"{self.name}-{next(self.numbers)}")
                else:
                    await self._write(FIELDS[turn % len(FIELDS)])

    async def _say(self, line: str) -> None:
        self.said.setdefault(line, False)
        self.said[line] = await self._is_done(type="chat", message=line, text=f"text of {line}")

    async def _write(self, key: str) -> None:
        number = self.sent[key] = next(self.numbers)
        if await self._is_done(type="write", form="lesson-card", round=0, field=key, text=str(number)):
            self.written[key] = number

    async def _is_done(self, **message: Any) -> bool:
        answer = await self.page.ask(**message)
        assert isinstance(answer, Accepted), answer
        return True

    def lost(self, database: sqlite3.Connection, session: str) -> list[str]:
        """What was acknowledged and is not there, and what is there and was never sent."""
        rows = dict(database.execute("SELECT field, text FROM entries WHERE session = ? AND author = ?", (session, self.seat)).fetchall())
        wrong = [
            f"{self.name} {key}: {rows.get(key)} is there, {self.written[key]} was acknowledged, {self.sent[key]} sent"
            for key in FIELDS
            if not self.written[key] <= int(rows.get(key, 0)) <= self.sent[key]
        ]
        texts = dict(database.execute("SELECT message, text FROM chat WHERE session = ? AND seat = ?", (session, self.seat)).fetchall())
        bodies = database.execute("SELECT body FROM events WHERE session = ? ORDER BY seq", (session,)).fetchall()
        happened = [event for (body,) in bodies if isinstance(event := decode_event(body), ChatSaid) and event.seat == self.seat]
        times = Counter(event.message for event in happened)
        wrong += [
            f"{line} was acknowledged and is {times[line]} times there" for line, done in self.said.items() if done and times[line] != 1
        ]
        wrong += [f"{line} is {count} times there" for line, count in times.items() if count > 1 or line not in self.said]
        wrong += [f"the words of {line} are not there" for line, done in self.said.items() if done and texts.get(line) != f"text of {line}"]
        return wrong


@contextlib.asynccontextmanager
async def group(url: str, count: int) -> AsyncIterator[tuple[str, list[Actor]]]:
    """(session, people who all mean to teach, so that each has a card to write)."""
    async with contextlib.AsyncExitStack() as stack:
        people = [Actor(await stack.enter_async_context(Page(url)), f"p{number}") for number in range(count)]
        lead, invitation = await people[0].page.make_session()
        for at, actor in enumerate(people):
            await actor.page.join(invitation if at else lead, actor.name, teaches=True)
        yield people[0].page.session, people


def lost(path: Path, session: str, people: list[Actor]) -> list[str]:
    """Of all of them, from a database that nobody writes to."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [wrong for actor in people for wrong in actor.lost(database, session)]


async def copied(url: str, path: Path) -> Path:
    """What `lost` looks at, out of a PostgreSQL database."""
    connection = await asyncpg.connect(url)
    try:
        with contextlib.closing(sqlite3.connect(path)) as database, database:
            for table, columns in TABLES.items():
                found = await connection.fetch(f"SELECT {columns} FROM {table}")
                places = ", ".join("?" for _ in columns.split(","))
                database.execute(f"CREATE TABLE {table} ({columns})")
                database.executemany(f"INSERT INTO {table} VALUES ({places})", [tuple(row) for row in found])
    finally:
        await connection.close()
    return path
