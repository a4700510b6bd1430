"""What a teacher reads about who may watch, and what permissions are, on a real store."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import UserError
from server.people import permissions as rules
from server.people.grants import (
    Grant,
    claim,
    end_grant,
    fresh_grant,
    fresh_link,
    grant_of_link,
    grants_by_link,
    grants_of,
    write_grant,
    write_instead,
)
from server.people.openings import Opening
from server.people.seats import Device, Person, new_person, new_seat
from server.people.waiting import shared_with
from server.people.watching import watcher_of, why_over
from server.rooms import rows
from server.store.engine import Store, statement
from server.store.schema import people, takes
from server.store.schema_review import grants, reviews

NOW_MS = 1_000_000
DAY_MS = rules.DAY_MS
PEOPLE = [Person(person=name.lower(), name=name) for name in ("Maria", "Ana", "Ben")]
ANA = Device(person=PEOPLE[1], session=None, created_ms=1)


async def prepare(store: Store) -> None:
    async def take(connection: AsyncConnection) -> None:
        await connection.execute(sa.insert(takes).values(take="t", session="s", round=0, teacher="seat", started_ms=5))

    await store.write(rows.new_session("s", "Fractions", 1))
    for person in PEOPLE:
        await store.write(new_person(person, f"token of {person.name}", 1))
    await store.write(new_seat("s", "seat", "maria"))
    await store.write(take)


def grant(**more: object) -> Grant:
    return msgspec.structs.replace(fresh_grant("t", "Ana", "watch", NOW_MS, person="ana"), **more)


def opening(**more: object) -> Opening:
    first = Opening(person="ana", name="Ana", use="watch", what="film", first_ms=NOW_MS + 1, last_ms=NOW_MS + 2)
    return msgspec.structs.replace(first, **more)


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (grant(), "may"),
        (grant(person=None), "waits"),
        (grant(expires_ms=NOW_MS + 1), "may"),
        (grant(expires_ms=NOW_MS), "expired"),
        (grant(person=None, expires_ms=NOW_MS), "expired"),
        (grant(ended_ms=NOW_MS, expires_ms=NOW_MS - 1), "ended"),
    ],
)
def test_a_permission_says_what_has_become_of_it(given: Grant, state: str) -> None:
    assert rules.permissions([given], [], [], NOW_MS)[0].state == state


def test_a_permission_knows_its_own_visits_only() -> None:
    earlier, as_consultant = opening(last_ms=NOW_MS - 1), opening(use="consult", last_ms=NOW_MS + 9)
    somebody_elses = opening(person="ben", name="Ben", last_ms=NOW_MS + 8)
    seen = rules.permissions([grant()], [opening(), earlier, as_consultant, somebody_elses], [], NOW_MS)
    assert seen[0].opened_ms == NOW_MS + 2
    assert rules.permissions([grant()], [earlier], [], NOW_MS)[0].opened_ms is None
    assert rules.permissions([grant(name="Dr Ito")], [opening(name="Keiko")], [], NOW_MS)[0].called == "Keiko"
    assert rules.permissions([grant(name="ana")], [opening()], [], NOW_MS)[0].called == "", "it is the same name"


def test_what_a_teacher_chooses() -> None:
    assert rules.expires_ms("open", NOW_MS) is None
    assert rules.expires_ms("week", NOW_MS) == NOW_MS + 7 * DAY_MS
    assert rules.clean_name("  Dr   Ito ") == "Dr Ito"
    assert len(rules.clean_name("x" * 500)) == rules.LONGEST_NAME
    with pytest.raises(UserError, match="no_name"):
        rules.clean_name(" - ")
    many = [grant() for _ in range(rules.MOST_AT_ONCE)]
    with pytest.raises(UserError, match="too_many"):
        rules.check_room(many, NOW_MS)
    rules.check_room([msgspec.structs.replace(each, ended_ms=1) for each in many], NOW_MS)


async def test_one_person_has_one_permission_of_a_kind(tmp_path: Path) -> None:
    async with Store(tmp_path / "test.db") as store:
        await prepare(store)
        await store.write(write_instead(grant()))
        await store.write(write_instead(grant(granted_ms=NOW_MS + 5)))
        assert [each.ended_ms for each in await grants_of(store, "t")] == [None, NOW_MS + 5]


async def test_a_link_has_one_person_and_whoever_comes_too_late_leaves_nothing_behind(tmp_path: Path) -> None:
    async with Store(tmp_path / "test.db") as store:
        await prepare(store)
        link, made = fresh_link(), fresh_grant("t", "Dr Ito", "watch", NOW_MS)
        await store.write(write_grant(made, link))
        assert await grants_by_link(store, "t") == {made.grant}
        found = await grant_of_link(store, link)
        assert found == made
        ito, late = Person(person="ito", name="Keiko"), Person(person="late", name="Late")
        assert await claim(store, made, "ito", NOW_MS, beforehand=new_person(ito, "token of Ito", NOW_MS))
        assert not await claim(store, made, "late", NOW_MS, beforehand=new_person(late, "token of Late", NOW_MS))
        assert await claim(store, made, "ito", NOW_MS + 9), "it goes on leading there"
        async with store.read() as connection:
            known = (await connection.execute(sa.select(people.c.person))).scalars().all()
        assert "ito" in known
        assert "late" not in known


async def test_with_a_permission_its_review_ends(tmp_path: Path) -> None:
    async with Store(tmp_path / "test.db") as store:
        await prepare(store)
        asked = grant(use="consult")
        await store.write(write_grant(asked))

        async def review(connection: AsyncConnection) -> None:
            texts = {"questions": "[]", "about": "{}", "address": ""}
            parts = dict.fromkeys(("include_notes", "include_own", "include_talk"), False)
            times = dict.fromkeys(("due_ms", "asked_ms", "changed_ms"), 1)
            await connection.execute(
                sa.insert(reviews).values(review="r", take="t", grant=asked.grant, teacher="maria", **texts, **parts, **times)
            )

        await store.write(review)
        await store.write(end_grant(asked.grant, NOW_MS))
        await store.write(end_grant(asked.grant, NOW_MS + 7))
        async with store.read() as connection:
            ended = (await connection.execute(sa.select(reviews.c.ended_ms))).scalar_one()
            permission = (await connection.execute(sa.select(grants.c.ended_ms))).scalar_one()
        assert (ended, permission) == (NOW_MS, NOW_MS)


async def test_why_it_is_over_is_known_to_whoever_could_watch(tmp_path: Path) -> None:
    async with Store(tmp_path / "test.db") as store:
        await prepare(store)
        given = grant(expires_ms=NOW_MS + DAY_MS)
        await store.write(write_grant(given))
        watcher = await watcher_of(store, "t", [ANA], NOW_MS)
        assert watcher is not None
        assert await watcher_of(store, "t", [ANA], NOW_MS + DAY_MS) is None
        assert await why_over(store, watcher, NOW_MS + DAY_MS) == "expired"
        await store.write(end_grant(given.grant, NOW_MS + 1))
        assert await why_over(store, watcher, NOW_MS + DAY_MS) == "ended"
        await store.write(statement(sa.update(takes).values(deleted_ms=NOW_MS)))
        assert await why_over(store, watcher, NOW_MS) == "deleted"


async def test_the_home_of_a_colleague_lists_what_they_may_watch_now(tmp_path: Path) -> None:
    async with Store(tmp_path / "test.db") as store:
        await prepare(store)
        assert await shared_with(store, "ana", NOW_MS) == []
        given = grant(expires_ms=NOW_MS + 1)
        await store.write(write_grant(given))
        (shared,) = await shared_with(store, "ana", NOW_MS)
        assert (shared.take, shared.title, shared.teacher, shared.opened) == ("t", "Fractions", "Maria", False)
        assert await shared_with(store, "ben", NOW_MS) == []
        assert await shared_with(store, "ana", NOW_MS + 1) == []
        await store.write(end_grant(given.grant, NOW_MS))
        assert await shared_with(store, "ana", NOW_MS) == []
