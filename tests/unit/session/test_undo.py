"""What the one who leads did by mistake, taken back; and the way back to the phase before."""

from server.session.commands import AddTime, Advance, Back, EndTurn, Hold, StartLesson, TakeBack, Tap
from server.session.events import LessonDropped
from tests.fakes.played_session import PlayedSession


def in_phase(key: str) -> PlayedSession:
    played = PlayedSession()
    played.begin_lesson()
    played.go_to(key)
    played.now_ms += 4_000
    return played


def test_a_step_too_early_is_taken_back_with_the_time_that_was_left() -> None:
    played = in_phase("writing")
    left_ms = (played.state.ends_ms or 0) - played.now_ms
    played.advance()
    undo = played.view("ana").undo
    assert undo
    assert undo.what == "step"
    assert played.view("maria").undo is None
    played.now_ms += 7_000
    played.must(TakeBack(seat="ana", decision=played.state.decision))
    assert played.view("ana").phase.key == "writing"
    assert played.state.ends_ms == played.now_ms + left_ms
    assert not played.state.spoken


def test_it_is_offered_for_ten_seconds_and_only_until_the_next_move() -> None:
    played = in_phase("writing")
    played.advance()
    played.now_ms += 10_001
    assert played.refused(TakeBack(seat="ana", decision=played.state.decision)) == "not_allowed"
    played = in_phase("writing")
    played.advance()
    played.must(EndTurn(seat="ben", decision=played.state.decision))
    assert played.view("ana").undo is None


def test_the_end_of_a_running_lesson_is_not_taken_back() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.advance()
    assert played.view("ana").undo is None


def test_a_turn_that_was_ended_too_early_goes_on() -> None:
    played = in_phase("feedback")
    played.must(EndTurn(seat="ana", decision=played.state.decision))
    assert played.view("maria").floor.turn == "ana"
    played.must(TakeBack(seat="ana", decision=played.state.decision))
    assert played.view("maria").floor.turn == "ben"
    assert (0, 2, "ana") not in played.state.spoken


def test_more_time_and_a_held_clock_are_taken_back() -> None:
    played = in_phase("writing")
    ends_ms = played.state.ends_ms
    played.must(AddTime(seat="ana", decision=played.state.decision, seconds=60))
    played.now_ms += 2_000
    played.must(TakeBack(seat="ana", decision=played.state.decision))
    assert played.state.ends_ms == ends_ms
    played.must(Hold(seat="ana", decision=played.state.decision))
    played.now_ms += 5_000
    played.must(TakeBack(seat="ana", decision=played.state.decision))
    assert played.state.held is None
    assert played.state.ends_ms == (ends_ms or 0) + 5_000


def test_back_is_the_beginning_of_the_phase_before() -> None:
    played = in_phase("feedback")
    played.must(Back(seat="ana", decision=played.state.decision))
    assert played.view("ana").phase.key == "writing"
    assert played.state.ends_ms == played.now_ms + 30_000


def test_a_lesson_that_is_gone_back_to_is_lost_only_when_it_begins_anew() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.must(Tap(seat="ben", moment="m1", mark="helped", at_ms=played.now_ms))
    played.go_to("writing")
    played.must(Back(seat="ana", decision=played.state.decision))
    assert "back" not in played.view("ana").you.may
    assert "m1" in played.state.moments
    played.must(Advance(seat="ana", decision=played.state.decision))
    assert played.view("ana").phase.key == "writing"
    played.must(Back(seat="ana", decision=played.state.decision))
    played.must(StartLesson(seat="maria", decision=played.state.decision, take="take-2"))
    played.pass_deadline()
    assert [lesson.take for lesson in played.state.earlier] == ["take-1"]
    assert not played.state.moments
    assert not any(isinstance(event, LessonDropped) for event in played.log)
