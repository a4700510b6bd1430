"""The machine: processors, open files, shared memory, socket buffers, who we are, and whether its clock is set by others."""

from __future__ import annotations

import ctypes
import os
import resource
from collections.abc import Iterator
from pathlib import Path

from server.doctor.findings import About, Finding, fail, ok, warn
from server.media.ring import DEFAULT_CAPACITY_BYTES

LEAST_FILES = 4096
SOCKET_BUFFER_BYTES = 4 * 1024 * 1024
LEAST_MEMORY_BYTES = 1_000_000_000
RMEM_MAX = Path("/proc/sys/net/core/rmem_max")
CPU_MAX = Path("/sys/fs/cgroup/cpu.max")
SHARED_MEMORY = Path("/dev/shm")
TIME_ERROR = 5  # adjtimex(2)
_TIMEX_BYTES = 256  # struct timex is 208 bytes; `modes` 0 only reads


def check_machine(about: About) -> Iterator[Finding]:
    yield from _processors()
    yield from _memory(about)
    yield from _limits()
    if os.geteuid() == 0:
        yield warn("runs_as_root", "This runs as root.", "Give Microteach an account of its own that owns only its data.")
    else:
        yield ok("runs_as_user", "This runs without special rights")


def check_clock(_: About) -> Iterator[Finding]:
    state = clock_state()
    if state == TIME_ERROR:
        yield warn(
            "clock_unsynchronised",
            "Nobody sets this machine's clock (NTP).",
            "Switch on systemd-timesyncd or chrony: permissions for a relay, sign-in and certificates depend on the time.",
        )
    elif state is None:
        yield ok("clock_unknown", "Whether others set this machine's clock cannot be seen here")
    else:
        yield ok("clock_synchronised", "This machine's clock is set by others (NTP)")


def clock_state() -> int | None:
    """What adjtimex(2) says; None where there is none, or a sandbox forbids it."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        state = int(libc.adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
    except (OSError, AttributeError):
        return None
    return state if state >= 0 else None


def _processors() -> Iterator[Finding]:
    count: float = len(os.sched_getaffinity(0))
    try:
        quota, period = CPU_MAX.read_text().split()
        count = min(count, int(quota) / int(period))
    except (OSError, ValueError):
        pass
    if count < 2:
        yield warn(
            "few_processors",
            f"There is {count:g} processor for sound, pictures, recording and pages together.",
            "Give it at least two: with one, sound breaks off while a film is made.",
        )
    else:
        yield ok("processors", f"{count:g} processors")


def _memory(about: About) -> Iterator[Finding]:
    total_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if total_bytes < LEAST_MEMORY_BYTES:
        yield warn("little_memory", f"There are {total_bytes // 1_000_000} MB of memory.", "Give it at least 1 GB.")
    if not os.access(SHARED_MEMORY, os.W_OK):
        yield warn("no_shared_memory", "/dev/shm cannot be written: recording takes the way over the disk.", "Mount a tmpfs at /dev/shm.")
        return
    found = os.statvfs(SHARED_MEMORY)
    size_bytes, needed_bytes = found.f_blocks * found.f_frsize, DEFAULT_CAPACITY_BYTES + 1_000_000
    free_bytes = found.f_bavail * found.f_frsize
    if size_bytes < needed_bytes or (free_bytes < needed_bytes and not about.runs):
        yield fail(
            "shared_memory_small",
            f"/dev/shm has {free_bytes // 1_000_000} MB free; {needed_bytes // 1_000_000} MB are needed between media and recorder.",
            "In a container: shm_size: 256m (docker run --shm-size 256m).",
        )
    else:
        yield ok("shared_memory", f"/dev/shm has room ({free_bytes // 1_000_000} MB)")


def _limits() -> Iterator[Finding]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft, hard = (LEAST_FILES if limit == resource.RLIM_INFINITY else limit for limit in (soft, hard))
    if soft < LEAST_FILES:
        yield warn(
            "few_files",
            f"A process may have {soft} files and connections open: about {soft // 4} people.",
            f"Raise it to {max(LEAST_FILES, 65_536)}: LimitNOFILE= of systemd, ulimits: in compose, or ulimit -n.",
        )
    else:
        yield ok("files", f"{soft} files and connections may be open" if soft > LEAST_FILES else "Enough files and connections may be open")
    try:
        most_bytes = int(RMEM_MAX.read_text())
    except (OSError, ValueError):
        return
    if most_bytes < SOCKET_BUFFER_BYTES:
        tip = f"More than ten people at once: sysctl -w net.core.rmem_max={SOCKET_BUFFER_BYTES} net.core.wmem_max={SOCKET_BUFFER_BYTES}"
        yield ok("socket_buffers_small", f"The kernel gives a socket {most_bytes // 1000} kB of buffer", tip)
    else:
        yield ok("socket_buffers", "The kernel gives sockets large buffers")
