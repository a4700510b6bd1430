"""The database as one file, while others write to it, and back: SQLite by its own backup, PostgreSQL by pg_dump and pg_restore."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from server.keeping.copying import BackupError

SQLITE, POSTGRES = "database.db", "database.dump"
# Leases and addresses of nodes are nobody's after a restore.
PASSING = ("nodes", "duties")
NEEDED = "{program} is not installed. Install it (apt-get install postgresql-client), or run it where it is: {command}"


def copy_sqlite(database: Path, to: Path) -> str:
    """In one read transaction, so that it is one moment and no writer waits. Returns the schema's revision. Raises BackupError."""
    to.unlink(missing_ok=True)
    try:
        with (
            contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=30)) as source,
            contextlib.closing(sqlite3.connect(to)) as copy,
        ):
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise BackupError("the database is damaged: what was copied fails its own check")
            (schema,) = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise BackupError(f"the database cannot be copied: {error}") from error
    return str(schema)


def copy_postgres(url: str, to: Path) -> str:
    """As `copy_sqlite`."""
    leave = [f"--exclude-table-data={table}" for table in PASSING]
    _run("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", *leave, f"--file={to}"], url)
    return _ask(url, "SELECT version_num FROM alembic_version")


def restore_postgres(url: str, file: Path) -> None:
    """In one transaction: all of it or nothing."""
    _run("pg_restore", ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--dbname=", str(file)], url)


def postgres_is_empty(url: str) -> bool:
    return _ask(url, "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()") == "0"


def connection_of(url: str) -> dict[str, str]:
    """As libpq's environment: what stands on a command line is seen by everybody on the machine."""
    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    found = {
        "PGHOST": query.get("host") or (parts.hostname or ""),
        "PGPORT": query.get("port") or (str(parts.port) if parts.port else ""),
        "PGUSER": query.get("user") or unquote(parts.username or ""),
        "PGPASSWORD": query.get("password") or unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path.lstrip("/")),
        "PGSSLMODE": query.get("sslmode", ""),
        "PGSSLROOTCERT": query.get("sslrootcert", ""),
    }
    return {name: value for name, value in found.items() if value}


def _ask(url: str, question: str) -> str:
    return _run("psql", ["--no-psqlrc", "--tuples-only", "--no-align", f"--command={question}"], url).strip()


def _run(program: str, arguments: list[str], url: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise BackupError(NEEDED.format(program=program, command=" ".join([program, *arguments])))
    connection = connection_of(url)
    if "--dbname=" in arguments:
        arguments = [f"--dbname={connection.get('PGDATABASE', '')}" if each == "--dbname=" else each for each in arguments]
    environment: Mapping[str, str] = {**os.environ, **connection, "PGCONNECT_TIMEOUT": "10"}
    done = subprocess.run([found, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BackupError(f"{program} failed: {done.stderr.strip()[-500:]}")
    return done.stdout
