"""What was noted cannot be changed or taken out without being found."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.keeping.audit import KEPT_MS, check, entries, key_of, noted, seal, teacher_of
from server.store.engine import Store
from server.store.schema_keeping import audit
from tests.fakes.filled import ANA, BEN, fill

KEY = key_of(b"secret")


async def note(store: Store, count: int, at_ms: int = 1) -> None:
    for number in range(count):
        await store.write(noted("page", BEN, at_ms + number, session="s", take="t"))


async def change(store: Store, wanted: sa.Executable) -> None:
    async def work(connection: AsyncConnection) -> None:
        await connection.execute(wanted)

    await store.write(work)


async def test_rows_that_nobody_touched_are_whole(store: Store) -> None:
    await note(store, 3)
    assert await seal(store, KEY, 10) == 3
    await note(store, 2)
    assert await seal(store, KEY, 10) == 2
    await note(store, 1)
    found = await check(store, KEY)
    assert (found.rows, found.last, found.unsealed, found.broken) == (5, 5, 1, None)


@pytest.mark.parametrize("column", ["actor", "act", "take", "session", "about"])
async def test_a_changed_row_is_found(store: Store, column: str) -> None:
    await note(store, 5)
    await seal(store, KEY, 10)
    await change(store, sa.update(audit).where(audit.c.n == 3).values({column: "somebody"}))
    found = await check(store, KEY)
    assert found.broken is not None
    assert (found.broken.n, found.broken.what) == (3, "changed")


async def test_a_row_that_was_taken_out_is_found(store: Store) -> None:
    await note(store, 5)
    await seal(store, KEY, 10)
    await change(store, sa.delete(audit).where(audit.c.n == 3))
    found = await check(store, KEY)
    assert found.broken is not None
    assert (found.broken.n, found.broken.what) == (3, "missing")


async def test_a_row_that_was_sealed_without_the_key_is_found(store: Store) -> None:
    await note(store, 1)
    await seal(store, key_of(b"guessed"), 10)
    assert (await check(store, KEY)).broken is not None


async def test_rows_taken_from_the_end_change_the_head(store: Store) -> None:
    await note(store, 5)
    await seal(store, KEY, 10)
    before = await check(store, KEY)
    await change(store, sa.delete(audit).where(audit.c.n == 5))
    assert (await check(store, KEY)).head != before.head


async def test_old_rows_are_forgotten_and_the_rest_is_whole(store: Store) -> None:
    await note(store, 4, at_ms=1)
    await note(store, 4, at_ms=KEPT_MS)
    await seal(store, KEY, KEPT_MS + 3)
    found = await check(store, KEY)
    assert (found.rows, found.last, found.broken) == (6, 8, None)


async def test_who_did_it_is_looked_up_where_only_the_recording_is_known(store: Store) -> None:
    await fill(store)
    await store.write(noted("granted", teacher_of("t"), 5, take="t", about=BEN))
    found = [entry async for entry in entries(store, person=ANA)]
    assert [(entry.act, entry.actor, entry.session, entry.about) for entry in found] == [("granted", ANA, "s", BEN)]
    assert [entry.act async for entry in entries(store, since_ms=6, session="s")] == ["page"]
