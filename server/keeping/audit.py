"""Who did what, when, with recordings and with what people wrote: rows that are only ever appended, with ids and times.

A row is written in the transaction of what it tells of. `seal` then numbers rows and binds each to the one before it, with a key
that stands in no database, so that whoever changes or takes out a sealed row is found out. It knows nobody's name.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator, Iterable
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.people.seats import fresh_id
from server.store.engine import Store, Work, statement
from server.store.schema import seats, takes
from server.store.schema_keeping import audit

Act = Literal[
    "page",  # opened the page of a recording
    "film",  # played it
    "download",
    "export",  # notes and times as a file
    "archive",  # everything about oneself as one file
    "granted",
    "claimed",
    "revoked",
    "withdrawn",
    "deleted",
    "expired",
    "session_erased",
    "person_erased",
]
KEPT_MS = 400 * 24 * 3_600_000
AT_ONCE = 500
START = bytes(32)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    entry: str
    at_ms: int
    act: str
    actor: str
    session: str
    take: str
    about: str
    n: int | None = None
    seal: bytes | None = None


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """The first row that is not what was sealed."""

    n: int
    what: Literal["changed", "missing"]


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """`head` is the last seal: noted elsewhere, it shows later whether rows at the end were taken away."""

    rows: int
    last: int
    head: str
    unsealed: int
    broken: Broken | None


def noted(act: Act, actor: str | sa.ScalarSelect[Any], now_ms: int, *, session: str = "", take: str = "", about: str = "") -> Work:
    """The work that writes it down; put it into the transaction of what it tells of. A recording's session is looked up."""
    who = actor if isinstance(actor, str) else sa.func.coalesce(actor, "")
    of_take = sa.select(takes.c.session).where(takes.c.take == take).scalar_subquery()
    where = session or (sa.func.coalesce(of_take, "") if take else "")
    values = {"entry": fresh_id(), "at_ms": now_ms, "act": act, "actor": who, "session": where, "take": take, "about": about}
    return statement(sa.insert(audit).values(values))


def teacher_of(take: str) -> sa.ScalarSelect[Any]:
    """The person whose recording it is, as `actor`."""
    seat = (seats.c.session == takes.c.session) & (seats.c.seat == takes.c.teacher)
    return sa.select(seats.c.person).join(takes, seat).where(takes.c.take == take).limit(1).scalar_subquery()


def key_of(secret: bytes) -> bytes:
    return hmac.digest(secret, b"audit", "sha256")


async def seal(store: Store, key: bytes, now_ms: int) -> int:
    """How many rows were sealed. What is older than KEPT_MS is forgotten. Harmless when somebody else does it at the same time."""
    done = 0

    async def work(connection: AsyncConnection) -> None:
        nonlocal done
        last = (
            await connection.execute(sa.select(audit.c.n, audit.c.seal).where(audit.c.n.is_not(None)).order_by(_newest).limit(1))
        ).first()
        n, before = (last.n, last.seal) if last else (0, START)
        new = sa.select(audit).where(audit.c.n.is_(None)).order_by(audit.c.at_ms, audit.c.entry).limit(AT_ONCE)
        found = (await connection.execute(new)).mappings().all()
        for row in found:
            n, before = n + 1, _seal(key, n + 1, before, row)
            await connection.execute(sa.update(audit).where(audit.c.entry == row["entry"]).values(n=n, seal=before))
        old = sa.delete(audit).where(audit.c.at_ms < now_ms - KEPT_MS, audit.c.n < n)  # never the last: the chain goes on from it
        await connection.execute(old)
        done = len(found)

    await store.write(work)
    return done


async def entries(store: Store, *, since_ms: int = 0, session: str = "", person: str = "") -> AsyncIterator[Entry]:
    """In the order in which they were sealed, then the others. `person`: by whom, or to whom."""
    wanted = [audit.c.at_ms >= since_ms]
    wanted += [audit.c.session == session] if session else []
    wanted += [(audit.c.actor == person) | (audit.c.about == person)] if person else []
    last = 0
    async with store.read() as connection:
        while True:
            query = sa.select(audit).where(*wanted, audit.c.n > last).order_by(audit.c.n).limit(AT_ONCE)
            sealed = (await connection.execute(query)).mappings().all()
            for row in sealed:
                yield _entry(row)
            if len(sealed) < AT_ONCE:
                break
            last = sealed[-1]["n"]
        for row in (await connection.execute(sa.select(audit).where(*wanted, audit.c.n.is_(None)).order_by(audit.c.at_ms))).mappings():
            yield _entry(row)


async def check(store: Store, key: bytes) -> Checked:
    rows = [entry async for entry in entries(store)]
    sealed = [entry for entry in rows if entry.n is not None]
    last = sealed[-1] if sealed else None
    return Checked(
        rows=len(sealed),
        last=last.n or 0 if last else 0,
        head=(last.seal or b"").hex() if last else "",
        unsealed=len(rows) - len(sealed),
        broken=first_broken(key, sealed),
    )


def first_broken(key: bytes, sealed: Iterable[Entry]) -> Broken | None:
    """Of the oldest row that is kept the one before it may be gone: that row is trusted, as the last of what was forgotten."""
    n, before = 0, START
    for at, entry in enumerate(sealed):
        assert entry.n is not None
        if at == 0 and entry.n > 1:
            n, before = entry.n, entry.seal or b""
            continue
        if entry.n != n + 1:
            return Broken(n=n + 1, what="missing")
        expected = _seal(key, entry.n, before, msgspec.structs.asdict(entry))
        if not hmac.compare_digest(expected, entry.seal or b""):
            return Broken(n=entry.n, what="changed")
        n, before = entry.n, expected
    return None


_newest = audit.c.n.desc()


def _entry(row: Any) -> Entry:
    return Entry(**{name: row[name] for name in Entry.__struct_fields__})


def _seal(key: bytes, n: int, before: bytes, row: Any) -> bytes:
    told = msgspec.json.encode([n, *(row[name] for name in ("entry", "at_ms", "act", "actor", "session", "take", "about"))])
    return hmac.new(key, before + told, hashlib.sha256).digest()
