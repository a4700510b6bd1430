"""The teacher has not come: nobody's lesson is lost over it."""

from server.session.commands import Advance, GoWithout, SetOrder, TakeBack, TakeSeat, TeachLater
from tests.fakes.played_session import PlayedSession


def late() -> PlayedSession:
    played = PlayedSession()
    played.must(TakeSeat(seat="ben", teaches=True, leads=False))
    played.leave("maria")
    played.advance()
    return played


def test_after_three_minutes_the_one_who_leads_is_offered_a_way() -> None:
    played = late()
    assert played.view("ana").missing is None
    assert {"teach_later", "go_without"} <= set(played.view("ana").you.may), "allowed at once, offered later"
    played.now_ms += 180_000
    missing = played.view("ana").missing
    assert missing
    assert (missing.seat, missing.why) == ("maria", "teacher_late")
    played.come("maria")
    assert played.view("ana").missing is None
    assert "teach_later" not in played.view("ana").you.may


def test_the_next_teacher_who_is_here_goes_first() -> None:
    played = late()
    played.must(TeachLater(seat="ana", decision=played.state.decision))
    assert played.state.order == ("ben", "maria")
    assert played.state.teacher == "ben"
    played.must(TakeBack(seat="ana", decision=played.state.decision))
    assert played.state.order == ("maria", "ben")


def test_nobody_is_put_first_who_is_not_here() -> None:
    played = late()
    played.leave("ben")
    assert played.refused(TeachLater(seat="ana", decision=played.state.decision)) == "not_allowed"


def test_a_round_without_its_teacher_does_not_happen_and_can_be_made_up() -> None:
    played = late()
    played.must(GoWithout(seat="ana", decision=played.state.decision))
    assert played.state.order == ("ben",)
    assert played.state.teacher == "ben"
    played.come("maria")
    played.must(SetOrder(seat="ana", order=("ben", "maria")))
    assert [step.teacher for step in played.view("ana").steps if step.title == "Lesson"] == ["maria"]


def test_without_the_only_teacher_the_session_closes() -> None:
    played = PlayedSession()
    played.leave("maria")
    played.advance()
    played.must(GoWithout(seat="ana", decision=played.state.decision))
    assert played.state.position.part == "closing"
    assert played.state.order == ()


def test_the_order_keeps_every_round_that_has_begun() -> None:
    played = PlayedSession()
    played.must(TakeSeat(seat="ben", teaches=True, leads=False))
    assert played.refused(SetOrder(seat="ana", order=("ben", "maria", "stranger"))) == "order_wrong"
    assert played.refused(SetOrder(seat="ana", order=("ben", "ben"))) == "order_wrong"
    played.must(SetOrder(seat="ana", order=("ben", "maria")))
    played.must(Advance(seat="ana", decision=played.state.decision))
    assert played.refused(SetOrder(seat="ana", order=("maria", "ben"))) == "order_wrong"
