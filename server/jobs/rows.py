"""The rows of jobs. Whoever works on a job holds its lease: every change of a lease is one statement that looks and writes at once,
so two runners never have the same one, and what comes from a runner that has lost its lease changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.jobs.kinds import MOST_ATTEMPTS, Job, JobError, JobKind, Spec
from server.store.engine import Store, statement
from server.store.schema import jobs, sessions, takes
from server.store.upsert import insert_ignore

LEASE_MS = 30_000
RETRY_MS = (5_000, 20_000)  # one for each attempt but the last
_AT_ONCE = 500  # far below the number of values that a statement may have


async def add(store: Store, new: Sequence[Job], now_ms: int) -> None:
    """Nothing happens where there is such a job already, whatever became of it."""

    async def work(connection: AsyncConnection) -> None:
        for job in new:
            await connection.execute(_insert(job, now_ms))

    await store.write(work)


async def ask(store: Store, job: Job, now_ms: int) -> None:
    """As `add`; one that is over begins anew, and one that waits is as urgent as is asked now."""
    same = sa.and_(jobs.c.kind == job.kind, jobs.c.take == job.take, jobs.c.version == job.version)
    fresh = {"priority": job.priority, "spec": _text(job.spec), "not_before_ms": job.not_before_ms, "created_ms": now_ms}
    blank = {"state": "queued", "progress": 0.0, "attempts": 0, "error": "", "ended_ms": None, "result": "{}"}

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(sa.update(jobs).where(same, jobs.c.state.not_in(("queued", "running"))).values(fresh | blank))
        await connection.execute(sa.update(jobs).where(same, jobs.c.priority < job.priority).values(priority=job.priority))
        await connection.execute(_insert(job, now_ms))

    await store.write(work)


async def replace(store: Store, new: Sequence[Job], old: Collection[str], now_ms: int) -> None:
    """Those of an older version give way to those of a newer one, in one transaction."""

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(sa.delete(jobs).where(jobs.c.job.in_(old)))
        for job in new:
            await connection.execute(_insert(job, now_ms))

    await store.write(work)


async def hurry(store: Store, take: str, now_ms: int) -> None:
    """What was to wait for something may begin."""
    waits = sa.and_(jobs.c.take == take, jobs.c.state == "queued", jobs.c.attempts == 0, jobs.c.not_before_ms > now_ms)
    await store.write(statement(sa.update(jobs).where(waits).values(not_before_ms=now_ms)))


async def lease(store: Store, owner: str, now_ms: int, *, but: Collection[str] = (), only_of: str = "") -> Job | None:
    """The most urgent job, of these the oldest, for LEASE_MS; one whose lease has run out is as good as one that nobody has begun.

    `only_of`: of recordings of sessions that this node owns.
    """
    most_urgent = (jobs.c.priority.desc(), jobs.c.created_ms, jobs.c.job)
    may = sa.select(jobs.c.job).where(_free(now_ms), jobs.c.job.not_in(but), *_only_of(only_of))
    oldest = may.order_by(*most_urgent).limit(1)
    which = oldest.with_for_update(skip_locked=True).scalar_subquery()
    held = {"state": "running", "lease_owner": owner, "lease_until_ms": now_ms + LEASE_MS}
    take = sa.update(jobs).where(jobs.c.job == which, _free(now_ms)).values(held | {"progress": 0.0, "attempts": jobs.c.attempts + 1})
    found: list[Any] = []

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(_give_up(now_ms))
        found[:] = (await connection.execute(take.returning(jobs))).all()

    await store.write(work)
    return _job(found[0]) if found else None


async def renew(store: Store, job: str, owner: str, progress: float, now_ms: int) -> bool:
    """False: it is no longer this owner's."""
    return await _as_owner(store, job, owner, progress=progress, lease_until_ms=now_ms + LEASE_MS)


async def finish(store: Store, job: str, owner: str, result: dict[str, int], now_ms: int) -> bool:
    text = msgspec.json.encode(result).decode()
    return await _as_owner(store, job, owner, state="done", progress=1.0, error="", ended_ms=now_ms, result=text)


async def fail(store: Store, job: Job, owner: str, error: JobError, now_ms: int, *, for_good: bool = False) -> bool:
    """It is tried again after a while, MOST_ATTEMPTS times in all, if not `for_good`."""
    if for_good or job.attempts >= MOST_ATTEMPTS:
        return await _as_owner(store, job.job, owner, state="failed", error=error, ended_ms=now_ms)
    again_ms = now_ms + RETRY_MS[job.attempts - 1]
    return await _as_owner(store, job.job, owner, state="queued", error=error, not_before_ms=again_ms)


async def give_back(store: Store, job: str, owner: str) -> bool:
    """Whoever stops in order has not tried in vain."""
    return await _as_owner(store, job, owner, state="queued", attempts=jobs.c.attempts - 1)


