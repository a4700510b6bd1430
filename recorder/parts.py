"""The parts of all journals: their numbers and their files, in the order of the take. Most of both is random: two machines may
write one take, the second without knowing all that the first has begun."""

from __future__ import annotations

import secrets
from pathlib import Path

import msgspec

from recorder.files import safe_name
from recorder.journal import PartWriter
from recorder.manifest import JOURNALS_FOLDER, Manifest, PartRef, save_manifest


class Parts:
    def __init__(self, data: Path) -> None:
        self._data = data

    def begin(self, manifest: Manifest, origin_ns: int, boot: str) -> tuple[PartWriter, PartRef]:
        """The manifest on disk names it before anything is in it. Raises OSError."""
        number, path = self.place(manifest)
        writer = PartWriter(self._data / path, number)
        reference = PartRef(part=number, path=path, origin_ns=origin_ns, boot=boot)
        try:
            save_manifest(self._data, msgspec.structs.replace(manifest, parts=(*manifest.parts, reference)))
        except OSError:
            writer.close()
            writer.path.unlink(missing_ok=True)
            raise
        return writer, reference

    def place(self, manifest: Manifest) -> tuple[int, str]:
        """The number of a new part of this take, and its path below the data folder."""
        number = (len(manifest.parts) + 1) % (1 << 16) << 16 | secrets.randbits(16)
        name = f"{safe_name(manifest.take)}.{number:08x}{secrets.token_hex(4)}.journal"
        return number, f"{JOURNALS_FOLDER}/{safe_name(manifest.room)}/{name}"
