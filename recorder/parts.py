"""The parts of all journals: their numbers, which are never given out twice, and their files."""

from __future__ import annotations

from pathlib import Path

import msgspec

from recorder.files import replace_file, safe_name
from recorder.journal import PartWriter
from recorder.manifest import JOURNALS_FOLDER, Manifest, PartRef, save_manifest

_COUNTER = "last_part"


class Parts:
    def __init__(self, data: Path) -> None:
        self._data = data

    def begin(self, manifest: Manifest, origin_ns: int, boot: str) -> tuple[PartWriter, PartRef]:
        """The manifest on disk names it before anything is in it. Raises OSError."""
        number, path = self.place(manifest.room)
        writer = PartWriter(self._data / path, number)
        reference = PartRef(part=number, path=path, origin_ns=origin_ns, boot=boot)
        try:
            save_manifest(self._data, msgspec.structs.replace(manifest, parts=(*manifest.parts, reference)))
        except OSError:
            writer.close()
            writer.path.unlink(missing_ok=True)
            raise
        return writer, reference

    def place(self, room: str) -> tuple[int, str]:
        """The number of a new part, and its path below the data folder. Raises OSError."""
        number = self._next()
        return number, f"{JOURNALS_FOLDER}/{safe_name(room)}/{number:08x}.journal"

    def _next(self) -> int:
        """Never given out before, also not by a recorder that died at once: the counter is durable first."""
        counter = self._data / _COUNTER
        last = int(counter.read_text()) if counter.is_file() else 0
        found = [int(path.stem, 16) for path in (self._data / JOURNALS_FOLDER).glob("*/*.journal")] if not last else []
        number = max([last, *found]) + 1
        replace_file(counter, str(number).encode())
        return number
