"""A take built anew from its journal alone: where its index is damaged, or even its manifest is gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from recorder.intake import parse_marker
from recorder.journal import JournalError, JournalMark, JournalTrack, PartWriter
from recorder.journal_reader import read_part_number, scan
from recorder.keys import KeyStore
from recorder.manifest import JOURNALS_FOLDER, Manifest, PartRef, load_manifests
from recorder.publish import publish
from recorder.recover import restore

SAME_CLOCK_NS = 10_000_000_000  # by which a machine's wall clock may have been set while it recorded


def rebuild_take(data: Path, keys: KeyStore, manifest: Manifest) -> Manifest:
    """The take as its journal has it, published as a new revision. Raises OSError and `LayoutError`."""
    take, _ = restore(manifest, data, keys, _no_part)
    seen_ms = (take.last_seen_ns - take.origin_ns) // 1_000_000
    duration_ms = manifest.duration_ms or max(seen_ms, 20)
    mixing = manifest.mixing or not len(take.mix_track.log)  # its key went with a later mix, of which only the manifest knew
    take.manifest = msgspec.structs.replace(
        take.manifest, duration_ms=duration_ms, settled=True, mixing=mixing, revision=manifest.revision + 1
    )
    return publish(data, keys, *take.described())


def found_in_journals(data: Path, keys: KeyStore) -> Iterator[Manifest]:
    """Takes whose manifest is gone, as far as their journals tell."""
    known = {manifest.take for manifest in load_manifests(data)[0]}
    found: dict[str, Manifest] = {}
    each = (manifest for path in (data / JOURNALS_FOLDER).glob("*/*.journal") for manifest in _manifest_of(data, path, keys))
    for manifest in sorted(each, key=lambda manifest: (manifest.started_ms, manifest.parts[0].path)):
        if manifest.take not in known:
            earlier = found.get(manifest.take)
            found[manifest.take] = manifest if earlier is None else _joined(earlier, manifest)
    yield from found.values()


def _joined(earlier: Manifest, later: Manifest) -> Manifest:
    """Where the clocks agree it is one clock; else another machine has gone on with the take, or this one was started anew."""
    first, (part,) = earlier.parts[0], later.parts
    origin_ns = part.origin_ns - (later.started_ms - earlier.started_ms) * 1_000_000
    if abs(origin_ns - first.origin_ns) < SAME_CLOCK_NS:
        origin_ns = first.origin_ns
    return msgspec.structs.replace(earlier, parts=(*earlier.parts, msgspec.structs.replace(part, origin_ns=origin_ns)))


def _manifest_of(data: Path, path: Path, keys: KeyStore) -> Iterator[Manifest]:
    """By the first marker of a part; a part without one holds voices that were mixed anew, and tells no time."""
    try:
        number = read_part_number(path)
        records = [record for record in scan(path, keys) if isinstance(record, (JournalTrack, JournalMark))]
    except (OSError, JournalError):
        return
    takes = [record.take for record in records if isinstance(record, JournalTrack)]
    marks = [record for record in records if isinstance(record, JournalMark)]
    for mark in marks[:1]:
        marker = parse_marker(bytes(mark.marker))
        if marker is not None and marker.take is not None and marker.take in takes:
            part = PartRef(part=number, path=str(path.relative_to(data)), origin_ns=mark.arrival_ns)
            yield Manifest(
                take=marker.take,
                room=marker.room,
                teacher=marker.teacher or "",
                state="failed",
                started_ms=marker.wall_ms,
                parts=(part,),
            )


def _no_part(*_: object) -> tuple[PartWriter, PartRef]:
    raise JournalError("a finished take is only read")
