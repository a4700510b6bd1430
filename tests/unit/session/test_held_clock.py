"""The clock held and let go by hand, and moved within what the format allows."""

from server.session.commands import AddTime, Hold, Resume, TakeSeat, Tick
from tests.fakes.played_session import PLANS, PlayedSession


def test_a_held_clock_stands_still_however_long() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.now_ms += 10_000
    played.must(Hold(seat="ana", decision=played.state.decision))
    played.now_ms += 3_600_000
    played.must(Tick())
    held = played.view("maria").phase.held
    assert held
    assert (held.left_ms, held.reason, held.by) == (20_000, "asked", "ana")
    played.must(Resume(seat="ana", decision=played.state.decision))
    assert held.resumes_ms is None
    played.pass_deadline()
    assert played.view("maria").phase.ends_ms == played.now_ms + 20_000


def test_outside_of_lessons_it_runs_again_at_once() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.go_to("feedback")
    left_ms = (played.state.ends_ms or 0) - played.now_ms
    played.must(Hold(seat="ana", decision=played.state.decision))
    played.now_ms += 60_000
    played.must(Tick())
    assert played.state.turn
    assert played.state.turn.seat == "ben"
    played.must(Resume(seat="ana", decision=played.state.decision))
    assert played.state.ends_ms == played.now_ms + left_ms


def test_only_the_one_who_leads_holds_it() -> None:
    played = PlayedSession()
    played.begin_lesson()
    for seat in ("maria", "ben"):
        assert played.refused(Hold(seat=seat, decision=played.state.decision)) == "not_allowed"


def test_while_the_one_who_leads_teaches_any_colleague_may_hold_it_and_let_it_go() -> None:
    played = PlayedSession(people=("maria", "ben"))
    played.must(TakeSeat(seat="maria", teaches=True, leads=True))
    played.begin_lesson()
    assert played.view("ben").runs_by_itself
    played.must(Hold(seat="ben", decision=played.state.decision))
    assert played.view("maria").undo is None
    played.must(Resume(seat="ben", decision=played.state.decision))


def test_time_is_added_and_taken_within_the_bounds_of_the_phase() -> None:
    played = PlayedSession(PLANS["twenty-minute-round"])
    played.begin_lesson()
    began_ms = played.now_ms
    played.must(AddTime(seat="ana", decision=played.state.decision, seconds=60))
    assert played.state.ends_ms == began_ms + 9 * 60_000
    played.must(AddTime(seat="ana", decision=played.state.decision, seconds=600))
    assert played.state.ends_ms == began_ms + 10 * 60_000, "ten minutes are the most"
    assert played.refused(AddTime(seat="ana", decision=played.state.decision, seconds=60)) == "no_time"
    played.must(AddTime(seat="ana", decision=played.state.decision, seconds=-600))
    assert played.state.ends_ms == began_ms + 5 * 60_000, "five minutes are the least"


def test_a_minute_more_after_zero_lets_the_phase_go_on() -> None:
    played = PlayedSession(PLANS["twenty-minute-round"])
    played.begin_lesson()
    played.pass_deadline()
    played.now_ms += 5_000
    played.must(AddTime(seat="ana", decision=played.state.decision, seconds=60))
    assert played.state.status == "running"
    assert played.state.ends_ms == played.now_ms + 60_000
