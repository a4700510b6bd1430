"""Copies in a folder: for tests, and where a network file system stands for a storage. A file's SHA-256 stands beside it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from server.blobs.blobs import READ_BYTES, Arriving, Blob, Damaged, Failed, Missing, digest_of

_DIGEST = ".sha256"
Result = TypeVar("Result")


class Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, key: str, path: Path) -> bool:
        return await asyncio.to_thread(self._put, key, path)

    async def get(self, key: str, path: Path) -> None:
        await asyncio.to_thread(self._get, key, path)

    async def list(self, prefix: str) -> list[Blob]:
        return await asyncio.to_thread(lambda: sorted(self._list(prefix)))

    async def erase(self, prefix: str, chosen: Callable[[str], bool] | None = None) -> int:
        def erase() -> int:
            keys = [blob.key for blob in self._list(prefix) if chosen is None or chosen(blob.key)]
            for key in keys:
                (self._root / (key + _DIGEST)).unlink(missing_ok=True)
                (self._root / key).unlink(missing_ok=True)
            return len(keys)

        return await asyncio.to_thread(_failing, erase)

    async def close(self) -> None:
        return

    def _put(self, key: str, path: Path) -> bool:
        digest, there, beside = digest_of(path), self._root / key, self._root / (key + _DIGEST)
        if there.is_file() and beside.is_file() and beside.read_text() == digest:
            return False
        aside = there.with_name(there.name + ".new")

        def copy() -> None:
            there.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copyfile(path, aside)
            beside.write_text(digest)
            aside.replace(there)

        _failing(copy)
        return True

    def _get(self, key: str, path: Path) -> None:
        there = self._root / key
        try:
            digest = (self._root / (key + _DIGEST)).read_text()
            file = there.open("rb")
        except FileNotFoundError as error:
            raise (Damaged if there.exists() else Missing) from error
        except OSError as error:
            raise Failed(error.strerror or "unreadable") from error
        arriving = Arriving(path)
        try:
            with file:
                while data := file.read(READ_BYTES):
                    arriving.write(data)
            arriving.finish(digest)
        finally:
            arriving.close()

    def _list(self, prefix: str) -> Iterator[Blob]:
        for path in (self._root / prefix.rpartition("/")[0]).rglob("*"):
            key = path.relative_to(self._root).as_posix()
            if key.startswith(prefix) and path.suffix not in (_DIGEST, ".new") and path.is_file():
                yield Blob(key, path.stat().st_size)


def _failing(work: Callable[[], Result]) -> Result:
    try:
        return work()
    except OSError as error:
        raise Failed(error.strerror or "the folder refuses") from error
