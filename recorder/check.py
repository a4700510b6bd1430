"""Whether a take is whole: every record of its journal, and every byte of its films. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from recorder.journal import JournalError
from recorder.journal_reader import Gap, scan
from recorder.keys import KeyStore
from recorder.manifest import Manifest
from recorder.take import Library, ReadRefused

Kind = Literal["part missing", "part damaged", "film damaged", "unfinished", "failed"]


@dataclass(frozen=True, slots=True)
class Damage:
    kind: Kind
    where: str = ""

    def __str__(self) -> str:
        return f"{self.kind} ({self.where})" if self.where else self.kind


def check_take(data: Path, keys: KeyStore, manifest: Manifest) -> list[Damage]:
    """A torn tail of a part that a kill has left is no damage: what stood there is in the next part, or was never acknowledged."""
    if manifest.state == "recording":
        return []
    damages = [damage for part in manifest.parts if not part.lost for damage in _check_part(data, keys, part.path)]
    if manifest.state == "failed":
        return [*damages, Damage("failed")]
    if not manifest.version:
        return [*damages, Damage("unfinished")]
    library = Library(data, keys)
    library.put(manifest)
    for version in filter(None, (manifest.version, manifest.screen_version)):
        try:
            film = library.open(manifest.take, version)
            for _ in film.chunks(0, film.size):
                pass
        except ReadRefused as refused:
            damages.append(Damage("film damaged", f"{version}: {refused.code}"))
    return damages


def _check_part(data: Path, keys: KeyStore, path: str) -> list[Damage]:
    try:
        gaps = [record for record in scan(data / path, keys) if isinstance(record, Gap)]
    except FileNotFoundError:
        return [Damage("part missing", path)]
    except (OSError, JournalError) as error:
        return [Damage("part damaged", f"{path}: {error}")]
    return [Damage("part damaged", f"{path}, bytes {gap.start} to {gap.end}") for gap in gaps]
