"""Works off what is queued: leases jobs, runs each in a process of its own, keeps the lease while it runs, and notes how it ended.

Any number of runners may share one database. One that is killed leaves leases behind that run out; its successor, whose name
begins the same, need not wait for that.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection

from sqlalchemy.exc import SQLAlchemyError

from server.clock import Clock
from server.jobs import rows
from server.jobs.child import SILENT_S, ChildFailed, Command, run_child
from server.jobs.kinds import Job, JobError
from server.people.seats import fresh_id
from server.store.engine import Closed, Store

log = logging.getLogger(__name__)

LOOK_S = 1.0
RENEW_S = 10.0
LONGEST_WAIT_S = 60.0
RETRY_S = 5.0
FOR_GOOD: frozenset[JobError] = frozenset({"refused", "damaged"})  # trying again does not help


class Runner:
    """`order` is what a job's process is told. `name` is nobody else's at the same time; `at_once`: how many jobs run side by side.

    `work` is done for each instead of `work_here`; with `only_of` only jobs of that node's recordings are done.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        command: Command,
        order: Callable[[Job], bytes],
        *,
        name: str = "server",
        at_once: int = 1,
        silent_s: float = SILENT_S,
        work: Callable[[Job, Callable[[float], None]], Awaitable[dict[str, int]]] | None = None,
        only_of: str = "",
    ) -> None:
        self._store = store
        self._clock = clock
        self._command = command
        self._order = order
        self._name = f"{name}:"
        self._owner = f"{self._name}{fresh_id()}"
        self._at_once = at_once
        self._silent_s = silent_s
        self._work = work or self.work_here
        self._only_of = only_of
        self._children: dict[str, asyncio.Task[dict[str, int]]] = {}
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Until it is cancelled; then what it had begun is given back."""
        released = False
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._news.clear()
                try:
                    if not released:
                        await rows.release(self._store, self._name)
                        released = True
                    wait_s = await self._begin(tasks)
                except Exception as error:  # noqa: BLE001 -- no lesson may suffer from what goes wrong here
                    _complain("jobs cannot be looked up", error)
                    wait_s = RETRY_S
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await self._news.wait()

    async def work_here(self, job: Job, tell: Callable[[float], None]) -> dict[str, int]:
        """Its process reads and writes the folders of this machine. Raises ChildFailed."""
        return await run_child(self._command, self._order(job), tell, silent_s=self._silent_s)

    def wake(self) -> None:
        """Something new is queued."""
        self._news.set()

    async def stop(self, jobs: Collection[str]) -> None:
        """Ends those of them that run here; their rows are not touched. When it returns their processes are gone."""
        children = [self._children[job] for job in jobs if job in self._children]
        for child in children:
            child.cancel()
        if children:
            await asyncio.wait(children)

    async def _begin(self, tasks: asyncio.TaskGroup) -> float:
        """Begin as many as may run. For how long there is nothing more to do."""
        while len(self._children) < self._at_once:
            now_ms = self._clock.now_ms()
            job = await rows.lease(self._store, self._owner, now_ms, but=self._children, only_of=self._only_of)
            if job is None:
                due_ms = await rows.next_due_ms(self._store, only_of=self._only_of)
                return LONGEST_WAIT_S if due_ms is None else min(LONGEST_WAIT_S, max(0.05, (due_ms - now_ms) / 1000))
            log.info("job %s begins: %s of take %s, attempt %d", job.job, job.kind, job.take, job.attempts)
            progress = Progress()
            child = asyncio.create_task(_whatever(self._work(job, progress.tell)), name=job.job)
            self._children[job.job] = child
            tasks.create_task(self._follow(job, child, progress), name=f"job {job.job}")
        return LONGEST_WAIT_S

    async def _follow(self, job: Job, child: asyncio.Task[dict[str, int]], progress: Progress) -> None:
        try:
            await self._hold(job, child, progress)
            await self._note(job, child)
        except asyncio.CancelledError:
            child.cancel()
            await asyncio.wait([child])
            with contextlib.suppress(SQLAlchemyError, Closed):
                await rows.give_back(self._store, job.job, self._owner)
            raise
        except Exception as error:  # noqa: BLE001 -- as above; its lease runs out, and it is done again
            _complain(f"the end of job {job.job} cannot be noted", error)
        finally:
            del self._children[job.job]
            self._news.set()

    async def _hold(self, job: Job, child: asyncio.Task[dict[str, int]], progress: Progress) -> None:
        """Keep the lease until the process has ended; where it is lost, the process is ended."""
        renewed_s, loop = 0.0, asyncio.get_running_loop()
        while True:
            await asyncio.wait([child], timeout=LOOK_S)
            if child.done():
                return
            if not progress.is_new and loop.time() - renewed_s < RENEW_S:
                continue
            try:
                held = await rows.renew(self._store, job.job, self._owner, progress.take(), self._clock.now_ms())
            except SQLAlchemyError as error:
                log.error("job %s cannot be renewed: %s", job.job, type(error).__name__)
                continue
            renewed_s = loop.time()
            if not held:
                child.cancel()

    async def _note(self, job: Job, child: asyncio.Task[dict[str, int]]) -> None:
        if child.cancelled():
            log.info("job %s was ended", job.job)
            return
        error = child.exception()
        now_ms = self._clock.now_ms()
        if error is None:
            await rows.finish(self._store, job.job, self._owner, child.result(), now_ms)
            log.info("job %s is done", job.job)
        elif isinstance(error, ChildFailed):
            await rows.fail(self._store, job, self._owner, error.error, now_ms, for_good=error.error in FOR_GOOD)
            log.warning("job %s failed: %s", job.job, error.error)
        else:
            raise error


async def _whatever(work: Awaitable[dict[str, int]]) -> dict[str, int]:
    return await work


def _complain(what: str, error: Exception) -> None:
    log.error("%s: %s", what, type(error).__name__, exc_info=None if isinstance(error, SQLAlchemyError) else error)


class Progress:
    """How much of a job is done, and whether that is new."""

    def __init__(self) -> None:
        self._done = 0.0
        self.is_new = False

    def tell(self, done: float) -> None:
        self.is_new = self.is_new or done != self._done
        self._done = done

    def take(self) -> float:
        self.is_new = False
        return self._done
