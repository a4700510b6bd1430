"""Under load pictures rest step by step, and come back when it is calm, not every few seconds."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from server.media.load import CALM_NS, FULL_CPU_SHARE, READING_NS, LoadMeter, Pressure, Reading, Totals

CALM = Reading(cpu_share=0.55, late_ms=5, mostly_late_ms=2, received_per_s=5_000, sent_per_s=20_000, unsent=0, dropped=0)


class Machine:
    def __init__(self) -> None:
        self.pressure = Pressure()
        self.now_ns = 0

    def reads(self, reading: Reading, times: int = 1) -> list[int]:
        levels = []
        for _ in range(times):
            self.now_ns += READING_NS
            self.pressure.follow(reading, self.now_ns)
            levels.append(self.pressure.level)
        return levels


@pytest.mark.parametrize(
    ("reading", "level"),
    [
        (CALM, 0),
        (replace(CALM, cpu_share=0.2, mostly_late_ms=500, dropped=1_000), 0),  # others keep the machine busy
        (replace(CALM, cpu_share=FULL_CPU_SHARE - 0.15), 1),
        (replace(CALM, cpu_share=FULL_CPU_SHARE - 0.05), 2),
        (replace(CALM, cpu_share=0.99), 3),
        (replace(CALM, mostly_late_ms=50), 1),
        (replace(CALM, mostly_late_ms=100), 2),
        (replace(CALM, mostly_late_ms=300), 3),
        (replace(CALM, dropped=1_000), 2),
        (replace(CALM, dropped=1), 0),
        (replace(CALM, unsent=5_000), 0),  # one person whose network is gone
        (replace(CALM, late_ms=900), 0),  # one pause of the machine
    ],
)
def test_pressure_rises_at_the_second_reading_of_its_kind(reading: Reading, level: int) -> None:
    assert Machine().reads(reading, 3) == [0, level, level]


def test_one_bad_reading_among_good_ones_is_none() -> None:
    machine, bad = Machine(), replace(CALM, cpu_share=1.0)
    assert [machine.reads(reading)[0] for reading in (bad, CALM) * 20] == [0] * 40


def test_two_different_readings_give_the_lower_pressure_of_both() -> None:
    machine = Machine()
    machine.reads(replace(CALM, cpu_share=1.0))
    assert machine.reads(replace(CALM, mostly_late_ms=50)) == [1]


def test_pressure_falls_one_step_after_each_ten_calm_seconds() -> None:
    machine = Machine()
    machine.reads(replace(CALM, cpu_share=1.0), 2)
    levels = machine.reads(CALM, 17)
    steps = CALM_NS // READING_NS
    assert levels == [3] * steps + [2] * steps + [1] * steps + [0] * 2


def test_a_load_just_under_where_it_rose_is_not_calm() -> None:
    machine = Machine()
    machine.reads(replace(CALM, cpu_share=FULL_CPU_SHARE - 0.15), 2)
    assert set(machine.reads(replace(CALM, cpu_share=FULL_CPU_SHARE - 0.25), 100)) == {1}


def test_what_comes_back_too_early_rests_longer_each_time() -> None:
    machine, busy, changes = Machine(), replace(CALM, cpu_share=FULL_CPU_SHARE - 0.15), []
    for _ in range(400):
        before = machine.pressure.level
        level = machine.reads(CALM if before else busy)[0]
        if level < before:
            changes.append(machine.now_ns)
    rests_s = [round((later - earlier) / 1e9) for earlier, later in itertools.pairwise(changes)]
    assert rests_s[:5] == sorted(rests_s[:5])
    assert set(rests_s[5:]) == {86}, "never more often than that"


def test_a_meter_says_what_was_since_the_last_reading() -> None:
    meter = LoadMeter(Totals(0, 0, 0, 0, 0, 0))
    assert not meter.is_due(READING_NS - 1)
    assert meter.is_due(READING_NS)
    for late_ms in range(100):
        meter.tick(late_ms * 1_000_000)
    first = Totals(READING_NS, READING_NS // 2, received=200, sent=1_000, unsent=3, dropped=1)
    assert meter.read(first) == Reading(0.5, 99.0, 90.0, 100.0, 500.0, 3, 1)
    second = meter.read(replace(first, at_ns=2 * READING_NS))
    assert second == Reading(0.0, 0.0, 0.0, 0.0, 0.0, 0, 0)
    assert meter.pressure == 0
    for _ in range(2):
        first = replace(first, at_ns=first.at_ns + 4 * READING_NS, cpu_ns=first.cpu_ns + 4 * READING_NS)
        meter.read(first)
    assert meter.pressure == 3


def test_an_interval_without_a_tick_is_read_all_the_same() -> None:
    assert LoadMeter(Totals(0, 0, 0, 0, 0, 0)).read(Totals(0, 0, 0, 0, 0, 0)).late_ms == 0
