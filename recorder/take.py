"""Finished takes as files that nobody wrote: any range of the WebM, made from the journal's records on demand.

Each record is read, checked and opened when its frames are asked for. A record that fails its tag ends the read; nothing
is padded. A version names one byte sequence for ever, so only the current one of a take is served.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Generator
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recorder.control import CHUNK_BYTES, ProductName, Take, VoiceTalk
from recorder.index import BLACK_RECORD, BrokenIndex, StoredIndex, load_index
from recorder.journal import JournalError
from recorder.journal_reader import read_batch
from recorder.keys import KeyName, KeyStore
from recorder.manifest import Manifest
from recorder.products import open_product
from recorder.sealed import BrokenFile, SealedFile
from recorder.webm import VIDEO, LayoutError, Rows

MAX_OPEN_INDEXES = 8
_RECORDS_KEPT = 8
_PARTS_OPEN = 8  # in a cluster a lesson has hundreds

ReadCode = Literal["gone", "missing", "range", "damaged"]


class ReadRefused(Exception):
    def __init__(self, code: ReadCode) -> None:
        super().__init__(code)
        self.code = code


class TakeFile:
    """One version of one take. `chunks` opens the parts anew, so any number of readers may run."""

    def __init__(self, index: StoredIndex, data: Path, keys: KeyStore) -> None:
        self.index = index
        self._data = data
        self._keys = keys
        self._layout = index.layout_of()
        self.size = self._layout.size

    def chunks(self, start: int, end: int) -> Generator[bytes, None, None]:
        """At most CHUNK_BYTES each. Raises `ReadRefused`."""
        if not 0 <= start <= end <= self.size:
            raise ReadRefused("range")
        frames = Frames(self.index, self._layout.rows, self._data, self._keys)
        buffer = bytearray()
        try:
            for piece in self._layout.pieces(start, end, frames.payload):
                buffer += piece
                while len(buffer) >= CHUNK_BYTES:
                    yield bytes(buffer[:CHUNK_BYTES])
                    del buffer[:CHUNK_BYTES]
            yield bytes(buffer)
        except (OSError, JournalError, LayoutError) as error:
            raise ReadRefused("damaged") from error
        finally:
            frames.close()


class ProductFile:
    """As `TakeFile`, for what a job has made."""

    def __init__(self, sealed: SealedFile) -> None:
        self._sealed = sealed
        self.size_bytes = sealed.size_bytes

    def chunks(self, start: int, end: int) -> Generator[bytes, None, None]:
        """At most CHUNK_BYTES each. Raises `ReadRefused`."""
        if not 0 <= start <= end <= self.size_bytes:
            raise ReadRefused("range")
        try:
            yield from self._sealed.chunks(start, end)
        except (OSError, BrokenFile) as error:
            raise ReadRefused("damaged") from error


class Library:
    """Every take there is, by its manifest."""

    def __init__(self, data: Path, keys: KeyStore) -> None:
        self._data = data
        self._keys = keys
        self._manifests: dict[str, Manifest] = {}
        self._open: OrderedDict[tuple[str, str], TakeFile] = OrderedDict()  # by take and version

    def put(self, manifest: Manifest) -> None:
        self._manifests[manifest.take] = manifest
        for key in [key for key in self._open if key[0] == manifest.take]:
            del self._open[key]

    def find(self, take: str) -> Manifest | None:
        return self._manifests.get(take)

    def forget(self, room: str) -> list[str]:
        """What is another machine's is not served here. Its takes."""
        names = [name for name, manifest in self._manifests.items() if manifest.room == room and manifest.state != "deleted"]
        for name in names:
            self.put(self._manifests[name])  # closes what is open of it
            del self._manifests[name]
        return names

    def takes(self) -> tuple[Take, ...]:
        return tuple(manifest.as_take() for manifest in self._manifests.values() if manifest.state != "deleted")

    def open(self, take: str, version: str) -> TakeFile:
        """The film of the face or that of the screen, whichever has this version. Raises `ReadRefused`."""
        manifest = self._manifests.get(take)
        if manifest is None or manifest.state == "deleted":
            raise ReadRefused("missing")
        path = _index_of(manifest, version)
        if not path:
            raise ReadRefused("gone")
        found = self._open.get((take, version))
        if found is None:
            found = self._open[take, version] = self._load(manifest, path)
            while len(self._open) > MAX_OPEN_INDEXES:
                self._open.popitem(last=False)
        self._open.move_to_end((take, version))
        return found

    def open_product(self, take: str, version: str, name: ProductName) -> ProductFile:
        """What a job has made from this version. Raises `ReadRefused`."""
        if not self.is_current(take, version):
            raise ReadRefused("gone")
        try:
            return ProductFile(open_product(self._data, self._keys, take, version, name))
        except FileNotFoundError as error:
            raise ReadRefused("missing") from error
        except (OSError, BrokenFile) as error:
            raise ReadRefused("damaged") from error

    def talk(self, take: str, version: str) -> tuple[VoiceTalk, ...]:
        """Who speaks when in this version. Raises `ReadRefused`."""
        return self.open(take, version).index.talk

    def is_current(self, take: str, version: str) -> bool:
        manifest = self._manifests.get(take)
        return manifest is not None and _index_of(manifest, version) != ""

    def _load(self, manifest: Manifest, path: str) -> TakeFile:
        cipher = self._keys.find(KeyName(manifest.take, "", "index"))
        if cipher is None:
            raise ReadRefused("damaged")
        try:
            return TakeFile(load_index(self._data / path, cipher), self._data, self._keys)
        except (OSError, BrokenIndex, LayoutError) as error:
            raise ReadRefused("damaged") from error


