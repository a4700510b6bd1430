"""The key store: one AES-128 key per take, participant and source, in a folder apart from the data.

Destroying a key file removes that voice or face everywhere. A key is on disk before anything is encrypted with it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recorder.files import make_folder, replace_file, safe_name, sync_folder

KEY_BYTES = 16
StoredSource = Literal["microphone", "camera", "screen", "screen_sound", "mix", "index"]


@dataclass(frozen=True, slots=True)
class KeyName:
    """`peer` is empty for what the recorder makes itself: the mixed voices and the take's index."""

    take: str
    peer: str
    source: StoredSource


class KeyStore:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ciphers: dict[KeyName, AESGCM] = {}
        make_folder(folder)
        os.chmod(folder, 0o700)

    def find(self, name: KeyName) -> AESGCM | None:
        """None once the key has been destroyed, also if it was used before."""
        path = self._path(name)
        if not path.is_file():
            self._ciphers.pop(name, None)
            return None
        cipher = self._ciphers.get(name)
        if cipher is None:
            key = path.read_bytes()
            if len(key) != KEY_BYTES:
                return None
            cipher = self._ciphers[name] = AESGCM(key)
        return cipher

    def find_or_make(self, name: KeyName) -> AESGCM:
        found = self.find(name)
        if found is not None:
            return found
        path = self._path(name)
        make_folder(path.parent)
        key = AESGCM.generate_key(KEY_BYTES * 8)
        replace_file(path, key)
        cipher = self._ciphers[name] = AESGCM(key)
        return cipher

    def destroy(self, take: str) -> None:
        """Every key of the take, for ever. Raises OSError when some may be left."""
        for name in [name for name in self._ciphers if name.take == take]:
            del self._ciphers[name]
        folder = self._folder / safe_name(take)
        if not folder.is_dir():
            return
        for path in folder.iterdir():
            path.unlink()
        sync_folder(folder)
        folder.rmdir()
        sync_folder(self._folder)

    def _path(self, name: KeyName) -> Path:
        return self._folder / safe_name(name.take) / f"{safe_name(name.peer or 'recorder')}.{name.source}.key"
