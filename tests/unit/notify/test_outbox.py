"""What becomes of what waits: a real database, a clock that is moved, and channels that do what a test says."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import sqlalchemy as sa

from server.notify import rows
from server.notify.outbox import AT_ONCE, Outbox, Send
from server.notify.retry import HOUR_MS, MINUTE_MS, MOST_ATTEMPTS, PAUSES_MS, Failed
from server.notify.rows import LEASE_MS, Message
from server.store.engine import Store, statement
from server.store.schema_review import outbox
from tests.fakes.still_clock import StillClock


class Desk:
    """A store, a clock, an outbox whose channel fails as `failures` say, in turn, and what was handed over."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = StillClock()
        self.failures: list[Exception] = []
        self.tried: list[Message] = []
        self.sent: list[str] = []
        self.outbox = Outbox(store, self.clock, {"mail": self.send})
        self._noted = asyncio.Event()

    async def send(self, message: Message) -> None:
        self.tried.append(message)
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(message.message)

    async def write(self, message: str, kind: str = "review_sent") -> None:
        news = Message(message=message, channel="mail", kind=kind, address="ito@school.example", body=b"canary")
        await rows.add(self.store, [news], self.clock.ms)
        self.outbox.wake()

    async def row(self, message: str) -> Any:
        async with self.store.read() as connection:
            return (await connection.execute(sa.select(outbox).where(outbox.c.message == message))).one()

    async def until(self, message: str, wanted: Callable[[Any], bool]) -> Any:
        """Until the row is so."""
        async with asyncio.timeout(10):
            while not wanted(row := await self.row(message)):
                await asyncio.sleep(0)
        return row

    def later(self, ms: int) -> None:
        self.clock.ms += ms
        self.outbox.wake()


@pytest.fixture
async def desk(store: Store) -> AsyncIterator[Desk]:
    made = Desk(store)
    async with running(made.outbox):
        yield made


