"""A backup has everything but keys, says what is wrong with it, and brings back nothing that was deleted after it was made."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from pathlib import Path

import pytest

from server.keeping import backup as backups
from server.keeping.backup import check_backup, make_backup, without_secrets
from server.keeping.commands import MARKER, is_restoring
from server.keeping.copying import BackupError
from server.keeping.ledger import Gone, Ledger
from server.keeping.restore import Restored, restore
from server.settings import Settings
from tests.fakes.filled import ANA
from tests.fakes.installation import files_in, make_installation, write, write_recording


def _quiet(_: str) -> None:
    pass


def make(settings: Settings, to: Path, keys_to: Path | None = None, file: Path | None = None) -> backups.Made:
    return make_backup(settings, file, to, keys_to, 1, _quiet)


async def back(folder: Path, source: Path, keys_from: Path | None = None, *ledgers: Path) -> tuple[Settings, Restored]:
    settings = Settings(data=str(folder / "data"), keys=str(folder / "keys"))
    return settings, await restore(settings, source, keys_from, ledgers, _quiet)


def words(settings: Settings) -> bytes:
    return b"\0".join(files_in(settings.data_path).values())


@pytest.mark.parametrize("name", ["backup", "backup.tar"])
async def test_a_backup_brings_everything_back(tmp_path: Path, name: str) -> None:
    settings = await make_installation(tmp_path)
    made = make(settings, tmp_path / name, tmp_path / "copied keys")
    assert check_backup(tmp_path / name) == []
    there, done = await back(tmp_path / "new", tmp_path / name, tmp_path / "copied keys")
    assert (done.keys, made.keys) == (4, 4)
    before, after = files_in(settings.data_path), files_in(there.data_path)
    assert {path for path in before if path.startswith(("recordings/", "slides/deck"))} - {"recordings/lock"} <= after.keys()
    assert after["secret"] == before["secret"]
    assert files_in(there.keys_path).keys() >= files_in(settings.keys_path).keys()
    with sqlite3.connect(there.data_path / "microteach.db") as database:
        assert database.execute("SELECT count(*) FROM chat").fetchone() == (4,)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.full
async def test_no_key_and_no_secret_of_the_settings_is_in_it(tmp_path: Path) -> None:
    settings = await make_installation(tmp_path, turn_secret="hidden-1")
    file = tmp_path / "microteach.toml"
    file.write_text(
        'listen = "127.0.0.1:1"\nturn_secret = "hidden-1"\nsmtp_password = "hidden-2"\ndatabase = "postgresql://a:hidden-3@h/d"\n'
    )
    make(settings, tmp_path / "backup", file=file)
    everything = b"\0".join(files_in(tmp_path / "backup").values())
    assert b"key of" not in everything
    assert b"hidden" not in everything
    assert b"127.0.0.1:1" in everything
    assert b"half of it" not in everything


def test_a_comment_stands_for_what_was_left_out() -> None:
    assert without_secrets('secret = "x"\nnode = "a"\n') == '# secret was left out of the backup\nnode = "a"\n'


@pytest.mark.full
async def test_only_what_has_changed_is_copied_again(tmp_path: Path) -> None:
    settings = await make_installation(tmp_path)
    to = tmp_path / "backup"
    first = make(settings, to)
    write(settings.recordings_path / "journals/s/t-1.journal", "longer " * 1000)
    (settings.recordings_path / "products" / "u.v1.film.mp4").unlink()
    second = make(settings, to)
    database = (to / "database.db").stat().st_size
    assert first.copied_bytes > database
    assert second.copied_bytes == database + 7000
    assert check_backup(to) == []
    assert not (to / "recordings/products/u.v1.film.mp4").exists()


@pytest.mark.full
async def test_a_recording_that_goes_on_meanwhile_is_copied_with_what_it_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = await make_installation(tmp_path)
    seen = iter(range(1000))
    real = backups._files

    def grows(given: Settings) -> object:
        if next(seen) == 1:
            write_recording(settings, "new", "s")
        return real(given)

    monkeypatch.setattr(backups, "_files", grows)
    make(settings, tmp_path / "backup")
    assert (tmp_path / "backup/recordings/journals/s/new-1.journal").exists()


@pytest.mark.full
async def test_damage_is_found(tmp_path: Path) -> None:
    settings = await make_installation(tmp_path)
    to = tmp_path / "backup"
    make(settings, to)
    write(to / "recordings/journals/s/t-1.journal", "sealed canary of x " * 100)
    (to / "secret").unlink()
    assert sorted(check_backup(to)) == ["recordings/journals/s/t-1.journal is not as it was written", "secret is missing"]
    with pytest.raises(BackupError, match="damaged"):
        await back(tmp_path / "new", to)


@pytest.mark.full
async def test_it_goes_only_where_nothing_else_is(tmp_path: Path) -> None:
    settings = await make_installation(tmp_path)
    write(tmp_path / "full" / "letter.txt", "mine")
    for to, keys_to, why in (
        (settings.data_path / "backup", None, "inside"),
        (tmp_path / "full", None, "something else"),
        (tmp_path / "backup", tmp_path / "backup" / "keys", "of their own"),
    ):
        with pytest.raises(BackupError, match=why):
            make(settings, to, keys_to)


@pytest.mark.full
async def test_nothing_is_restored_over_something(tmp_path: Path) -> None:
    settings = await make_installation(tmp_path)
    make(settings, tmp_path / "backup")
    with pytest.raises(BackupError, match="not empty"):
        await back(tmp_path, tmp_path / "backup")
    with (settings.data_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BackupError, match="stop it first"):
            await back(tmp_path, tmp_path / "backup")


async def test_what_was_deleted_after_the_backup_stays_deleted(tmp_path: Path) -> None:
    settings = await make_installation(tmp_path)
    make(settings, tmp_path / "backup", tmp_path / "copied keys")
    Ledger(settings.keys_path).add(
        Gone(what="take", id="u", at_ms=5),
        Gone(what="track", id="t", peer="ben-id-in-s", source="microphone", at_ms=5),
        Gone(what="person", id=ANA, at_ms=5),
    )
    there, done = await back(tmp_path / "new", tmp_path / "backup", tmp_path / "copied keys", settings.keys_path / "erased.jsonl")
    assert done.ledger
    assert b"of-ana-id" not in words(there)
    assert b"canary of u" not in words(there)
    assert b"canary of t" not in words(there), "it was hers"
    assert list(there.keys_path.rglob("*.key")) == []
    assert not (there.data_path / "slides" / "deck-s-ana-id").exists()
    assert (there.data_path / "slides" / "deck-s-ben-id").exists()
    with sqlite3.connect(there.data_path / "microteach.db") as database:
        assert database.execute("SELECT count(*) FROM takes WHERE erased_ms IS NULL").fetchone() == (0,)


@pytest.mark.full
async def test_a_session_that_was_deleted_after_the_backup_stays_deleted(tmp_path: Path) -> None:
    settings = await make_installation(tmp_path)
    make(settings, tmp_path / "backup.tar")
    Ledger(settings.keys_path).add(Gone(what="session", id="s", at_ms=5))
    there, _ = await back(tmp_path / "new", tmp_path / "backup.tar", None, settings.keys_path / "erased.jsonl")
    assert b"session-s" not in words(there)
    assert b"canary of t" not in words(there)
    assert b"session-o" in words(there)


async def test_a_note_that_was_deleted_after_the_backup_stays_deleted_and_one_that_was_written_anew_stays(tmp_path: Path) -> None:
    settings = await make_installation(tmp_path)
    gone, anew = "asked-t", "answer-t"
    with sqlite3.connect(settings.data_path / "microteach.db") as database:
        database.execute("UPDATE notes SET version = 4 WHERE note = ?", (anew,))
    make(settings, tmp_path / "backup", tmp_path / "copied keys")
    Ledger(settings.keys_path).add(
        *(Gone(what="note", id=note, version=version, at_ms=5) for note, version in ((gone, 1), (gone, 3), (anew, 2), ("nowhere", 1)))
    )
    there, done = await back(tmp_path / "new", tmp_path / "backup", tmp_path / "copied keys", settings.keys_path / "erased.jsonl")
    assert done.again_gone == 1
    with sqlite3.connect(there.data_path / "microteach.db") as database:
        left = dict(database.execute("SELECT note, text FROM notes WHERE deleted_ms IS NULL"))
        assert gone not in left
        assert left[anew] == "canary-notes-text-of-ben-id"
        assert database.execute("SELECT text, deleted_ms, parent FROM notes WHERE note = ?", (gone,)).fetchall() == [("", 5, None)]
        assert database.execute("SELECT parent FROM notes WHERE note = ?", (anew,)).fetchall() == [(gone,)], "its answer stands somewhere"
        assert {note for (note,) in database.execute("SELECT note FROM note_versions")} == {"asked-u", "answer-u"}


@pytest.mark.full
async def test_a_withdrawn_voice_is_withdrawn_again_at_the_next_start(tmp_path: Path) -> None:
    settings = await make_installation(tmp_path)
    make(settings, tmp_path / "backup", tmp_path / "copied keys")
    Ledger(settings.keys_path).add(Gone(what="track", id="t", peer="ben-id-in-s", source="microphone", at_ms=5))
    there, _ = await back(tmp_path / "new", tmp_path / "backup", tmp_path / "copied keys", settings.keys_path / "erased.jsonl")
    assert not (there.keys_path / "t" / "ben-id-in-s.microphone.key").exists()
    with sqlite3.connect(there.data_path / "microteach.db") as database:
        assert database.execute("SELECT done_ms FROM withdrawals WHERE take = 't' AND source = 'microphone'").fetchall() == [(None,)]


@pytest.mark.full
async def test_without_a_ledger_it_says_so(tmp_path: Path) -> None:
    settings = await make_installation(tmp_path)
    make(settings, tmp_path / "backup")
    there, done = await back(tmp_path / "new", tmp_path / "backup")
    assert not done.ledger
    assert not is_restoring(there.data_path)


@pytest.mark.full
async def test_keys_that_were_destroyed_go_from_their_copy_and_the_ledger_there_only_grows(tmp_path: Path) -> None:
    settings = await make_installation(tmp_path)
    ledger, copy = Ledger(settings.keys_path), tmp_path / "copied keys"
    ledger.add(Gone(what="take", id="first", at_ms=1))
    make(settings, tmp_path / "backup", copy)
    for key in (settings.keys_path / "t").iterdir():
        key.unlink()
    (settings.keys_path / "erased.jsonl").unlink()
    Ledger(settings.keys_path).add(Gone(what="take", id="second", at_ms=1))
    make(settings, tmp_path / "backup", copy)
    assert {path.parent.name for path in copy.rglob("*.key")} == {"u"}
    assert [line.split(b'"id":"')[1][:5] for line in (copy / "erased.jsonl").read_bytes().splitlines()] == [b"secon", b"first"]


@pytest.mark.full
async def test_a_restore_that_was_begun_with_another_backup_is_not_mixed(tmp_path: Path) -> None:
    settings = await make_installation(tmp_path)
    make(settings, tmp_path / "backup")
    write(tmp_path / "new" / "data" / MARKER, "another one")
    with pytest.raises(BackupError, match="another restore"):
        await back(tmp_path / "new", tmp_path / "backup")


def test_a_torn_line_of_the_ledger_costs_no_other(tmp_path: Path) -> None:
    Ledger(tmp_path).add(Gone(what="take", id="a", at_ms=1))
    path = tmp_path / "erased.jsonl"
    os.truncate(path, path.stat().st_size - 3)
    Ledger(tmp_path).add(Gone(what="take", id="b", at_ms=1))
    ledger = Ledger(tmp_path)
    ledger.add(Gone(what="take", id="b", at_ms=2))
    assert len(path.read_bytes().splitlines()) == 2
