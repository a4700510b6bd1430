"""Copies come to this node's disk: all of a session's when it is this node's from now on, products that another machine has made.

Manifests come to the disk last, then the recorder is told. What was not in time is brought in the background and told once more.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping

from server.blobs.blobs import Damaged, Failed, Missing
from server.blobs.layout import (
    KEYS,
    PRODUCTS,
    Manifest,
    is_ours,
    key_of,
    newest,
    plain_name,
    take_stem,
)
from server.blobs.ledger import Ledgers
from server.blobs.local import Local
from server.blobs.store import Store
from server.blobs.visit import Visit
from server.review.recorder_client import ReadError, RecorderClient

log = logging.getLogger(__name__)

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
        visit = Visit(self._store, self._local, session)
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

    async def find_lost(self, session: str, manifests: Mapping[str, Manifest]) -> None:
        """Parts that went with a machine which has come back since, and has copied them. Raises Failed, OSError."""
        lost = {
            part.path for each in manifests.values() if each.state != "deleted" for part in each.parts if part.lost and is_ours(part.path)
        }
        if not lost or session in self._late:
            return
        best = newest(copy for copy, _ in await self._store.copies(session))
        found = lost & best.keys()
        for path in found:
            with contextlib.suppress(Missing, Damaged):
                await self._store.files.get(key_of(session, best[path], path), self._local.path_of(path))
        takes = {each.take for each in manifests.values() for part in each.parts if part.path in found}
        if takes:
            log.info("session %s: %d parts that were lost are here", session, len(found))
            with contextlib.suppress(ReadError):  # asked again, as long as the recorder takes them for lost
                await self._recorder.adopt(session, late=tuple(sorted(takes)))

    async def rescue(self, session: str, manifests: Mapping[str, Manifest]) -> bool:
        """Before they are removed here: copy parts that only this disk has, of takes that the new owner goes on with; it fetches them
        later. False: a take is here of which there is no copy. Raises Failed, OSError."""
        visit = Visit(self._store, self._local, session)
        await visit.look()
        if any(each.state != "deleted" and stem not in visit.manifests for stem, each in manifests.items()):
            return False
        ledger = await asyncio.to_thread(self._ledgers.of, session)
        here = {part.path for each in manifests.values() for part in each.parts if is_ours(part.path)}
        wanted = {part.path for each in visit.manifests.values() if each.state != "deleted" for part in each.parts}
        for path in sorted((here & wanted) - visit.best.keys()):
            with contextlib.suppress(FileNotFoundError):
                await self._store.files.put(key_of(session, ledger.epoch, path), self._local.path_of(path))
        return True

    async def _go_on(self, visit: Visit) -> None:
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

    async def _hand_out(self, visit: Visit, *, whole: bool, late: tuple[str, ...]) -> None:
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
