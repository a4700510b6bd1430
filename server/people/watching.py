"""Who may watch a recording: its teacher, and nobody else yet. A device for one session never opens what was there before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from server.people.seats import Device
from server.store.engine import Store
from server.store.schema import seats, takes


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    take: str
    session: str
    round: int
    teacher: str
    started_ms: int
    attempt: int


async def recording_for(store: Store, take: str, devices: Sequence[Device]) -> Recording | None:
    """The recording if one of these devices may open it. None tells nothing about whether it exists."""
    query = (
        sa.select(takes, seats.c.person)
        .join(seats, (seats.c.session == takes.c.session) & (seats.c.seat == takes.c.teacher))
        .where(takes.c.take == take, takes.c.deleted_ms.is_(None))
    )
    async with store.read() as connection:
        row = (await connection.execute(query)).first()
    if row is None or not any(_opens(device, row) for device in devices):
        return None
    return Recording(**{name: getattr(row, name) for name in Recording.__struct_fields__})


async def other_try_of(store: Store, recording: Recording, devices: Sequence[Device]) -> Recording | None:
    """The newest recording of the other try of the same round, if one of these devices may open it."""
    same = (takes.c.session == recording.session, takes.c.round == recording.round, takes.c.teacher == recording.teacher)
    query = sa.select(takes.c.take).where(*same, takes.c.attempt != recording.attempt, takes.c.deleted_ms.is_(None))
    async with store.read() as connection:
        row = (await connection.execute(query.order_by(takes.c.started_ms.desc()).limit(1))).first()
    return await recording_for(store, row.take, devices) if row else None


def _opens(device: Device, row: Any) -> bool:
    return device.person.person == row.person and device.reaches(row.session, row.started_ms)
