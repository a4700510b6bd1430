"""Brings a backup back into an installation that is empty, and does not bring back what was deleted after it was made.

Invariant: nothing starts on a folder in which a restore was begun and not ended (`MARKER`); the same restore, begun again, ends it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.keeping import rows
from server.keeping.backup import merge_ledgers
from server.keeping.commands import MARKER
from server.keeping.copying import BackupError, FolderSource, Source, open_source, sync, take_out, write_file, wrong_in
from server.keeping.database_copy import POSTGRES, SQLITE, postgres_is_empty, restore_postgres
from server.keeping.ledger import NAME as LEDGER
from server.keeping.ledger import Gone, read_ledger
from server.keeping.scrubbing import Scrubbing
from server.settings import Settings
from server.store.engine import Store
from server.store.schema import sessions, takes, withdrawals
from server.store.upsert import insert_ignore

OWN = ("lock", "run", MARKER, f"{MARKER}.part", "reserve.bin", "keys", "clock.json")

Progress = Callable[[str], None]


class Restored(msgspec.Struct, kw_only=True):
    """`ledger`: whether anything said what was deleted since."""

    files: int = 0
    keys: int = 0
    ledger: bool = False
    again_gone: int = 0


async def restore(settings: Settings, place: Path, keys_from: Path | None, ledgers: Collection[Path], tell: Progress) -> Restored:
    """Raises BackupError, OSError."""
    source = open_source(place)
    keys = FolderSource(keys_from) if keys_from else None
    try:
        with alone(settings.data_path):
            return await _restore(settings, source, keys, [*ledgers, *([keys_from / LEDGER] if keys_from else [])], tell)
    finally:
        source.close()


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """Raises BackupError where the installation runs."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BackupError(f"Microteach runs on {data}; stop it first") from error
        yield


async def _restore(settings: Settings, source: Source, keys: FolderSource | None, ledgers: list[Path], tell: Progress) -> Restored:
    data, done = settings.data_path, Restored()
    tell("checking the backup")
    wrong = [*wrong_in(source), *(wrong_in(keys) if keys else ())]
    if wrong:
        raise BackupError("the backup is damaged: " + "; ".join(wrong[:5]))
    which = hashlib.sha256(msgspec.json.encode(source.manifest)).hexdigest()
    _check_is_empty(settings, source, keys, which)
    write_file(data / MARKER, which.encode())
    for name in source.manifest.items:
        if "/" in name or name == "secret":
            target = data / name if not name.startswith("plans/") else (settings.plans_path or data / "plans") / name.removeprefix("plans/")
            take_out(source, name, target)
            done.files += 1
    tell(f"{done.files} files")
    if keys:
        for name in keys.manifest.items:
            if name != LEDGER:
                take_out(keys, name, settings.keys_path / name)
                done.keys += 1
    merged = merge_ledgers(settings.keys_path / LEDGER, *ledgers)
    done.ledger = any(path.exists() for path in (settings.keys_path / LEDGER, *ledgers))
    if merged:
        settings.keys_path.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_file(settings.keys_path / LEDGER, merged)
    tell("database")
    _restore_database(settings, source)
    async with Store(settings.database or data / "microteach.db") as store:
        done.again_gone = await apply_ledger(store, settings, list(read_ledger(settings.keys_path / LEDGER)))
        await Scrubbing(store).scrub()
    (data / MARKER).unlink()
    sync(data)
    return done


async def apply_ledger(store: Store, settings: Settings, gone: Collection[Gone]) -> int:
    """How many of these were there again. Each may be done again."""
    count = 0
    for each in gone:
        count += await _FORGET[each.what](store, settings, each)

    async def nobody_owns(connection: AsyncConnection) -> None:
        await connection.execute(sa.update(sessions).values(owner=None))

    await store.write(nobody_owns)
    return count


async def _forget_take(store: Store, settings: Settings, gone: Gone) -> bool:
    was = False

    async def work(connection: AsyncConnection) -> None:
        nonlocal was
        was = await connection.scalar(sa.select(takes.c.take).where(takes.c.take == gone.id, takes.c.erased_ms.is_(None))) is not None
        await rows.delete_take(connection, gone.id, gone.at_ms)
        await connection.execute(sa.update(takes).where(takes.c.take == gone.id, takes.c.erased_ms.is_(None)).values(erased_ms=gone.at_ms))

    remove_recording(settings, gone.id)
    await store.write(work)
    return was


