"""3-2-1 before a lesson: nothing is recorded before it, and it does not begin without its teacher."""

from server.session.commands import ChooseRecording, StartLesson, Tick
from tests.fakes.played_session import PlayedSession


def counting(*, recorded: bool = True) -> PlayedSession:
    played = PlayedSession()
    if recorded:
        played.must(ChooseRecording(seat="maria", choice="record"))
    played.advance()
    played.must(StartLesson(seat="maria", decision=played.state.decision, take="take-1"))
    return played


def test_the_lesson_begins_three_seconds_after_it_was_asked_for() -> None:
    played = counting()
    assert played.view("ben").phase.starts_ms == played.now_ms + 3_000
    assert not played.view("ben").recording.on
    played.now_ms += 2_999
    played.must(Tick())
    assert played.view("ben").phase.status == "waiting"
    played.now_ms += 1
    played.must(Tick())
    phase = played.view("ben").phase
    assert (phase.status, phase.starts_ms, phase.ends_ms) == ("running", None, played.now_ms + 30_000)
    assert played.view("ben").recording.on


def test_a_second_press_does_not_count_again() -> None:
    played = counting()
    assert played.refused(StartLesson(seat="ana", decision=played.state.decision - 1, take="take-2")) == "stale_decision"
    assert played.refused(StartLesson(seat="ana", decision=played.state.decision, take="take-2")) == "not_allowed"
    assert "advance" not in played.view("ana").you.may


def test_a_yes_taken_back_while_counting_counts() -> None:
    played = counting()
    played.must(ChooseRecording(seat="maria", choice="leave_out"))
    played.pass_deadline()
    assert played.state.recorded is None


def test_a_teacher_who_left_while_counting_is_waited_for_again() -> None:
    played = counting()
    played.leave("maria")
    played.pass_deadline()
    assert played.view("ana").phase.status == "waiting"
    assert played.state.lesson is None
    assert "start_lesson" not in played.view("ana").you.may
    played.come("maria")
    assert "start_lesson" in played.view("maria").you.may
