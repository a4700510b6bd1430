from server.session.commands import Advance, ChooseRecording, StartLesson, TakeSeat, Tick
from server.session.events import GraceBegan, RecordingEnded
from server.session.evolve import fold
from server.session.policy import media_policy
from tests.fakes.played_session import PlayedSession


def test_a_lesson_waits_for_its_teacher() -> None:
    played = PlayedSession()
    played.advance()
    played.now_ms += 3_600_000
    played.must(Tick())
    assert played.view("maria").phase.status == "waiting"
    assert "start_lesson" in played.view("maria").you.may
    assert "start_lesson" not in played.view("ben").you.may


def test_the_lesson_ends_by_itself_after_its_time_and_its_grace() -> None:
    played = PlayedSession()
    played.begin_lesson()
    began_ms = played.now_ms
    assert played.view("ben").phase.ends_ms == began_ms + 30_000
    played.pass_deadline()
    assert isinstance(played.log[-1], GraceBegan)
    assert played.view("ben").recording.on, "the grace is recorded"
    played.pass_deadline()
    assert played.view("ben").phase.key == "writing"
    assert played.now_ms == began_ms + 35_000
    assert not played.view("ben").recording.on


def test_a_deadline_does_not_fire_early() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.now_ms += 29_999
    played.must(Tick())
    assert played.view("ben").phase.status == "running"


def test_of_two_who_press_at_once_one_moves_the_session() -> None:
    played = PlayedSession()
    played.advance()
    decision = played.state.decision
    played.must(StartLesson(seat="maria", decision=decision, take="take-1"))
    assert played.refused(StartLesson(seat="ana", decision=decision, take="take-2")) == "stale_decision"
    assert played.refused(Advance(seat="ana", decision=decision)) == "stale_decision"


def test_without_a_teacher_nothing_begins() -> None:
    played = PlayedSession()
    played.state = fold(played.log[:1])
    played.must(TakeSeat(seat="ana", teaches=False, leads=True))
    assert played.refused(Advance(seat="ana", decision=0)) == "no_teacher"


def test_only_the_recorded_choice_of_the_teacher_makes_a_recording() -> None:
    played = PlayedSession()
    played.begin_lesson(recorded=False)
    assert played.state.recorded is None
    assert media_policy(played.state, played.now_ms).recording is None
    assert not played.view("maria").takes


def test_only_voices_that_agreed_are_recorded_and_the_rest_is_a_number() -> None:
    played = PlayedSession()
    played.must(ChooseRecording(seat="ben", choice="leave_out"))
    played.must(ChooseRecording(seat="ana", choice="record"))
    played.begin_lesson()
    recording = media_policy(played.state, played.now_ms).recording
    assert recording
    assert recording.voices == ("maria", "ana")
    assert played.view("ana").recording.left_out == 1
    assert played.view("maria").recording.left_out == 1
    assert played.view("ben").recording.left_out == 0, "who is left out is nobody's guess"
    played.must(ChooseRecording(seat="ana", choice="leave_out"))
    recording = media_policy(played.state, played.now_ms).recording
    assert recording
    assert recording.voices == ("maria",), "a withdrawal counts at once"


def test_a_teacher_who_takes_back_her_yes_ends_the_recording_at_once() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.must(ChooseRecording(seat="maria", choice="leave_out"))
    assert isinstance(played.log[-2], RecordingEnded)
    assert not played.view("maria").recording.on
    assert played.view("maria").phase.status == "running"
    played.go_to("writing")
    assert sum(isinstance(event, RecordingEnded) for event in played.log) == 1


def test_after_a_long_stop_every_phase_still_gets_its_time() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.now_ms += 600_000
    played.must(Tick())
    played.must(Tick())
    phase = played.view("ben").phase
    assert phase.key == "writing"
    assert phase.ends_ms == played.now_ms + 30_000


def test_the_log_alone_gives_the_state_back() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.go_to("closing")
    assert fold(played.log) == played.state
