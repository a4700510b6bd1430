"""The files of this node's sessions as they lie on its disk. Blocks: call it in a thread. Reads, and removes what is another node's."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from server.blobs.layout import JOURNALS, KEYS, PRODUCTS, SLIDES, TAKES, Manifest, is_manifest, is_ours, read_manifest, take_stem
from server.blobs.ledger import Seen

FRESH_NS = 2_000_000_000  # two changes so close to each other may show the same time
QUIET_NS = 3_000_000_000  # a part that was not written for so long is as good as closed: should it go on, it is copied again


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the recorder keeps takes and keys, and the server its slides."""

    recordings: Path
    keys: Path
    slides: Path


class Local:
    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._manifests: dict[str, tuple[int, int, Manifest]] = {}  # by stem, with what tells one file from its successor
        self._stamp: list[int] = []  # when the folders changed that were looked through last
        self._sessions: dict[str, dict[str, Manifest]] = {}
        self._beside: dict[str, tuple[str, ...]] = {}  # indexes and products by stem, when `sessions` looked

    def path_of(self, name: str) -> Path:
        assert is_ours(name)
        kind, _, rest = name.partition("/")
        if kind == KEYS:
            return self._folders.keys / rest
        return self._folders.slides / rest if kind == SLIDES else self._folders.recordings / name

    def sessions(self) -> dict[str, dict[str, Manifest]]:
        """All takes there are, by session and by the stem of their files. What cannot be read is not among them."""
        stamp = [_changed_ns(self._folders.recordings / kind) for kind in (TAKES, PRODUCTS)]
        if stamp == self._stamp and time.time_ns() - max(stamp) > FRESH_NS:
            return self._sessions
        self._stamp = stamp
        found: dict[str, tuple[int, int, Manifest]] = {}
        for entry in _entries(self._folders.recordings / TAKES, ".json"):
            stem, status = entry.name.removesuffix(".json"), entry.stat()
            known = self._manifests.get(stem)
            if known is not None and known[:2] == (status.st_ino, status.st_mtime_ns):
                found[stem] = known
                continue
            with contextlib.suppress(OSError, msgspec.MsgspecError):
                found[stem] = status.st_ino, status.st_mtime_ns, read_manifest(Path(entry.path).read_bytes())
        self._manifests, self._beside = found, self._look_beside()
        sessions: dict[str, dict[str, Manifest]] = {}
        for stem, (_, _, manifest) in found.items():
            if manifest.room:
                sessions.setdefault(manifest.room, {})[stem] = manifest
        self._sessions = sessions
        return sessions

    def beside(self, manifests: Iterable[str]) -> tuple[str, ...]:
        """Names of indexes and products of these takes, as `sessions` has seen them last."""
        return tuple(name for stem in manifests for name in self._beside.get(stem, ()))

    def decks(self) -> list[str]:
        return [entry.name for entry in _entries(self._folders.slides, "") if is_ours(f"{SLIDES}/{entry.name}/0.webp")]

    def files(self, manifests: Mapping[str, Manifest], decks: Iterable[str]) -> dict[str, Seen]:
        """All that belong to these takes and slides, wanted or not, but for those of parts that are being written."""
        found: dict[str, Seen] = {}
        for name in self._names(manifests, decks):
            if is_ours(name):
                with contextlib.suppress(FileNotFoundError):
                    found[name] = self.seen(name)
        return found

    def is_deleted(self, name: str) -> bool:
        """Whether a take's manifest is here and says so."""
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            return read_manifest(self.path_of(name).read_bytes()).state == "deleted"
        return False

    def seen(self, name: str) -> Seen:
        status = self.path_of(name).stat()
        return Seen(status.st_size, status.st_mtime_ns)

    def may_grow(self, name: str, seen: Seen, manifests: Mapping[str, Manifest], now_ns: int) -> bool:
        """Whether the recorder may be writing to it; `now_ns` is the wall clock's."""
        return now_ns - seen.modified_ns < QUIET_NS and name in _last_parts(manifests)

    def remove(self, session: str, manifests: Mapping[str, Manifest], decks: Iterable[str]) -> None:
        """Keys first. Raises OSError, then some may be left and it can be done again."""
        for stem in manifests:
            shutil.rmtree(self._folders.keys / stem, ignore_errors=True)
        rooms = {part.path.split("/")[1] for each in manifests.values() for part in each.parts if is_ours(part.path)}
        for room in rooms:
            shutil.rmtree(self._folders.recordings / JOURNALS / room, ignore_errors=True)
        for kind in (PRODUCTS, TAKES):
            for entry in _entries(self._folders.recordings / kind, ""):
                if take_stem(f"{kind}/{entry.name}") in manifests:
                    Path(entry.path).unlink(missing_ok=True)
        for deck in decks:
            shutil.rmtree(self._folders.slides / deck, ignore_errors=True)

    def _look_beside(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for kind in (TAKES, PRODUCTS):
            for entry in _entries(self._folders.recordings / kind, ""):
                name = f"{kind}/{entry.name}"
                if not is_manifest(name) and is_ours(name):
                    found.setdefault(take_stem(name), []).append(name)
        return {stem: tuple(sorted(names)) for stem, names in found.items()}

    def _names(self, manifests: Mapping[str, Manifest], decks: Iterable[str]) -> Iterator[str]:
        for stem, manifest in manifests.items():
            yield from (f"{KEYS}/{stem}/{entry.name}" for entry in _entries(self._folders.keys / stem, ".key"))
            yield from (part.path for part in manifest.parts)
            yield f"{TAKES}/{stem}.json"
        yield from self.beside(manifests)
        for deck in decks:
            yield from (f"{SLIDES}/{deck}/{entry.name}" for entry in _entries(self._folders.slides / deck, ".webp"))


def _last_parts(manifests: Mapping[str, Manifest]) -> set[str]:
    """The recorder writes at most to the last part of each take that is not settled."""
    last = [next((part.path for part in reversed(each.parts) if not part.mixed), "") for each in manifests.values() if not each.settled]
    mixed = [part.path for each in manifests.values() for part in each.parts[-1:] if part.mixed]
    return {*last, *mixed}


def _changed_ns(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _entries(folder: Path, suffix: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if entry.name.endswith(suffix)]
    except FileNotFoundError:
        return []
