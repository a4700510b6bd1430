"""`microteach worker` as a process: what it makes of a recording that another machine has made, and what of it stays with it: nothing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa

from recorder.control import ProductName
from server.jobs import rows
from server.jobs.kinds import Job, JobKind
from server.store.engine import Store, statement
from server.store.schema import sessions, takes
from tests.fakes.rtp_media import Sender, beeps, film, voice
from tests.fakes.s3 import KEY_ID, SECRET, Storage, storage
from tests.fakes.stores import new_place
from tests.integration.blobs.nodes import ROOM, Buckets, Node, two_nodes
from tests.integration.recorder.harness import REPOSITORY, TEACHER_CAMERA, TEACHER_VOICE
from tests.requirements import long

pytestmark = [pytest.mark.full, pytest.mark.timeout(300)]
SECONDS = 4
SECOND_NS = 1_000_000_000
MEMORY = Path("/dev/shm")


@pytest.fixture(scope="module")
def s3() -> Iterator[Storage]:
    with storage() as running:
        yield running


@pytest_asyncio.fixture
async def recorded(tmp_path: Path, s3: Storage) -> AsyncIterator[tuple[Node, Buckets]]:
    """A node whose recording is finished and copied."""
    buckets = Buckets(s3)
    async with two_nodes(tmp_path, buckets) as (a, _, _):
        await a.start()
        studio = a.studio
        studio.base_ns = time.monotonic_ns() - (SECONDS + 1) * SECOND_NS
        media = {TEACHER_CAMERA: film(SECONDS, Sender(ssrc=1)), TEACHER_VOICE: voice(SECONDS, Sender(ssrc=2), beeps(SECONDS, 1000))}
        await studio.play("take", media, until_ns=SECONDS * SECOND_NS, in_real_time=False)
        studio.mark(None, SECONDS * SECOND_NS)
        await a.take(settled=True, mixed=True)
        await a.copied()
        a.recorder.bring = a.mirror.fetch_product
        yield a, buckets


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[tuple[Store, str]]:
    async with new_place("postgresql", tmp_path) as url, Store(url) as opened:
        await opened.write(statement(sa.insert(sessions).values(session=ROOM, title="", created_ms=0, owner="a", epoch=1)))
        values = {"take": "take", "session": ROOM, "round": 1, "attempt": 0, "teacher": "teacher", "started_ms": 0}
        await opened.write(statement(sa.insert(takes).values(values)))
        yield opened, str(url)


class Worker:
    def __init__(self, folder: Path, database: str, buckets: Buckets) -> None:
        self.folder = folder
        self._environment = os.environ | {
            "MT_DATABASE": database,
            "MT_DATA": str(folder),
            "MT_S3_ENDPOINT": buckets.storage.url,
            "MT_S3_BUCKET": buckets.files,
            "MT_S3_KEYS_BUCKET": buckets.keys,
            "MT_S3_KEY_ID": KEY_ID,
            "MT_S3_SECRET": SECRET,
        }
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        command = [sys.executable, "-m", "server.cli", "worker", "--settings", os.devnull]
        self.process = await asyncio.create_subprocess_exec(*command, cwd=REPOSITORY, env=self._environment)

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        return await self.process.wait()

    def left(self) -> list[Path]:
        return [*self.folder.glob("worker/microteach-job-*"), *MEMORY.glob("microteach-job-*")]


@pytest_asyncio.fixture
async def worker(tmp_path: Path, store: tuple[Store, str], recorded: tuple[Node, Buckets]) -> AsyncIterator[Worker]:
    made = Worker(tmp_path / "elsewhere", store[1], recorded[1])
    yield made
    if made.process is not None and made.process.returncode is None:
        await made.end()


async def test_a_worker_makes_what_the_owner_then_has(worker: Worker, store: tuple[Store, str], recorded: tuple[Node, Buckets]) -> None:
    node, _ = recorded
    await worker.start()
    for kind in ("pictures", "waveform"):
        await ask(store[0], node, kind)
    await over(store[0], {"done": 2})
    version = node.recorder.takes["take"].version
    names: tuple[ProductName, ...] = ("poster.jpg", "waveform.bin", "sprite.jpg", "sprite.json", "stills.json")
    for name in names:
        size = await node.recorder.product_size("take", version, name)
        data = b"".join([piece async for piece in node.recorder.read_product("take", version, name, 0, size)])
        assert len(data) == size > 0
    assert await worker.end() == 0
    assert worker.left() == []
    node.recorder.delete("take")
    await node.until(lambda: recorded[1].names() == ["takes/take.json"])


@long
async def test_a_worker_that_is_killed_is_succeeded(worker: Worker, store: tuple[Store, str], recorded: tuple[Node, Buckets]) -> None:
    node, _ = recorded
    await worker.start()
    await ask(store[0], node, "film")
    await Node.until(lambda: len(worker.left()) >= 2)
    await worker.end(signal.SIGKILL)
    await worker.start()
    await over(store[0], {"done": 1})
    [job] = (await rows.of_takes(store[0], ["take"]))["take"]
    assert job.attempts == 2
    assert await worker.end() == 0
    assert worker.left() == []


@long
async def test_a_recording_that_is_deleted_meanwhile_gets_nothing(
    worker: Worker, store: tuple[Store, str], recorded: tuple[Node, Buckets]
) -> None:
    node, buckets = recorded
    await ask(store[0], node, "film")
    node.recorder.delete("take")
    await node.until(lambda: buckets.names() == ["takes/take.json"])
    await worker.start()
    await over(store[0], {"failed": 1})
    [job] = (await rows.of_takes(store[0], ["take"]))["take"]
    assert (job.error, job.attempts) == ("refused", 1)
    assert buckets.names() == ["takes/take.json"]


async def test_a_worker_says_what_it_needs(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "server.cli", "worker", "--settings", os.devnull]
    process = await asyncio.create_subprocess_exec(*command, cwd=REPOSITORY, stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    assert process.returncode == 2
    assert said.decode().startswith("microteach: database: a worker")


async def ask(store: Store, node: Node, kind: JobKind) -> None:
    version = node.recorder.takes["take"].version
    await rows.ask(store, Job(job=f"job-{kind}", kind=kind, take="take", version=version), time.time_ns() // 1_000_000)


async def over(store: Store, wanted: dict[str, int]) -> None:
    async with asyncio.timeout(200):
        while True:
            states = [job.state for job in (await rows.of_takes(store, ["take"]))["take"]]
            if {state: states.count(state) for state in set(states)} == wanted:
                return
            await asyncio.sleep(0.2)
