"""Killed before each change of the disk that it makes, a backup or a restore is never taken for a whole one, and is ended by the next."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from server.keeping.commands import is_restoring
from server.keeping.copying import BackupError, open_source
from server.keeping.ledger import Gone, Ledger
from server.settings import Settings
from tests.fakes.installation import files_in, make_installation
from tests.requirements import long

pytestmark = [pytest.mark.full, pytest.mark.timeout(240)]
ROOT = Path(__file__).parents[2]


def killed_at_each_step(settings: Settings, setup: str, *words: str, check: Path | None = None) -> int:
    """Until an attempt comes to its end. How many were killed."""
    command = [sys.executable, "-m", "tests.faults.killed_steps", setup, *words]
    environment = {"PATH": "/usr/bin:/bin", "MT_DATA": settings.data, "MT_KEYS": settings.keys, "PYTHONPATH": str(ROOT)}
    environment |= {"CHECK": str(check)} if check else {}
    done = subprocess.run(command, cwd=settings.data_path.parent, env=environment, capture_output=True, text=True, check=True)
    *killed, last = [line.split() for line in done.stdout.splitlines()]
    assert {what for _, what in killed} == {"killed"}, done.stderr
    assert last[1] == "0", done.stderr
    return len(killed)


async def test_a_backup_that_is_killed_anywhere_is_ended_by_the_next(tmp_path: Path) -> None:
    """Each attempt goes on with what the ones before have left."""
    settings = await make_installation(tmp_path)
    to = tmp_path / "backup"
    count = killed_at_each_step(settings, "true", "backup", "--to", str(to), "--keys-to", str(tmp_path / "copied"), check=to)
    assert count > 20
    _assert_whole(to)
    assert not [*to.rglob("*.part"), *to.rglob(".copy")]


@long
async def test_a_second_backup_that_is_killed_is_not_taken_for_the_first(tmp_path: Path) -> None:
    settings = await make_installation(tmp_path)
    to, first = tmp_path / "backup", tmp_path / "first"
    killed_at_each_step(settings, "true", "backup", "--to", str(first))
    fresh = f"rm -rf {to}; cp -a {first} {to}; echo more >> {settings.recordings_path}/journals/s/t-1.journal"
    assert killed_at_each_step(settings, fresh, "backup", "--to", str(to), check=to) > 5
    _assert_whole(to)


async def test_a_tar_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    settings = await make_installation(tmp_path)
    to = tmp_path / "backup.tar"
    killed_at_each_step(settings, f"test ! -e {to}", "backup", "--to", str(to))
    _assert_whole(to)


async def test_a_restore_that_is_killed_anywhere_is_ended_by_the_next(tmp_path: Path) -> None:
    """What was deleted since does not come back in any of them; nothing starts on half of it."""
    settings = await make_installation(tmp_path)
    backup, copied = tmp_path / "backup", tmp_path / "copied"
    killed_at_each_step(settings, "true", "backup", "--to", str(backup), "--keys-to", str(copied))
    Ledger(settings.keys_path).add(Gone(what="take", id="u", at_ms=5), Gone(what="session", id="s", at_ms=6))
    there = Settings(data=str(tmp_path / "new" / "data"), keys=str(tmp_path / "new" / "keys"))
    there.data_path.parent.mkdir()
    words = ("restore", "--from", str(backup), "--keys-from", str(copied), "--erased", str(settings.keys_path / "erased.jsonl"))
    assert killed_at_each_step(there, "true", *words) > 20
    assert not is_restoring(there.data_path)
    everything = b"\0".join(files_in(there.data_path).values())
    assert b"session-s" not in everything
    assert b"canary of u" not in everything
    assert b"session-o" in everything


@long
async def test_each_killed_restore_alone_is_refused_until_it_is_ended(tmp_path: Path) -> None:
    settings = await make_installation(tmp_path)
    backup = tmp_path / "backup"
    killed_at_each_step(settings, "true", "backup", "--to", str(backup))
    there = Settings(data=str(tmp_path / "new" / "data"), keys=str(tmp_path / "new" / "keys"))
    there.data_path.parent.mkdir()
    data = there.data_path
    refused = f"test -e {data}/restoring || test -e {data}/microteach.db -a -e {data}/recordings/takes/u.json"  # or all of it is there
    half = f"if test -e {data}/secret; then {refused} || exit 1; fi; rm -rf {data} {there.keys_path}"
    assert killed_at_each_step(there, half, "restore", "--from", str(backup)) > 10


def _assert_whole(place: Path) -> None:
    try:
        source = open_source(place)
    except BackupError as error:
        pytest.fail(str(error))
    source.close()
    checked = subprocess.run(
        [sys.executable, "-m", "server.cli", "backup", "--check", str(place)], cwd=ROOT, capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
