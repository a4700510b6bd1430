"""The teacher's line drops in the lesson: the time is held, and nobody has to press anything."""

from server.session.commands import GoWithout, Hold, RestartLesson, Resume, SetHere, TakeSeat, TeachLater, Tick
from tests.fakes.played_session import PlayedSession


def in_lesson() -> PlayedSession:
    played = PlayedSession()
    played.must(TakeSeat(seat="ben", teaches=True, leads=False))
    played.begin_lesson()
    played.now_ms += 10_000
    return played


def dropped() -> PlayedSession:
    played = in_lesson()
    played.leave("maria")
    played.pass_deadline()
    return played


def test_after_five_seconds_the_time_is_held_as_it_was_when_the_line_dropped() -> None:
    played = in_lesson()
    played.leave("maria")
    played.now_ms += 4_999
    played.must(Tick())
    assert played.view("ben").phase.held is None
    played.now_ms += 1
    played.must(Tick())
    held = played.view("ben").phase.held
    assert held
    assert (held.left_ms, held.reason, held.by) == (20_000, "teacher_away", None)
    assert played.view("ben").phase.ends_ms is None


def test_a_line_that_comes_back_at_once_is_not_noticed() -> None:
    played = in_lesson()
    played.leave("maria")
    played.now_ms += 4_000
    played.come("maria")
    played.now_ms += 4_000
    played.must(Tick())
    assert played.view("ben").phase.held is None


def test_back_again_the_clock_counts_in_and_goes_on_with_what_was_left() -> None:
    played = dropped()
    played.now_ms += 60_000
    played.must(Tick())
    played.come("maria")
    held = played.view("ben").phase.held
    assert held
    assert held.resumes_ms == played.now_ms + 3_000
    played.pass_deadline()
    assert played.view("ben").phase.ends_ms == played.now_ms + 20_000


def test_a_line_that_drops_again_while_counting_stays_held() -> None:
    played = dropped()
    played.come("maria")
    played.leave("maria")
    played.pass_deadline()
    held = played.view("ben").phase.held
    assert held
    assert (held.left_ms, held.resumes_ms) == (20_000, None)


def test_a_clock_that_somebody_holds_stays_theirs_when_the_teacher_comes_back() -> None:
    played = in_lesson()
    played.must(Hold(seat="ana", decision=played.state.decision))
    played.leave("maria")
    played.now_ms += 10_000
    played.must(Tick())
    assert "resume" not in played.view("ana").you.may, "not without the teacher"
    played.come("maria")
    held = played.view("ana").phase.held
    assert held
    assert (held.reason, held.resumes_ms) == ("asked", None)
    played.must(Resume(seat="ana", decision=played.state.decision))
    played.pass_deadline()
    assert played.view("ana").phase.ends_ms == played.now_ms + 20_000


def test_in_the_grace_only_what_is_left_of_it_is_held() -> None:
    played = in_lesson()
    played.pass_deadline()
    played.must(SetHere(seat="maria", here=False, since_ms=played.now_ms - 4_000))
    played.now_ms += 1_000
    played.must(Tick())
    held = played.view("ana").phase.held
    assert held
    assert held.left_ms == 5_000


def test_after_two_minutes_the_one_who_leads_is_asked_what_to_do() -> None:
    played = dropped()
    assert played.view("ana").missing is None
    played.now_ms += 115_000
    missing = played.view("ana").missing
    assert missing
    assert (missing.seat, missing.why) == ("maria", "teacher_away")
    assert {"teach_later", "go_without", "restart_lesson"} <= set(played.view("ana").you.may)


def test_the_next_teacher_goes_first_and_the_one_who_dropped_teaches_anew_after() -> None:
    played = dropped()
    played.must(TeachLater(seat="ana", decision=played.state.decision))
    assert played.state.order == ("ben", "maria")
    assert played.state.lesson is None
    assert [lesson.take for lesson in played.state.earlier] == ["take-1"], "what was recorded stays hers"
    assert not played.view("ana").recording.on


def test_the_lesson_can_be_taught_again_from_its_beginning() -> None:
    played = dropped()
    played.must(RestartLesson(seat="ana", decision=played.state.decision))
    played.come("maria")
    played.start_lesson()
    assert played.view("ana").phase.ends_ms == played.now_ms + 30_000
    assert [lesson.take for lesson in played.state.earlier] == ["take-1"]
    assert played.state.lesson
    assert played.state.lesson.take == "take-2"


def test_a_lesson_that_was_partly_taught_ends_where_it_was_when_all_go_on_without() -> None:
    played = dropped()
    played.must(GoWithout(seat="ana", decision=played.state.decision))
    assert played.state.teacher == "ben"
    assert played.state.lessons[0, 0].ended_ms == played.now_ms