@contextlib.asynccontextmanager
async def running(one: Outbox) -> AsyncIterator[None]:
    task = asyncio.create_task(one.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_what_is_written_is_sent_once(desk: Desk) -> None:
    await desk.write("a")
    row = await desk.until("a", lambda row: row.sent_ms is not None)
    assert (row.body, row.address, row.failed_ms) == (b"", "", None)
    await desk.write("a")
    await desk.write("b")
    await desk.until("b", lambda row: row.sent_ms is not None)
    assert desk.sent == ["a", "b"]


async def test_what_failed_is_tried_again_with_the_same_id_and_body(desk: Desk) -> None:
    desk.failures = [Failed("busy"), Failed("unreachable")]
    await desk.write("a")
    for attempts, error in ((1, "busy"), (2, "unreachable")):
        row = await desk.until("a", lambda row, attempts=attempts: row.attempts == attempts and row.lease_until_ms == 0)  # type: ignore[misc]
        assert row.error == error
        assert row.not_before_ms > desk.clock.ms
        desk.later(2 * PAUSES_MS[attempts - 1])
    await desk.until("a", lambda row: row.sent_ms is not None)
    assert {(each.message, each.body) for each in desk.tried} == {("a", b"canary")}
    assert len(desk.tried) == 3


async def test_it_is_given_up_in_the_end_and_says_why(desk: Desk) -> None:
    desk.failures = [Failed("unreachable")] * MOST_ATTEMPTS
    await desk.write("a")
    for attempts in range(1, MOST_ATTEMPTS):
        await desk.until("a", lambda row, attempts=attempts: row.attempts == attempts and row.lease_until_ms == 0)  # type: ignore[misc]
        desk.later(2 * PAUSES_MS[attempts - 1])
    row = await desk.until("a", lambda row: row.failed_ms is not None)
    assert (row.error, row.body, row.address) == ("unreachable", b"", "")


async def test_what_was_refused_is_not_tried_again(desk: Desk) -> None:
    desk.failures = [Failed("refused", for_good=True)]
    await desk.write("a")
    row = await desk.until("a", lambda row: row.failed_ms is not None)
    assert (row.error, row.attempts) == ("refused", 1)


async def test_a_link_to_sign_in_that_no_longer_works_is_not_sent(desk: Desk) -> None:
    desk.failures = [Failed("unreachable"), Failed("unreachable"), Failed("unreachable")]
    await desk.write("a", "sign_in")
    for attempts in (1, 2):
        await desk.until("a", lambda row, attempts=attempts: row.attempts == attempts and row.lease_until_ms == 0)  # type: ignore[misc]
        desk.later(10 * MINUTE_MS)
    row = await desk.until("a", lambda row: row.failed_ms is not None)
    assert row.error == "too_late"
    assert len(desk.tried) == 2


async def test_an_error_that_nobody_foresaw_stops_nothing(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.failures = [RuntimeError("surprise")]
    await desk.write("a")
    async with asyncio.timeout(10):
        while not desk.tried:
            await asyncio.sleep(0)
    await desk.write("b")
    await desk.until("b", lambda row: row.sent_ms is not None)
    desk.later(LEASE_MS)
    await desk.until("a", lambda row: row.sent_ms is not None)
    assert "RuntimeError" in caplog.text
    caplog.clear()


async def test_what_a_killed_server_was_sending_waits_for_its_lease_and_is_sent(desk: Desk) -> None:
    await rows.add(desk.store, [Message(message="a", channel="mail", kind="review_sent", body=b"canary")], desk.clock.ms)
    assert await rows.lease(desk.store, "mail", desk.clock.ms) is not None
    await desk.write("b")
    await desk.until("b", lambda row: row.sent_ms is not None)
    assert desk.sent == ["b"]
    desk.later(LEASE_MS)
    await desk.until("a", lambda row: row.sent_ms is not None)


async def test_what_takes_its_sender_with_it_every_time_is_given_up(desk: Desk) -> None:
    await rows.add(desk.store, [Message(message="a", channel="mail", kind="review_sent", body=b"canary")], desk.clock.ms)
    await desk.store.write(statement(sa.update(outbox).values(attempts=MOST_ATTEMPTS)))
    desk.outbox.wake()
    row = await desk.until("a", lambda row: row.failed_ms is not None)
    assert row.error == "lost"
    assert desk.tried == []


async def test_a_channel_that_does_not_answer_holds_up_no_other(store: Store) -> None:
    held, sent = asyncio.Event(), asyncio.Event()

    async def never(message: Message) -> None:
        await held.wait()

    async def at_once(message: Message) -> None:
        sent.set()

    channels: dict[rows.Channel, Send] = {"mail": never, "webhook": at_once}
    clock = StillClock()
    mails = [Message(message=f"m{number}", channel="mail", kind="review_sent", body=b"x") for number in range(AT_ONCE + 2)]
    await rows.add(store, [*mails, Message(message="e", channel="webhook", kind="take.ready", body=b"x")], clock.ms)
    async with running(Outbox(store, clock, channels)), asyncio.timeout(10):
        await sent.wait()
        held.set()


async def test_what_waits_for_a_channel_that_is_switched_off_goes_on_waiting(store: Store) -> None:
    clock = StillClock()
    await rows.add(store, [Message(message="a", channel="mail", kind="review_sent", body=b"x")], clock.ms)
    async with running(Outbox(store, clock, {})):
        clock.ms += HOUR_MS
    assert await rows.next_due_ms(store, "mail") == clock.ms - HOUR_MS


async def test_what_is_almost_sent_when_the_server_stops_is_not_sent_again(store: Store) -> None:
    begun, accepted = asyncio.Event(), asyncio.Event()

    async def slow(message: Message) -> None:
        begun.set()
        await accepted.wait()

    await rows.add(store, [Message(message="a", channel="mail", kind="review_sent", body=b"x")], StillClock().ms)
    async with running(Outbox(store, StillClock(), {"mail": slow})):
        await begun.wait()
        asyncio.get_running_loop().call_soon(accepted.set)
    assert await rows.next_due_ms(store, "mail") is None


async def test_what_takes_longer_than_that_is_sent_by_the_next_server(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.notify.outbox.GRACE_S", 0.0)
    begun = asyncio.Event()

    async def never(message: Message) -> None:
        begun.set()
        await asyncio.Event().wait()

    clock = StillClock()
    await rows.add(store, [Message(message="a", channel="mail", kind="review_sent", body=b"x")], clock.ms)
    async with running(Outbox(store, clock, {"mail": never})):
        await begun.wait()
    assert await rows.next_due_ms(store, "mail") == clock.ms + LEASE_MS
