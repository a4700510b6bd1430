"""Runs one of the operator's commands again and again, each time killed one step later: before its 1st, 2nd, … change of the disk.

    python -m tests.faults.killed_steps SETUP COMMAND ARGUMENTS…

Everything is loaded once and forked. SETUP, a shell command, is run before each attempt, and is given the number of the step in $STEP.
It prints one line for each attempt: the step, and `killed` or the exit code. The last line is the attempt that nobody killed.
With $CHECK, a backup's place, `torn` stands for one that is taken for whole and is not.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

CHANGES = ("replace", "fsync", "unlink", "rename", "mkdir", "rmdir")
MOST = 500


def main() -> None:
    setup, words = sys.argv[1], sys.argv[2:]
    import server.keeping.tool  # noqa: F401 -- loaded once for all attempts
    from server.cli import main as run

    for step in range(1, MOST):
        subprocess.run(setup, shell=True, check=True, env={**os.environ, "STEP": str(step)})
        pid = os.fork()
        if pid == 0:
            _kill_at(step)
            sys.argv = ["microteach", *words]
            os._exit(run())
        _, status = os.waitpid(pid, 0)
        killed = os.WIFSIGNALED(status)
        torn = "CHECK" in os.environ and _is_torn(Path(os.environ["CHECK"]))
        print(step, "torn" if torn else "killed" if killed else os.waitstatus_to_exitcode(status), flush=True)
        if not killed:
            return


def _is_torn(place: Path) -> bool:
    from server.keeping.backup import check_backup
    from server.keeping.copying import BackupError

    try:
        return bool(check_backup(place))
    except BackupError:
        return False


def _kill_at(step: int) -> None:
    left = step

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **kwargs)

        return call

    for name in CHANGES:
        setattr(os, name, counted(getattr(os, name)))


if __name__ == "__main__":
    main()
