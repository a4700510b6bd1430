"""What jobs have made from a take: files sealed with a key each, read by range. Made by `recorder.produce`, served by `recorder.server`."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from recorder.control import ProductName
from recorder.keys import KeyStore


class BrokenFile(ValueError):
    """The stored file cannot be opened."""


class SealedFile:
    """`chunks` opens the file anew, so any number of readers may run."""

    size_bytes: int

    def chunks(self, start: int, end: int) -> Generator[bytes, None, None]:
        raise NotImplementedError


def open_product(data: Path, keys: KeyStore, take: str, version: str, name: ProductName) -> SealedFile:
    """Raises FileNotFoundError, also where its key is gone, and BrokenFile."""
    raise FileNotFoundError(name)


def destroy_products(data: Path, keys: KeyStore, take: str, *, keep_version: str = "") -> None:
    """Keys first, then files; those of `keep_version` stay. May be done again. Raises OSError, then some may be left."""
