"""Reviews as rows. A change reads the row, asks the rules and writes it, all in one transaction: two pages never undo each other.

Must not know who asks; whether somebody may come here at all is asked before.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.people.grants import Grant, write_grant
from server.review.consulting.asking import About, Review, Summary, expires_ms
from server.store.engine import Store, Work
from server.store.schema import people, sessions, takes
from server.store.schema_review import grants, reviews

MOST_KNOWN = 20
MOST_LISTED = 200
_AS_JSON = ("questions", "about", "summary")
_NOTHING_WRITTEN = msgspec.json.encode(Summary()).decode()

Change = Callable[[Review], Review]
Also = Callable[[Review], Work]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A review with who was asked. `person` None: the link was not opened yet; `name` is then what the teacher calls them."""

    review: Review
    name: str
    person: str | None


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A consultant whom this teacher has asked before."""

    person: str
    name: str


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a consultant's list. `ended_ms`: since when they may not watch it any more."""

    review: Review
    teacher: str
    title: str
    ended_ms: int | None


async def review_with(store: Store, review: str) -> Review | None:
    return await _one(store, reviews.c.review == review)


async def review_of_grant(store: Store, grant: str) -> Review | None:
    return await _one(store, reviews.c.grant == grant)


async def reviews_of(store: Store, take: str) -> list[Asked]:
    """All that there ever were about a recording, the newest first."""
    query = (
        sa.select(reviews, grants.c.person, sa.func.coalesce(people.c.name, grants.c.name).label("name"))
        .join(grants, grants.c.grant == reviews.c.grant)
        .outerjoin(people, people.c.person == grants.c.person)
        .where(reviews.c.take == take)
        .order_by(reviews.c.asked_ms.desc())
    )
    async with store.read() as connection:
        rows = (await connection.execute(query)).mappings()
        return [Asked(review=_review(row), name=row["name"], person=row["person"]) for row in rows]


async def known_to(store: Store, teacher: str) -> list[Known]:
    """Who has opened a review for this teacher before, the newest first."""
    newest = sa.func.max(reviews.c.asked_ms)
    query = (
        sa.select(people.c.person, people.c.name)
        .join(grants, grants.c.person == people.c.person)
        .join(reviews, reviews.c.grant == grants.c.grant)
        .where(reviews.c.teacher == teacher, reviews.c.opened_ms.is_not(None))
        .group_by(people.c.person, people.c.name)
        .order_by(newest.desc())
        .limit(MOST_KNOWN)
    )
    async with store.read() as connection:
        return [Known(person=row.person, name=row.name) for row in await connection.execute(query)]


async def asked_since(store: Store, teacher: str, since_ms: int) -> int:
    """How many this teacher has asked, of whatever recording and whatever became of it."""
    query = sa.select(sa.func.count()).where(reviews.c.teacher == teacher, reviews.c.asked_ms >= since_ms)
    async with store.read() as connection:
        return int((await connection.execute(query)).scalar_one())


async def desk_of(store: Store, person: str) -> list[Desk]:
    """What this person was asked, by date; of recordings that are still there."""
    query = (
        sa.select(reviews, people.c.name, sessions.c.title, grants.c.ended_ms.label("closed_ms"))
        .join(grants, grants.c.grant == reviews.c.grant)
        .join(people, people.c.person == reviews.c.teacher)
        .join(takes, takes.c.take == reviews.c.take)
        .join(sessions, sessions.c.session == takes.c.session)
        .where(grants.c.person == person, takes.c.deleted_ms.is_(None))
        .order_by(reviews.c.due_ms)
        .limit(MOST_LISTED)
    )
    async with store.read() as connection:
        rows = (await connection.execute(query)).mappings()
        return [Desk(review=_review(row), teacher=row["name"], title=row["title"], ended_ms=row["closed_ms"]) for row in rows]


async def running(store: Store) -> list[Asked]:
    """Those in which somebody may have to be reminded."""
    query = (
        sa.select(reviews, grants.c.person, grants.c.name)
        .join(grants, grants.c.grant == reviews.c.grant)
        .where(reviews.c.sent_ms.is_(None), reviews.c.ended_ms.is_(None), reviews.c.declined_ms.is_(None), grants.c.ended_ms.is_(None))
    )
    async with store.read() as connection:
        rows = (await connection.execute(query)).mappings()
        return [Asked(review=_review(row), name=row["name"], person=row["person"]) for row in rows]


def add(review: Review, grant: Grant, link: str) -> Work:
    """With the permission that it comes with."""

    async def work(connection: AsyncConnection) -> None:
        await write_grant(grant, link)(connection)
        await connection.execute(sa.insert(reviews).values(_values(review)))

    return work


def instead_of_earlier(take: str, person: str, grant: str, now_ms: int) -> Work:
    """Whoever is asked again has one permission: this one, with what they had written. What was sent stays sent."""
    others = (grants.c.take == take, grants.c.person == person, grants.c.use == "consult", grants.c.grant != grant)
    theirs = reviews.c.grant.in_(sa.select(grants.c.grant).where(*others))
    over = sa.update(reviews).where(theirs, reviews.c.ended_ms.is_(None), reviews.c.sent_ms.is_(None)).values(ended_ms=now_ms)
    newest = sa.select(reviews).where(theirs).order_by(reviews.c.asked_ms.desc()).limit(1)

    async def work(connection: AsyncConnection) -> None:
        before = (await connection.execute(newest)).mappings().first()
        if before is not None and before["sent_ms"] is None:
            empty = (reviews.c.grant == grant, reviews.c.summary == _NOTHING_WRITTEN)
            await connection.execute(sa.update(reviews).where(*empty).values(summary=before["summary"]))
        await connection.execute(over)
        await connection.execute(sa.update(grants).where(*others, grants.c.ended_ms.is_(None)).values(ended_ms=now_ms))

    return work


def changing(review: str, change: Change, *also: Also) -> Work:
    """Raises what `change` raises; then nothing was written. The link lasts as the date says, and ends with a review that is declined."""

    async def work(connection: AsyncConnection) -> None:
        row = (await connection.execute(sa.select(reviews).where(reviews.c.review == review))).mappings().one()
        before = _review(row)
        after = change(before)
        if after != before:
            await connection.execute(sa.update(reviews).where(reviews.c.review == review).values(_values(after)))
        over_ms = after.ended_ms or after.declined_ms
        if over_ms is not None and after.sent_ms is None:
            over = sa.update(grants).where(grants.c.grant == after.grant, grants.c.ended_ms.is_(None)).values(ended_ms=over_ms)
            await connection.execute(over)
        elif after.due_ms != before.due_ms:
            lasts = sa.update(grants).where(grants.c.grant == after.grant).values(expires_ms=expires_ms(after))
            await connection.execute(lasts)
        for each in also:
            await each(after)(connection)

    return work


async def _one(store: Store, condition: sa.ColumnElement[bool]) -> Review | None:
    async with store.read() as connection:
        row = (await connection.execute(sa.select(reviews).where(condition))).mappings().first()
    return _review(row) if row else None


def _review(row: sa.RowMapping) -> Review:
    values = {name: row[name] for name in Review.__struct_fields__}
    values["questions"] = msgspec.json.decode(row["questions"], type=tuple[str, ...])
    values["about"] = msgspec.json.decode(row["about"] or "{}", type=About)
    values["summary"] = msgspec.json.decode(row["summary"] or "{}", type=Summary)
    return Review(**values)


def _values(review: Review) -> dict[str, object]:
    values = {name: getattr(review, name) for name in Review.__struct_fields__}
    return values | {name: msgspec.json.encode(values[name]).decode() for name in _AS_JSON}
