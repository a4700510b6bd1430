"""The key store: one AES-128 key per take, participant and source, in a folder apart from the data.

Destroying a key file removes that voice or face everywhere. A key is on disk before anything is encrypted with it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recorder.files import make_folder, replace_file, safe_name, sync_folder

KEY_BYTES = 16
_SOURCE = re.compile(r"[a-z][a-z0-9_.-]{0,79}")


@dataclass(frozen=True, slots=True)
class KeyName:
    """`peer` is empty for what the recorder makes itself: mixed voices (`mix`, `mix-1` …), the take's index, products of jobs."""

    take: str
    peer: str
    source: str


class KeyStore:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ciphers: dict[KeyName, tuple[tuple[int, int], AESGCM]] = {}  # with what tells one key file from its successor
        make_folder(folder)
        os.chmod(folder, 0o700)

    def find(self, name: KeyName) -> AESGCM | None:
        """None once the key has been destroyed, also if it was used before."""
        path = self._path(name)
        try:
            status = path.stat()
            known = self._ciphers.get(name)
            if known is not None and known[0] == (status.st_ino, status.st_mtime_ns):
                return known[1]
            key = path.read_bytes()
        except FileNotFoundError:
            self._ciphers.pop(name, None)
            return None
        if len(key) != KEY_BYTES:
            return None
        cipher = AESGCM(key)
        self._ciphers[name] = (status.st_ino, status.st_mtime_ns), cipher
        return cipher

    def find_or_make(self, name: KeyName) -> AESGCM:
        found = self.find(name)
        return found if found is not None else self.make_new(name)

    def make_new(self, name: KeyName) -> AESGCM:
        """What was encrypted under an earlier key of this name cannot be opened any more."""
        path = self._path(name)
        make_folder(path.parent)
        key = AESGCM.generate_key(KEY_BYTES * 8)
        replace_file(path, key)
        return AESGCM(key)

    def made_by_recorder(self, take: str) -> list[KeyName]:
        """Keys of what belongs to no participant, those of products too."""
        folder = self.folder / safe_name(take)
        sources = [path.name.removeprefix("recorder.").removesuffix(".key") for path in folder.glob("recorder.*.key")]
        return [KeyName(take, "", source) for source in sorted(sources)]

    def destroy_one(self, name: KeyName) -> None:
        """For ever. Harmless where there is none. Raises OSError when it may be left."""
        self.destroy_these([name])

    def destroy_these(self, names: Iterable[KeyName]) -> None:
        """As `destroy_one`, with one sync of each folder."""
        folders: set[Path] = set()
        for name in names:
            self._ciphers.pop(name, None)
            path = self._path(name)
            if path.parent.is_dir():
                path.unlink(missing_ok=True)
                folders.add(path.parent)
        for folder in folders:
            sync_folder(folder)

    def destroy(self, take: str) -> None:
        """Every key of the take, for ever. Raises OSError when some may be left."""
        for name in list(self._ciphers):  # at once: a thread may be looking for keys
            if name.take == take:
                self._ciphers.pop(name, None)
        folder = self.folder / safe_name(take)
        if not folder.is_dir():
            return
        for path in folder.iterdir():
            path.unlink(missing_ok=True)  # whoever makes a product may be removing its own
        sync_folder(folder)
        folder.rmdir()
        sync_folder(self.folder)

    def _path(self, name: KeyName) -> Path:
        assert is_source(name.source)
        return self.folder / safe_name(name.take) / f"{safe_name(name.peer or 'recorder')}.{name.source}.key"


def is_source(word: str) -> bool:
    """Whether it may stand in the name of a key file."""
    return _SOURCE.fullmatch(word) is not None