async def release(store: Store, owners: str) -> None:
    """Leases of owners whose names begin so have run out: these processes are gone."""
    gone = sa.and_(jobs.c.state == "running", jobs.c.lease_owner.startswith(owners, autoescape=True))
    await store.write(statement(sa.update(jobs).where(gone).values(lease_until_ms=0)))


async def cancel(store: Store, take: str, kind: JobKind, now_ms: int) -> None:
    open_ = sa.and_(jobs.c.take == take, jobs.c.kind == kind, jobs.c.state.in_(("queued", "running")))
    await store.write(statement(sa.update(jobs).where(open_).values(state="cancelled", ended_ms=now_ms)))


async def forget(store: Store, gone: Sequence[str]) -> None:
    """Everything about deleted takes, with the names in it."""
    await store.write(statement(sa.delete(jobs).where(jobs.c.take.in_(gone))))


async def forget_deleted(store: Store) -> None:
    """Those that were deleted while nobody could hear of it."""
    deleted = sa.select(takes.c.take).where(takes.c.deleted_ms.is_not(None))
    await store.write(statement(sa.delete(jobs).where(jobs.c.take.in_(deleted))))


async def of_takes(store: Store, which: Iterable[str]) -> dict[str, list[Job]]:
    """The jobs of each take, of all versions."""
    wanted = list(which)
    found: dict[str, list[Job]] = {take: [] for take in wanted}
    async with store.read() as connection:
        for start in range(0, len(wanted), _AT_ONCE):
            for row in await connection.execute(sa.select(jobs).where(jobs.c.take.in_(wanted[start : start + _AT_ONCE]))):
                found[row.take].append(_job(row))
    return found


async def session_of(store: Store, take: str) -> tuple[str, int] | None:
    """Of a take that is not deleted, with the epoch of its owner."""
    query = sa.select(takes.c.session, sessions.c.epoch).join(sessions, sessions.c.session == takes.c.session)
    async with store.read() as connection:
        found = (await connection.execute(query.where(takes.c.take == take, takes.c.deleted_ms.is_(None)))).first()
    return (found.session, found.epoch) if found else None


async def next_due_ms(store: Store, *, only_of: str = "") -> int | None:
    """When a job can be leased, or has to be given up, if nothing else happens."""
    open_ = jobs.c.state.in_(("queued", "running"))
    when = sa.case((jobs.c.state == "queued", jobs.c.not_before_ms), else_=jobs.c.lease_until_ms)
    async with store.read() as connection:
        due: int | None = await connection.scalar(sa.select(sa.func.min(when)).where(open_, *_only_of(only_of)))
    return due


async def _as_owner(store: Store, job: str, owner: str, **values: Any) -> bool:
    mine = sa.and_(jobs.c.job == job, jobs.c.state == "running", jobs.c.lease_owner == owner)
    changed = 0

    async def work(connection: AsyncConnection) -> None:
        nonlocal changed
        changed = (await connection.execute(sa.update(jobs).where(mine).values(values))).rowcount

    await store.write(work)
    return changed == 1


def _free(now_ms: int) -> sa.ColumnElement[bool]:
    waits = sa.and_(jobs.c.state == "queued", jobs.c.not_before_ms <= now_ms)
    return sa.or_(waits, sa.and_(jobs.c.state == "running", jobs.c.lease_until_ms <= now_ms))


def _only_of(node: str) -> list[sa.ColumnElement[bool]]:
    if not node:
        return []
    of_node = sa.select(takes.c.take).join(sessions, sessions.c.session == takes.c.session).where(sessions.c.owner == node)
    return [jobs.c.take.in_(of_node)]


def _give_up(now_ms: int) -> sa.Update:
    """A job that takes its runner with it every time is not begun for ever."""
    lost = sa.and_(jobs.c.state == "running", jobs.c.lease_until_ms <= now_ms, jobs.c.attempts >= MOST_ATTEMPTS)
    return sa.update(jobs).where(lost).values(state="failed", error="lost", ended_ms=now_ms)


def _insert(job: Job, now_ms: int) -> sa.Insert:
    values = msgspec.structs.asdict(job) | {"spec": _text(job.spec), "result": msgspec.json.encode(job.result).decode()}
    values |= {"lease_owner": "", "lease_until_ms": 0, "created_ms": now_ms}
    return insert_ignore(jobs, values)


def _job(row: Any) -> Job:
    values = {name: getattr(row, name) for name in Job.__struct_fields__}
    values |= {"spec": msgspec.json.decode(row.spec), "result": msgspec.json.decode(row.result)}
    return msgspec.convert(values, Job)


def _text(spec: Spec) -> str:
    return msgspec.json.encode(spec).decode()
