"""A format is played to its end by simulated people, and what is printed says how the time went."""

from __future__ import annotations

import functools

import pytest

from server.cli import main
from server.plans import load_plans
from server.rehearsal.cast import cast
from server.rehearsal.show import now_line, report
from server.rehearsal.stage import Stage
from server.session.evolve import fold

PLANS = load_plans()


@functools.cache
def played(name: str, *, people: int = 4, teachers: int = 1, until_min: int = 600) -> Stage:
    stage = Stage(PLANS[name], cast(PLANS[name], people, teachers, seed=1), began_ms=1_000_000)
    stage.play(stage.began_ms + until_min * 60_000)
    return stage


LONG = ("watch-while-they-talk", "maker-led", "consultant-and-colleagues")


@pytest.mark.parametrize(
    "name", ["try-out", "practise-alone", "teach-again", *(pytest.param(name, marks=pytest.mark.full) for name in LONG)]
)
def test_a_format_comes_to_its_end_by_itself(name: str) -> None:
    stage = played(name)
    assert stage.over
    assert fold(stage.log) == stage.state
    assert "not_allowed" not in stage.refused


@pytest.mark.full
def test_simulated_people_do_what_a_divided_group_does() -> None:
    stage = played("watch-while-they-talk")
    assert {line.seat for line in stage.state.lines} == {player.seat for player in stage.players if not player.teaches}
    assert any(line.me_too for line in stage.state.lines)
    assert [rule.kept for rule in stage.view("seat-0").rules] == [True] * len(stage.view("seat-0").rules)


@pytest.mark.full
def test_opinions_are_offered_and_only_those_that_are_wanted_are_said() -> None:
    stage = played("maker-led")
    assert {offer.state for offer in stage.state.offers} == {"said", "no"}


def test_what_was_suggested_is_tried_a_second_time() -> None:
    stage = played("teach-again")
    assert [lesson.index for lesson in stage.state.lessons.values()] == list(stage.state.plan.lessons)
    assert stage.state.tries[0]


def test_the_report_has_planned_and_actual_times_who_was_heard_and_rules() -> None:
    text = report(played("twenty-minute-round", teachers=2))
    assert "Silent writing (Tomás)" in text
    assert "3:00 min" in text
    assert "Omar         in the round of Tomás:" in text
    assert "kept      every teacher has the same time" in text


def test_while_it_runs_one_line_says_where_it_is() -> None:
    line = now_line(played("twenty-minute-round", until_min=4))
    assert "4:00  Lesson – Tomás" in line
    assert "left" in line
    assert "█" in line


def test_the_same_seed_plays_the_same_rehearsal() -> None:
    assert played("try-out").log == played.__wrapped__("try-out").log


def test_the_command_prints_phases_and_report(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["microteach", "rehearse", "try-out", "--at-once", "--people", "3", "--seed", "1"])
    assert main() == 0
    said = capsys.readouterr().out
    assert said.startswith("Try it out: Lina (leads), Omar, Greta")
    assert said.index("Silent writing") < said.index("How the time went") < said.index("Rules")


@pytest.mark.parametrize("wrong", [["nothing"], ["try-out", "--speed", "61"], ["try-out", "--people", "1"], ["try-out", "--teachers", "5"]])
def test_a_wrong_wish_is_told_in_one_line(wrong: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["microteach", "rehearse", *wrong])
    assert main() == 2
    assert capsys.readouterr().err.startswith("microteach: ")
