"""Two nodes as far as files go: a recorder process each, and the server's mirror beside it; who owns the room is what the test says."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from recorder.control import Take
from server.blobs.copying import CopyingMirror
from server.blobs.ledger import Ledgers
from server.blobs.local import Folders, Local
from server.blobs.s3 import S3
from server.blobs.store import Store
from server.review.recorder_client import RecorderClient, Told
from tests.fakes.s3 import Storage
from tests.integration.recorder.harness import Studio

ROOM = "room"
_numbers = itertools.count(1)


@dataclass
class Ownership:
    node: str = "a"
    epoch: int = 1
    decks: dict[str, str] = field(default_factory=dict)

    def move(self, node: str) -> None:
        self.node, self.epoch = node, self.epoch + 1


class Buckets:
    def __init__(self, storage: Storage) -> None:
        number = next(_numbers)
        self.storage = storage
        self.files, self.keys = f"files{number}", f"keys{number}"
        self._places = storage.make_bucket(self.files), storage.make_bucket(self.keys)

    def open(self) -> Store:
        files, keys = self._places
        return Store(S3(files), S3(keys))

    def everything(self) -> dict[str, bytes]:
        return self.storage.everything(self.files) | self.storage.everything(self.keys)

    def names(self) -> list[str]:
        """Of what is there, whatever the epoch."""
        return sorted(key.split(" ")[0].split("/", 2)[2] for key in self.everything())


class Node:
    def __init__(self, name: str, folder: Path, buckets: Buckets, ownership: Ownership, *, part_s: int = 1) -> None:
        folder.mkdir()
        self.name = name
        self.studio = Studio(folder, part_s=part_s)
        nothing: Callable[..., None] = lambda *_: None  # noqa: E731
        self.recorder = RecorderClient(folder / "control", Told(changed=nothing, deleted=nothing, withdrawn=nothing, storage=nothing))
        self.folders = Folders(folder / "data", folder / "keys", folder / "slides")
        self._ownership = ownership

        async def epoch_of(_: str) -> int | None:
            return ownership.epoch if ownership.node == name else None

        async def decks() -> dict[str, str]:
            return ownership.decks

        def mirror() -> CopyingMirror:
            return CopyingMirror(buckets.open(), Local(self.folders), Ledgers(folder / "mirror"), self.recorder, epoch_of, decks)

        self._make_mirror = mirror
        self.mirror = mirror()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Also after it has died, upon what it has left."""
        self.mirror = self._make_mirror()
        await self.studio.start()
        self._tasks = [asyncio.create_task(self.recorder.run()), asyncio.create_task(self.mirror.run())]
        await self.until(lambda: self.recorder.connected)

    async def die(self) -> None:
        """Its disk stays as it is."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.mirror.close()
        self._tasks = []
        if self.studio.processes and self.studio.processes[-1].returncode is None:
            await self.studio.kill()

    async def close(self) -> None:
        await self.die()
        self.studio.ring.close()

    async def take(self, state: str = "ready", take: str = "take", *, settled: bool = False, mixed: bool = False) -> Take:
        def is_so() -> bool:
            known = self.recorder.takes.get(take)
            return known is not None and known.state == state and (known.settled or not settled) and not (mixed and known.mixing)

        await self.until(is_so)
        return self.recorder.takes[take]

    async def copied(self) -> None:
        """Everything that will be, is among the copies."""
        before = time.monotonic()
        await self.until(lambda: not self.mirror.behind().files and time.monotonic() - before > 2.5)

    @staticmethod
    async def until(condition: Callable[[], bool], within_s: float = 90.0) -> None:
        async with asyncio.timeout(within_s):
            while not condition():
                await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def two_nodes(tmp_path: Path, buckets: Buckets) -> AsyncIterator[tuple[Node, Node, Ownership]]:
    ownership = Ownership()
    a, b = (Node(name, tmp_path / name, buckets, ownership) for name in ("a", "b"))
    try:
        yield a, b, ownership
    finally:
        await a.close()
        await b.close()
