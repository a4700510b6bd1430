"""Everybody's time is as long as everybody else's, and the closing keeps its own."""

import pytest
from msgspec.structs import replace

from server.session.commands import AddTime, Hold, TakeSeat
from server.session.pacing import fit, round_s, session_s
from server.session.schedule import SOON_MS, view_deadline_ms
from tests.fakes.played_session import PLANS, PlayedSession

ROUND = PLANS["twenty-minute-round"]


def three_teach() -> PlayedSession:
    played = PlayedSession(ROUND)
    for seat in ("ben", "ana"):
        played.must(TakeSeat(seat=seat, teaches=True, leads=False))
    return played


def lesson_lengths(played: PlayedSession) -> list[int]:
    return [step.seconds for step in played.view("ana").steps if step.title == "Lesson"]


def test_before_the_start_every_round_has_its_planned_time() -> None:
    pace = three_teach().view("ana").pace
    assert pace
    assert pace.slot_s == round_s(ROUND)
    assert pace.planned_ends_ms is None


def test_before_the_start_times_are_counted_from_when_the_group_means_to_meet() -> None:
    played = three_teach()
    agreed_ms = played.now_ms + 86_400_000
    played.beside = replace(played.beside, agreed_ms=agreed_ms)
    before = played.view("ana")
    assert before.pace
    assert before.steps[0].begins_ms == agreed_ms
    assert before.pace.ends_ms == agreed_ms + session_s(ROUND, 3) * 1000
    played.now_ms = agreed_ms + 60_000
    assert played.view("ana").steps[0].begins_ms == played.now_ms, "once that has passed, from now on"
    played.now_ms = agreed_ms - 60_000
    played.advance()
    begun = played.view("ana")
    assert begun.pace
    assert abs(begun.pace.behind_s) <= 20, "a session that begins early ends early"


def test_time_that_was_lost_is_shared_by_all_who_come_after() -> None:
    played = three_teach()
    played.advance()
    played.now_ms += 4 * 60_000
    played.start_lesson()
    lengths = lesson_lengths(played)
    assert lengths[0] == lengths[1]
    assert 5 * 60 <= lengths[0] < 8 * 60
    pace = played.view("ana").pace
    assert pace
    assert abs(pace.behind_s) <= 20
    played.must(AddTime(seat="ana", decision=played.state.decision, seconds=120, agreed=True))
    assert lesson_lengths(played)[0] < lengths[0]


def test_no_phase_gets_shorter_than_its_least_and_then_the_session_is_behind() -> None:
    played = three_teach()
    played.advance()
    played.now_ms += 3_600_000
    played.start_lesson()
    assert lesson_lengths(played) == [5 * 60, 5 * 60]
    pace = played.view("ana").pace
    assert pace
    assert pace.behind_s > 0


def test_while_the_clock_is_held_pages_are_told_how_the_time_goes() -> None:
    played = three_teach()
    played.begin_lesson()
    running_ms = played.now_ms
    assert played.state.ends_ms is not None
    assert view_deadline_ms(played.state, running_ms) == played.state.ends_ms - SOON_MS, (
        "while it runs, nothing before the next one gets ready"
    )
    played.must(Hold(seat="ana", decision=played.state.decision))
    told_ms = view_deadline_ms(played.state, running_ms + 30_000)
    assert told_ms is not None
    assert running_ms + 30_000 < told_ms <= running_ms + 45_000


def test_time_that_was_won_makes_nobodys_lesson_longer() -> None:
    played = three_teach()
    played.begin_lesson()
    played.now_ms += 10_000
    while played.state.position.round == 0:
        played.advance()
    assert lesson_lengths(played) == [8 * 60]
    pace = played.view("ana").pace
    assert pace
    assert pace.behind_s < 0


@pytest.mark.parametrize(("teachers", "minutes"), [(1, 20), (2, 40), (3, 60)])
def test_a_format_is_fitted_to_the_time_there_is(teachers: int, minutes: int) -> None:
    fitted = fit(ROUND, teachers, minutes)
    assert minutes * 60 - 30 <= session_s(fitted, teachers) <= minutes * 60
    for phase in fitted.round:
        assert phase.minutes
        assert phase.minutes.least <= phase.minutes.default <= phase.minutes.most


def test_more_time_than_a_format_needs_makes_nothing_longer() -> None:
    assert fit(ROUND, 2, 90) == ROUND
