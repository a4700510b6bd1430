"""A process that was given no time is told from one that is stuck. On Linux, from what it says of processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from server.jobs.starving import is_starving, processor_s

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")


def test_whoever_runs_and_had_little_is_starving_and_whoever_had_much_is_stuck() -> None:
    began_s = processor_s(os.getpid())
    while processor_s(os.getpid()) - began_s < 0.05:
        time.monotonic()
    assert is_starving(os.getpid(), began_s, for_s=3600)
    assert not is_starving(os.getpid(), began_s, for_s=0.1)


def test_whoever_waits_for_nothing_that_is_scarce_is_stuck() -> None:
    command = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        while is_starving(process.pid, 0.0, for_s=3600):
            os.sched_yield()
        process.communicate(b"\n")


def test_a_process_that_is_gone_is_not_starving() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert not is_starving(process.pid, 0.0, for_s=3600)
    assert processor_s(process.pid) == 0.0
