"""What there is of one session among the copies, and what of it has come to this disk."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import msgspec

from server.blobs.blobs import Damaged, Failed, Missing
from server.blobs.layout import (
    JOURNALS,
    KEYS,
    Manifest,
    is_manifest,
    is_wanted,
    key_of,
    manifest_name,
    newest,
    plain_name,
    read_manifest,
    take_stem,
)
from server.blobs.local import Local
from server.blobs.store import Store

log = logging.getLogger(__name__)

AT_ONCE = 8  # files


class Visit:
    """`there`: copies whose bytes are here. `only`: nothing but this take's files."""

    def __init__(self, store: Store, local: Local, session: str, *, only: str = "") -> None:
        self._store = store
        self._local = local
        self.session = session
        self._only = plain_name(only) if only else ""
        self.best: dict[str, int] = {}
        self.manifests: dict[str, Manifest] = {}
        self.there: set[str] = set()
        self._sizes: dict[str, int] = {}
        self._texts: dict[str, bytes] = {}  # of manifests that are not placed yet
        self._looked = False

    async def look(self) -> None:
        """Raises Failed, OSError."""
        copies = await self._store.copies(self.session)
        if self._only:  # old parts do not tell whose they are: the manifest does
            copies = [(copy, size) for copy, size in copies if take_stem(copy.name) == self._only or copy.name.startswith(f"{JOURNALS}/")]
        self.best = newest(copy for copy, _ in copies)
        self._sizes = {copy.name: size for copy, size in copies if self.best[copy.name] == copy.epoch}
        for name in self.best:
            if is_manifest(name):
                await self._read_manifest(name)
        self._looked = True

    async def bring(self) -> bool:
        """Whether all is here that is wanted. Raises OSError."""
        try:
            if not self._looked:
                await self.look()
            wanted = [name for name in self.best if not is_manifest(name) and is_wanted(name, self.manifests)]
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
            if self._local.is_deleted(name):  # before its files could come: the recorder does it with them
                text = msgspec.json.encode(msgspec.json.decode(text) | {"state": "deleted"})
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
