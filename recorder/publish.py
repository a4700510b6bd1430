"""A version of a finished take is stored, and what belongs to older ones goes. Everything can be done again after a crash."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from recorder.files import safe_name
from recorder.index import StoredIndex, save_index
from recorder.keys import KeyName, KeyStore
from recorder.manifest import TAKES_FOLDER, Manifest, index_path, save_manifest
from recorder.products import destroy_products


def publish(data: Path, keys: KeyStore, manifest: Manifest, indexes: Sequence[StoredIndex]) -> Manifest:
    """The take as it is served from now on. Raises OSError, then nothing has changed, and `LayoutError`."""
    cipher = keys.find_or_make(KeyName(manifest.take, "", "index"))
    fresh = msgspec.structs.replace(manifest, state="ready", screen_version="", screen_index="", screen_size_bytes=0)
    for index in indexes:
        size, version = index.layout_of().size, index.version()
        path = index_path(manifest.take, version)
        save_index(data / path, index, cipher)
        if index.picture == "screen":
            fresh = msgspec.structs.replace(fresh, screen_version=version, screen_index=path, screen_size_bytes=size)
        else:
            fresh = msgspec.structs.replace(fresh, version=version, index=path, size_bytes=size)
    save_manifest(data, fresh)
    forget_older(data, keys, fresh)
    return fresh


def forget_older(data: Path, keys: KeyStore, manifest: Manifest) -> None:
    """Indexes, mixes and products of other versions than the manifest's. What the disk refuses now goes with the next version."""
    current = {manifest.index, manifest.screen_index}
    with suppress(OSError):
        for path in (data / TAKES_FOLDER).glob(f"{safe_name(manifest.take)}.*.index"):
            if f"{TAKES_FOLDER}/{path.name}" not in current:
                path.unlink(missing_ok=True)
        keys.destroy_these(KeyName(manifest.take, "", mix) for mix in manifest.earlier_mixes())
        destroy_products(data, keys, manifest.take, keep_version=manifest.version)
