"""Copies come to this node's disk: all of a session's when it is this node's from now on, products that another machine has made.

Manifests come to the disk last, then the recorder is told. What was not in time is brought in the background and told once more.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from server.blobs.blobs import Damaged, Failed, Missing
from server.blobs.layout import (
    JOURNALS,
    KEYS,
    PRODUCTS,
    Manifest,
    is_ours,
    is_wanted,
    key_of,
    manifest_name,
    newest,
    plain_name,
    read_manifest,
    take_stem,
)
from server.blobs.ledger import Ledgers
from server.blobs.local import Local
from server.review.recorder_client import ReadError, RecorderClient

if TYPE_CHECKING:
    from server.blobs.copying import Store

log = logging.getLogger(__name__)

AT_ONCE = 8  # files
AGAIN_S = 1.0
LONGEST_WAIT_S = 20.0


class Bringing:
    def __init__(self, store: Store, local: Local, ledgers: Ledgers, recorder: RecorderClient) -> None:
        self._store = store
        self._local = local
        self._ledgers = ledgers
        self._recorder = recorder
        self._late: dict[str, asyncio.Task[None]] = {}

    def is_busy(self, session: str) -> bool:
        """Not all of its files are here: what is not here is not gone."""
        return session in self._late

    def stop(self, session: str) -> None:
        task = self._late.pop(session, None)
        if task is not None:
            task.cancel()

    async def close(self) -> None:
        tasks = list(self._late.values())
        for session in list(self._late):
            self.stop(session)
        await asyncio.gather(*tasks, return_exceptions=True)

    async def fetch(self, session: str, within_s: float) -> bool:
        if session in self._late:
            return False
        visit = _Visit(self._store, self._local, session)
        whole = False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                whole = await visit.bring()
        try:
            await self._hand_out(visit, whole=whole, late=())
        except (ReadError, OSError) as error:
            log.error("session %s: its files cannot be handed to the recorder yet: %s", session, type(error).__name__)
            whole = False
        if not whole:
            log.warning("session %s goes on without all of its files, the others follow", session)
            self._late[session] = asyncio.create_task(self._go_on(visit), name=f"files of {session}")
        return whole

    async def fetch_product(self, session: str, take: str, version: str, name: str) -> bool:
        """Key first, so that whoever sees the file can open it."""
        stem = plain_name(take)
        names = [f"{KEYS}/{stem}/recorder.product-{version}-{name}.key", f"{PRODUCTS}/{stem}.{version}.{name}"]
        if not all(map(is_ours, names)):
            return False
        try:
            best = newest(copy for copy, _ in await self._store.copies(session))
            for each in names:
                if each not in best:
                    return False
                await self._store.of(each).get(key_of(session, best[each], each), self._local.path_of(each))
        except (Failed, Missing, Damaged, OSError) as error:
            log.error("take %s: %s cannot be fetched: %s", take, name, type(error).__name__)
            return False
        ledger = await asyncio.to_thread(self._ledgers.of, session)
        for each in names:
            ledger.copies[each] = await asyncio.to_thread(self._local.seen, each)
        await asyncio.to_thread(self._ledgers.save, session)
        return True

    async def rescue(self, session: str, manifests: Mapping[str, Manifest]) -> None:
        """Parts that only this disk has, of takes that the new owner knows and goes on with: it fetches them later. Raises Failed, OSError."""
        ledger = await asyncio.to_thread(self._ledgers.of, session)
        only_here = [
            part.path for each in manifests.values() for part in each.parts if part.path not in ledger.copies and is_ours(part.path)
        ]
        if not only_here:
            return
        visit = _Visit(self._store, self._local, session)
        await visit.look()
        wanted = {part.path for each in visit.manifests.values() if each.state != "deleted" for part in each.parts}
        for path in only_here:
            if path in wanted and path not in visit.best:
                with contextlib.suppress(FileNotFoundError):
                    await self._store.files.put(key_of(session, ledger.epoch, path), self._local.path_of(path))

    async def _go_on(self, visit: _Visit) -> None:
        wait_s = AGAIN_S
        while True:
            before = set(visit.there)
            try:
                if await visit.bring():
                    late = {take_stem(name) for name in visit.there - before}
                    takes = tuple(each.take for stem, each in visit.manifests.items() if stem in late or not before)
                    await self._hand_out(visit, whole=True, late=takes)
                    break
            except (ReadError, OSError) as error:
                log.error("session %s: its files are not here yet: %s", visit.session, type(error).__name__)
            await asyncio.sleep(wait_s)
            wait_s = min(LONGEST_WAIT_S, wait_s * 2)
        log.info("session %s: all of its files are here", visit.session)
        self._late.pop(visit.session, None)

    async def _hand_out(self, visit: _Visit, *, whole: bool, late: tuple[str, ...]) -> None:
        """Raises ReadError, OSError."""
        running = {plain_name(take.take) for take in self._recorder.takes.values() if take.state == "recording"}
        await asyncio.to_thread(visit.place_manifests, running)
        if visit.manifests:
            await self._recorder.adopt(visit.session, late=late, whole=whole)
        ledger = await asyncio.to_thread(self._ledgers.of, visit.session)
        for name in visit.there:
            with contextlib.suppress(FileNotFoundError):
                ledger.copies[name] = await asyncio.to_thread(self._local.seen, name)
        await asyncio.to_thread(self._ledgers.save, visit.session)


class _Visit:
    """What there is of one session, and what of it has come. `there`: copies whose bytes are here."""

    def __init__(self, store: Store, local: Local, session: str) -> None:
        self._store = store
        self._local = local
        self.session = session
        self.best: dict[str, int] = {}
        self.manifests: dict[str, Manifest] = {}
        self.there: set[str] = set()
        self._sizes: dict[str, int] = {}
        self._texts: dict[str, bytes] = {}  # of manifests that are not placed yet
        self._looked = False

    async def look(self) -> None:
        """Raises Failed, OSError."""
        copies = await self._store.copies(self.session)
        self.best = newest(copy for copy, _ in copies)
        self._sizes = {copy.name: size for copy, size in copies if self.best[copy.name] == copy.epoch}
        for name in self.best:
            if name.endswith(".json"):
                await self._read_manifest(name)
        self._looked = True

    async def bring(self) -> bool:
        """Whether all is here that is wanted. Raises OSError."""
        try:
            if not self._looked:
                await self.look()
            wanted = [name for name in self.best if not name.endswith(".json") and is_wanted(name, self.manifests)]
            turns = asyncio.Semaphore(AT_ONCE)
            results = await asyncio.gather(*(self._bring_one(name, turns) for name in sorted(wanted, key=_rank)))
            return all(results)
        except (Failed, Missing) as error:
            log.warning("session %s: %s", self.session, error)
            self._looked = False
            return False

    def place_manifests(self, but: set[str]) -> None:
        """`but`: of takes that the recorder has begun here meanwhile. Blocks. Raises OSError."""
        for name, text in list(self._texts.items()):
            if take_stem(name) in but:
                log.error("take %s has begun here anew: what was recorded before it stays among the copies", take_stem(name))
                continue
            path = self._local.path_of(name)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            aside = path.with_suffix(".new")
            aside.write_bytes(text)
            aside.replace(path)
            self.there.add(name)
            del self._texts[name]

    async def _read_manifest(self, name: str) -> None:
        """Raises Failed, Missing, OSError."""
        aside = self._local.path_of(name).with_suffix(".coming")
        try:
            await self._store.files.get(key_of(self.session, self.best[name], name), aside)
            text = await asyncio.to_thread(aside.read_bytes)
            manifest = read_manifest(text)
        except (Damaged, ValueError):
            log.error("session %s: a manifest among its copies cannot be read", self.session)
            return
        finally:
            aside.unlink(missing_ok=True)
        if manifest.room == self.session and name == manifest_name(manifest.take):
            self.manifests[take_stem(name)] = manifest
            self._texts[name] = text

    async def _bring_one(self, name: str, turns: asyncio.Semaphore) -> bool:
        async with turns:
            path = self._local.path_of(name)
            with contextlib.suppress(FileNotFoundError):
                if name in self.there or (not name.startswith(f"{KEYS}/") and path.stat().st_size == self._sizes[name]):
                    self.there.add(name)
                    return True
            try:
                await self._store.of(name).get(key_of(self.session, self.best[name], name), path)
            except Missing:
                return True  # erased meanwhile
            except (Failed, Damaged) as error:
                log.warning("session %s: a file cannot be fetched: %s", self.session, type(error).__name__)
                return isinstance(error, Damaged)
            self.there.add(name)
            return True


def _rank(name: str) -> tuple[int, str]:
    """What a take cannot go on without comes first."""
    return (0 if name.startswith(f"{KEYS}/") else 2 if name.startswith(f"{JOURNALS}/") else 1), name
