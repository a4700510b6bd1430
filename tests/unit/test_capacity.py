from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from server.capacity import (
    RECORDER_SHARE,
    SIX,
    WORKER_SHARE_RECORDED,
    Wanted,
    add_capacity_command,
    plan_for,
    recorded_bps,
    report,
    room_in_packets_s,
    room_out_bps,
    run_capacity,
)

ROOT = Path(__file__).parents[2]


def test_a_room_of_six_is_the_one_that_was_measured() -> None:
    assert room_in_packets_s(SIX) == 554
    assert room_in_packets_s(SIX) * 5 == 2_770
    assert room_out_bps(SIX) == pytest.approx(12e6, rel=0.05)
    assert recorded_bps(SIX) / 8 * 3600 == pytest.approx(0.85e9, rel=0.05)
    text = (ROOT / "docs" / "performance.md").read_text()
    assert "554 packets a second come in and 2,770 go out" in text
    assert f"{WORKER_SHARE_RECORDED.value * 100:g} % of a core for each room in the worker" in text
    assert f"{RECORDER_SHARE.value * 100:g} % in the recorder" in text


def test_as_many_rooms_as_were_carried_without_loss() -> None:
    plan = plan_for(Wanted(rooms=8, recorded=1.0, node_cores=2))
    assert (plan.rooms_per_node, plan.nodes, plan.redis_per_s) == (8, 1, 0)
    assert plan_for(Wanted(rooms=9, recorded=1.0, node_cores=2)).nodes == 2
    assert plan_for(Wanted(rooms=9, recorded=0.0)).nodes == 1


def test_forty_rooms() -> None:
    plan = plan_for(Wanted(rooms=40))
    assert (plan.nodes, plan.limit) == (5, "the media worker's core")
    assert plan.out_bps == 40 * room_out_bps(SIX)
    assert plan.kept_bytes == plan.disk_per_hour_bytes * 200
    assert plan_for(Wanted(rooms=40, keep_days=73)).kept_bytes == pytest.approx(plan.kept_bytes / 5)


def test_more_people_cost_more_than_in_proportion_and_one_core_is_little() -> None:
    six, twelve = plan_for(Wanted(rooms=1)), plan_for(Wanted(rooms=1, people=12))
    assert twelve.worker_cores > 3 * six.worker_cores
    assert plan_for(Wanted(rooms=1, node_cores=1)).limit == "all cores of a node"
    with pytest.raises(ValueError, match="too large"):
        plan_for(Wanted(rooms=1, people=30))


def test_the_command_says_what_it_assumes(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_capacity_command(parser.add_subparsers())
    assert run_capacity(parser.parse_args(["capacity", "--rooms", "40"])) == 0
    told = capsys.readouterr().out
    assert "5 with 4 cores" in told
    assert "without optimizations" in told
    assert "assumed" in told
    assert run_capacity(parser.parse_args(["capacity", "--rooms", "1", "--people", "30"])) == 2
    with pytest.raises(SystemExit):
        parser.parse_args(["capacity", "--rooms", "0"])
    assert "not needed" in "\n".join(report(Wanted(rooms=1), plan_for(Wanted(rooms=1))))
