"""What PostgreSQL and SQLite do differently must not show."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from server.rooms import rows
from server.session.beside import EntryKey
from server.settings import SettingsError
from server.store.engine import Store, statement
from server.store.failures import Doubtful, NotSaved, Unreachable, failure_of
from server.store.schema import duties, entries, people, sessions, takes
from server.store.schema_review import grants, openings, reviews
from server.store.upsert import insert_ignore, upsert
from tests.fakes.stores import ENGINES, new_store

NOW = 1_774_000_000_000
KEY = EntryKey(round=0, form="f", author="ben")


@pytest.fixture(params=ENGINES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with new_store(request.param, tmp_path) as opened:
        await opened.write(rows.new_session("s", "Fractions", NOW))
        yield opened


async def changed_by(store: Store, wanted: sa.Executable) -> int:
    count = -1

    async def work(connection: AsyncConnection) -> None:
        nonlocal count
        count = (await connection.execute(wanted)).rowcount

    await store.write(work)
    return count


async def test_a_row_that_is_there_is_left_or_changed(store: Store) -> None:
    first, second = ({"duty": "d", "holder": holder, "until_ms": NOW} for holder in ("a", "b"))
    assert await changed_by(store, insert_ignore(duties, first)) == 1
    assert await changed_by(store, insert_ignore(duties, second)) == 0
    assert await changed_by(store, insert_ignore(duties, [second, second | {"duty": "e"}])) == 1
    await store.write(statement(upsert(duties, second, ["duty"], {"until_ms": NOW + 1})))
    async with store.read() as connection:
        found = await connection.execute(sa.select(duties).order_by(duties.c.duty))
        assert [tuple(row) for row in found] == [("d", "a", NOW + 1), ("e", "b", NOW)]


async def test_texts_of_all_kinds_come_back(store: Store) -> None:
    """But for NUL, which one of the two cannot keep."""
    texts = {
        "a": "Grüße, 東京 👩🏽‍🏫",
        "b": "line\nline\r\n\ttab",
        "c": "'; DROP TABLE entries; --",
        "d": "%_\\",
        "e": "x" * 300_000,
        "f": "\ufffe\x01\x7f",
    }
    for field, words in texts.items():
        await store.write(rows.text("s", KEY, field, words, NOW))
    assert (await rows.load_texts(store, "s"))[KEY] == texts
    await store.write(rows.text("s", KEY, "nul", "be\0fore", NOW))
    assert (await rows.load_texts(store, "s"))[KEY]["nul"] in ("before", "be\0fore")
    async with store.read() as connection:
        named = sa.select(sa.func.count()).where(entries.c.text == "nobody\0s")
        assert await connection.scalar(named) == 0


async def test_half_a_character_is_refused_and_nothing_else_with_it(store: Store) -> None:
    with pytest.raises(Exception, match=r"surrogate|encode"):
        await store.write(rows.text("s", KEY, "a", "\ud83d", NOW))
    await store.write(rows.text("s", KEY, "a", "whole", NOW))
    assert (await rows.load_texts(store, "s"))[KEY] == {"a": "whole"}


async def test_numbers_as_large_as_times_are(store: Store) -> None:
    """Also where a statement reckons with them, and where nothing says what they are."""
    await store.write(statement(sa.insert(people).values(person="p", name="Ito", created_ms=2**53)))
    later = sa.func.coalesce(sa.null(), people.c.created_ms + 1)
    async with store.read() as connection:
        assert await connection.scalar(sa.select(later)) == 2**53 + 1
        assert await connection.scalar(sa.select(people.c.person).where(people.c.created_ms > NOW)) == "p"
        assert await connection.scalar(sa.select(sa.func.coalesce(sa.null(), NOW))) == NOW


async def test_truths_and_numbers_that_count_themselves(store: Store) -> None:
    take = {"take": "t", "session": "s", "round": 0, "teacher": "x", "started_ms": NOW}
    grant = {"grant": "g", "take": "t", "name": "", "use": "watch", "granted_ms": NOW}
    opening = {"take": "t", "person": "p", "use": "watch", "what": "page", "first_ms": NOW, "last_ms": NOW}
    review: dict[str, object] = {"review": "r", "take": "t", "grant": "g", "teacher": "p", "questions": "[]", "about": "{}", "address": ""}
    review |= {"include_notes": True, "include_own": False, "include_talk": True, "due_ms": NOW, "asked_ms": NOW, "changed_ms": NOW}
    for table, values in (
        (people, {"person": "p", "name": "Ito", "created_ms": NOW}),
        (takes, take),
        (grants, grant),
        (reviews, review),
        (openings, opening),
        (openings, opening),
    ):
        await store.write(statement(sa.insert(table).values(values)))
    async with store.read() as connection:
        found = (await connection.execute(sa.select(reviews))).one()
        assert (found.include_notes, found.include_own, found.include_talk) == (True, False, True)
        assert list((await connection.execute(sa.select(openings.c.opening).order_by(openings.c.opening))).scalars()) == [1, 2]


async def test_letters_are_not_alike_and_patterns_are_literal(store: Store) -> None:
    for title in ("abc", "ABC", "a_c", "a%c"):
        await store.write(rows.new_session(title, title, NOW))
    async with store.read() as connection:
        starts = sa.select(sessions.c.session).where(sessions.c.session.startswith("a_", autoescape=True))
        assert list((await connection.execute(starts)).scalars()) == ["a_c"]
        same = sa.select(sa.func.count()).where(sessions.c.session == "abc")
        assert await connection.scalar(same) == 1


async def test_long_lists_are_asked_for(store: Store) -> None:
    many = [f"s{number}" for number in range(20_000)]
    async with store.read() as connection:
        assert list((await connection.execute(sa.select(sessions.c.session).where(sessions.c.session.in_([*many, "s"])))).scalars()) == [
            "s"
        ]
        assert list((await connection.execute(sa.select(sessions.c.session).where(sessions.c.session.in_([])))).scalars()) == []


async def test_what_reads_cannot_write(store: Store) -> None:
    if not store.is_file:
        async with store.read() as connection:
            with pytest.raises(Exception, match="read-only"):
                await connection.execute(sa.insert(people).values(person="p", name="Ito", created_ms=NOW))


async def test_an_error_that_a_work_passes_over_does_not_become_an_acknowledgement(store: Store) -> None:
    """PostgreSQL would answer COMMIT and commit nothing."""

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(sa.insert(people).values(person="p", name="Ito", created_ms=NOW))
        with contextlib.suppress(IntegrityError):
            await connection.execute(sa.insert(sessions).values(session="s", title="", created_ms=NOW))

    with pytest.raises(RuntimeError, match="went on"):
        await store.write(work)
    async with store.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(people)) == 0


def test_failures_are_told_apart() -> None:
    class Answer(Exception):
        def __init__(self, sqlstate: str) -> None:
            self.sqlstate = sqlstate

    for state in ("57P01", "57P03", "08006", "53300", "25006", "28P01", "3D000"):
        assert isinstance(failure_of(Answer(state)), Unreachable), state
    for state in ("40P01", "40001", "53100", "55P03", "57014"):
        failure = failure_of(Answer(state))
        assert isinstance(failure, NotSaved) and not isinstance(failure, Unreachable | Doubtful), state
    for state in ("23505", "42P01", "22021"):
        assert failure_of(Answer(state)) is None, state
    assert isinstance(failure_of(ConnectionResetError()), Unreachable)
    assert failure_of(KeyError()) is None


@pytest.mark.parametrize("url", ["postgresql://u:secret@h:port/d", "postgresql://u:secret@h/d?sslmode=perhaps"])
async def test_what_is_no_address_is_said_without_its_password(url: str) -> None:
    with pytest.raises(SettingsError, match="not an address") as error:
        await Store(url).__aenter__()
    assert "secret" not in str(error.value)


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(SettingsError, match=r"microteach\[cluster\]"):
        Store("postgresql://u@h/d")
