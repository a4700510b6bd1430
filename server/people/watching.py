"""Who may watch a recording: its teacher, and whoever has a permission that has neither ended nor expired.

A device for one session never opens what was there before it, and has nobody's permissions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from server.people.seats import Device, Person
from server.store.engine import Store
from server.store.schema import people, seats, takes
from server.store.schema_review import grants, reviews

Use = Literal["own", "watch", "consult"]
Part = Literal["notes", "own", "talk"]
Over = Literal["deleted", "ended", "expired"]
_ORDER: tuple[Use, ...] = ("own", "consult", "watch")


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    take: str
    session: str
    round: int
    teacher: str
    started_ms: int
    attempt: int


class Watcher(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may watch it in one way. `owner` is the person of its teacher; `grant` and `review` are empty for her.

    `includes`: what a consultant reads beside the film: colleagues' notes, the teacher's own ones, the figures of who spoke.
    """

    recording: Recording
    person: Person
    owner: str
    use: Use
    grant: str = ""
    review: str = ""
    includes: frozenset[Part] = frozenset()

    def reads(self, part: Part) -> bool:
        return self.use == "own" or part in self.includes


async def recording_for(store: Store, take: str, devices: Sequence[Device]) -> Recording | None:
    """The recording if one of these devices is its teacher's. None tells nothing about whether it exists."""
    row = await _find(store, take)
    return _recording(row) if row is not None and _owner(devices, row) is not None else None


async def watcher_of(store: Store, take: str, devices: Sequence[Device], now_ms: int) -> Watcher | None:
    """What these devices may do with it; of several ways the one that allows most."""
    row = await _find(store, take)
    if row is None:
        return None
    recording = _recording(row)
    owner = _owner(devices, row)
    if owner is not None:
        return Watcher(recording=recording, person=owner.person, owner=row.person, use="own")
    known = {device.person.person: device.person for device in devices if device.session is None}
    held = await _permissions(store, take, list(known), now_ms)
    if not held:
        return None
    best = min(held, key=lambda each: _ORDER.index(each.use))
    return Watcher(
        recording=recording,
        person=known[best.person],
        owner=row.person,
        use=best.use,
        grant=best.grant,
        review=best.review or "",
        includes=_includes(best),
    )


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What may be said about a recording to somebody with a link to it. `teacher` is a name, `owner` the person."""

    session: str
    owner: str
    teacher: str
    started_ms: int
    deleted: bool


async def about(store: Store, take: str) -> About | None:
    """Also of one that was deleted."""
    query = (
        sa.select(takes.c.session, takes.c.started_ms, takes.c.deleted_ms, people.c.person, people.c.name)
        .join(seats, (seats.c.session == takes.c.session) & (seats.c.seat == takes.c.teacher))
        .join(people, people.c.person == seats.c.person)
        .where(takes.c.take == take)
    )
    async with store.read() as connection:
        row = (await connection.execute(query)).first()
    if row is None:
        return None
    deleted = row.deleted_ms is not None
    return About(session=row.session, owner=row.person, teacher=row.name, started_ms=row.started_ms, deleted=deleted)


async def why_over(store: Store, watcher: Watcher, now_ms: int) -> Over:
    """Of somebody who may not watch it any more; whoever could may be told why not."""
    found = await about(store, watcher.recording.take)
    if found is None or found.deleted:
        return "deleted"
    query = sa.select(grants.c.ended_ms, grants.c.expires_ms).where(grants.c.grant == watcher.grant)
    async with store.read() as connection:
        row = (await connection.execute(query)).first()
    ran_out = row is not None and row.ended_ms is None and row.expires_ms is not None and row.expires_ms <= now_ms
    return "expired" if ran_out else "ended"


async def other_try_of(store: Store, recording: Recording, devices: Sequence[Device], now_ms: int) -> Recording | None:
    """The newest recording of the other try of the same round, if these devices may watch it."""
    same = (takes.c.session == recording.session, takes.c.round == recording.round, takes.c.teacher == recording.teacher)
    query = sa.select(takes.c.take).where(*same, takes.c.attempt != recording.attempt, takes.c.deleted_ms.is_(None))
    async with store.read() as connection:
        row = (await connection.execute(query.order_by(takes.c.started_ms.desc()).limit(1))).first()
    found = await watcher_of(store, row.take, devices, now_ms) if row else None
    return found.recording if found else None


async def _find(store: Store, take: str) -> Any:
    query = (
        sa.select(takes, seats.c.person)
        .join(seats, (seats.c.session == takes.c.session) & (seats.c.seat == takes.c.teacher))
        .where(takes.c.take == take, takes.c.deleted_ms.is_(None))
    )
    async with store.read() as connection:
        return (await connection.execute(query)).first()


async def _permissions(store: Store, take: str, people: Sequence[str], now_ms: int) -> Sequence[Any]:
    query = (
        sa.select(grants, reviews.c.review, reviews.c.include_notes, reviews.c.include_own, reviews.c.include_talk)
        .outerjoin(reviews, reviews.c.grant == grants.c.grant)
        .where(grants.c.take == take, grants.c.person.in_(people), grants.c.ended_ms.is_(None))
        .where(grants.c.expires_ms.is_(None) | (grants.c.expires_ms > now_ms))
    )
    async with store.read() as connection:
        return (await connection.execute(query)).all()


def _includes(row: Any) -> frozenset[Part]:
    """Of a permission without a review nothing but the film."""
    parts: dict[Part, bool | None] = {"notes": row.include_notes, "own": row.include_own, "talk": row.include_talk}
    return frozenset(part for part, included in parts.items() if included)


def _recording(row: Any) -> Recording:
    return Recording(**{name: getattr(row, name) for name in Recording.__struct_fields__})


def _owner(devices: Sequence[Device], row: Any) -> Device | None:
    mine = (device for device in devices if device.person.person == row.person and device.reaches(row.session, row.started_ms))
    return next(mine, None)
