"""Which devices open a recording, on a real store."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.people.seats import Device, Person, fresh_id, new_device, new_person, new_seat, recognise
from server.people.watching import other_try_of, recording_for
from server.rooms import rows
from server.store.engine import Store
from server.store.schema import takes

MARIA = Person(person="maria", name="Maria")
STARTED_MS = 1_000
NOW_MS = 10_000


def device(session: str | None, created_ms: int, person: Person = MARIA) -> Device:
    return Device(person=person, session=session, created_ms=created_ms)


async def prepare(store: Store) -> None:
    async def take(connection: AsyncConnection) -> None:
        values = {"take": "t", "session": "s", "round": 0, "teacher": "seat", "started_ms": STARTED_MS}
        await connection.execute(sa.insert(takes).values(values))

    for work in (rows.new_session("s", "Fractions", 1), new_person(MARIA, "own", 1), new_seat("s", "seat", "maria"), take):
        await store.write(work)


async def test_a_device_for_one_session_opens_only_what_began_after_it(tmp_path: Path) -> None:
    async with Store(tmp_path / "test.db") as store:
        await prepare(store)
        own, before, after = device(None, 2_000), device("s", STARTED_MS - 1), device("s", STARTED_MS + 1)
        elsewhere, other = device("s2", 1), device(None, 1, Person(person="ben", name="Ben"))
        assert await recording_for(store, "t", [own])
        assert await recording_for(store, "t", [before])
        assert await recording_for(store, "t", [other, own])
        for refused in ([], [after], [elsewhere], [other], [after, other]):
            assert await recording_for(store, "t", refused) is None
        assert await recording_for(store, "nothing", [own]) is None


async def test_the_recording_of_each_try_leads_to_the_other_one_for_who_may_open_both(tmp_path: Path) -> None:
    async with Store(tmp_path / "test.db") as store:
        await prepare(store)
        own, after_the_first = device(None, 2_000), device("s", STARTED_MS + 1)
        first = await recording_for(store, "t", [own])
        assert first
        assert await other_try_of(store, first, [own], NOW_MS) is None

        async def second(connection: AsyncConnection) -> None:
            values = {"take": "t2", "session": "s", "round": 0, "attempt": 1, "teacher": "seat", "started_ms": STARTED_MS + 500}
            await connection.execute(sa.insert(takes).values(values))

        await store.write(second)
        other = await other_try_of(store, first, [own], NOW_MS)
        assert other
        assert (other.take, other.attempt) == ("t2", 1)
        assert await other_try_of(store, other, [own], NOW_MS) == first
        assert await other_try_of(store, other, [after_the_first], NOW_MS) is None


async def test_a_device_is_recognised_as_what_it_was_given(tmp_path: Path) -> None:
    async with Store(tmp_path / "test.db") as store:
        await prepare(store)
        await store.write(new_device("s", "maria", "second", 5))
        assert await recognise(store, "own") == device(None, 1)
        assert await recognise(store, "second") == device("s", 5)
        for token in ("", fresh_id(), "x" * 1000):
            assert await recognise(store, token) is None
