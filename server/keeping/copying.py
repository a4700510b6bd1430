"""A backup as it lies somewhere: a folder or one tar file, with a manifest that names every file, its size and its SHA-256.

Invariant: a file has its name only when it is whole and on disk, and the manifest is written last: without one a backup is not complete.
What was copied, and from where, is not known here.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Literal, Protocol

import msgspec

MANIFEST = "manifest.json"
BEGUN = ".microteach-backup"  # in a folder that is one's own from the first moment on
WORK = ".copy"
PIECE_BYTES = 1024 * 1024


class BackupError(Exception):
    """Words for whoever runs the command."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    size: int
    sha256: str
    mtime_ns: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`schema`: the last migration of the database."""

    format: Literal[1] = 1
    made_ms: int
    database: Literal["sqlite", "postgresql"]
    schema: str
    items: dict[str, Item]


class Target(Protocol):
    def put(self, name: str, source: Path) -> Item:
        """A copy of as much as the file has now. Raises FileNotFoundError when it is gone."""

    def complete(self, manifest: Manifest) -> None: ...


class Source(Protocol):
    manifest: Manifest

    def open(self, name: str) -> IO[bytes]: ...

    def close(self) -> None: ...


class FolderTarget:
    """Files that have not changed since the last time stay; those that are not in the new manifest go."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / BEGUN).touch()
        before = folder / MANIFEST
        self._known: Mapping[str, Item] = {}
        old = folder / f"{MANIFEST}.before"
        if before.exists():
            os.replace(before, old)  # until it is complete again it is no backup, and says so
        if old.exists():
            self._known = _decode(old.read_bytes()).items
        self.copied_bytes = 0

    def put(self, name: str, source: Path) -> Item:
        status, there, known = source.stat(), self._folder / name, self._known.get(name)
        if known and (known.size, known.mtime_ns) == (status.st_size, status.st_mtime_ns) and _is_size(there, known.size):
            return known
        if _is_size(there, status.st_size) and there.stat().st_mtime_ns == status.st_mtime_ns:  # of a backup that was killed
            with there.open("rb") as read:
                size, digest = _copy(read, lambda _: None, status.st_size)
            return Item(size=size, sha256=digest, mtime_ns=status.st_mtime_ns)
        there.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = there.with_name(f"{there.name}.part")
        with source.open("rb") as read, part.open("wb") as write:
            size, digest = _copy(read, write.write, status.st_size)
            write.flush()
            os.fsync(write.fileno())
        os.utime(part, ns=(status.st_mtime_ns, status.st_mtime_ns))
        os.replace(part, there)
        self.copied_bytes += size
        return Item(size=size, sha256=digest, mtime_ns=status.st_mtime_ns)

    def complete(self, manifest: Manifest) -> None:
        for path in [path for path in self._folder.rglob("*") if path.is_file()]:
            if str(path.relative_to(self._folder)) not in {*manifest.items, BEGUN}:
                path.unlink()
        for folder in sorted((path for path in self._folder.rglob("*") if path.is_dir()), reverse=True):
            if not any(folder.iterdir()):
                folder.rmdir()
            else:
                sync(folder)
        write_file(self._folder / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))


class TarTarget:
    """Whole each time, since nothing in a tar file can be replaced. Of a file that was put in twice the last one counts."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._part = file.with_name(f"{file.name}.part")
        self._tar = tarfile.open(self._part, "w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 -- closed when it is complete
        os.chmod(self._part, 0o600)
        self.copied_bytes = 0

    def put(self, name: str, source: Path) -> Item:
        with source.open("rb") as read:
            status = os.fstat(read.fileno())
            hashed = _Hashed(read)
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = status.st_size, int(status.st_mtime), 0o600
            self._tar.addfile(info, hashed)
        self.copied_bytes += status.st_size
        return Item(size=status.st_size, sha256=hashed.digest.hexdigest(), mtime_ns=status.st_mtime_ns)

    def complete(self, manifest: Manifest) -> None:
        body = msgspec.json.format(msgspec.json.encode(manifest))
        info = tarfile.TarInfo(MANIFEST)
        info.size, info.mode = len(body), 0o600
        self._tar.addfile(info, io.BytesIO(body))
        self._tar.close()
        with self._part.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(self._part, self._file)
        sync(self._file.parent)


class FolderSource:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            self.manifest = _decode((folder / MANIFEST).read_bytes())
        except FileNotFoundError as error:
            raise BackupError(f"{folder} is no complete backup: it has no {MANIFEST}") from error

    def open(self, name: str) -> IO[bytes]:
        return (self._folder / name).open("rb")

    def close(self) -> None:
        pass


class TarSource:
    def __init__(self, file: Path) -> None:
        try:
            self._tar = tarfile.open(file, "r:")  # noqa: SIM115 -- closed by close
        except (OSError, tarfile.TarError) as error:
            raise BackupError(f"{file} cannot be read as a backup") from error
        try:
            self._members = {member.name: member for member in self._tar if member.isfile()}
            self.manifest = _decode(self.open(MANIFEST).read())
        except (KeyError, tarfile.TarError, OSError) as error:
            self._tar.close()
            raise BackupError(f"{file} is no complete backup: it has no {MANIFEST}") from error

    def open(self, name: str) -> IO[bytes]:
        found = self._tar.extractfile(self._members[name])
        assert found is not None
        return found

    def close(self) -> None:
        self._tar.close()


def open_target(to: Path) -> FolderTarget | TarTarget:
    if to.suffix == ".tar":
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return TarTarget(to)
    return FolderTarget(to)


def open_source(place: Path) -> FolderSource | TarSource:
    """Raises BackupError."""
    if not place.exists():
        raise BackupError(f"{place} does not exist")
    return FolderSource(place) if place.is_dir() else TarSource(place)


def wrong_in(source: Source) -> Iterator[str]:
    """What is missing or not as it was written, read to the last byte."""
    for name, item in source.manifest.items.items():
        try:
            with source.open(name) as file:
                _, digest = _copy(file, lambda _: None, item.size + 1)
        except (OSError, KeyError):
            yield f"{name} is missing"
            continue
        if digest != item.sha256:
            yield f"{name} is not as it was written"


def take_out(source: Source, name: str, to: Path) -> None:
    """Whole and on disk, or not there."""
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = to.with_name(f"{to.name}.part")
    with source.open(name) as read, part.open("wb") as write:
        shutil.copyfileobj(read, write, PIECE_BYTES)
        write.flush()
        os.fsync(write.fileno())
    item = source.manifest.items[name]
    os.utime(part, ns=(item.mtime_ns, item.mtime_ns))
    os.replace(part, to)


def write_file(path: Path, data: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
    sync(path.parent)


def sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class _Hashed:
    """A file that is hashed as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data


def _copy(read: IO[bytes], write: Callable[[bytes], object], most: int) -> tuple[int, str]:
    """Not more than that, of a file that grows."""
    digest, left = hashlib.sha256(), most
    while left and (piece := read.read(min(PIECE_BYTES, left))):
        digest.update(piece)
        write(piece)
        left -= len(piece)
    return most - left, digest.hexdigest()


def _is_size(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def _decode(body: bytes) -> Manifest:
    try:
        manifest = msgspec.json.decode(body, type=Manifest)
    except msgspec.MsgspecError as error:
        raise BackupError(f"{MANIFEST} cannot be read; was it made by a newer version?") from error
    if any(Path(name).is_absolute() or ".." in Path(name).parts for name in manifest.items):
        raise BackupError(f"{MANIFEST} names files outside of the backup")
    return manifest
