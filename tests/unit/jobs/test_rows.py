"""Leases on a real database: one job is never done by two, and none is lost with whoever was doing it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from server.jobs import rows
from server.jobs.kinds import Job, JobKind, Spec
from server.jobs.rows import LEASE_MS
from server.store.engine import Store
from tests.fakes.stores import ENGINES, new_place

NOW = 1_774_000_000_000


@pytest.fixture(params=ENGINES)
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Path | str]:
    async with new_place(request.param, tmp_path) as made:
        yield made


@pytest.fixture
async def store(place: Path | str) -> AsyncIterator[Store]:
    async with Store(place) as opened:
        yield opened


def wish(job: str, kind: JobKind = "film", take: str = "t1", version: str = "v1", priority: int = 0) -> Job:
    spec = Spec(title="Fractions", people={"p1": "Ursula Unmistakable"})
    return Job(job=job, kind=kind, take=take, version=version, priority=priority, spec=spec, not_before_ms=NOW)


async def one(store: Store, take: str = "t1") -> Job:
    (job,) = (await rows.of_takes(store, [take]))[take]
    return job


async def taken(store: Store, owner: str, now_ms: int = NOW) -> Job:
    job = await rows.lease(store, owner, now_ms)
    assert job is not None
    return job


async def test_a_job_is_queued_once_for_each_version(store: Store) -> None:
    await rows.add(store, [wish("a"), wish("b"), wish("c", version="v2")], NOW)
    await rows.add(store, [wish("d")], NOW)
    await rows.ask(store, wish("e"), NOW)
    found = await rows.of_takes(store, ["t1", "t2"])
    assert [(job.job, job.version) for job in found["t1"]] == [("a", "v1"), ("c", "v2")]
    assert found["t2"] == []
    assert found["t1"][0] == wish("a")


async def test_the_most_urgent_comes_first_and_of_these_the_oldest(store: Store) -> None:
    await rows.add(store, [wish("film", priority=0)], NOW)
    await rows.add(store, [wish("new", "pictures", priority=10)], NOW + 2)
    await rows.add(store, [wish("old", "waveform", priority=10)], NOW + 1)
    await rows.add(store, [wish("awaited", take="t2", priority=0)], NOW + 3)
    await rows.ask(store, wish("ignored", take="t2", priority=100), NOW + 4)
    assert [(await taken(store, "r")).job for _ in range(4)] == ["awaited", "old", "new", "film"]
    assert await rows.lease(store, "r", NOW) is None


async def test_two_runners_never_get_the_same_job(store: Store, place: Path | str) -> None:
    await rows.add(store, [wish(f"j{number}", take=f"t{number}") for number in range(30)], NOW)
    async with Store(place) as other:

        async def work(mine: Store, owner: str) -> list[str]:
            got = []
            while (job := await rows.lease(mine, owner, NOW)) is not None:
                got.append(job.job)
            return got

        shares = await asyncio.gather(work(store, "one"), work(store, "two"), work(other, "three"))
    assert Counter(job for share in shares for job in share) == Counter(f"j{number}" for number in range(30))


async def test_a_lease_that_is_kept_up_stays_and_one_that_is_not_runs_out(store: Store) -> None:
    await rows.add(store, [wish("a")], NOW)
    await taken(store, "first")
    assert await rows.renew(store, "a", "first", 0.25, NOW + 20_000)
    assert await rows.lease(store, "second", NOW + LEASE_MS + 1) is None
    assert (await one(store)).progress == 0.25
    again = await taken(store, "second", NOW + 20_000 + LEASE_MS)
    assert (again.attempts, again.progress) == (2, 0.0)
    assert not await rows.renew(store, "a", "first", 0.5, NOW + 20_000 + LEASE_MS)
    assert not await rows.finish(store, "a", "first", {"film.mp4": 1}, NOW + 20_000 + LEASE_MS)
    assert not await rows.fail(store, again, "first", "crashed", NOW + 20_000 + LEASE_MS)
    assert (await one(store)).state == "running"
    assert await rows.finish(store, "a", "second", {"film.mp4": 5_000_000_000}, NOW + 60_000)
    done = await one(store)
    assert (done.state, done.progress, done.result) == ("done", 1.0, {"film.mp4": 5_000_000_000})
    assert await rows.lease(store, "second", NOW + 10 * LEASE_MS) is None


async def test_the_next_server_need_not_wait_for_the_leases_of_the_one_before(store: Store) -> None:
    await rows.add(store, [wish("a"), wish("b", take="t2")], NOW)
    await taken(store, "server:old")
    await taken(store, "worker:7")
    await rows.release(store, "server:")
    assert (await taken(store, "server:new")).job == "a"
    assert await rows.lease(store, "server:new", NOW) is None


async def test_what_fails_is_tried_again_after_a_while_and_three_times_in_all(store: Store) -> None:
    await rows.add(store, [wish("a")], NOW)
    now_ms = NOW
    for pause_ms in (5_000, 20_000):
        job = await taken(store, "r", now_ms)
        assert await rows.fail(store, job, "r", "crashed", now_ms)
        assert await rows.lease(store, "r", now_ms + pause_ms - 1) is None
        assert await rows.next_due_ms(store) == now_ms + pause_ms
        now_ms += pause_ms
    await rows.fail(store, await taken(store, "r", now_ms), "r", "silent", now_ms)
    failed = await one(store)
    assert (failed.state, failed.error, failed.attempts) == ("failed", "silent", 3)
    assert await rows.next_due_ms(store) is None
    await rows.add(store, [wish("b")], now_ms)
    assert await rows.lease(store, "r", now_ms + 1_000_000) is None, "it does not begin again by itself"
    await rows.ask(store, msgspec.structs.replace(wish("c"), spec=Spec(title="Now")), now_ms)
    again = await taken(store, "r", now_ms)
    assert (again.attempts, again.error, again.spec.title) == (1, "", "Now")


async def test_a_job_that_takes_its_runner_with_it_is_given_up(store: Store) -> None:
    await rows.add(store, [wish("a")], NOW)
    for attempt in range(3):
        await taken(store, "r", NOW + attempt * LEASE_MS)
    assert await rows.lease(store, "r", NOW + 3 * LEASE_MS) is None
    assert ((await one(store)).state, (await one(store)).error) == ("failed", "lost")


async def test_stopping_in_order_costs_no_attempt(store: Store) -> None:
    await rows.add(store, [wish("a")], NOW)
    for _ in range(5):
        await taken(store, "r")
        assert await rows.give_back(store, "a", "r")
    assert (await taken(store, "r")).attempts == 1


async def test_what_cannot_help_is_not_tried_again(store: Store) -> None:
    await rows.add(store, [wish("a")], NOW)
    await rows.fail(store, await taken(store, "r"), "r", "refused", NOW, for_good=True)
    assert (await one(store)).state == "failed"


@pytest.mark.parametrize("begun", [False, True])
async def test_a_cancelled_job_is_over_until_somebody_asks_again(store: Store, begun: bool) -> None:
    await rows.add(store, [wish("a"), wish("p", "pictures")], NOW)
    if begun:
        await taken(store, "r")
        await taken(store, "r")
    await rows.cancel(store, "t1", "film", NOW)
    states = {job.kind: job.state for job in (await rows.of_takes(store, ["t1"]))["t1"]}
    assert states == {"film": "cancelled", "pictures": "running" if begun else "queued"}
    assert not await rows.renew(store, "a", "r", 0.5, NOW), "whoever works on it stops"
    assert not await rows.finish(store, "a", "r", {}, NOW)
    await rows.ask(store, wish("b"), NOW)
    assert next(job for job in (await rows.of_takes(store, ["t1"]))["t1"] if job.kind == "film").state == "queued"


async def test_one_that_runs_here_already_is_not_begun_again(store: Store) -> None:
    await rows.add(store, [wish("a"), wish("b", take="t2")], NOW)
    found = await rows.lease(store, "r", NOW, but=["a"])
    assert found
    assert found.job == "b"


async def test_nothing_of_a_deleted_recording_stays(store: Store, tmp_path: Path) -> None:
    await rows.add(store, [wish("a"), wish("p", "pictures", version="v2"), wish("b", take="t2")], NOW)
    await rows.forget(store, ["t1"])
    await rows.replace(store, [], ["b"], NOW)
    assert await rows.of_takes(store, ["t1", "t2"]) == {"t1": [], "t2": []}
    await store.__aexit__()
    for file in tmp_path.iterdir():
        assert b"Unmistakable" not in file.read_bytes(), file.name
