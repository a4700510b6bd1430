"""What happens to a take after its lesson: built anew from its journal when something was withdrawn or a crash left it open, and its
voices mixed anew by a process of their own. One take at a time; the loop of the recorder is not held up.

The manifest says what is still to be done, so whoever is killed goes on at the next start. What changes in between begins again.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from recorder.index import StoredIndex
from recorder.journal import PartWriter
from recorder.keys import KeyName, KeyStore
from recorder.manifest import Manifest, PartRef, save_manifest
from recorder.parts import Parts
from recorder.publish import publish
from recorder.recover import restore
from recorder.take import Library
from recorder.webm import LayoutError

RETRY_S = 60.0
NICENESS = 10
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded here: between fork and exec nothing may be
_log = logging.getLogger(__name__)


class _Changed(Exception):
    """The take is not what it was when this began."""


class Afterwards:
    """`show` is told of every new version."""

    def __init__(self, data: Path, keys: KeyStore, library: Library, show: Callable[[Manifest], None], parts: Parts) -> None:
        self._data = data
        self._keys = keys
        self._library = library
        self._show = show
        self._parts = parts
        self._wanted: dict[str, None] = {}
        self._wake = asyncio.Event()
        self._mixing: dict[str, asyncio.subprocess.Process] = {}

    def want(self, take: str) -> None:
        self._wanted[take] = None
        self._wake.set()

    def stop(self, take: str) -> None:
        """What is being made of it now is of no use any more."""
        process = self._mixing.get(take)
        if process is not None and process.returncode is None:
            process.kill()

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            for take in await self.work():
                asyncio.get_running_loop().call_later(RETRY_S, self.want, take)

    async def work(self) -> list[str]:
        """All that is wanted now. Returns the takes that must be tried again later."""
        failed: list[str] = []
        while self._wanted:
            take = next(iter(self._wanted))
            del self._wanted[take]
            try:
                await self._care_for(take)
            except _Changed:
                self._wanted[take] = None
            except Exception:  # noqa: BLE001 -- task boundary of one take
                _log.exception("take %s is not built anew yet", take)
                failed.append(take)
        return failed

    async def _care_for(self, take: str) -> None:
        manifest = self._library.find(take)
        if manifest is None or manifest.state != "ready":
            return
        if not manifest.settled:
            manifest = await self._rebuild(manifest, msgspec.structs.replace(manifest, settled=True))
        if manifest.mixing:
            await self._mix_anew(manifest)

    async def _rebuild(self, before: Manifest, after: Manifest) -> Manifest:
        described, indexes = await asyncio.to_thread(self._describe, after)
        if self._library.find(before.take) != before:
            raise _Changed
        if indexes[0].version() != before.version:
            described = msgspec.structs.replace(described, revision=before.revision + 1)
        published = publish(self._data, self._keys, described, indexes)
        self._show(published)
        _log.info("take %s revision %d: %d bytes", published.take, published.revision, published.size_bytes)
        return published

    def _describe(self, manifest: Manifest) -> tuple[Manifest, list[StoredIndex]]:
        take, _ = restore(manifest, self._data, self._keys, _no_part)
        described, indexes = take.described()
        for index in indexes:
            index.layout_of()
        return described, indexes

    async def _mix_anew(self, manifest: Manifest) -> None:
        number, path = self._parts.place(manifest)
        part = PartRef(part=number, path=path, origin_ns=0, mixed=True)
        parts = [part for part in manifest.parts if not part.mixed or (self._data / part.path).exists()]  # not those that failed
        before = msgspec.structs.replace(manifest, parts=(*parts, part))
        save_manifest(self._data, before)
        self._library.put(before)
        mix = before.next_mix()
        try:
            await self._mix(before, part, mix)
            await self._rebuild(before, msgspec.structs.replace(before, mix=mix, mixing=False))
        except BaseException:
            with suppress(OSError):
                self._keys.destroy_one(KeyName(manifest.take, "", mix))
                (self._data / path).unlink(missing_ok=True)
            raise

    async def _mix(self, manifest: Manifest, part: PartRef, mix: str) -> None:
        spec = {
            "data": str(self._data),
            "keys": str(self._keys.folder),
            "take": manifest.take,
            "part": part.part,
            "path": part.path,
            "mix": mix,
            "without": [[track.peer, track.source] for track in manifest.withdrawn],
            "duration_ms": manifest.duration_ms,
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "recorder.remix",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            preexec_fn=_be_nice,
        )
        self._mixing[manifest.take] = process
        try:
            await process.communicate(msgspec.json.encode(spec))
        except BaseException:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            raise
        finally:
            del self._mixing[manifest.take]
        if self._library.find(manifest.take) != manifest:
            raise _Changed
        if process.returncode:
            raise RuntimeError(f"mixing ended with {process.returncode}")


def _be_nice() -> None:
    os.nice(NICENESS)
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _no_part(*_: object) -> tuple[PartWriter, PartRef]:
    raise LayoutError("a finished take is only read")
