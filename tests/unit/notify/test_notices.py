"""Who is told, how often, and where: what stands in the outbox after a call."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from server.languages import Languages
from server.notify.mail import Composer
from server.notify.notices import Notice, Notices
from server.notify.reports import Reports
from server.store.engine import Store, statement
from server.store.schema import emails, people
from server.store.schema_review import outbox
from tests.fakes.still_clock import StillClock

NOW = 1_774_000_000_000


def notices(store: Store, *, mail: bool = True, webhook: bool = True) -> Notices:
    compose = Composer(Languages(), "microteach@school.example", "https://school.example") if mail else None
    return Notices(store, StillClock(NOW), compose=compose, can_report=webhook, wake=lambda: None)


def notice(**changes: str) -> Notice:
    values = {"key": "k", "kind": "may_watch", "path": "/recordings/a"} | changes
    return msgspec.convert(values, Notice)


async def written(store: Store) -> list[Any]:
    async with store.read() as connection:
        return list((await connection.execute(sa.select(outbox).order_by(outbox.c.address, outbox.c.kind))).all())


async def give_address(store: Store, person: str, *addresses: str) -> None:
    await store.write(statement(sa.insert(people).values(person=person, name="Ito", created_ms=NOW)))
    for address in addresses:
        await store.write(statement(sa.insert(emails).values(address=address, person=person, proven_ms=NOW)))


async def test_somebody_is_told_at_all_their_addresses_and_once(store: Store) -> None:
    await give_address(store, "ito", "a@school.example", "b@school.example")
    await give_address(store, "ana", "c@school.example")
    told = notices(store)
    assert told.can_mail
    for _ in range(2):
        await told.tell(notice(person="ito"))
    found = await written(store)
    assert [(row.address, row.person, row.channel, row.kind) for row in found] == [
        ("a@school.example", "ito", "mail", "may_watch"),
        ("b@school.example", "ito", "mail", "may_watch"),
    ]
    await told.tell(notice(person="ito", key="other"))
    assert len(await written(store)) == 4


async def test_an_address_is_told_that_belongs_to_nobody_yet(store: Store) -> None:
    await notices(store).tell(notice(address="new@school.example"), notice(address="other@school.example"))
    assert [(row.address, row.person) for row in await written(store)] == [("new@school.example", None), ("other@school.example", None)]


async def test_nobody_is_told_who_has_no_address_or_on_a_server_without_mail(store: Store) -> None:
    await notices(store).tell(
        notice(person="ito"), notice(), notice(address="no address"), notice(address="a@b.example\r\nBcc: c@d.example")
    )
    without = notices(store, mail=False)
    assert not without.can_mail
    await without.tell(notice(address="ito@school.example"))
    assert await written(store) == []


async def test_an_event_holds_ids_and_a_time(store: Store) -> None:
    await notices(store).report("review.requested", {"review": "r", "recording": "t"})
    (row,) = await written(store)
    assert (row.channel, row.kind, row.address) == ("webhook", "review.requested", "")
    assert msgspec.json.decode(row.body) == {
        "type": "review.requested",
        "timestamp": "2026-03-20T09:46:40.000Z",
        "data": {"review": "r", "recording": "t"},
    }


async def test_an_event_with_a_key_is_reported_once_and_one_without_each_time(store: Store) -> None:
    told = notices(store)
    for _ in range(2):
        await told.report("share.opened", {"permission": "g"}, key="opened:g")
    assert len(await written(store)) == 1
    for _ in range(2):
        await told.report("session.ended", {"session": "s"})
    assert len(await written(store)) == 3


async def test_without_a_webhook_nothing_is_written(store: Store) -> None:
    await notices(store, webhook=False).report("share.opened", {"permission": "g"})
    assert await written(store) == []


async def test_a_recording_is_reported_once_however_often_it_is_heard_of(store: Store) -> None:
    for _ in range(2):  # the second one after a restart
        reports = Reports(notices(store))
        for _ in range(3):
            reports.take_ready("t", "s")
            reports.session_ended("s")
        reports.take_erased("t")
        await reports.take_in()
    assert [row.kind for row in await written(store)] == ["session.ended", "take.erased", "take.ready"]
