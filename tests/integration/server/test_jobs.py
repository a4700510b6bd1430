"""Jobs with real processes: whatever dies, each job is done once in the end; whatever was cancelled or deleted is no longer worked on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from recorder.control import Take
from server.jobs import rows
from server.jobs.child import Command, niced
from server.jobs.kinds import Job, JobKind, Spec, order_of
from server.jobs.queue import Jobs
from server.jobs.runner import Runner
from server.store.engine import Store
from tests.fakes.still_clock import StillClock

DEADLINE_S = 60.0
MAKER = (sys.executable, "-m", "tests.fakes.maker")
TAKE = Take(take="t1", room="r", state="ready", version="v1")
RUNNER = """
import sys
import uvloop
from pathlib import Path
from server.clock import SystemClock
from server.jobs.child import niced
from server.jobs.kinds import order_of
from server.jobs.runner import Runner
from server.store.engine import Store

async def main(folder):
    async with Store(folder / "test.db") as store:
        await Runner(store, SystemClock(), niced("tests.fakes.maker"), lambda job: order_of(job, folder, folder)).run()

uvloop.run(main(Path(sys.argv[1])))
"""


class House:
    """A runner and what is queued for it, in this process."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder = folder
        self.store = store
        self.clock = StillClock()

    def make(self, *, silent_s: float = 30.0, at_once: int = 1, command: Command = MAKER) -> None:
        def order(job: Job) -> bytes:
            return order_of(job, self.folder, self.folder)

        self.runner = Runner(self.store, self.clock, command, order, silent_s=silent_s, at_once=at_once)
        self.jobs = Jobs(self.store, self.clock, self.runner)

    @contextlib.asynccontextmanager
    async def running(self, *, silent_s: float = 30.0, at_once: int = 1, command: Command = MAKER) -> AsyncIterator[None]:
        self.make(silent_s=silent_s, at_once=at_once, command=command)
        tasks = [asyncio.create_task(self.runner.run()), asyncio.create_task(self.jobs.run())]
        try:
            async with asyncio.timeout(DEADLINE_S):
                yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def ask(self, take: Take = TAKE, kind: JobKind = "film", **labels: str) -> None:
        await self.jobs.ask(take, kind, Spec(title="Fractions", labels=labels))

    async def until(self, condition: Callable[[Job], bool], take: Take = TAKE, kind: JobKind = "film") -> Job:
        while True:
            job = (await self.jobs.of_take(take)).get(kind)
            if job is not None and condition(job):
                return job
            await asyncio.sleep(0.02)

    async def pid(self, name: str = "pid") -> int:
        """Of the job's process, which says so by this file."""
        path = self.folder / name
        while not path.exists():
            await asyncio.sleep(0.01)
        text = path.read_text()
        path.unlink()
        return int(text)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with Store(tmp_path / "test.db") as store:
        yield House(tmp_path, store)


