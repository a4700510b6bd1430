from server.session.commands import TakeSeat, Tap, Untap
from tests.fakes.played_session import PlayedSession


def tap(played: PlayedSession, moment: str = "m1", seat: str = "ben", after_ms: int = 4_000) -> Tap:
    assert played.state.lesson
    return Tap(seat=seat, moment=moment, mark="helped", at_ms=played.state.lesson.started_ms + after_ms)


def test_a_moment_keeps_its_place_in_the_lesson() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.now_ms += 5_000
    played.must(tap(played))
    played.go_to("writing")
    mine = played.view("ben").mine
    assert mine
    assert [(moment.label, moment.at_ms, moment.take) for moment in mine.moments] == [("That helped me", 4_000, "take-1")]


def test_a_moment_that_arrives_twice_counts_once() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.must(tap(played))
    played.must(tap(played))
    assert len(played.state.moments) == 1


def test_a_moment_that_arrives_after_the_lesson_is_not_lost() -> None:
    played = PlayedSession()
    played.begin_lesson()
    late = tap(played, after_ms=29_000)
    played.go_to("writing")
    played.must(late)
    mine = played.view("ben").mine
    assert mine
    assert mine.moments[0].at_ms == 29_000


def test_a_moment_lies_inside_the_lesson_whatever_the_page_says() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.must(tap(played, "early", after_ms=-90_000))
    played.must(tap(played, "late", after_ms=90_000))
    assert {moment.at_ms for moment in played.state.moments.values()} == {played.now_ms}


def test_a_late_moment_belongs_to_the_lesson_in_which_it_was() -> None:
    played = PlayedSession()
    played.must(TakeSeat(seat="ben", teaches=True, leads=False))
    played.begin_lesson()
    late = tap(played, after_ms=7_000)
    while played.state.position.round == 0:
        played.pass_deadline()
    played.start_lesson()
    played.must(late)
    played.must(Tap(seat="ana", moment="m2", mark="lost", at_ms=played.now_ms))
    assert [(moment.seat, moment.round) for moment in played.state.moments.values()] == [("ben", 0), ("ana", 1)]


def test_moments_are_for_colleagues_and_only_of_the_formats_kinds() -> None:
    played = PlayedSession()
    played.begin_lesson()
    assert played.refused(tap(played, seat="maria")) == "not_allowed"
    assert played.refused(tap(played, seat="nobody")) == "no_seat"
    assert played.refused(Tap(seat="ben", moment="m1", mark="boring", at_ms=played.now_ms)) == "unknown_mark"


def test_a_moment_is_taken_back_only_by_who_tapped_it() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.must(tap(played))
    assert played.refused(Untap(seat="ana", moment="m1")) == "not_allowed"
    played.must(Untap(seat="ben", moment="m1"))
    played.must(Untap(seat="ben", moment="m1"))
    assert not played.state.moments


def test_nobody_sees_moments_while_the_lesson_runs() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.must(tap(played))
    for seat in ("maria", "ana"):
        view = played.view(seat)
        assert not view.received
        assert view.mine is None or not view.mine.moments
