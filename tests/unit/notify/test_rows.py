"""Leases on a real database: nothing is sent by two at once, and nothing is lost with whoever was sending it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from server.notify import rows
from server.notify.rows import KEPT_MS, LEASE_MS, WAITS_MS, Channel, Message, identify
from server.store.engine import Store, statement
from server.store.schema import emails, people
from server.store.schema_review import outbox
from tests.fakes.stores import ENGINES, new_place

NOW = 1_774_000_000_000


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Path | str]:
    async with new_place(request.param, tmp_path) as place:
        yield place


def news(message: str, channel: Channel = "mail", *, kind: str = "review_sent", person: str = "") -> Message:
    return Message(message=message, channel=channel, kind=kind, person=person, address="ito@school.example", body=b"canary")


async def row(store: Store, message: str) -> Any:
    async with store.read() as connection:
        return (await connection.execute(sa.select(outbox).where(outbox.c.message == message))).one_or_none()


async def leased(store: Store, now_ms: int = NOW) -> Message:
    message = await rows.lease(store, "mail", now_ms)
    assert message is not None
    return message


async def test_the_same_news_is_written_once(store: Store) -> None:
    await rows.add(store, [news("a"), news("a")], NOW)
    await rows.sent(store, await leased(store), NOW)
    await rows.add(store, [news("a")], NOW)
    assert await rows.lease(store, "mail", NOW) is None


async def test_the_oldest_comes_first_and_each_channel_by_itself(store: Store) -> None:
    await rows.add(store, [news("second"), news("event", "webhook")], NOW + 1)
    await rows.add(store, [news("first")], NOW)
    assert [(await leased(store, NOW + 2)).message for _ in range(2)] == ["first", "second"]
    assert await rows.lease(store, "mail", NOW + 2) is None
    event = await rows.lease(store, "webhook", NOW + 2)
    assert event is not None
    assert event.message == "event"


async def test_two_senders_never_get_the_same_message(store: Store, database: Path | str) -> None:
    await rows.add(store, [news(f"m{number}") for number in range(30)], NOW)
    async with Store(database) as other:

        async def work(mine: Store) -> list[str]:
            got = []
            while (message := await rows.lease(mine, "mail", NOW)) is not None:
                got.append(message.message)
            return got

        got = await asyncio.gather(work(store), work(other), work(store))
    assert sorted(message for each in got for message in each) == sorted(f"m{number}" for number in range(30))


async def test_what_a_sender_died_with_is_sent_by_the_next_after_the_lease(store: Store) -> None:
    await rows.add(store, [news("a")], NOW)
    dead = await leased(store)
    assert await rows.lease(store, "mail", NOW + LEASE_MS - 1) is None
    assert await rows.next_due_ms(store, "mail") == NOW + LEASE_MS
    again = await leased(store, NOW + LEASE_MS)
    assert (again.attempts, again.body) == (2, b"canary")
    await rows.later(store, dead, "busy", NOW + 10**9)
    assert (await row(store, "a")).lease_until_ms == NOW + 2 * LEASE_MS


async def test_what_failed_waits_until_it_is_due(store: Store) -> None:
    await rows.add(store, [news("a")], NOW)
    await rows.later(store, await leased(store), "busy", NOW + 5_000)
    assert await rows.lease(store, "mail", NOW + 4_999) is None
    assert await rows.next_due_ms(store, "mail") == NOW + 5_000
    assert (await row(store, "a")).error == "busy"
    assert (await leased(store, NOW + 5_000)).attempts == 2


async def test_what_is_over_keeps_neither_its_text_nor_its_address(store: Store) -> None:
    await rows.add(store, [news("a"), news("b")], NOW)
    await rows.sent(store, await leased(store), NOW + 1)
    await rows.failed(store, await leased(store), "refused", NOW + 2)
    a, b = await row(store, "a"), await row(store, "b")
    assert (a.sent_ms, a.error) == (NOW + 1, "")
    assert (b.failed_ms, b.error) == (NOW + 2, "refused")
    assert {(each.body, each.address) for each in (a, b)} == {(b"", "")}
    assert await rows.next_due_ms(store, "mail") is None


async def test_what_is_long_over_is_forgotten_and_nothing_waits_for_ever(store: Store) -> None:
    await rows.add(store, [news("a"), news("ready", kind="take.ready")], NOW)
    for _ in range(2):
        await rows.sent(store, await leased(store), NOW)
    await rows.sweep(store, NOW + KEPT_MS)
    assert await row(store, "a") is not None
    await rows.add(store, [news("b")], NOW + KEPT_MS)
    await rows.sweep(store, NOW + KEPT_MS + WAITS_MS + 1)
    assert await row(store, "a") is None
    assert await row(store, "ready") is not None
    b = await row(store, "b")
    assert (b.error, b.body, b.address) == ("too_late", b"", "")


async def test_an_address_that_somebody_gave_up_is_no_longer_theirs(store: Store) -> None:
    await store.write(statement(sa.insert(people).values(person="p", name="Ito", created_ms=NOW)))
    theirs = news("a", person="p")
    assert not await rows.still_theirs(store, theirs)
    await store.write(statement(sa.insert(emails).values(address=theirs.address, person="p", proven_ms=NOW)))
    assert await rows.still_theirs(store, theirs)
    assert await rows.still_theirs(store, news("b"))


def test_an_id_tells_nothing_and_is_the_same_again() -> None:
    assert identify("k", "ito@school.example") == identify("k", "ito@school.example")
    assert len({identify("k", "a@b.example"), identify("k", "b@b.example"), identify("l", "a@b.example")}) == 3
    assert "ito" not in identify("k", "ito@school.example")
