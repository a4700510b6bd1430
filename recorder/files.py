"""Small files that are whole or absent after a crash, and file names made of foreign ids."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from pathlib import Path

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


def safe_name(identifier: str) -> str:
    """The id itself where it is a harmless file name, else a digest of it (which begins with a dot-free `=`)."""
    if _PLAIN.fullmatch(identifier):
        return identifier
    return "=" + hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def replace_file(path: Path, data: bytes) -> None:
    """Atomic and durable."""
    fresh = path.with_name(path.name + ".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        write_all(handle, data)
        os.fsync(handle)
    finally:
        os.close(handle)
    os.replace(fresh, path)
    sync_folder(path.parent)


def make_folder(path: Path) -> None:
    missing = [folder for folder in (path, *path.parents) if not folder.is_dir()]
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in missing:
        sync_folder(folder.parent)


def lock_folder(path: Path) -> int:
    """A handle that keeps other processes out of the folder until it is closed. Raises `BlockingIOError` if one is in."""
    make_folder(path)
    handle = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise
    return handle


def sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]
