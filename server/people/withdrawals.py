"""Voices and pictures that their own people take out of recordings: the rows that say so, kept for ever and with ids only.

A row without `done_ms` is a promise: the recorder is told again after every start until it has destroyed those keys.
Whoever took something out is never asked why, and nobody else can do it for them.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from recorder.control import Take, TracksWithdrawn, WithdrawTracks
from server.media.control import Source
from server.people.seats import Device
from server.people.watching import Recording
from server.store.engine import Closed, Store, Work, statement
from server.store.schema import seats, takes, withdrawals
from server.store.upsert import insert_ignore

log = logging.getLogger(__name__)

TakenOut = Literal["never", "in", "leaving", "out"]
VOICE: tuple[Source, ...] = ("microphone",)
PICTURE: tuple[Source, ...] = ("camera",)
SCREEN: tuple[Source, ...] = ("screen", "screen_sound")


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True):
    take: str
    peer: str
    source: str
    done: bool


class OwnVoice(msgspec.Struct, frozen=True, kw_only=True):
    """A recording of somebody else's lesson with one's own voice in it, or taken out of it. `runs`: it is being recorded now."""

    recording: Recording
    state: TakenOut
    runs: bool


async def recordings_in(store: Store, session: str) -> list[Recording]:
    """Those that are not deleted, in the order of time."""
    query = sa.select(takes).where(takes.c.session == session, takes.c.deleted_ms.is_(None)).order_by(takes.c.started_ms)
    async with store.read() as connection:
        return [_recording(row) for row in (await connection.execute(query)).mappings()]


async def deleted_by(store: Store, take: str, devices: Sequence[Device]) -> Recording | None:
    """The recording, if its teacher has deleted it and one of these devices could open it before."""
    query = (
        sa.select(takes, seats.c.person)
        .join(seats, (seats.c.session == takes.c.session) & (seats.c.seat == takes.c.teacher))
        .where(takes.c.take == take, takes.c.deleted_ms.is_not(None))
    )
    async with store.read() as connection:
        row = (await connection.execute(query)).mappings().first()
    if row is None or not any(device.person.person == row["person"] and _reaches(device, row) for device in devices):
        return None
    return _recording(row)


async def withdrawals_from(store: Store, recordings: Collection[str]) -> list[Withdrawal]:
    query = sa.select(withdrawals).where(withdrawals.c.take.in_(recordings))
    async with store.read() as connection:
        rows = (await connection.execute(query)).mappings()
        return [Withdrawal(take=row["take"], peer=row["peer"], source=row["source"], done=row["done_ms"] is not None) for row in rows]


def new_withdrawal(wish: WithdrawTracks, now_ms: int) -> Work:
    """Again is harmless: the first one stays."""
    rows = [{"take": wish.take, "peer": wish.peer, "source": source, "asked_ms": now_ms} for source in wish.sources]
    return statement(insert_ignore(withdrawals, rows))


async def note_withdrawn(store: Store, done: TracksWithdrawn, now_ms: int) -> None:
    """What cannot be written now is asked of the recorder, and noted, after the next start."""
    which = (withdrawals.c.take == done.take, withdrawals.c.peer == done.peer, withdrawals.c.source.in_(done.sources))
    noted = sa.update(withdrawals).where(*which, withdrawals.c.done_ms.is_(None)).values(done_ms=now_ms)
    try:
        await store.write(statement(noted))
    except (SQLAlchemyError, Closed) as error:
        log.error("tracks of take %s are withdrawn, which could not be noted: %s", done.take, type(error).__name__)


async def still_to_withdraw(store: Store, session: str | None = None) -> list[WithdrawTracks]:
    """What, in one session or in all, the recorder has not yet said to be gone; of a deleted recording everything goes anyway."""
    columns = (withdrawals.c.take, withdrawals.c.peer, withdrawals.c.source)
    query = sa.select(*columns).join(takes, takes.c.take == withdrawals.c.take)
    if session is not None:
        query = query.where(takes.c.session == session)
    async with store.read() as connection:
        found = (await connection.execute(query.where(withdrawals.c.done_ms.is_(None), takes.c.deleted_ms.is_(None)))).all()
    wanted: dict[tuple[str, str], list[Source]] = {}
    for take, peer, source in found:
        wanted.setdefault((take, peer), []).append(source)
    return [WithdrawTracks(take=take, peer=peer, sources=tuple(sources)) for (take, peer), sources in wanted.items()]


def voices_of(
    seat: str, device: Device, recordings: Iterable[Recording], rows: Collection[Withdrawal], recorded: Mapping[str, Take], running: str
) -> list[OwnVoice]:
    """`running`: the take that is being recorded now with this seat's voice in it, or empty."""
    found = []
    for recording in recordings:
        if recording.teacher == seat or not device.reaches(recording.session, recording.started_ms):
            continue
        runs = recording.take == running
        state = taken_out(recorded.get(recording.take), recording.take, seat, VOICE, rows)
        if state == "never" and runs:
            state = "in"
        if state != "never":
            found.append(OwnVoice(recording=recording, state=state, runs=runs))
    return found


def taken_out(take: Take | None, take_id: str, peer: str, sources: tuple[Source, ...], rows: Collection[Withdrawal]) -> TakenOut:
    """`never`: it was not in this recording at all."""
    own = [row for row in rows if (row.take, row.peer) == (take_id, peer) and row.source in sources]
    if own:
        return "out" if all(row.done for row in own) else "leaving"
    tracks = take.tracks if take else ()
    return "in" if any(track.peer == peer and track.source in sources for track in tracks) else "never"


def voices_taken_out(recording: Recording, rows: Collection[Withdrawal]) -> int:
    """How many colleagues are not in it any more; not who."""
    gone = [row for row in rows if row.take == recording.take and row.source in VOICE and row.done]
    return len({row.peer for row in gone} - {recording.teacher})


def _reaches(device: Device, row: sa.RowMapping) -> bool:
    return device.reaches(row["session"], row["started_ms"])


def _recording(row: sa.RowMapping) -> Recording:
    return Recording(**{name: row[name] for name in Recording.__struct_fields__})