async def test_a_job_is_done_in_the_background_of_everything_else(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MT_SECRET", "x")
    async with house.running(command=niced("tests.fakes.maker")):
        await house.ask()
        job = await house.until(lambda job: job.state == "done")
    expected = {
        "nice": min(19, os.getpriority(os.PRIO_PROCESS, 0) + 15),
        "scheduler": os.SCHED_IDLE,
        "core_bytes": 0,
        "secrets": 0,
        "title_in_sight": 0,
    }
    assert job.result == expected
    assert (job.progress, job.attempts) == (1.0, 1)


async def test_how_far_it_is_can_be_seen_and_one_comes_after_the_other(house: House) -> None:
    async with house.running():
        await house.ask(pid=str(house.folder / "pid"), until=str(house.folder / "go"))
        pid = await house.pid()
        await house.jobs.ask(TAKE, "pictures", Spec(), priority=100)
        await house.until(lambda job: job.progress == 0.5)
        assert (await house.jobs.of_take(TAKE))["pictures"].state == "queued"
        assert alive(pid)
        (house.folder / "go").touch()
        await house.until(lambda job: job.state == "done", kind="pictures")
        assert (await house.jobs.of_take(TAKE))["film"].state == "done"


async def test_two_at_once_where_the_operator_wants_it(house: House) -> None:
    async with house.running(at_once=2):
        for kind in ("film", "pictures"):
            await house.ask(kind=kind, pid=str(house.folder / kind), until=str(house.folder / "go"))
        assert alive(await house.pid("film"))
        assert alive(await house.pid("pictures"))


async def test_a_process_that_is_killed_is_begun_again(house: House) -> None:
    async with house.running():
        await house.ask(pid=str(house.folder / "pid"), until=str(house.folder / "go"))
        os.kill(await house.pid(), signal.SIGKILL)
        waiting = await house.until(lambda job: job.state == "queued" and job.attempts == 1)
        assert waiting.error == "crashed"
        (house.folder / "go").touch()
        house.clock.ms += 5_000
        house.runner.wake()
        assert (await house.until(lambda job: job.state == "done")).attempts == 2


async def test_a_killed_server_takes_its_processes_along_and_the_next_one_goes_on_at_once(house: House) -> None:
    house.make()
    await house.ask(pid=str(house.folder / "pid"), until=str(house.folder / "go"))
    server = await asyncio.create_subprocess_exec(sys.executable, "-c", RUNNER, str(house.folder), cwd=Path(__file__).parents[3])
    try:
        async with asyncio.timeout(DEADLINE_S):
            pid = await house.pid()
            server.kill()
            await server.wait()
            while alive(pid):
                await asyncio.sleep(0.01)
    finally:
        with contextlib.suppress(ProcessLookupError):
            server.kill()
        await server.wait()
    assert (await house.jobs.of_take(TAKE))["film"].state == "running"
    (house.folder / "go").touch()
    async with house.running():
        assert (await house.until(lambda job: job.state == "done")).attempts == 2


async def test_a_server_that_stops_in_order_gives_its_job_back(house: House) -> None:
    async with house.running():
        await house.ask(pid=str(house.folder / "pid"), until=str(house.folder / "go"))
        pid = await house.pid()
    assert not alive(pid)
    job = (await house.jobs.of_take(TAKE))["film"]
    assert (job.state, job.attempts) == ("queued", 0)


@pytest.mark.parametrize(("fails", "error"), [("crashed", "crashed"), ("babbles", "crashed"), ("silent", "silent"), ("disk_full", "disk")])
async def test_after_three_failures_it_has_failed_and_says_why(house: House, fails: str, error: str) -> None:
    async with house.running(silent_s=0.5 if fails == "silent" else 30.0):
        await house.ask(fails=fails)
        for attempt in (1, 2):
            await house.until(lambda job, attempt=attempt: job.state == "queued" and job.attempts == attempt)  # type: ignore[misc]
            house.clock.ms += 20_000
            house.runner.wake()
        assert (await house.until(lambda job: job.state == "failed")).error == error


async def test_what_is_not_wanted_any_more_is_not_tried_again(house: House) -> None:
    async with house.running():
        await house.ask(fails="gone")
        job = await house.until(lambda job: job.state == "failed")
    assert (job.error, job.attempts) == ("refused", 1)


async def test_whoever_cancels_is_obeyed_at_once_and_may_ask_again(house: House) -> None:
    async with house.running():
        await house.ask(pid=str(house.folder / "pid"), until=str(house.folder / "go"))
        pid = await house.pid()
        await house.jobs.cancel("t1", "film")
        assert not alive(pid)
        assert (await house.jobs.of_take(TAKE))["film"].state == "cancelled"
        await house.ask()
        await house.until(lambda job: job.state == "done")


async def test_a_deleted_recording_is_no_longer_worked_on(house: House) -> None:
    async with house.running():
        await house.ask(pid=str(house.folder / "pid"), until=str(house.folder / "go"))
        pid = await house.pid()
        house.jobs.take_deleted("t1")
        while alive(pid) or (await rows.of_takes(house.store, ["t1"]))["t1"]:
            await asyncio.sleep(0.01)


async def test_a_recording_that_changes_is_worked_on_as_it_is_now(house: House) -> None:
    changed = Take(take="t1", room="r", state="ready", version="v2")
    async with house.running():
        house.jobs.take_changed(Take(take="t1", room="r", state="recording"))
        house.jobs.take_changed(TAKE)
        await house.until(lambda job: job.state == "done", kind="waveform")
        await house.ask(pid=str(house.folder / "pid"), until=str(house.folder / "go"))
        old = await house.pid()
        house.jobs.take_changed(changed)
        for kind in ("pictures", "waveform"):
            await house.until(lambda job: job.state == "done", changed, kind)
        assert not alive(old)
        assert await house.pid() != old
        assert {(job.kind, job.version) for job in (await rows.of_takes(house.store, ["t1"]))["t1"]} == {
            ("film", "v2"),
            ("pictures", "v2"),
            ("waveform", "v2"),
        }


def alive(pid: int) -> bool:
    """A process that has ended and that nobody has waited for does not count."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
