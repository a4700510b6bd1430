"""A signal ends the supervisor, at whatever moment it comes."""

from __future__ import annotations

import subprocess
import sys

# The alarm calls what SIGTERM calls, at another moment each time: mostly while `run` has just begun to wait.
SCRIPT = """
import random, signal
from server import supervisor as module
from server.supervisor import Supervisor

module.LOOK_S = 0.0005

for _ in range(3_000):
    supervisor = Supervisor([])
    signal.signal(signal.SIGALRM, supervisor.stop)
    signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, 2e-4))
    supervisor.run()
"""


def test_no_moment_is_too_bad_for_a_signal() -> None:
    subprocess.run([sys.executable, "-c", SCRIPT], check=True, timeout=120)
