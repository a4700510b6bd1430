"""The parent of all processes: starts them, and starts again whichever dies. Standard library only.

A child that is killed takes nothing else with it; children end with their parent.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

log = logging.getLogger(__name__)

LOOK_S = 0.02
FIRST_RETRY_S = 0.05
LAST_RETRY_S = 5.0
STEADY_S = 10.0
END_S = 5.0
_PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """`arguments` come behind the Python executable. Children end in the reverse of the order in which they are given.

    `nice` is added to the supervisor's own, less than 0 only where the system lets us. `end_s`: what it is given to end in order;
    those before it in the list run on meanwhile.
    """

    name: str
    arguments: Sequence[str]
    nice: int = 0
    end_s: float = END_S
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    retry_s: float = FIRST_RETRY_S
    due: float = field(default=0.0)


class Supervisor:
    """`run` blocks until `stop` or a signal, then ends every child and returns."""

    def __init__(self, children: Sequence[Child]) -> None:
        self._children = children
        self._stops = False

    def stop(self, *_: object) -> None:
        """From anywhere. A handler of signals runs in the midst of `run`, so it must not wait for a lock that `run` may hold."""
        self._stops = True

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        try:
            while not self._stops:
                for child in self._children:
                    self._look_after(child)
                time.sleep(LOOK_S)
        finally:
            self._end_all()

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.due:
                self._start(child, now)
            return
        code = child.process.poll()
        if code is None:
            if now - child.started > STEADY_S:
                child.retry_s = FIRST_RETRY_S
            return
        log.warning("%s ended with %s, starting it again in %.2f s", child.name, code, child.retry_s)
        child.process = None
        child.due = now + child.retry_s
        child.retry_s = min(LAST_RETRY_S, child.retry_s * 2)

    def _start(self, child: Child, now: float) -> None:
        try:
            child.process = subprocess.Popen(
                [sys.executable, *child.arguments],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=lambda: _prepare(child.nice),
            )
        except OSError as error:  # no memory or no process left for now: the others go on
            log.error("%s could not be started: %s", child.name, error.strerror)
            child.due = now + child.retry_s
            child.retry_s = min(LAST_RETRY_S, child.retry_s * 2)
            return
        child.started = now
        log.info("%s started, pid=%d", child.name, child.process.pid)

    def _end_all(self) -> None:
        for child in reversed(self._children):
            if child.process is None or child.process.poll() is not None:
                continue
            child.process.terminate()
            try:
                child.process.wait(child.end_s)
            except subprocess.TimeoutExpired:
                log.warning("%s did not end in time", child.name)
                child.process.kill()
                child.process.wait()


def _prepare(nice: int) -> None:
    with contextlib.suppress(OSError):
        os.nice(nice)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
