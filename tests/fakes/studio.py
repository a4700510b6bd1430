"""A ready-made recording on a product that runs: `async with studio(tmp_path) as s`, always on a fresh copy.

Who taught, tapped and wrote what: tests/fakes/studio_lesson.py, whose first use on a day takes a minute. Rows that a server must
find at its start are written by `before`; others may be written while it runs.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import aiohttp
import msgspec

from server.people.seats import fresh_id
from tests.browser.driver import Browser
from tests.browser.people import Human
from tests.fakes.product import Product, running_product
from tests.fakes.studio_lesson import Made, kept_lesson

COOKIE = "mt_device"


@dataclass(frozen=True)
class Someone:
    """`seat` is empty for somebody who was not in the session."""

    person: str
    token: str
    seat: str = ""


class Copy:
    """A copy of the data. `takes` are the recordings of the first and the second try, Maria's both."""

    def __init__(self, data: Path, made: Made) -> None:
        self.data = data
        self.made = made
        self.session = made.session
        self.takes = tuple(made.takes)
        self.people = {name: Someone(person, made.tokens[name], made.seats[name]) for name, person in made.people.items()}

    @property
    def first(self) -> str:
        return self.takes[0]

    @property
    def second(self) -> str:
        return self.takes[1]

    @contextlib.contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """What is written is there for the server when this ends."""
        with contextlib.closing(sqlite3.connect(self.data / "microteach.db", timeout=10)) as connection, connection:
            connection.execute("pragma foreign_keys = on")
            yield connection

    def insert(self, table: str, **values: object) -> None:
        columns, places = ", ".join(f'"{name}"' for name in values), ", ".join("?" * len(values))
        with self.database() as connection:
            connection.execute(f'insert into "{table}" ({columns}) values ({places})', tuple(values.values()))

    def new_person(self, name: str) -> Someone:
        """With a personal device, and no seat anywhere."""
        someone = Someone(fresh_id(), fresh_id())
        digest = hashlib.sha256(someone.token.encode()).digest()
        self.insert("people", person=someone.person, name=name, created_ms=now_ms())
        self.insert("devices", token_hash=digest, person=someone.person, created_ms=now_ms())
        self.people[name] = someone
        return someone

    def allow(
        self,
        name: str,
        take: str | None = None,
        use: Literal["watch", "consult"] = "watch",
        *,
        expires_ms: int | None = None,
        ended_ms: int | None = None,
    ) -> str:
        """Maria lets this person watch (the first try, if none is named); returns the permission's id."""
        grant = fresh_id()
        times = {"granted_ms": now_ms(), "claimed_ms": now_ms(), "expires_ms": expires_ms, "ended_ms": ended_ms}
        self.insert("grants", grant=grant, take=take or self.first, person=self.people[name].person, name=name, use=use, **times)
        return grant


class Studio(Copy):
    def __init__(self, copy: Copy, product: Product, browser: Browser | None, closing: contextlib.AsyncExitStack) -> None:
        super().__init__(copy.data, copy.made)
        self.people = copy.people
        self.product = product
        self._browser = browser
        self._closing = closing

    def cookie(self, name: str) -> str:
        """As a request's header has it."""
        return f"{COOKIE}={self.people[name].token}"

    def client(self, name: str | None) -> aiohttp.ClientSession:
        """Asks as this person (None: nobody known) and from our own pages: `async with s.client("Maria") as maria: maria.get("/…")`."""
        jar = aiohttp.CookieJar(unsafe=True)
        cookies = {COOKIE: self.people[name].token} if name else {}
        return aiohttp.ClientSession(self.product.url, cookie_jar=jar, cookies=cookies, headers={"Origin": self.product.url})

    @contextlib.asynccontextmanager
    async def person(self, name: str | None, path: str | None = None) -> AsyncIterator[Human]:
        """A page in this person's browser, at `path` if one is given. The same person's pages share cookies and storage."""
        if self._browser is None:
            self._browser = await self._closing.enter_async_context(Browser())
        page = await self._browser.page(person=name or "nobody")
        if name:
            await page.set_cookie(self.product.url, COOKIE, self.people[name].token)
        try:
            if path is not None:
                await page.goto(self.product.url + path)
            yield Human(name or "nobody", page, self._browser)
        finally:
            await page.close()


@contextlib.asynccontextmanager
async def studio(
    folder: Path, *, before: Callable[[Copy], object] | None = None, browser: Browser | None = None, **settings: str
) -> AsyncIterator[Studio]:
    """`browser`: one that is open already; without it one is started when the first page is asked for."""
    kept = await kept_lesson()
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(kept / "data", folder / "data")
    copy = Copy(folder / "data", msgspec.json.decode((kept / "studio.json").read_bytes(), type=Made))
    if before is not None:
        before(copy)
    async with running_product(folder, **settings) as product, contextlib.AsyncExitStack() as closing:
        yield Studio(copy, product, browser, closing)


def now_ms() -> int:
    return time.time_ns() // 1_000_000
