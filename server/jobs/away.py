"""A job on a machine that has nothing of the recording: its files are fetched from the storage, and what was made is put there.

Everything lies in a folder that is gone afterwards, its keys in memory where there is such a place; what a killed process has left goes
at the next start. A recording that changes meanwhile gets nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from server.blobs.blobs import Failed
from server.blobs.layout import KEYS, PRODUCTS, is_ours, key_of, plain_name
from server.blobs.local import Folders, Local
from server.blobs.store import Store
from server.blobs.visit import Visit
from server.jobs.child import ChildFailed
from server.jobs.kinds import Job, order_of

FETCH_S = 1_800.0
MEMORY = Path("/dev/shm")
_PREFIX = "microteach-job-"

Tell = Callable[[float], None]
Make = Callable[[bytes, Tell], Awaitable[dict[str, int]]]  # as `run_child`


@dataclass(frozen=True, slots=True)
class Owned:
    """Whose recording it is: the session, and the epoch of its owner, under which what is made is kept."""

    session: str
    epoch: int


class Away:
    """`owned` is asked of the database, None where there is no such take any more."""

    def __init__(self, store: Store, folder: Path, owned: Callable[[str], Awaitable[Owned | None]], make: Make) -> None:
        self._store = store
        self._folder = folder
        self._owned = owned
        self._make = make

    async def work(self, job: Job, tell: Tell) -> dict[str, int]:
        """What was made, in bytes by name. Raises ChildFailed."""
        owned = await self._owned(job.take)
        if owned is None:
            raise ChildFailed("refused")
        with scratch(self._folder) as files, scratch(MEMORY if MEMORY.is_dir() else self._folder) as keys:
            folders = Folders(files / "recordings", keys / "keys", files / "slides")
            await self._fetch(owned, job, Local(folders))
            made = await self._make(order_of(job, folders.recordings, folders.keys), tell)
            try:
                await self._keep(job, made, Local(folders))
            except (Failed, OSError) as error:
                raise ChildFailed("storage") from error
        return made

    async def _fetch(self, owned: Owned, job: Job, local: Local) -> None:
        visit = Visit(self._store, local, owned.session, only=job.take)
        try:
            async with asyncio.timeout(FETCH_S):
                whole = await visit.bring()
            await asyncio.to_thread(visit.place_manifests, set())
        except (TimeoutError, OSError) as error:
            raise ChildFailed("storage") from error
        if not whole:
            raise ChildFailed("storage")
        _check(visit, job)

    async def _keep(self, job: Job, made: dict[str, int], local: Local) -> None:
        """Looks before and after: whoever changes the recording has its manifest copied first, and then erases what is of it. Raises
        ChildFailed, Failed, OSError."""
        owned = await self._check_again(job, local)
        stem = plain_name(job.take)
        names = [(f"{KEYS}/{stem}/recorder.product-{job.version}-{name}.key", f"{PRODUCTS}/{stem}.{job.version}.{name}") for name in made]
        for name in (each for pair in names for each in pair):
            if not is_ours(name):
                raise ChildFailed("crashed")
            await self._store.of(name).put(key_of(owned.session, owned.epoch, name), local.path_of(name))
        try:
            await self._check_again(job, local)
        except ChildFailed:
            put = {key_of(owned.session, owned.epoch, name) for pair in names for name in pair}
            await self._store.erase(owned.session, put.__contains__)
            raise

    async def _check_again(self, job: Job, local: Local) -> Owned:
        owned = await self._owned(job.take)
        if owned is None:
            raise ChildFailed("refused")
        visit = Visit(self._store, local, owned.session, only=job.take)
        await visit.look()
        _check(visit, job)
        return owned


def _check(visit: Visit, job: Job) -> None:
    manifest = visit.manifests.get(plain_name(job.take))
    if manifest is None or manifest.state != "ready" or manifest.version != job.version:
        raise ChildFailed("refused")


@contextlib.contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """Nobody else's, locked while it is used, and gone afterwards."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=folder))
    handle = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(handle)


def remove_left(folder: Path) -> None:
    """What processes that were killed have left, in this folder and in memory."""
    for place in (folder, MEMORY):
        for left in place.glob(f"{_PREFIX}*"):
            try:
                handle = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            except OSError:
                continue
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(handle).st_uid == os.getuid():
                    shutil.rmtree(left, ignore_errors=True)
            except OSError:
                pass
            finally:
                os.close(handle)
