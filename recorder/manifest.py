"""What is known of one take, as one small JSON file: its state, its parts, and where its index is. Ids and numbers only."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from recorder.control import Hole, Take, TakeState, TakeTrack
from recorder.files import make_folder, replace_file, safe_name

TAKES_FOLDER = "takes"
VOICES = ("microphone", "screen_sound")
JOURNALS_FOLDER = "journals"


class PartRef(msgspec.Struct, frozen=True, kw_only=True):
    """`path` below the data folder. Time 0 of the take is `origin_ns` of the monotonic clock that this part's records show.

    That clock begins anew with each `boot` of the machine; empty where it is not known. `mixed`: it holds voices that were mixed anew.
    `lost`: it went with the machine that wrote it.
    """

    part: int
    path: str
    origin_ns: int
    boot: str = ""
    mixed: bool = False
    lost: bool = False


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`deleted` is kept when all else of the take is gone, so that nothing of it comes back.

    `mix` names the key of the voices. `mixing`: they are to be mixed anew, under the next name. `withdrawn` are tracks whose keys
    are destroyed, or are to be: written down first, so that whoever is killed in between finishes it at the next start.
    """

    format: Literal[1] = 1
    take: str
    room: str
    teacher: str
    state: TakeState | Literal["deleted"]
    started_ms: int
    parts: tuple[PartRef, ...] = ()
    tracks: tuple[TakeTrack, ...] = ()
    version: str = ""
    index: str = ""
    duration_ms: int = 0
    size_bytes: int = 0
    holes: tuple[Hole, ...] = ()
    screen_version: str = ""
    screen_index: str = ""
    screen_size_bytes: int = 0
    revision: int = 1
    settled: bool = False
    mix: str = "mix"
    mixing: bool = False
    withdrawn: tuple[TakeTrack, ...] = ()

    @property
    def mix_number(self) -> int:
        return int(self.mix.partition("-")[2] or 0)

    @property
    def is_silent(self) -> bool:
        """The voices that there were are gone with one that was withdrawn, and are not mixed anew yet."""
        return self.mixing and any(track.source in VOICES for track in self.withdrawn)

    def last_media_part(self) -> PartRef | None:
        return next((part for part in reversed(self.parts) if not part.mixed), None)

    def without_lost(self, data: Path) -> Manifest:
        """As it is where files have come from another machine: what is not among them is lost, for now."""
        parts = tuple(msgspec.structs.replace(part, lost=not (data / part.path).exists()) for part in self.parts)
        return msgspec.structs.replace(self, parts=parts)

    def next_mix(self) -> str:
        return f"mix-{self.mix_number + 1}"

    def earlier_mixes(self) -> list[str]:
        return [f"mix-{number}" if number else "mix" for number in range(self.mix_number)]

    def as_take(self) -> Take:
        """Not for a deleted one."""
        assert self.state != "deleted"
        return Take(
            take=self.take,
            room=self.room,
            state=self.state,
            version=self.version,
            started_ms=self.started_ms,
            duration_ms=self.duration_ms,
            size_bytes=self.size_bytes,
            holes=self.holes,
            screen_version=self.screen_version,
            screen_size_bytes=self.screen_size_bytes,
            revision=self.revision,
            settled=self.settled,
            mixing=self.mixing,
            silent=self.is_silent,
            tracks=self.tracks,
        )


_decoder = msgspec.json.Decoder(Manifest)


def save_manifest(data: Path, manifest: Manifest) -> None:
    path = manifest_path(data, manifest.take)
    make_folder(path.parent)
    replace_file(path, msgspec.json.format(msgspec.json.encode(manifest)))


def load_manifests(data: Path) -> tuple[list[Manifest], list[Path]]:
    """All takes, and the files that could not be read."""
    manifests: list[Manifest] = []
    unreadable: list[Path] = []
    for path in sorted((data / TAKES_FOLDER).glob("*.json")):
        try:
            manifests.append(_decoder.decode(path.read_bytes()))
        except (OSError, ValueError):
            unreadable.append(path)
    return manifests, unreadable


def manifest_path(data: Path, take: str) -> Path:
    return data / TAKES_FOLDER / f"{safe_name(take)}.json"


def index_path(take: str, version: str) -> str:
    """Below the data folder."""
    return f"{TAKES_FOLDER}/{safe_name(take)}.{version}.index"
