"""Makes a backup while the server runs: the database as it is at one moment, then the files that it names, which only grow.

Invariant: keys of recordings are never in it. They go to another place of their own, or nowhere: whoever destroys a key destroys the
recording in every backup too. A manifest of a recording is copied before what it names, and again if it has changed meanwhile.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from server.keeping.copying import BEGUN, WORK, BackupError, FolderTarget, Item, Manifest, Target, open_source, open_target, wrong_in
from server.keeping.database_copy import POSTGRES, SQLITE, copy_postgres, copy_sqlite
from server.keeping.ledger import NAME as LEDGER
from server.settings import Settings

PASSES = 5
NOT_COPIED = ("lock", "erased.jsonl")
PARTIAL = (".part", ".new")
SECRET = re.compile(r"^\s*(\w*(password|secret)|database|redis|s3_key_id)\s*=", re.IGNORECASE)

Progress = Callable[[str], None]


class Made(msgspec.Struct, frozen=True, kw_only=True):
    files: int
    size_bytes: int
    copied_bytes: int
    keys: int | None  # None: they were not asked for


def make_backup(settings: Settings, file: Path | None, to: Path, keys_to: Path | None, now_ms: int, tell: Progress) -> Made:
    """Raises BackupError, OSError."""
    _check_places(settings, to, keys_to)
    target = open_target(to)
    items: dict[str, Item] = {}
    work = to / WORK if to.is_dir() else to.with_name(f".{to.name}{WORK}")
    shutil.rmtree(work, ignore_errors=True)  # of one that was killed
    work.mkdir(mode=0o700)
    try:
        tell("database")
        schema = _copy_database(settings, work, target, items)
        if file is not None:
            clean = work / "microteach.toml"
            clean.write_text(without_secrets(file.read_text()))
            items[clean.name] = target.put(clean.name, clean)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    copy_files(settings, target, items, tell)
    kind = "postgresql" if settings.database else "sqlite"
    target.complete(Manifest(made_ms=now_ms, database=kind, schema=schema, items=items))  # type: ignore[arg-type]
    keys = copy_keys(settings.keys_path, keys_to, now_ms) if keys_to else None
    size = sum(item.size for item in items.values())
    return Made(files=len(items), size_bytes=size, copied_bytes=target.copied_bytes, keys=keys)


def _copy_database(settings: Settings, work: Path, target: Target, items: dict[str, Item]) -> str:
    """Returns the schema's revision."""
    name = POSTGRES if settings.database else SQLITE
    copy = work / name
    schema = copy_postgres(settings.database, copy) if settings.database else copy_sqlite(settings.data_path / "microteach.db", copy)
    items[name] = target.put(name, copy)
    return schema


def copy_files(settings: Settings, target: Target, items: dict[str, Item], tell: Progress) -> None:
    """Until nothing that a manifest says has changed while it was copied."""
    told_s = time.monotonic()
    for round_ in range(PASSES):
        there = dict(_files(settings))
        new = [name for name, path in there.items() if name not in items or _has_changed(path, items[name])]
        if round_ and not any(name.startswith("recordings/takes/") for name in new):
            break
        for number, name in enumerate(new, 1):
            try:
                items[name] = target.put(name, there[name])
            except FileNotFoundError:  # deleted meanwhile
                items.pop(name, None)
            if time.monotonic() - told_s > 2 or number == len(new):
                told_s = time.monotonic()
                tell(f"{number} of {len(new)} files")
    gone = {name for name in items if "/" in name} - dict(_files(settings)).keys()
    for name in gone:
        del items[name]


def copy_keys(keys: Path, to: Path, now_ms: int) -> int:
    """A mirror: a key that was destroyed since goes from there too. What was deleted is only ever added to the ledger there."""
    target = FolderTarget(to)
    items = {}
    for path in sorted(keys.rglob("*.key")):
        name = str(path.relative_to(keys))
        try:
            items[name] = target.put(name, path)
        except FileNotFoundError:
            continue
    merged = merge_ledgers(keys / LEDGER, to / LEDGER)
    if merged:
        whole = to / f"{LEDGER}.new"
        whole.write_bytes(merged)
        items[LEDGER] = target.put(LEDGER, whole)
    target.complete(Manifest(made_ms=now_ms, database="sqlite", schema="", items=items))
    return sum(name.endswith(".key") for name in items)


def merge_ledgers(*files: Path) -> bytes:
    lines = dict.fromkeys(line for file in files if file.exists() for line in file.read_bytes().splitlines() if line)
    return b"".join(line + b"\n" for line in lines)


def check_backup(place: Path) -> list[str]:
    """What is wrong with it. Raises BackupError."""
    source = open_source(place)
    try:
        return list(wrong_in(source))
    finally:
        source.close()


def without_secrets(text: str) -> str:
    """Settings with the lines of secrets emptied; they are to be given again after a restore."""
    return "".join(
        f"# {line.split('=')[0].strip()} was left out of the backup\n" if SECRET.match(line) else line for line in text.splitlines(True)
    )


def _files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Manifests of recordings first."""
    data, recordings = settings.data_path, settings.recordings_path
    places = [(recordings / "takes", data), (recordings, data), (data / "slides", data)]
    found: dict[str, Path] = {}  # the first place counts
    for folder, root in places:
        paths = sorted(folder.rglob("*"), key=lambda path: (path.suffix != ".json", path))
        found = found | {name: path for path in paths if _is_kept(path, data) and (name := str(path.relative_to(root))) not in found}
    if (data / "secret").exists():
        found["secret"] = data / "secret"
    if settings.plans_path:
        found |= {f"plans/{path.relative_to(settings.plans_path)}": path for path in settings.plans_path.rglob("*.toml")}
    yield from found.items()


def _is_kept(path: Path, data: Path) -> bool:
    if path.name in NOT_COPIED or path.suffix in PARTIAL or "incoming" in path.relative_to(data).parts:
        return False
    return path.is_file() and path.suffix != ".key"


def _has_changed(path: Path, item: Item) -> bool:
    try:
        status = path.stat()
    except FileNotFoundError:
        return False
    return (status.st_size, status.st_mtime_ns) != (item.size, item.mtime_ns)


def _check_places(settings: Settings, to: Path, keys_to: Path | None) -> None:
    own = (settings.data_path, settings.keys_path)
    for place in (to.resolve(), *([keys_to.resolve()] if keys_to else [])):
        if any(place == folder or folder in place.parents for folder in own):
            raise BackupError(f"{place} is inside of what is to be copied; choose a place on another disk")
    if keys_to and (
        keys_to.resolve() == to.resolve() or to.resolve() in keys_to.resolve().parents or keys_to.resolve() in to.resolve().parents
    ):
        raise BackupError("keys go to a place of their own: together with the recordings they would be open to whoever finds the backup")
    for place in (to, *([keys_to] if keys_to else [])):
        if place.is_dir() and any(place.iterdir()) and not (place / BEGUN).exists():
            raise BackupError(f"{place} is a folder of something else; choose an empty one")
