"""The recorder process: `python -m recorder.main --control SOCKET --ring RING --data DIR --keys DIR [--reserve-mb MB] [--part-s S]`.

It wires the ring, the takes that run and the control socket, and owns the loop between them. Logs go to stderr.
SIGTERM and SIGINT end it; takes that run are then left as a crash would leave them, and the next recorder goes on.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import logging
import os
import signal
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from recorder.backlog import Backlog
from recorder.control import AdoptRoom, StorageChanged
from recorder.files import lock_folder
from recorder.keys import KeyStore
from recorder.recording import Recording
from recorder.running import RunningTake
from recorder.server import Acts, ControlServer
from recorder.space import RESERVE_MB, Space
from recorder.take import Library
from server.media.ring import RingError, RingReader

POLL_S = 0.025
FLUSH_NS = 100_000_000
SYNC_NS = 700_000_000
RING_CHECK_NS = 1_000_000_000
SLOW_NS, SLOW_TIMES = 1_000_000_000, 3
RECORDS_AT_ONCE = 1_000
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_log = logging.getLogger("recorder.main")


@dataclass(frozen=True, slots=True)
class Places:
    control: Path
    ring: Path
    data: Path
    keys: Path
    reserve_mb: int
    part_s: int


def main() -> None:
    parser = argparse.ArgumentParser(prog="recorder")
    for name in ("control", "ring", "data", "keys"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--reserve-mb", type=int, default=RESERVE_MB, help="megabytes of the disk that are never recorded into")
    parser.add_argument("--part-s", type=int, default=0, help="seconds after which a part of a journal is closed; 0: at its end")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    places = Places(arguments.control, arguments.ring, arguments.data, arguments.keys, arguments.reserve_mb, arguments.part_s)
    try:
        _run_on_fastest_loop(places)
    except BlockingIOError:
        _log.error("another recorder owns the data folder")
        raise SystemExit(os.EX_TEMPFAIL) from None


def _run_on_fastest_loop(places: Places) -> None:
    try:
        import uvloop
    except ImportError:
        asyncio.run(run(places))
        return
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(places))


async def run(places: Places) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    lock = lock_folder(places.data)
    keys = KeyStore(places.keys)
    library = Library(places.data, keys)
    server = ControlServer(library)
    recording = Recording(places.data, keys, library, server.announce, read_boot_id(BOOT_ID))

    def tell(storage: StorageChanged) -> None:
        _log.warning("the disk is %s: %d bytes are free", storage.state, storage.free_bytes)
        recording.note_space(storage.state, time.monotonic_ns())
        server.tell(storage)

    space = Space(places.data, places.reserve_mb * 1_000_000, tell)
    space.look(time.monotonic_ns())
    recording.restore()
    ring = _Ring(places.ring)
    await server.start(places.control, _acts(recording, space, ring))
    _log.info("recorder started with %d takes", len(library.takes()))
    afterwards = asyncio.create_task(recording.afterwards.run(), name="afterwards")
    try:
        await _loop(recording, ring, space, stop, places.part_s * 1_000_000_000)
    finally:
        afterwards.cancel()
        await asyncio.gather(afterwards, return_exceptions=True)
        recording.close()
        ring.close()
        await server.close()
        os.close(lock)
        _log.info("recorder ended")


def _acts(recording: Recording, space: Space, ring: _Ring) -> Acts:
    async def adopt(asked: AdoptRoom) -> bool:
        return await recording.adopt(asked, time.monotonic_ns())

    def release(room: str) -> bool:
        while ring.read_into(recording, time.monotonic_ns()):
            pass  # what is in it of this room is still ours
        return recording.release(room)

    return Acts(recording.delete, recording.withdraw, recording.held.watch, space.storage, adopt, release)


async def _loop(recording: Recording, ring: _Ring, space: Space, stop: asyncio.Event, part_ns: int = 0) -> None:
    syncing, backlog = _Syncing(ring, part_ns), Backlog()
    flushed_ns = synced_ns = time.monotonic_ns()
    while not stop.is_set():
        now_ns = time.monotonic_ns()
        space.look(now_ns)
        behind = ring.read_into(recording, now_ns)
        if backlog.look(*ring.fill(), now_ns):
            recording.shed_pictures(backlog.falls_behind)
        recording.advance()
        if not behind:
            recording.close_abandoned(now_ns)
            recording.end_waiting(now_ns)
        if now_ns - flushed_ns >= FLUSH_NS and syncing.is_over():
            flushed_ns = now_ns
            safe, written = recording.flush(ring.position, now_ns)
            if now_ns - synced_ns >= SYNC_NS:
                synced_ns = now_ns
                syncing.begin(written, safe)
        await (asyncio.sleep(0) if behind else _sleep(stop))
    await syncing.end()
    safe, written = recording.flush(ring.position, time.monotonic_ns())
    syncing.begin(written, safe)
    await syncing.end()


async def _sleep(stop: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), POLL_S)


class _Syncing:
    """At most one sync at a time, beside the loop: a disk that takes seconds for it stops neither the ring nor the answers.

    Nothing may be written while it runs: a write to a file that is being synced waits for the disk, too. Parts that are `part_ns` long
    are closed behind it (0: none); on a slow disk later, since a new one costs syncs in the loop.
    """

    def __init__(self, ring: _Ring, part_ns: int = 0) -> None:
        self._ring = ring
        self._part_ns = part_ns
        self._running: list[asyncio.Task[None]] = []  # at most one

    def is_over(self) -> bool:
        """Raises what nobody has foreseen of the last one."""
        if self._running and self._running[0].done():
            self._running.pop().result()
        return not self._running

    def begin(self, takes: list[RunningTake], safe: int) -> None:
        """When it is done, the ring is told that nothing before `safe` is needed any more."""
        self._running.append(asyncio.create_task(self._sync(takes, safe, self._ring.inode), name="sync"))

    async def end(self) -> None:
        if self._running:
            await self._running.pop()

    async def _sync(self, takes: list[RunningTake], safe: int, inode: int) -> None:
        since_ns = time.monotonic_ns()
        failed = await asyncio.to_thread(_sync, takes)
        for take in failed:
            take.close()
        if self._part_ns:
            slow = time.monotonic_ns() - since_ns > SLOW_NS
            for take in takes:
                if take not in failed:
                    take.end_part(self._part_ns * SLOW_TIMES if slow else self._part_ns)
        if not failed:
            self._ring.commit(safe, inode)


def _sync(takes: list[RunningTake]) -> list[RunningTake]:
    """Those that could not be synced."""
    failed = []
    for take in takes:
        try:
            take.sync()
        except OSError as error:
            failed.append(take)
            if error.errno != errno.EBADF:  # one that has ended meanwhile was synced at its end
                _log.error("take %s not synced: %s", take.manifest.take, error)
    return failed


def read_boot_id(path: Path) -> str:
    """Names the monotonic clock. Where the system has none, that of an earlier process counts as another one."""
    try:
        return path.read_text().strip()
    except OSError:
        return uuid.uuid4().hex


class _Ring:
    """The reader of a file that may appear late or be replaced."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._readers: list[RingReader] = []  # at most one
        self.inode = 0
        self._checked_ns = -RING_CHECK_NS
        self._lost_bytes = 0

    @property
    def position(self) -> int:
        return self._readers[0].position if self._readers else 0

    def read_into(self, recording: Recording, now_ns: int) -> bool:
        """Read a limited number of records. True if there is more to read at once."""
        if now_ns - self._checked_ns >= RING_CHECK_NS:
            self._checked_ns = now_ns
            self._find()
        if not self._readers:
            return False
        reader = self._readers[0]
        count = 0
        position = reader.position
        for record in reader.records(RECORDS_AT_ONCE):
            if reader.lost_bytes != self._lost_bytes:
                _log.error("ring overran the recorder: %d bytes lost", reader.lost_bytes - self._lost_bytes)
                self._lost_bytes = reader.lost_bytes
                recording.forget_handles()
            recording.accept(record, position)
            position = reader.position
            count += 1
        return count >= RECORDS_AT_ONCE // 2 and reader.position < reader.written

    def fill(self) -> tuple[int, int]:
        """Bytes that are not read yet, and how many the ring holds."""
        return (self._readers[0].written - self._readers[0].position, self._readers[0].capacity) if self._readers else (0, 1)

    def commit(self, position: int, inode: int) -> None:
        """Positions of a ring that has been replaced since mean nothing in this one."""
        if self._readers and inode == self.inode and position > self._readers[0].committed:
            self._readers[0].commit(position)

    def close(self) -> None:
        for reader in self._readers:
            reader.close()
        self._readers = []

    def _find(self) -> None:
        try:
            inode = self._path.stat().st_ino
            if self._readers and inode == self.inode:
                return
            self.close()
            self._readers = [RingReader(self._path)]
        except (OSError, RingError):
            return
        self.inode = inode
        self._lost_bytes = 0
        _log.info("ring opened at %d of %d", self.position, self._readers[0].written)


if __name__ == "__main__":
    main()
