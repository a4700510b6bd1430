"""What is queued, and when: pictures and waveform of each recording by themselves, a film when somebody asks for one.

There are jobs of the newest version of a recording only. A film that was asked for is made for the next version too.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from recorder.control import Take
from server.clock import Clock
from server.jobs import rows
from server.jobs.kinds import BY_ITSELF, PRIORITY_ASKED, Job, JobKind, Spec
from server.jobs.runner import Runner
from server.people.seats import fresh_id
from server.store.engine import Store

log = logging.getLogger(__name__)

RETRY_S = 5.0
MIXING_MS = 600_000  # a film without sound is nobody's wish; but nothing waits for ever


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """`old` give way to `new`. `hurry`: what waited for the sound need not wait any longer."""

    new: tuple[Job, ...] = ()
    old: frozenset[str] = frozenset()
    hurry: bool = False


class Jobs:
    def __init__(self, store: Store, clock: Clock, runner: Runner) -> None:
        self._store = store
        self._clock = clock
        self._runner = runner
        self._news: asyncio.Queue[tuple[str, Take | None]] = asyncio.Queue()

    def take_changed(self, take: Take) -> None:
        self._news.put_nowait((take.take, take))

    def take_deleted(self, take: str) -> None:
        self._news.put_nowait((take, None))

    async def run(self) -> None:
        """Take in what is heard of takes, for ever; of each the newest counts."""
        news: dict[str, Take | None] = {}
        swept = False
        while True:
            try:
                if not swept:
                    await rows.forget_deleted(self._store)
                    swept = True
                await self._take_in(news)
                news = dict([await self._news.get()])
                while not self._news.empty():
                    news |= dict([self._news.get_nowait()])
            except Exception as error:  # no lesson may suffer from what goes wrong here
                log.error("jobs cannot be queued: %s", type(error).__name__, exc_info=None if isinstance(error, SQLAlchemyError) else error)
                await asyncio.sleep(RETRY_S)

    async def ask(self, take: Take, kind: JobKind, spec: Spec, *, priority: int = PRIORITY_ASKED) -> None:
        """Queue it; one that has ended in whatever way begins anew."""
        now_ms = self._clock.now_ms()
        spec = msgspec.structs.replace(spec, screen_version=take.screen_version)
        await rows.ask(self._store, _job(take, kind, spec, priority, now_ms), now_ms)
        self._runner.wake()

    async def cancel(self, take: str, kind: JobKind) -> None:
        """When it returns nothing of it runs here any more."""
        await rows.cancel(self._store, take, kind, self._clock.now_ms())
        await self._runner.stop([job.job for job in await self._all_of(take) if job.kind == kind])

    async def of_take(self, take: Take) -> dict[JobKind, Job]:
        """Those of this version."""
        return {job.kind: job for job in await self._all_of(take.take) if is_of(job, take)}

    async def _all_of(self, take: str) -> list[Job]:
        return (await rows.of_takes(self._store, [take]))[take]

    async def _take_in(self, news: dict[str, Take | None]) -> None:
        """May be done again."""
        gone = [name for name, take in news.items() if take is None]
        ready = [take for take in news.values() if take is not None and take.state == "ready"]
        known = await rows.of_takes(self._store, [*gone, *(take.take for take in ready)])
        if any(known[name] for name in gone):
            await rows.forget(self._store, gone)
            await self._runner.stop([job.job for name in gone for job in known[name]])
        for take in ready:
            await self._apply(take, changes(take, known[take.take], self._clock.now_ms()))
        self._runner.wake()

    async def _apply(self, take: Take, wanted: Changes) -> None:
        now_ms = self._clock.now_ms()
        if wanted.new or wanted.old:
            await rows.replace(self._store, wanted.new, wanted.old, now_ms)
        if wanted.hurry:
            await rows.hurry(self._store, take.take, now_ms)
        await self._runner.stop(wanted.old)


def changes(take: Take, known: Sequence[Job], now_ms: int) -> Changes:
    """What a take's jobs have to become, now that it is so."""
    current = [job for job in known if is_of(job, take)]
    old = [job for job in known if not is_of(job, take)]
    there = {job.kind for job in current}
    wanted: list[Job] = [_job(take, kind, Spec(screen_version=take.screen_version), None, now_ms) for kind in BY_ITSELF]
    film = _newest_wish(old)
    if film is not None:
        wanted.append(_job(take, "film", _still_in(film.spec, take), film.priority, now_ms))
    hurry = not take.mixing and any(job.state == "queued" and job.attempts == 0 and job.not_before_ms > now_ms for job in current)
    return Changes(new=tuple(job for job in wanted if job.kind not in there), old=frozenset(job.job for job in old), hurry=hurry)


def is_of(job: Job, take: Take) -> bool:
    """Whether it makes something from the take as it is. A screen may go while the film of the face stays the same."""
    return (job.version, job.spec.screen_version) == (take.version, take.screen_version)


def _newest_wish(old: Iterable[Job]) -> Job | None:
    return next((job for job in old if job.kind == "film" and job.state in ("queued", "running", "done")), None)


def _still_in(spec: Spec, take: Take) -> Spec:
    """Without the names of those whose voices are no longer in it."""
    voices = {track.peer for track in take.tracks}
    people = {peer: name for peer, name in spec.people.items() if peer in voices}
    return msgspec.structs.replace(spec, people=people, screen_version=take.screen_version)


def _job(take: Take, kind: JobKind, spec: Spec, priority: int | None, now_ms: int) -> Job:
    begins_ms = now_ms + MIXING_MS if take.mixing else now_ms
    job = Job(job=fresh_id(), kind=kind, take=take.take, version=take.version, spec=spec, not_before_ms=begins_ms)
    return job if priority is None else msgspec.structs.replace(job, priority=priority)
