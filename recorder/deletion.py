"""A take is deleted for good: first the wish is on disk, then its keys go, then everything that they opened.

Whoever is killed in between finds the wish at the next start and finishes. The wish remains, so that nothing brings the take back.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from recorder.files import safe_name
from recorder.keys import KeyStore
from recorder.manifest import TAKES_FOLDER, Manifest, save_manifest
from recorder.products import destroy_products


def delete_take(data: Path, keys: KeyStore, manifest: Manifest) -> Manifest:
    """What is left of it. May be done again. Raises OSError, then some may be left and it must be done again."""
    save_manifest(data, wish_of(manifest))
    keys.destroy(manifest.take)
    destroy_products(data, keys, manifest.take)
    for index in (data / TAKES_FOLDER).glob(f"{safe_name(manifest.take)}.*.index*"):
        index.unlink(missing_ok=True)
    for part in manifest.parts:
        (data / part.path).unlink(missing_ok=True)
    gone = Manifest(take=manifest.take, room=manifest.room, teacher="", state="deleted", started_ms=0)
    save_manifest(data, gone)
    return gone


def wish_of(manifest: Manifest) -> Manifest:
    return msgspec.structs.replace(manifest, state="deleted")


def unknown(take: str) -> Manifest:
    """For a take that was asked to be deleted and was never heard of: it may still come out of the ring."""
    return Manifest(take=take, room="", teacher="", state="deleted", started_ms=0)
