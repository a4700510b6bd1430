"""Tracks of a take are withdrawn for good: first the wish is on disk, then their keys go, and those of all that was made from them.

Whoever is killed in between finds the wish at the next start and finishes. What is left is built anew from the journal, by
`recorder.afterwards`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from recorder.control import TakeTrack
from recorder.files import safe_name
from recorder.keys import KeyName, KeyStore
from recorder.manifest import TAKES_FOLDER, VOICES, Manifest, save_manifest
from recorder.products import destroy_products


def without_tracks(manifest: Manifest, peer: str, sources: Sequence[str]) -> Manifest:
    """What the take is without them; a finished one has no version until it is built anew."""
    asked = [TakeTrack(peer=peer, source=source) for source in sources]
    added = tuple(track for track in asked if track not in manifest.withdrawn)
    return _without(manifest, added) if added else manifest


def withdraw_tracks(data: Path, keys: KeyStore, wished: Manifest) -> None:
    """`wished` as of `without_tracks`. Raises OSError, then it must be done again."""
    save_manifest(data, wished)
    destroy_withdrawn(data, keys, wished)


def destroy_withdrawn(data: Path, keys: KeyStore, manifest: Manifest) -> None:
    """May be done again. Raises OSError, then some may be left."""
    if not manifest.withdrawn:
        return
    tracks = [KeyName(manifest.take, track.peer, track.source) for track in manifest.withdrawn]
    keys.destroy_these([*tracks, *(KeyName(manifest.take, "", mix) for mix in manifest.earlier_mixes())])
    destroy_products(data, keys, manifest.take, keep_version=manifest.version)
    if not manifest.version:
        keys.destroy_one(KeyName(manifest.take, "", "index"))  # its sizes and times tell who spoke when
        for index in (data / TAKES_FOLDER).glob(f"{safe_name(manifest.take)}.*.index*"):
            index.unlink(missing_ok=True)


def _without(manifest: Manifest, tracks: tuple[TakeTrack, ...]) -> Manifest:
    voices = any(track.source in VOICES for track in tracks)
    return msgspec.structs.replace(
        manifest,
        withdrawn=(*manifest.withdrawn, *tracks),
        mixing=manifest.mixing or voices,
        mix=f"mix-{manifest.mix_number + 2}" if voices else manifest.mix,  # beyond one that is being made now
        settled=False,
        version="",
        index="",
        size_bytes=0,
        screen_version="",
        screen_index="",
        screen_size_bytes=0,
    )
