"""What jobs have made from a take: files sealed with a key each, read by range. Made by `recorder.produce`, served by `recorder.server`.

A key is made before it is looked whether the take is still wanted, and that is looked at once more when the file has its name:
so whoever deletes or withdraws in between, keys first, leaves nothing that can be read.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec

from recorder.control import ProductName
from recorder.files import make_folder, safe_name, sync_folder
from recorder.keys import KeyName, KeyStore
from recorder.manifest import Manifest, manifest_path
from recorder.sealed import SealedFile, SealedWriter

PRODUCTS_FOLDER = "products"
_UNFINISHED = ".new"


class Unwanted(Exception):
    """Nothing is to be made from this version of the take any more."""

    def __init__(self, code: Literal["gone", "deleted"]) -> None:
        super().__init__(code)
        self.code = code


def open_product(data: Path, keys: KeyStore, take: str, version: str, name: ProductName) -> SealedFile:
    """Raises FileNotFoundError, also where its key is gone, and BrokenFile."""
    cipher = keys.find(_key_name(take, version, name))
    if cipher is None:
        raise FileNotFoundError(name)
    path = _path(data, take, version, name)
    return SealedFile(path, cipher, path.name)


def store_product(data: Path, keys: KeyStore, take: str, version: str, name: ProductName, pieces: Iterable[bytes]) -> int:
    """Its size in bytes. One of the same name is destroyed first. Raises Unwanted, OSError, and what `pieces` raises."""
    path, key_name = _path(data, take, version, name), _key_name(take, version, name)
    keys.destroy_one(key_name)
    path.unlink(missing_ok=True)
    make_folder(path.parent)
    try:
        cipher = keys.make_new(key_name)
        wanted_manifest(data, take, version)
        with _unfinished(path) as file:
            writer = SealedWriter(file, cipher, path.name)
            for piece in pieces:
                writer.write(piece)
            writer.finish()
            os.fsync(file)
            try:
                os.replace(_unfinished_path(path), path)
            except FileNotFoundError:  # destroyed meanwhile
                wanted_manifest(data, take, version)
                raise
        sync_folder(path.parent)
        wanted_manifest(data, take, version)
    except BaseException as error:
        keys.destroy_one(key_name)
        path.unlink(missing_ok=True)
        if isinstance(error, Unwanted) and error.code == "deleted":
            keys.destroy(take)  # the folder, too
        raise
    return writer.size_bytes


def wanted_manifest(data: Path, take: str, version: str) -> Manifest:
    """As it stands on the disk now. Raises Unwanted where the take is deleted or has another version, or none."""
    try:
        manifest = msgspec.json.decode(manifest_path(data, take).read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise Unwanted("gone") from None
    if manifest.state == "deleted":
        raise Unwanted("deleted")
    if manifest.state != "ready" or manifest.version != version:
        raise Unwanted("gone")
    return manifest


def destroy_products(data: Path, keys: KeyStore, take: str, *, keep_version: str = "") -> None:
    """Keys first, then files; those of `keep_version` stay. Only after the manifest on the disk says why: a job may be storing one.

    May be done again. Raises OSError, then some may be left.
    """
    made = [name for name in keys.made_by_recorder(take) if name.source.startswith("product-")]
    keys.destroy_these(name for name in made if not (keep_version and name.source.startswith(f"product-{keep_version}-")))
    begin = safe_name(take)
    for path in (data / PRODUCTS_FOLDER).glob(f"{begin}.*"):
        if not (keep_version and path.name.startswith(f"{begin}.{keep_version}.")):
            path.unlink(missing_ok=True)


def remove_unfinished(data: Path) -> None:
    """What a process that was killed has left behind; what another one is writing stays."""
    for path in (data / PRODUCTS_FOLDER).glob(f"*{_UNFINISHED}"):
        try:
            file = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
        except BlockingIOError:
            pass
        finally:
            os.close(file)


@contextmanager
def _unfinished(path: Path) -> Iterator[int]:
    """A file that is locked while it is written, and is gone afterwards unless it was renamed."""
    unfinished = _unfinished_path(path)
    unfinished.unlink(missing_ok=True)
    file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        unfinished.unlink(missing_ok=True)
        os.close(file)


def _unfinished_path(path: Path) -> Path:
    return path.with_name(path.name + _UNFINISHED)


def _path(data: Path, take: str, version: str, name: ProductName) -> Path:
    return data / PRODUCTS_FOLDER / f"{safe_name(take)}.{version}.{name}"


def _key_name(take: str, version: str, name: ProductName) -> KeyName:
    return KeyName(take, "", f"product-{version}-{name}")
