"""A real PostgreSQL for tests: one server for a run, made when the first test asks, and a database of its own for each.

It does not wait for its disk, except where a test says that it should. It is reached through a unix socket in its own folder, and
runs as somebody else than root, as it insists on.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import asyncpg

from tests.requirements import require

START_S = 60.0
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
SMALL = ("shared_buffers=16MB", "max_connections=200", "max_wal_size=64MB", "wal_level=minimal", "max_wal_senders=0")


class Postgres:
    """One server. `stop` and `kill` end it, `start` brings it back with what is on its disk; `pause` stops it where it is."""

    def __init__(self, folder: Path, options: Sequence[str]) -> None:
        self._folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self._make()

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={self._folder}&port=5432"

    async def new_database(self, template: str = "template1") -> str:
        """The URL of a copy of this one, which nobody must be connected to."""
        name = f"test{next(self._numbers)}_{os.getpid()}"
        await self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return self.url(name)

    async def drop(self, url: str) -> None:
        name = url.partition("@/")[2].partition("?")[0]
        await self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    async def run(self, command: str, url: str = "") -> list[asyncpg.Record]:
        connection = await asyncpg.connect(url or self.url())
        try:
            return list(await connection.fetch(command))
        finally:
            await connection.close()

    def start(self) -> None:
        settings = [part for option in (*SMALL, *self._options) for part in ("-c", option)]
        listen = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={self._folder}"]
        program = [str(_program("postgres")), "-D", str(self._folder / "data"), *listen, *settings]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(program, stdout=log, stderr=log, **_somebody_else(self._folder))
        deadline = time.monotonic() + START_S
        while subprocess.run([_program("pg_isready"), "-q", "-h", self._folder], check=False).returncode != 0:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {(self._folder / 'log').read_text()[-2000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        """In order, without waiting for those who are connected."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """As when the machine loses power, but for what the system has kept: all of its processes at once."""
        if self._process:
            children = self._children()
            self._process.kill()
            for child in children:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            self._process.wait(START_S)
            self._process = None
            _wait_until_gone(children)

    def pause(self) -> None:
        self._signal_all(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal_all(signal.SIGCONT)

    def remove(self) -> None:
        if self._process:
            self.go_on()
            self._end(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _make(self) -> None:
        options = _somebody_else(self._folder)
        if "user" in options:
            shutil.chown(self._folder, "postgres", "postgres")
        command = [
            str(_program("initdb")),
            "-D",
            str(self._folder / "data"),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-N",
        ]
        subprocess.run(command, check=True, capture_output=True, **options)

    def _end(self, number: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(number)
            self._process.wait(START_S)
            self._process = None

    def _signal_all(self, number: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(number)
            for child in self._children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, number)

    def _children(self) -> list[int]:
        assert self._process
        found = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        return [int(child) for child in found.split()]


@functools.cache
def shared_postgres() -> Postgres:
    """The one of this run. It is gone with the process."""
    server = _new_server(FAST)
    atexit.register(server.remove)
    return server


@contextlib.contextmanager
def own_postgres(*options: str, durable: bool = True) -> Iterator[Postgres]:
    """One that a test may stop and kill."""
    server = _new_server((*(() if durable else FAST), *options))
    try:
        yield server
    finally:
        server.remove()


@contextlib.asynccontextmanager
async def new_database() -> AsyncIterator[str]:
    """The URL of an empty database that is gone afterwards."""
    server = await asyncio.to_thread(shared_postgres)
    url = await server.new_database()
    try:
        yield url
    finally:
        await server.drop(url)


def _new_server(options: Sequence[str]) -> Postgres:
    require("postgresql")
    folder = Path(tempfile.mkdtemp(prefix="mt-pg-", dir="/tmp"))
    server = Postgres(folder, options)
    server.start()
    return server


def _somebody_else(folder: Path) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {"cwd": folder}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": folder}


@functools.cache
def _program(name: str) -> Path:
    """Debian keeps them outside the path, one folder for each version."""
    if found := shutil.which(name):
        return Path(found)
    return max(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))


def _wait_until_gone(processes: Sequence[int]) -> None:
    deadline = time.monotonic() + START_S
    while any(Path(f"/proc/{each}").exists() for each in processes) and time.monotonic() < deadline:
        time.sleep(0.01)
