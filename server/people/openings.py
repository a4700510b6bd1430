"""Who opened a recording, how and when: rows that its teacher reads. One row for each visit, however much of the film is played."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.engine import Store
from server.store.schema import people
from server.store.schema_review import openings

MOST = 200


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    person: str
    name: str
    use: str
    what: str
    first_ms: int
    last_ms: int


async def note_opening(store: Store, take: str, person: str, use: str, what: str, *, now_ms: int, visit_ms: int) -> None:
    """On disk when it returns. Within `visit_ms` of the last time it is the same visit."""
    same = (openings.c.take == take, openings.c.person == person, openings.c.use == use, openings.c.what == what)

    async def work(connection: AsyncConnection) -> None:
        goes_on = sa.update(openings).where(*same, openings.c.last_ms > now_ms - visit_ms).values(last_ms=now_ms)
        if (await connection.execute(goes_on)).rowcount == 0:
            values = {"take": take, "person": person, "use": use, "what": what, "first_ms": now_ms, "last_ms": now_ms}
            await connection.execute(sa.insert(openings).values(values))

    await store.write(work)


async def openings_of(store: Store, take: str) -> list[Opening]:
    """The newest first."""
    columns = (openings.c.person, people.c.name, openings.c.use, openings.c.what, openings.c.first_ms, openings.c.last_ms)
    query = sa.select(*columns).join(people, people.c.person == openings.c.person).where(openings.c.take == take)
    async with store.read() as connection:
        rows = await connection.execute(query.order_by(openings.c.last_ms.desc()).limit(MOST))
        return [Opening(**row) for row in rows.mappings()]
