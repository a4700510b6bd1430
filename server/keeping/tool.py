"""`microteach backup|restore|move|audit|usage`: what the operator does with kept data. Words for people go to stderr, data to stdout."""

from __future__ import annotations

import argparse
import asyncio
import csv
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from server.keeping import audit
from server.keeping.backup import check_backup, make_backup
from server.keeping.copying import BackupError
from server.keeping.moving import PUT_AWAY, move
from server.keeping.restore import restore
from server.keeping.usage import lines, usage
from server.membership import node_name
from server.people.invitations import secret_of
from server.settings import Settings, SettingsError, read_settings
from server.store.engine import Store
from server.store.failures import NotSaved

DEFAULT_FILE = Path("microteach.toml")
NO_KEYS = """The keys of the recordings are not in it, so that a recording that is deleted here is deleted in this backup too.
Without them nobody can watch its recordings. Keep a copy of them somewhere else, with: microteach backup --to … --keys-to ANOTHER_PLACE"""
NO_LEDGER = """Nothing said what was deleted after this backup was made: it is there again.
If the keys folder of the old installation still exists, give its erased.jsonl with --erased."""
IN_STORE = "Recordings that other machines have made are in s3_bucket, which has its own backups; here are those of this machine."
MOVED = """What people delete from now on stays in {file}, which nothing opens any more.
Look whether everything is there (microteach run), then delete that file, and make a backup: older ones are of the file."""
FIELDS = ("n", "at", "act", "actor", "session", "take", "about")


def run_keeping_command(arguments: argparse.Namespace) -> int:
    os.umask(0o077)
    file = arguments.settings or (DEFAULT_FILE if DEFAULT_FILE.exists() else None)
    try:
        settings = read_settings(file)
        if arguments.command == "backup":
            return _check(arguments.check) if arguments.check else _backup(settings, file, arguments.to, arguments.keys_to)
        if arguments.command == "restore":
            return asyncio.run(_restore(settings, arguments))
        if arguments.command == "move":
            return asyncio.run(_move(settings))
        if not settings.database and not (settings.data_path / "microteach.db").exists():
            raise BackupError(f"there is no database in {settings.data_path}")
        return asyncio.run(_look(settings, arguments))
    except (SettingsError, BackupError, NotSaved, OSError) as error:
        _say(f"microteach: {error.why if isinstance(error, NotSaved) else error}")
        return 2 if isinstance(error, SettingsError) else 1


def _backup(settings: Settings, file: Path | None, to: Path, keys_to: Path | None) -> int:
    if not settings.database and not (settings.data_path / "microteach.db").exists():
        raise BackupError(f"there is no database in {settings.data_path}")
    made = make_backup(settings, file, to, keys_to, time.time_ns() // 1_000_000, _say)
    _say(
        f"{to} is complete: {made.files} files, {made.size_bytes / 1e6:.1f} MB, of which {made.copied_bytes / 1e6:.1f} MB were copied now."
    )
    _say(NO_KEYS if made.keys is None else f"{made.keys} keys are in {keys_to}. Whoever has both can watch every recording.")
    if settings.s3_bucket:
        _say(IN_STORE)
    return 0


def _check(place: Path) -> int:
    wrong = check_backup(place)
    for each in wrong:
        _say(each)
    _say("Something is wrong with this backup: make another one." if wrong else f"{place} is whole.")
    return 1 if wrong else 0


async def _restore(settings: Settings, arguments: argparse.Namespace) -> int:
    done = await restore(settings, arguments.source, arguments.keys_from, arguments.erased, _say)
    _say(f"{done.files} files and {done.keys} keys are back in {settings.data_path}.")
    _say(f"Deleted again, as it was after this backup: {done.again_gone}." if done.ledger else NO_LEDGER)
    _say("Look through the settings, give the secrets again, then start: microteach run")
    return 0


async def _move(settings: Settings) -> int:
    rows = await move(settings, node_name(settings), _say)
    _say(f"All {rows} rows are in the database, and were read there again. {MOVED.format(file=settings.data_path / PUT_AWAY)}")
    return 0


async def _look(settings: Settings, arguments: argparse.Namespace) -> int:
    async with Store(settings.database or settings.data_path / "microteach.db") as store:
        if arguments.command == "usage":
            print("\n".join(lines(await usage(store, settings), settings)))
            return 0
        if arguments.action == "export":
            return await _export(store, arguments)
        key = audit.key_of(secret_of(settings.secret, settings.data_path / "secret"))
        return _tell_checked(await audit.check(store, key), await _seal_at(store, arguments.head), arguments.head)


async def _export(store: Store, arguments: argparse.Namespace) -> int:
    since_ms = _day_ms(arguments.since) if arguments.since else 0
    table = csv.writer(sys.stdout) if arguments.format == "csv" else None
    if table:
        table.writerow(FIELDS)
    async for entry in audit.entries(store, since_ms=since_ms, session=arguments.session, person=arguments.person):
        at = datetime.fromtimestamp(entry.at_ms / 1000, UTC).isoformat(timespec="milliseconds")
        values: Sequence[object] = (entry.n, at, entry.act, entry.actor, entry.session, entry.take, entry.about)
        if table:
            table.writerow(values)
        else:
            print(msgspec.json.encode(dict(zip(FIELDS, values, strict=True))).decode())
    return 0


async def _seal_at(store: Store, head: str) -> str:
    number = head.partition(":")[0]
    if not number.isdecimal():
        return ""
    return "".join([(entry.seal or b"").hex() async for entry in audit.entries(store) if entry.n == int(number)])


def _tell_checked(checked: audit.Checked, seal: str, head: str) -> int:
    if checked.broken:
        print(f"Row {checked.broken.n} is {checked.broken.what}: somebody has been at this log outside of Microteach.")
        return 1
    if head and seal != head.partition(":")[2]:
        print(f"Row {head.partition(':')[0]} is not what it was: rows were taken away or written anew.")
        return 1
    print(f"{checked.rows} rows are as they were written, {checked.unsealed} more wait to be sealed. Head: {checked.last}:{checked.head}")
    return 0


def _day_ms(day: str) -> int:
    try:
        return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError as error:
        raise BackupError("--since wants a day, such as 2026-03-31") from error


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
