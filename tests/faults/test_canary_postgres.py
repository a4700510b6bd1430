"""On PostgreSQL: what was erased is in none of the server's files, when the operator has set it up as docs/operations.md says; a backup
brings everything else back."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.keeping import rows
from server.keeping.backup import check_backup, make_backup
from server.keeping.commands import is_restoring
from server.keeping.copying import BackupError
from server.keeping.database_copy import connection_of, copy_postgres
from server.keeping.ledger import Gone, Ledger
from server.keeping.restore import restore
from server.keeping.scrubbing import Scrubbing
from server.settings import Settings
from server.store.engine import Store
from tests.fakes.filled import ANA, fill, words_in
from tests.fakes.installation import make_installation
from tests.fakes.postgres import Postgres, new_database, own_postgres

pytestmark = [pytest.mark.full, pytest.mark.timeout(180)]
PROMISE_S = 60.0  # P22
KEEPS_LITTLE = ("wal_recycle=off", "min_wal_size=32MB", "wal_init_zero=on", "full_page_writes=on")


@pytest.fixture
def server() -> Iterator[Postgres]:
    with own_postgres(*KEEPS_LITTLE, durable=False) as running:
        yield running


async def test_erased_words_are_in_no_file_of_the_server(server: Postgres) -> None:
    url = await server.new_database()
    async with Store(url) as store:
        await fill(store)
        await server.run("CHECKPOINT")
        assert {"base", "pg_wal"} <= places_of(server, b"-text-of-ana-id"), "the trial bites"
        began_s = time.monotonic()
        await store.write(lambda connection: rows.erase_person(connection, ANA, 1))
        await store.write(lambda connection: rows.erase_session(connection, "s"))
        scrubbing = Scrubbing(store)
        await scrubbing.scrub()
        assert scrubbing.behind == 0
        await server.run("CHECKPOINT")
        assert places_of(server, b"-of-ana-id", b"session-s") <= {"pg_wal"}
        for _ in range(2):  # what the operator's checkpoint_timeout does by itself
            await server.run("SELECT pg_switch_wal()")
            await server.run("CHECKPOINT")
        assert places_of(server, b"-of-ana-id", b"session-s") == set()
        assert time.monotonic() - began_s < PROMISE_S
        assert places_of(server, b"session-o")


async def test_a_table_that_is_in_use_holds_nobody_up(server: Postgres) -> None:
    url = await server.new_database()
    async with Store(url) as store, store.read() as reader:
        await fill(store)
        await reader.exec_driver_sql("BEGIN")
        await reader.exec_driver_sql("SELECT * FROM chat")
        began_s = time.monotonic()
        scrubbing = Scrubbing(store)
        await scrubbing.scrub()
        assert scrubbing.behind == 1
        assert time.monotonic() - began_s < 30
        await reader.exec_driver_sql("COMMIT")
        await scrubbing.scrub()
        assert scrubbing.behind == 0


async def test_a_backup_of_postgresql_comes_back_without_what_was_deleted(tmp_path: Path) -> None:
    async with new_database() as url, new_database() as other:
        settings = await make_installation(tmp_path, database=url)
        make_backup(settings, None, tmp_path / "backup", None, 1, lambda _: None)
        assert check_backup(tmp_path / "backup") == []
        Ledger(settings.keys_path).add(Gone(what="person", id=ANA, at_ms=5))
        there = Settings(data=str(tmp_path / "new" / "data"), keys=str(tmp_path / "new" / "keys"), database=other)
        await restore(there, tmp_path / "backup", None, [settings.keys_path / "erased.jsonl"], lambda _: None)
        assert not is_restoring(there.data_path)
        async with Store(other) as store:
            left = await words_in(store)
        assert [word for word in left if word.endswith(ANA)] == []
        assert any(word.endswith("ben-id") for word in left)
        again = Settings(data=str(tmp_path / "third"), database=other)
        with pytest.raises(BackupError, match="not empty"):
            await restore(again, tmp_path / "backup", None, [], lambda _: None)


def test_without_pg_dump_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupError, match="apt-get install postgresql-client") as refused:
        copy_postgres("postgresql://me:hidden@host/it", tmp_path / "dump")
    assert "hidden" not in str(refused.value)


def test_a_password_stands_in_the_environment_only() -> None:
    found = connection_of("postgresql://me:p%40ss@db.example:6432/it?sslmode=verify-full")
    assert found == {
        "PGHOST": "db.example",
        "PGPORT": "6432",
        "PGUSER": "me",
        "PGPASSWORD": "p@ss",
        "PGDATABASE": "it",
        "PGSSLMODE": "verify-full",
    }


def places_of(server: Postgres, *words: bytes) -> set[str]:
    """Folders of the server's in which one of them stands."""
    data = server._folder / "data"
    found = set()
    for folder, _, names in os.walk(data):
        for name in names:
            path = Path(folder) / name
            try:
                if any(word in path.read_bytes() for word in words):
                    found.add(path.relative_to(data).parts[0])
            except FileNotFoundError:
                continue
    return found
