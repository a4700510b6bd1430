"""The server's clock where the machine's is set, sleeps, or begins anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.clock import Machine, SystemClock

HOUR_MS = 3_600_000
BEGAN_MS = 1_774_000_000_000


class Times:
    """A machine whose clock on the wall can be set."""

    def __init__(self) -> None:
        self.wall_ms = BEGAN_MS
        self.steady_ms = 50_000
        self.boot = "boot-1"

    def pass_by(self, ms: int) -> None:
        self.wall_ms += ms
        self.steady_ms += ms

    def restart(self, after_ms: int) -> None:
        self.wall_ms += after_ms
        self.steady_ms = 3_000
        self.boot += "1"

    def clock(self, kept: Path | None = None) -> SystemClock:
        return SystemClock(kept, Machine(lambda: self.wall_ms, lambda: self.steady_ms, lambda: self.boot))


@pytest.fixture
def times() -> Times:
    return Times()


@pytest.mark.parametrize("step_ms", [HOUR_MS, -HOUR_MS])
def test_setting_the_clock_moves_nothing_that_runs_and_is_taken_over_afterwards(times: Times, step_ms: int) -> None:
    clock = times.clock()
    deadline_ms = clock.now_ms() + 60_000
    times.wall_ms += step_ms
    times.pass_by(59_000)
    assert deadline_ms - clock.now_ms() == 1_000
    assert clock.follow()
    assert clock.now_ms() == times.wall_ms
    assert not clock.follow()


@pytest.mark.parametrize("step_ms", [HOUR_MS, -HOUR_MS])
def test_server_that_was_killed_goes_on_with_the_same_time(times: Times, step_ms: int, tmp_path: Path) -> None:
    before = times.clock(tmp_path / "clock.json")
    deadline_ms = before.now_ms() + 60_000
    times.wall_ms += step_ms
    times.pass_by(10_000)
    again = times.clock(tmp_path / "clock.json")
    assert deadline_ms - again.now_ms() == 50_000
    assert again.follow()
    times.pass_by(1_000)
    assert times.clock(tmp_path / "clock.json").now_ms() == times.wall_ms


def test_what_passes_while_the_machine_is_off_has_passed(times: Times, tmp_path: Path) -> None:
    deadline_ms = times.clock(tmp_path / "clock.json").now_ms() + 60_000
    times.restart(after_ms=HOUR_MS)
    assert times.clock(tmp_path / "clock.json").now_ms() - deadline_ms == HOUR_MS - 60_000


def test_machine_that_has_forgotten_the_time_does_not_go_back(times: Times, tmp_path: Path) -> None:
    before = times.clock(tmp_path / "clock.json")
    times.pass_by(20_000)
    before.keep()
    times.restart(after_ms=-30 * 365 * 24 * HOUR_MS)
    again = times.clock(tmp_path / "clock.json")
    assert again.now_ms() == BEGAN_MS + 20_000
    times.pass_by(5_000)
    times.wall_ms = BEGAN_MS + 100_000
    assert again.now_ms() == BEGAN_MS + 25_000
    assert again.follow()
    assert again.now_ms() == times.wall_ms


def test_kept_time_that_cannot_be_read_counts_for_nothing(times: Times, tmp_path: Path) -> None:
    (tmp_path / "clock.json").write_bytes(b"\xff{")
    assert times.clock(tmp_path / "clock.json").now_ms() == times.wall_ms


def test_real_machine_says_the_time() -> None:
    clock = SystemClock()
    before_ms = clock.now_ms()
    assert clock.now_ms() >= before_ms
    assert not clock.follow()
