"""The one thing that is tried, on a real store: the newest counts, and it is asked about three days later."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from server.people.seats import Person, new_person, new_seat
from server.review.own.trying import ASK_AFTER_MS, SETTLED_MS, answer, choose, take_over, to_be_asked, trying_of
from server.rooms import rows
from server.store.engine import Store, statement
from server.store.schema import entries, takes

DAY_MS = 24 * 3_600_000


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store(tmp_path / "test.db") as store:
        take = {"take": "t", "session": "s", "round": 0, "teacher": "seat", "started_ms": 10}
        words = {"session": "s", "round": 0, "form": "one-to-try", "author": "seat", "field": "try", "text": "Wait ", "changed_ms": 100}
        works = (
            rows.new_session("s", "Fractions", 1),
            new_person(Person(person="maria", name="Maria"), "token", 1),
            new_seat("s", "seat", "maria"),
            statement(sa.insert(takes).values(take)),
            statement(sa.insert(entries).values(words)),
        )
        for work in works:
            await store.write(work)
        yield store


async def test_what_was_chosen_in_the_session_is_taken_over_once(store: Store) -> None:
    for _ in range(2):
        await take_over(store, 200, "maria")
    found = await trying_of(store, "maria")
    assert found
    assert (found.text, found.take, found.chosen_ms) == ("Wait", "t", 100)


async def test_for_everybody_only_when_it_has_rested(store: Store) -> None:
    await take_over(store, 101)
    assert await trying_of(store, "maria") is None
    await take_over(store, 101 + SETTLED_MS)
    assert await trying_of(store, "maria")


async def test_what_she_chooses_later_stays(store: Store) -> None:
    await store.write(choose("maria", "t", "Ask more", 300))
    await take_over(store, 400, "maria")
    found = await trying_of(store, "maria")
    assert found
    assert found.text == "Ask more"
    await store.write(choose("maria", "t", "Ask more", 500))
    again = await trying_of(store, "maria")
    assert again
    assert again.chosen_ms == 300, "the same words are the same thing"


async def test_it_is_asked_about_after_three_days_and_again_after_not_yet(store: Store) -> None:
    await store.write(choose("maria", "t", "Wait", 0))
    assert await to_be_asked(store, ASK_AFTER_MS - 1) == []
    [asked] = await to_be_asked(store, ASK_AFTER_MS)
    await store.write(answer("ben", asked.trying, "yes", "", ASK_AFTER_MS))
    assert await to_be_asked(store, ASK_AFTER_MS), "only she answers"
    await store.write(answer("maria", asked.trying, "not_yet", "no time", ASK_AFTER_MS))
    assert await to_be_asked(store, ASK_AFTER_MS + DAY_MS) == []
    assert await to_be_asked(store, 2 * ASK_AFTER_MS)
    await store.write(answer("maria", asked.trying, "changed", "", 2 * ASK_AFTER_MS))
    assert await to_be_asked(store, 9 * ASK_AFTER_MS) == []
