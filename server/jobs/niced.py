"""Becomes a job's process: the least urgent one of this machine, that leaves no core dump and dies with whoever started it.

Run with that one's process id and the module to go on with. Everything here outlives the exec. Standard library only.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import resource
import signal
import sys
from pathlib import Path

NICE = 15
OOM_SCORE = "500"  # where memory runs out, this goes before a recording does
SESSION_NICE = "10"  # where the kernel groups by session, the other niceness counts only among those of the same one
_PR_SET_PDEATHSIG = 1
_IOPRIO_SET = {"x86_64": 251, "aarch64": 30}
_IOPRIO_WHO_PROCESS = 1
_IOPRIO_IDLE = 3 << 13


def main() -> None:
    parent, module = int(sys.argv[1]), sys.argv[2]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICE)
    if sys.platform == "linux":
        _prepare_linux()
    if os.getppid() != parent:
        sys.exit("the parent is gone")
    os.execv(sys.executable, [sys.executable, "-m", module])


def _prepare_linux() -> None:
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    if platform.machine() in _IOPRIO_SET:
        library.syscall(_IOPRIO_SET[platform.machine()], _IOPRIO_WHO_PROCESS, 0, _IOPRIO_IDLE)
    for file, value in (("oom_score_adj", OOM_SCORE), ("autogroup", SESSION_NICE)):
        with contextlib.suppress(OSError):
            Path("/proc/self", file).write_text(value)


if __name__ == "__main__":
    main()
