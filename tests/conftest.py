"""A test leaves nothing behind: no task, no socket, no thread. Seeds of `random` are printed and can be set with MT_SEED."""

import asyncio
import gc
import inspect
import os
import random
import secrets
import threading
import time
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

GRACE_S = 5.0
SEED = int(os.environ.get("MT_SEED") or secrets.randbelow(1 << 32))


def pytest_report_header() -> str:
    return f"seed: MT_SEED={SEED}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
            item.fixturenames.insert(0, "no_leaked_task")  # first, so that it looks when all other fixtures are gone
        used = getattr(getattr(item, "module", None), "studio", None)
        if getattr(used, "__module__", "") == "tests.fakes.studio":
            item.add_marker(pytest.mark.full)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(300))  # the first one on a machine makes the lesson


@pytest.fixture(autouse=True)
def seeded(request: pytest.FixtureRequest) -> None:
    random.seed(f"{SEED} {request.node.nodeid}")


@pytest.fixture(autouse=True)
def same_umask() -> Iterator[None]:
    """Commands that a test calls set theirs for good."""
    mask = os.umask(0o022)
    os.umask(mask)
    yield
    os.umask(mask)


def _is_the_library_s(task: asyncio.Task[object]) -> bool:
    """SQLAlchemy's own: it closes a connection whose read was cancelled, and waits for ever where that was closed already."""
    return getattr(task.get_coro(), "__qualname__", "") == "AsyncAdapt_aiosqlite_connection._terminate_graceful_close"


@pytest.fixture
async def no_leaked_task() -> AsyncIterator[None]:
    yield
    tasks = {task for task in asyncio.all_tasks() if task is not asyncio.current_task() and not _is_the_library_s(task)}
    if tasks:
        _, tasks = await asyncio.wait(tasks, timeout=GRACE_S)  # those that are about to end anyway
    if tasks:
        pytest.fail("leaked tasks: " + ", ".join(sorted(repr(task) for task in tasks)), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    item.config.stash.setdefault(BEFORE_FILE, Open.now())
    yield
    item.stash[BEFORE_CALL] = Open.now()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
    """Looks after the test's fixtures and loop are gone. What a file's tests share must be gone after the last of them."""
    yield
    if BEFORE_CALL in item.stash:
        item.stash[BEFORE_CALL].fail_if_more("by this test")
    if nextitem is None or nextitem.path != item.path:
        before = item.config.stash[BEFORE_FILE]
        del item.config.stash[BEFORE_FILE]
        before.fail_if_more("by this file's tests and fixtures")


@dataclass(frozen=True)
class Open:
    """What a process holds that does not go away by itself."""

    sockets: frozenset[str]
    threads: frozenset[threading.Thread]

    @classmethod
    def now(cls) -> Self:
        return cls(_sockets(), frozenset(thread for thread in threading.enumerate() if not thread.daemon))

    def fail_if_more(self, whose: str) -> None:
        if _sockets() - self.sockets:
            gc.collect()  # what is only garbage warns now, which is an error
        deadline = time.monotonic() + GRACE_S
        while (now := Open.now()).threads - self.threads and time.monotonic() < deadline:
            time.sleep(0.01)
        left = sorted([*(now.sockets - self.sockets), *(thread.name for thread in now.threads - self.threads)])
        if left:
            pytest.fail(f"left open {whose}: {', '.join(left)}", pytrace=False)


BEFORE_FILE = pytest.StashKey[Open]()
BEFORE_CALL = pytest.StashKey[Open]()


def _sockets() -> frozenset[str]:
    """The sockets that this process has open, where the system tells."""
    found = set()
    for entry in Path("/proc/self/fd").glob("*"):
        try:
            target = os.readlink(entry)
        except OSError:
            continue
        if target.startswith("socket:"):
            found.add(target)
    return frozenset(found)
