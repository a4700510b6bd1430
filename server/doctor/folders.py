"""The folders: who may read them, whether there is room, how quick their disk is, and what kind it is."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from server.doctor.findings import About, Finding, fail, ok, warn

HOUR_BYTES = 1_300_000_000  # an hour of lessons, as the recorder reckons
SLOW_S = 0.05
VERY_SLOW_S = 0.5
TRIALS = 15
BLOCK = bytes(4096)
FROM_AFAR = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "ceph", "glusterfs", "afs"}
MOUNTS = Path("/proc/self/mounts")


def check_folders(about: About) -> Iterator[Finding]:
    settings = about.settings
    if not settings.data_path.exists():
        yield ok("data_not_yet", f"{settings.data_path} will be made at the first start")
        return
    for name, folder in (("data", settings.data_path), ("keys", settings.keys_path)):
        if folder.exists():
            yield from _rights(name, folder)
    yield from _loose_secrets(about)
    yield from _room(settings.data_path, settings.disk_reserve_mb * 1_000_000)
    yield from _speed(settings.data_path)
    yield from _kind(about)
    yield from _apart(settings.data_path, settings.keys_path)


def _rights(name: str, folder: Path) -> Iterator[Finding]:
    found = folder.stat()
    if found.st_uid != os.geteuid() and os.geteuid() != 0:
        yield fail(f"{name}_of_somebody_else", f"{folder} belongs to somebody else.", f"chown -R the account that runs Microteach {folder}")
    elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield fail(
            f"{name}_unwritable", f"{folder} cannot be written.", "Mount it writable, and give it to the account that runs Microteach."
        )
    elif found.st_mode & 0o077:
        yield warn(f"{name}_readable", f"Other accounts of this machine may look into {folder}.", f"chmod 700 {folder}")
    else:
        yield ok(f"{name}_rights", f"{folder}: for this account alone")


def _loose_secrets(about: About) -> Iterator[Finding]:
    """Files that hold what opens everything."""
    settings = about.settings
    for path in (settings.data_path / "secret", settings.data_path / "microteach.db", Path(settings.tls_key) if settings.tls_key else None):
        if path and path.exists() and path.stat().st_mode & 0o077:
            yield warn("file_readable", f"Other accounts of this machine may read {path}.", f"chmod 600 {path}")


def _room(folder: Path, reserve_bytes: int) -> Iterator[Finding]:
    found = os.statvfs(folder)
    free_bytes = found.f_bavail * found.f_frsize
    words = f"{free_bytes / 1e9:.1f} GB free"
    above = free_bytes - reserve_bytes
    make_room = "Delete recordings, set keep_recordings_days, or give it a larger disk."
    if above < 0:
        yield fail("disk_full", f"{words}, which is less than disk_reserve_mb: nothing is recorded.", make_room)
    elif above < HOUR_BYTES:
        yield warn("disk_low", f"{words}: less than an hour of lessons.", make_room)
    else:
        yield ok("disk_room", f"{words}: about {above / HOUR_BYTES:.0f} hours of lessons")
    if found.f_files and found.f_favail < 10_000:
        yield warn("disk_few_names", f"The file system has room for {found.f_favail} more files.", make_room)


def _speed(folder: Path) -> Iterator[Finding]:
    """How long a few kilobytes take until they are on the disk: what is acknowledged waits for that."""
    try:
        took_s = sync_s(folder)
    except OSError as error:
        yield fail(
            "disk_unwritable", f"{folder} cannot be written: {error.strerror}.", "Look at the disk, and whether it is mounted read-only."
        )
        return
    words = f"A write is on the disk after {took_s * 1000:.1f} ms (worst of {TRIALS} but one)"
    if took_s > VERY_SLOW_S:
        yield fail("disk_very_slow", f"{words}: what people write is acknowledged late.", "Put data on a disk of this machine.")
    elif took_s > SLOW_S:
        yield warn("disk_slow", f"{words}.", "An SSD of this machine takes less than 10 ms.")
    else:
        yield ok("disk_speed", words)


def sync_s(folder: Path) -> float:
    """Raises OSError."""
    took = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(TRIALS):
            began_s = time.perf_counter()
            file.write(BLOCK)
            file.flush()
            os.fsync(file.fileno())
            took.append(time.perf_counter() - began_s)
    return statistics.quantiles(took, n=TRIALS)[-1] if len(took) > 1 else took[0]


def _kind(about: About) -> Iterator[Finding]:
    kind = file_system(about.settings.data_path, MOUNTS.read_text() if MOUNTS.exists() else "")
    if kind in FROM_AFAR and not about.settings.database:
        yield fail(
            "data_from_afar", f"data lies on a network file system ({kind}), on which SQLite loses data.", "Use a disk of this machine."
        )
    elif kind in FROM_AFAR:
        yield warn("data_from_afar", f"data lies on a network file system ({kind}): recordings wait for it.", "Use a disk of this machine.")
    elif kind == "tmpfs":
        yield warn("data_in_memory", "data lies in memory (tmpfs) and is gone with the next restart.", "Use a disk, or a volume.")


def file_system(path: Path, mounts: str) -> str:
    """Its kind, by the longest mount point above it; "" if that is not known."""
    best, found = -1, ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) > 2:
            point = fields[1].replace("\\040", " ")
            if path.is_relative_to(point) and len(point) >= best:
                best, found = len(point), fields[2]
    return found


def _apart(data: Path, keys: Path) -> Iterator[Finding]:
    if keys.is_relative_to(data):
        tip = "Set `keys` to a folder that no backup of data takes along: a deleted recording is then unreadable in old backups too."
        yield ok("keys_beside_data", "The recordings' keys lie inside data", tip)
    else:
        yield ok("keys_apart", "The recordings' keys lie apart from data")
