"""The mirror where there is a storage: copies what is new, brings what comes here, erases what is unwanted.

Keys are copied before what needs them, manifests after what they name. Only the owner of a session copies and erases, under its epoch;
a storage that fails for hours costs nothing but time, the files are here. Where a file lies: docs/files.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping

from server.blobs.blobs import Damaged, Failed, Missing
from server.blobs.bringing import Bringing
from server.blobs.layout import SLIDES, Manifest, is_manifest, is_secret, is_wanted, key_of, newest, read_key, take_stem
from server.blobs.ledger import Ledger, Ledgers, Seen
from server.blobs.local import Local
from server.blobs.mirror import FETCH_S, HAND_OVER_S, Behind, EpochOf
from server.blobs.store import Store
from server.review.recorder_client import ReadError, RecorderClient

log = logging.getLogger(__name__)

LOOK_S = 1.0
LOOK_AT_ALL_EACH = 300  # looks: whatever was not noticed by the folders that it changed
LOOK_AROUND_EACH = 20  # what is another node's now, what a node that came back has brought
FOREIGN_LOOKS = 3  # of these, at OWNERS_ASKED sessions each
OWNERS_ASKED = 100
FORGET_S = 10.0
AT_ONCE = 4  # sessions
RATE_BYTES_S = 40 * 1024 * 1024
LONGEST_WAIT_S = 30.0
AGAIN_S = 0.2

Decks = Callable[[], Awaitable[dict[str, str]]]  # the session of each deck of slides


class CopyingMirror:
    """As `server.blobs.mirror.Mirror`."""

    def __init__(self, store: Store, local: Local, ledgers: Ledgers, recorder: RecorderClient, epoch_of: EpochOf, decks: Decks) -> None:
        self._store = store
        self._local = local
        self._ledgers = ledgers
        self._recorder = recorder
        self._epoch_of = epoch_of
        self._decks = decks
        self._bringing = Bringing(store, local, ledgers, recorder)
        self._waiting: dict[str, tuple[float, int, int]] = {}  # by session: since when, files, bytes
        self._locks: dict[str, asyncio.Lock] = {}
        self._sessions: dict[str, dict[str, Manifest]] = {}
        self._slides: dict[str, list[str]] = {}
        self._clean: dict[str, object] = {}
        self._foreign: dict[str, int] = {}  # looks
        self._asked = 0
        self._failing = False

    async def run(self) -> None:
        wait_s, looks = LOOK_S, 0
        while True:
            try:
                await self._look(everywhere=looks % LOOK_AT_ALL_EACH == 0, around=looks % LOOK_AROUND_EACH == 0)
                wait_s, looks = LOOK_S, looks + 1
                self._tell_failing(None)
            except (Failed, OSError) as error:
                wait_s = min(LONGEST_WAIT_S, wait_s * 2)
                self._tell_failing(error)
            except Exception:
                log.exception("files cannot be copied")
                wait_s = LONGEST_WAIT_S
            await asyncio.sleep(wait_s)

    async def fetch(self, session: str, within_s: float = FETCH_S) -> bool:
        async with self._lock(session):
            self._clean.pop(session, None)
            return await self._bringing.fetch(session, within_s)

    async def hand_over(self, session: str, within_s: float = HAND_OVER_S) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._insist(lambda: self._recorder.release(session))
                await self._insist(lambda: self._copy_all_of(session))
                return True
        log.error("session %s: not all of its files were copied in time", session)
        return False

    async def forget_local(self, session: str) -> None:
        try:
            async with asyncio.timeout(FORGET_S), self._lock(session):
                await self._forget(session)
        except (TimeoutError, ReadError, Failed, OSError) as error:  # once more in a while
            log.error("session %s: its files are still here: %s", session, type(error).__name__)

    async def fetch_product(self, take: str, version: str, name: str) -> bool:
        known = self._recorder.takes.get(take)
        return known is not None and await self._bringing.fetch_product(known.room, take, version, name)

    async def erase_session(self, session: str) -> bool:
        async with self._lock(session):
            self._bringing.stop(session)
            try:
                await self._store.erase(session)
                await asyncio.to_thread(self._ledgers.forget, session)
            except (Failed, OSError) as error:
                log.error("session %s: not all of its files are erased yet: %s", session, error)
                return False
            self._waiting.pop(session, None)
            return True

    async def erase_deck(self, session: str, deck: str) -> bool:
        def is_of_it(key: str) -> bool:
            copy = read_key(key)
            return copy is not None and copy.name.startswith(f"{SLIDES}/{deck}/")

        try:
            async with self._lock(session):
                await self._store.erase(session, is_of_it)
        except (Failed, OSError) as error:
            log.error("session %s: slides of it are not erased yet: %s", session, error)
            return False
        return True

    async def sessions_here(self) -> list[str]:
        await self._find()
        return sorted({*self._sessions, *self._slides})

    def behind(self) -> Behind:
        waiting = self._waiting.values()
        seconds = max((time.monotonic() - since for since, _, _ in waiting), default=0.0)
        return Behind(sum(files for _, files, _ in waiting), sum(size_bytes for _, _, size_bytes in waiting), seconds)

    async def close(self) -> None:
        await self._bringing.close()
        await self._store.close()

    async def _look(self, *, everywhere: bool, around: bool) -> None:
        """Raises what the first session that failed has raised, when all were tried."""
        await self._find()
        hot = [session for session in {*self._sessions, *self._slides} if everywhere or self._is_hot(session, around=around)]
        turns = asyncio.Semaphore(AT_ONCE)

        async def copy(session: str) -> None:
            async with turns, self._lock(session):
                await self._copy(session, everything=False)
                if around:
                    await self._bringing.find_lost(session, self._sessions.get(session, {}))

        if around:
            await self._forget_foreign()
        results = await asyncio.gather(*(copy(session) for session in sorted(hot)), return_exceptions=True)
        for error in results:
            if isinstance(error, BaseException):
                raise error

    async def _forget_foreign(self) -> None:
        """What is here and has been another node's for a while: this one was dead, or was not told."""
        here = sorted({*self._sessions, *self._slides})
        self._asked = self._asked + OWNERS_ASKED if self._asked + OWNERS_ASKED < len(here) else 0
        asked = {*here[self._asked : self._asked + OWNERS_ASKED], *(self._foreign.keys() & set(here))}
        foreign = [session for session in asked if await self._owned(session) is None]
        self._foreign = {session: self._foreign.get(session, 0) + 1 for session in foreign}
        for session, looks in self._foreign.items():
            if looks % FOREIGN_LOOKS == 0:
                await self.forget_local(session)

    async def _forget(self, session: str) -> None:
        """Raises ReadError, Failed, OSError."""
        self._bringing.stop(session)
        await self._recorder.release(session)
        await self._find()
        manifests = self._sessions.get(session, {})
        if not await self._bringing.rescue(session, manifests):
            log.error("session %s: it is another node's, and of its files here there is no copy: they stay", session)
            return
        await asyncio.to_thread(self._local.remove, session, manifests, self._slides.get(session, []))
        await asyncio.to_thread(self._ledgers.forget, session)
        self._waiting.pop(session, None)
        self._clean.pop(session, None)

    def _is_hot(self, session: str, *, around: bool) -> bool:
        manifests = self._sessions.get(session, {})
        if around and any(part.lost for each in manifests.values() for part in each.parts):
            return True
        unsettled = any(not each.settled and each.state != "deleted" for each in manifests.values())
        return unsettled or session in self._waiting or self._clean.get(session) != self._state(session)

    def _state(self, session: str) -> tuple[object, ...]:
        """Another one if there may be something to do."""
        manifests = self._sessions.get(session, {})
        return manifests, self._local.beside(manifests), self._slides.get(session)

    async def _find(self) -> None:
        self._sessions, decks = await asyncio.to_thread(lambda: (self._local.sessions(), self._local.decks()))
        known = {deck for of_session in self._slides.values() for deck in of_session}
        if set(decks) != known:
            sessions = await self._decks()
            self._slides = {}
            for deck in decks:
                if deck in sessions:
                    self._slides.setdefault(sessions[deck], []).append(deck)

    async def _copy_all_of(self, session: str) -> bool:
        await self._find()
        async with self._lock(session):
            return await self._copy(session, everything=True)

    async def _copy(self, session: str, *, everything: bool) -> bool:
        """Whether nothing is left to copy. `everything`: the recorder writes to none of its files. Raises Failed, OSError."""
        state, manifests = self._state(session), self._sessions.get(session, {})
        ledger = await asyncio.to_thread(self._ledgers.of, session)
        files = await asyncio.to_thread(self._local.files, manifests, self._slides.get(session, []))
        now_ns = time.time_ns()
        new = {
            name: seen
            for name, seen in files.items()
            if ledger.copies.get(name) != seen
            and is_wanted(name, manifests)
            and (everything or not self._local.may_grow(name, seen, manifests, now_ns))
        }
        if not new and ledger.swept == _said(manifests) and not _gone(ledger, manifests):
            self._note_waiting(session, {})
            self._clean[session] = state
            return True
        epoch = await self._owned(session)
        if epoch is None or self._bringing.is_busy(session):
            self._note_waiting(session, {})
            return epoch is None
        self._note_waiting(session, new)
        try:
            whole = await self._put(session, epoch, new, ledger)
        finally:
            await asyncio.to_thread(self._ledgers.save, session)
        await self._sweep(session, epoch, manifests, ledger)
        self._note_waiting(session, {} if whole else new)
        self._clean[session] = state if whole else None
        return whole

    async def _put(self, session: str, epoch: int, new: Mapping[str, Seen], ledger: Ledger) -> bool:
        """Whether all of them were still there. Raises Failed, OSError."""
        whole = True
        for name, seen in sorted(new.items(), key=lambda each: _rank(each[0])):
            since = time.monotonic()
            try:
                await self._store.of(name).put(key_of(session, epoch, name), self._local.path_of(name))
            except FileNotFoundError:
                whole = False
                continue
            ledger.copies[name] = seen
            await asyncio.sleep(max(0.0, seen.size_bytes / RATE_BYTES_S - (time.monotonic() - since)))
        return whole

    async def _sweep(self, session: str, epoch: int, manifests: Mapping[str, Manifest], ledger: Ledger) -> None:
        """Erase what the manifests do not want any more, and what a newer copy replaces. Raises Failed, OSError."""
        gone, said = _gone(ledger, manifests), _said(manifests)
        if not gone and ledger.swept == said and ledger.epoch == epoch:
            return
        copies = [copy for copy, _ in await self._store.copies(session)]
        best = newest(copies)
        if any(is_manifest(name) and take_stem(name) not in manifests for name in best):
            log.error("session %s: a take among its copies is not here, nothing of it is erased", session)
            return

        def unwanted(key: str) -> bool:
            copy = read_key(key)
            return copy is not None and (copy.epoch < best.get(copy.name, 0) or is_wanted(copy.name, manifests) is False)

        await self._store.erase(session, unwanted)
        for name in gone:
            del ledger.copies[name]
        ledger.swept, ledger.epoch = said, epoch
        await asyncio.to_thread(self._ledgers.save, session)

    async def _owned(self, session: str) -> int | None:
        """Raises Failed."""
        try:
            return await self._epoch_of(session)
        except Exception as error:
            raise Failed(f"whose the session is: {type(error).__name__}") from error

    async def _insist(self, work: Callable[[], Awaitable[bool]]) -> None:
        """Until it is done; the caller ends it."""
        while True:
            with contextlib.suppress(Failed, Missing, Damaged, OSError, ReadError):
                if await work():
                    return
            await asyncio.sleep(AGAIN_S)

    def _note_waiting(self, session: str, new: Mapping[str, Seen]) -> None:
        if new:
            since = self._waiting.get(session, (time.monotonic(), 0, 0))[0]
            self._waiting[session] = since, len(new), sum(seen.size_bytes for seen in new.values())
        else:
            self._waiting.pop(session, None)

    def _tell_failing(self, error: Exception | None) -> None:
        if error is not None and not self._failing:
            log.error("files cannot be copied for now: %s", error)
        elif error is None and self._failing:
            log.info("files are copied again")
        self._failing = error is not None

    def _lock(self, session: str) -> asyncio.Lock:
        return self._locks.setdefault(session, asyncio.Lock())


def _rank(name: str) -> tuple[int, str]:
    return (0 if is_secret(name) else 2 if is_manifest(name) else 1), name


def _gone(ledger: Ledger, manifests: Mapping[str, Manifest]) -> list[str]:
    return [name for name in ledger.copies if is_wanted(name, manifests) is False]


def _said(manifests: Mapping[str, Manifest]) -> str:
    """What of the manifests makes something unwanted for good."""
    parts = (
        f"{stem}:{each.state == 'deleted'}:{len(each.withdrawn)}:{each.version}:{each.mix}" for stem, each in sorted(manifests.items())
    )
    return " ".join(parts)