async def _forget_session(store: Store, settings: Settings, gone: Gone) -> bool:
    belongings = await rows.of_session(store, gone.id)
    for take, _, _ in belongings.takes:
        remove_recording(settings, take)
    was = False

    async def work(connection: AsyncConnection) -> None:
        nonlocal was
        was = await connection.scalar(sa.select(sessions.c.session).where(sessions.c.session == gone.id)) is not None
        await rows.erase_session(connection, gone.id)

    await store.write(work)
    _remove_decks(settings, belongings.decks)
    return was


async def _forget_person(store: Store, settings: Settings, gone: Gone) -> bool:
    belongings = await rows.of_person(store, gone.id)
    for take, _, _ in belongings.takes:
        await _forget_take(store, settings, Gone(what="take", id=take, at_ms=gone.at_ms))

    async def work(connection: AsyncConnection) -> None:
        await rows.erase_person(connection, gone.id, gone.at_ms)

    await store.write(work)
    _remove_decks(settings, belongings.decks)
    return True


async def _forget_track(store: Store, settings: Settings, gone: Gone) -> bool:
    """The row asks the recorder, which knows what else is made of it; its key goes at once."""
    for key in (settings.keys_path / gone.id).glob(f"{gone.peer}.{gone.source}.key"):
        key.unlink(missing_ok=True)
    row = {"take": gone.id, "peer": gone.peer, "source": gone.source, "asked_ms": gone.at_ms}
    same = (withdrawals.c.take == gone.id, withdrawals.c.peer == gone.peer, withdrawals.c.source == gone.source)

    async def work(connection: AsyncConnection) -> None:
        if await connection.scalar(sa.select(takes.c.take).where(takes.c.take == gone.id, takes.c.deleted_ms.is_(None))) is not None:
            await connection.execute(insert_ignore(withdrawals, row))
            await connection.execute(sa.update(withdrawals).where(*same).values(done_ms=None))

    await store.write(work)
    return True


async def _forget_note(store: Store, _: Settings, gone: Gone) -> bool:
    was = False

    async def work(connection: AsyncConnection) -> None:
        nonlocal was
        was = await rows.erase_note(connection, gone.id, gone.version, gone.at_ms)

    await store.write(work)
    return was


_FORGET: dict[str, Callable[[Store, Settings, Gone], Awaitable[bool]]] = {
    "take": _forget_take,
    "session": _forget_session,
    "person": _forget_person,
    "track": _forget_track,
    "note": _forget_note,
}


def remove_recording(settings: Settings, take: str) -> None:
    """Keys first, then all that they opened, by what its manifest names."""
    data = settings.recordings_path
    shutil.rmtree(settings.keys_path / take, ignore_errors=True)
    manifest = data / "takes" / f"{take}.json"
    if manifest.exists():
        for part in json.loads(manifest.read_bytes()).get("parts", ()):
            (data / part["path"]).unlink(missing_ok=True)
    for path in [*(data / "takes").glob(f"{take}.*"), *(data / "products").glob(f"{take}.*")]:
        path.unlink(missing_ok=True)


def _remove_decks(settings: Settings, decks: Collection[tuple[str, str]]) -> None:
    for deck, _ in decks:
        shutil.rmtree(settings.data_path / "slides" / deck, ignore_errors=True)


def _restore_database(settings: Settings, source: Source) -> None:
    if settings.database:
        if postgres_is_empty(settings.database):
            dump = settings.data_path / POSTGRES
            take_out(source, POSTGRES, dump)
            restore_postgres(settings.database, dump)
            dump.unlink()
        return
    database = settings.data_path / "microteach.db"
    if not database.exists():
        take_out(source, SQLITE, database)
        sync(database.parent)


def _check_is_empty(settings: Settings, source: Source, keys: FolderSource | None, which: str) -> None:
    """A restore of the same backup that was cut off goes on."""
    if source.manifest.database != ("postgresql" if settings.database else "sqlite"):
        raise BackupError(f"the backup is of {source.manifest.database}; set `database` so that it fits")
    marker = settings.data_path / MARKER
    if marker.exists():
        if marker.read_text() == which:
            return
        raise BackupError(f"another restore was begun in {settings.data_path}; end that one, or empty the folder")
    there = [name for name in os.listdir(settings.data_path) if name not in OWN]
    if there:
        raise BackupError(f"{settings.data_path} is not empty ({', '.join(sorted(there)[:3])}); restore into an empty folder")
    if settings.database and not postgres_is_empty(settings.database):
        raise BackupError("the database is not empty; restore into an empty one")
    if keys and any(settings.keys_path.rglob("*.key")):
        raise BackupError(f"there are keys in {settings.keys_path} already; leave --keys-from out to use them")
