"""A teacher stops the recording in mid-lesson, and is asked afterwards what becomes of it."""

from server.session.commands import ChooseRecording, DecideTake
from server.session.policy import media_policy
from tests.fakes.played_session import PlayedSession


def stopped() -> PlayedSession:
    played = PlayedSession()
    played.begin_lesson()
    played.now_ms += 5_000
    played.must(ChooseRecording(seat="maria", choice="leave_out"))
    return played


def test_it_stops_at_once_and_everybody_is_told() -> None:
    played = stopped()
    assert media_policy(played.state, played.now_ms).recording is None
    for reader in ("maria", "ben", "ana"):
        recording = played.view(reader).recording
        assert (recording.on, recording.stopped, recording.will) == (False, True, False)
    played.go_to("writing")
    assert not played.view("ben").recording.stopped


def test_saying_yes_again_does_not_go_on_with_it() -> None:
    played = stopped()
    played.must(ChooseRecording(seat="maria", choice="record"))
    assert media_policy(played.state, played.now_ms).recording is None


def test_the_question_comes_after_the_lesson_and_to_its_teacher_alone() -> None:
    played = stopped()
    assert [take.asks for take in played.view("maria").takes] == [False]
    assert played.refused(DecideTake(seat="maria", take="take-1", keep=False)) == "not_allowed"
    played.go_to("writing")
    assert [take.asks for take in played.view("maria").takes] == [True]
    assert "decide_take" in played.view("maria").you.may
    assert "decide_take" not in played.view("ana").you.may
    assert played.refused(DecideTake(seat="ana", take="take-1", keep=False)) == "not_allowed"
    assert played.refused(DecideTake(seat="maria", take="take-2", keep=False)) == "not_allowed"


def test_deleted_is_deleted() -> None:
    played = stopped()
    played.go_to("closing")
    played.must(DecideTake(seat="maria", take="take-1", keep=False))
    (take,) = played.view("maria").takes
    assert (take.state, take.asks) == ("deleted", False)
    assert played.refused(DecideTake(seat="maria", take="take-1", keep=True)) == "not_allowed"


def test_kept_is_kept_and_not_asked_again() -> None:
    played = stopped()
    played.aside(takes={"take-1": "ready"})
    played.go_to("closing")
    played.must(DecideTake(seat="maria", take="take-1", keep=True))
    (take,) = played.view("maria").takes
    assert (take.state, take.asks) == ("ready", False)


def test_a_recording_that_ran_to_its_end_is_not_asked_about() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.go_to("closing")
    assert [take.asks for take in played.view("maria").takes] == [False]


def test_before_a_lesson_all_know_that_it_will_be_recorded_and_two_whose_voice_is_not_in_it() -> None:
    played = PlayedSession()
    played.must(ChooseRecording(seat="maria", choice="record"))
    played.must(ChooseRecording(seat="ana", choice="record"))
    assert {seat: played.view(seat).recording.left_out for seat in ("maria", "ben", "ana")} == {"maria": 1, "ben": 0, "ana": 1}
    assert not played.view("ben").recording.will
    played.advance()
    assert played.view("ben").recording.will
    assert not played.view("ben").recording.on
    assert {seat: played.view(seat).recording.left_out for seat in ("maria", "ben", "ana")} == {"maria": 1, "ben": 0, "ana": 1}
    played.must(ChooseRecording(seat="maria", choice="leave_out"))
    assert not played.view("ben").recording.will


def test_any_recording_can_be_deleted_after_its_lesson_but_only_one_that_was_stopped_is_asked_about() -> None:
    played = PlayedSession()
    played.begin_lesson()
    assert played.refused(DecideTake(seat="maria", take="take-1", keep=False)) == "not_allowed"
    played.go_to("closing")
    assert "decide_take" not in played.view("maria").you.may
    assert played.refused(DecideTake(seat="maria", take="take-1", keep=True)) == "not_allowed"
    assert played.refused(DecideTake(seat="ben", take="take-1", keep=False)) == "not_allowed"
    played.must(DecideTake(seat="maria", take="take-1", keep=False))
    assert [take.state for take in played.view("maria").takes] == ["deleted"]
    assert played.refused(DecideTake(seat="maria", take="take-1", keep=False)) == "not_allowed"
