"""The rows of the outbox. Whoever sends a message holds its lease: one statement looks and writes at once, so two senders never have the
same one, and whoever dies with one loses it to the next. What was sent, or never will be, keeps neither its body nor its address."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.engine import Store, statement
from server.store.schema import emails, sessions
from server.store.schema_review import outbox
from server.store.upsert import insert_ignore

Channel = Literal["mail", "webhook"]

LEASE_MS = 120_000  # longer than any one sending lasts
KEPT_MS = 90 * 24 * 3_600_000
WAITS_MS = 14 * 24 * 3_600_000  # far longer than any message is tried: nobody sends by this channel any more
# Told about by programs that say the same again after each restart: their rows keep them from being reported a second time.
TOLD_AGAIN = ("take.ready", "take.erased", "session.ended")
_SCRUBBED = {"body": b"", "address": ""}


class Message(msgspec.Struct, frozen=True, kw_only=True):
    message: str
    channel: Channel
    kind: str
    body: bytes  # what is sent, whole: a mail with its headers, a webhook's JSON
    person: str = ""
    address: str = ""
    created_ms: int = 0
    attempts: int = 0


def identify(key: str, address: str) -> str:
    """A message's id: the same for the same news to the same address, and nothing can be read from it."""
    return hashlib.sha256(f"{key}\n{address}".encode(errors="replace")).hexdigest()[:40]


async def addresses_of(store: Store, person: str) -> list[str]:
    query = sa.select(emails.c.address).where(emails.c.person == person).order_by(emails.c.address)
    async with store.read() as connection:
        return [row.address for row in await connection.execute(query)]


async def ended_since(store: Store, since_ms: int) -> list[str]:
    """Sessions; a server that died with the end of one has not reported it."""
    async with store.read() as connection:
        return [row.session for row in await connection.execute(sa.select(sessions.c.session).where(sessions.c.ended_ms >= since_ms))]


async def add(store: Store, messages: Sequence[Message], now_ms: int) -> None:
    """Those that are there already stay as they are, sent or not."""
    fresh = {"created_ms": now_ms, "not_before_ms": now_ms, "attempts": 0, "lease_until_ms": 0, "error": ""}

    async def work(connection: AsyncConnection) -> None:
        for each in messages:
            values = msgspec.structs.asdict(each) | fresh | {"person": each.person or None}
            await connection.execute(insert_ignore(outbox, values))

    await store.write(work)


async def lease(store: Store, channel: Channel, now_ms: int) -> Message | None:
    """The one that has waited longest, for LEASE_MS."""
    free = sa.and_(_waits(channel), outbox.c.not_before_ms <= now_ms, outbox.c.lease_until_ms <= now_ms)
    oldest = (
        sa.select(outbox.c.message)
        .where(free)
        .order_by(outbox.c.not_before_ms, outbox.c.message)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    held = {"attempts": outbox.c.attempts + 1, "lease_until_ms": now_ms + LEASE_MS}
    take = sa.update(outbox).where(outbox.c.message == oldest, free).values(held).returning(outbox)
    found: list[Any] = []

    async def work(connection: AsyncConnection) -> None:
        found[:] = (await connection.execute(take)).all()

    await store.write(work)
    return _message(found[0]) if found else None


async def still_theirs(store: Store, message: Message) -> bool:
    """Whether an address that was written down as a person's is that person's now."""
    if not message.person:
        return True
    return message.address in await addresses_of(store, message.person)


async def sent(store: Store, message: Message, now_ms: int) -> None:
    await _note(store, message, _SCRUBBED | {"sent_ms": now_ms, "error": "", "lease_until_ms": 0})


async def failed(store: Store, message: Message, error: str, now_ms: int) -> None:
    """For good."""
    await _note(store, message, _SCRUBBED | {"failed_ms": now_ms, "error": error, "lease_until_ms": 0})


async def later(store: Store, message: Message, error: str, not_before_ms: int) -> None:
    await _note(store, message, {"error": error, "not_before_ms": not_before_ms, "lease_until_ms": 0})


async def next_due_ms(store: Store, channel: Channel) -> int | None:
    """When one can be leased, if nothing else happens."""
    when = sa.case((outbox.c.lease_until_ms > outbox.c.not_before_ms, outbox.c.lease_until_ms), else_=outbox.c.not_before_ms)
    async with store.read() as connection:
        due: int | None = await connection.scalar(sa.select(sa.func.min(when)).where(_waits(channel)))
    return due


async def sweep(store: Store, now_ms: int) -> None:
    """What has long been over is forgotten; what still waits after weeks is over."""
    over_ms = sa.func.coalesce(outbox.c.sent_ms, outbox.c.failed_ms)
    waiting = sa.and_(over_ms.is_(None), outbox.c.created_ms < now_ms - WAITS_MS)

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(sa.update(outbox).where(waiting).values(_SCRUBBED | {"failed_ms": now_ms, "error": "too_late"}))
        await connection.execute(sa.delete(outbox).where(over_ms < now_ms - KEPT_MS, outbox.c.kind.not_in(TOLD_AGAIN)))

    await store.write(work)


async def _note(store: Store, message: Message, values: dict[str, Any]) -> None:
    """By whoever made this attempt: nothing happens when its lease went to somebody else."""
    mine = sa.and_(outbox.c.message == message.message, outbox.c.attempts == message.attempts, outbox.c.sent_ms.is_(None))
    await store.write(statement(sa.update(outbox).where(mine).values(values)))


def _waits(channel: Channel) -> sa.ColumnElement[bool]:
    return sa.and_(outbox.c.channel == channel, outbox.c.sent_ms.is_(None), outbox.c.failed_ms.is_(None))


def _message(row: Any) -> Message:
    values = {name: getattr(row, name) for name in Message.__struct_fields__}
    return Message(**values | {"person": row.person or ""})
