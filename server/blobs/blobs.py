"""Where copies of files are kept: by key, each whole or absent, with its size and SHA-256. One interface, one set of tests.

It knows nothing of sessions. What fails says `Failed`, in words without addresses or keys of the storage; trying again may help.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol

READ_BYTES = 1024 * 1024


class Failed(Exception):
    """The storage could not be reached, did not answer in time, or refused."""


class Missing(Exception):
    """There is nothing under this key."""


class Damaged(Exception):
    """What is kept under this key is not what was put there."""


class Blob(NamedTuple):
    key: str
    size_bytes: int


class Blobs(Protocol):
    async def put(self, key: str, path: Path) -> bool:
        """Copy a file there; what was under this key is replaced. False: the same bytes were there. Raises Failed, and OSError of
        the file."""

    async def get(self, key: str, path: Path) -> None:
        """Copy it to a file, which appears when it is whole, checked and on the disk. Raises Failed, Missing, Damaged, and OSError of
        the file."""

    async def list(self, prefix: str) -> list[Blob]:
        """Everything whose key begins so. Raises Failed."""

    async def erase(self, prefix: str, chosen: Callable[[str], bool] | None = None) -> int:
        """For good: all versions, and uploads that were never finished, of everything whose key begins so and is `chosen` (None: all); of
        the others those that were replaced. How many objects and versions went. Raises Failed, then some may be left."""

    async def close(self) -> None: ...


def digest_of(path: Path) -> str:
    """Blocks: call it in a thread."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Arriving:
    """A file that is written aside and checked before it has its name. Blocks: use it in a thread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = path
        self._aside = path.with_name(f"{path.name}.{os.urandom(4).hex()}.new")
        self._digest = hashlib.sha256()
        self._file = os.open(self._aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)

    def write(self, data: bytes) -> None:
        self._digest.update(data)
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]

    def finish(self, digest: str) -> None:
        """Raises Damaged."""
        if self._digest.hexdigest() != digest:
            raise Damaged
        os.fsync(self._file)
        os.replace(self._aside, self._path)

    def close(self) -> None:
        os.close(self._file)
        self._aside.unlink(missing_ok=True)