def _index_of(manifest: Manifest, version: str) -> str:
    """Path below the data folder; empty where this version is not served."""
    if manifest.state != "ready" or not version:
        return ""
    return {manifest.screen_version: manifest.screen_index, manifest.version: manifest.index}.get(version, "")


class Frames:
    """Payloads by row, for one reader: keeps the last few opened records and the open parts."""

    def __init__(self, index: StoredIndex, rows: Rows, data: Path, keys: KeyStore) -> None:
        self._index = index
        self._rows = rows
        self._data = data
        self._names = (KeyName(index.take, index.teacher, index.picture), KeyName(index.take, "", index.mix))
        self._ciphers: tuple[AESGCM | None, ...] = tuple(keys.find(name) for name in self._names)
        self._files: OrderedDict[int, int] = OrderedDict()
        self._plain: OrderedDict[tuple[int, int], bytes] = OrderedDict()

    def payload(self, row: int) -> bytes:
        _, track, _, part, size, start, record = self._rows[row].item()
        if record < 0:
            return self._index.black if record == BLACK_RECORD else self._index.silence
        plain = self._plain.get((part, record))
        if plain is None:
            plain = self._plain[part, record] = self._read(part, record, track)
            if len(self._plain) > _RECORDS_KEPT:
                self._plain.popitem(last=False)
        frame = plain[start : start + size]
        if len(frame) != size:
            raise JournalError("frame beyond its record")
        return frame

    def close(self) -> None:
        for file in self._files.values():
            os.close(file)
        self._files.clear()

    def _read(self, part: int, record: int, track: int) -> bytes:
        which = 0 if track == VIDEO else 1
        cipher = self._ciphers[which]
        if cipher is None:
            raise JournalError("the key is gone")
        if part >= len(self._index.parts):
            raise JournalError("no such part")
        number, path = self._index.parts[part]
        file = self._files.get(part)
        if file is None:
            file = self._files[part] = os.open(self._data / path, os.O_RDONLY)
            if len(self._files) > _PARTS_OPEN:
                os.close(self._files.popitem(last=False)[1])
        return read_batch(file, record, number, self._names[which], cipher)
