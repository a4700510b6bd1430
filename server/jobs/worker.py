"""`microteach worker`: makes films and pictures on a machine that has no part in lessons. It needs the database and the storage only.

Any number of them may run, on as many machines as wanted. Whoever kills one loses nothing: its lease runs out, another one begins anew.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import logging
import os
import secrets
import signal
import socket
import sys
from pathlib import Path

import msgspec

from server.blobs.opening import open_store
from server.clock import SystemClock
from server.jobs import rows
from server.jobs.away import Away, Owned, Tell, remove_left
from server.jobs.child import niced, run_child
from server.jobs.kinds import Job, order_of
from server.jobs.runner import Runner
from server.logs import secrets_in, set_up
from server.settings import Settings, SettingsError, read_settings
from server.store.engine import Store

log = logging.getLogger(__name__)

DEFAULT_FILE = Path("microteach.toml")
MAKERS = "recorder.produce"


def run_worker(arguments: argparse.Namespace) -> int:
    os.umask(0o077)
    try:
        settings = read_settings(arguments.settings or (DEFAULT_FILE if DEFAULT_FILE.exists() else None))
        for key in ("database", "s3_bucket"):
            if not getattr(settings, key):
                raise SettingsError(f"{key}: a worker on a machine of its own needs the database and the storage of the nodes")
        folder = settings.data_path / "worker"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        set_up(
            settings.log_format,
            node=name_of(folder),
            verbose=arguments.verbose,
            secrets=tuple(secrets_in(msgspec.structs.asdict(settings))),
        )
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            asyncio.run(_until_signal(settings, folder))
    except BlockingIOError:
        print("microteach: a worker already runs on this folder", file=sys.stderr)
        return 1
    except (SettingsError, OSError) as error:
        print(f"microteach: {error}", file=sys.stderr)
        return 2
    return 0


def away_of(settings: Settings, store: Store, folder: Path) -> Away:
    """How a job is done whose recording is not on this machine. Raises SettingsError."""

    async def owned(take: str) -> Owned | None:
        found = await rows.session_of(store, take)
        return Owned(*found) if found is not None else None

    async def make(order: bytes, tell: Tell) -> dict[str, int]:
        return await run_child(niced(MAKERS), order, tell)

    return Away(open_store(settings), folder, owned, make)


def name_of(folder: Path) -> str:
    """The folder's own: containers on one host share its name, and have the same path. A shared name would free others' leases."""
    file = folder / "name"
    if not file.exists():
        file.write_text(secrets.token_hex(4))
    return f"worker-{socket.gethostname()}-{file.read_text()}"


async def _until_signal(settings: Settings, folder: Path) -> None:
    working = asyncio.create_task(_work(settings, folder), name="worker")
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, working.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await working


async def _work(settings: Settings, folder: Path) -> None:
    remove_left(folder)
    async with Store(settings.database) as store:
        away = away_of(settings, store, folder)

        def order(job: Job) -> bytes:
            return order_of(job, folder, folder)

        at_once, clock = settings.jobs_at_once, SystemClock(folder / "clock.json")
        runner = Runner(store, clock, niced(MAKERS), order, name=name_of(folder), at_once=at_once, work=away.work)
        log.info("worker begins")
        await runner.run()
