"""Who leads is asked once more, in figures, before somebody who still teaches loses minutes."""

from __future__ import annotations

from server.session.answers import Refused
from server.session.commands import AddTime, AddTurn, Advance, Back, RestartLesson, SeatCommand, SetOrder, TakeSeat
from tests.fakes.every_kind import reach
from tests.fakes.played_session import PLANS, PlayedSession

ROUND = PLANS["twenty-minute-round"]
PEOPLE = ("maria", "ben", "ana", "carl")


def teaching(key: str = "lesson", *, teachers: tuple[str, ...] = ("ben", "ana"), late_s: int = 0) -> PlayedSession:
    """Maria teaches first, and the session is `late_s` behind when her phase of this key begins."""
    played = PlayedSession(ROUND, people=PEOPLE)
    for seat in teachers:
        played.must(TakeSeat(seat=seat, teaches=True, leads=False))
    if key == "lesson":
        played.begin_lesson()
    else:
        reach(played, key)
    played.now_ms += late_s * 1000
    return played


def asked(played: PlayedSession, command: SeatCommand) -> Refused | None:
    before = played.state
    refused = played.ask(command)
    assert refused is None or played.state == before
    return refused


def ends_ms(played: PlayedSession) -> int:
    pace = played.view("ana").pace
    assert pace
    return pace.ends_ms


def slot_s(played: PlayedSession) -> int:
    pace = played.view("ana").pace
    assert pace
    return pace.slot_s


def more(played: PlayedSession, seconds: int = 60, *, agreed: bool = False) -> AddTime:
    return AddTime(seat="ana", decision=played.state.decision, seconds=seconds, agreed=agreed)


def test_more_time_for_one_is_less_for_those_who_come_after_and_is_asked_in_figures() -> None:
    played = teaching()
    before_s = slot_s(played)
    refused = asked(played, more(played, 120))
    assert refused is not None and refused.code == "costs_minutes" and refused.costs is not None
    assert refused.costs.before_s == before_s
    assert before_s - 70 < refused.costs.after_s < before_s - 50, "two minutes, shared by two"
    played.must(more(played, 120, agreed=True))
    assert (slot_s(played), ends_ms(played)) == (refused.costs.after_s, refused.costs.ends_ms), "and that is what comes of it"


def test_less_time_costs_nobody_anything() -> None:
    played = teaching()
    assert asked(played, more(played, -60)) is None


def test_time_that_was_won_before_can_be_given_away() -> None:
    played = teaching()
    while played.state.phase is None or played.state.phase.key != "feedback":
        played.now_ms += 5_000
        played.advance()
    assert asked(played, more(played, 60)) is None, "the round is far ahead of its time"


def test_who_teaches_last_takes_minutes_from_nobody() -> None:
    played = teaching(teachers=())
    assert asked(played, more(played, 120)) is None


def test_where_nobody_can_have_less_nothing_is_asked() -> None:
    """Rounds to come are as short as the format allows: it is the end that is later."""
    played = teaching("choose", late_s=7_200)
    before_ms = ends_ms(played)
    assert asked(played, Back(seat="ana", decision=played.state.decision)) is None
    assert ends_ms(played) > before_ms


def test_a_lesson_that_is_taught_again_costs_what_it_has_lasted() -> None:
    played = teaching()
    played.now_ms += 300_000
    refused = asked(played, RestartLesson(seat="ana", decision=played.state.decision))
    assert refused is not None and refused.costs is not None
    assert 95 <= refused.costs.before_s - refused.costs.after_s <= 105, "five minutes, shared by all three: this round is measured anew"
    played.must(RestartLesson(seat="ana", decision=played.state.decision, agreed=True))
    assert played.state.status == "waiting"


def test_a_phase_that_was_gone_back_to_costs_its_length() -> None:
    played = teaching()
    while played.state.phase is None or played.state.phase.key != "choose":
        played.pass_deadline()
    refused = asked(played, Back(seat="ana", decision=played.state.decision))
    assert refused is not None and refused.costs is not None
    assert 160 <= refused.costs.before_s - refused.costs.after_s <= 200, "six minutes of feedback, shared by two"
    played.must(Back(seat="ana", decision=played.state.decision, agreed=True))
    assert played.state.phase is not None and played.state.phase.key == "feedback"


def test_one_more_who_teaches_is_asked_of_those_who_teach_already() -> None:
    played = teaching()
    order = (*played.state.order, "carl")
    refused = asked(played, SetOrder(seat="ana", order=order))
    assert refused is not None and refused.costs is not None
    assert refused.costs.before_s * 2 - 10 <= refused.costs.after_s * 3 <= refused.costs.before_s * 2 + 10, "three share what two had"
    played.must(SetOrder(seat="ana", order=order, agreed=True))
    assert played.state.order == order
    assert slot_s(played) == refused.costs.after_s


def test_another_order_or_one_less_costs_nothing() -> None:
    played = teaching()
    assert asked(played, SetOrder(seat="ana", order=("maria", "ana", "ben"))) is None
    assert asked(played, SetOrder(seat="ana", order=("maria", "ben"))) is None


def test_one_more_turn_is_asked_where_it_takes_minutes() -> None:
    played = PlayedSession(ROUND, people=PEOPLE)
    played.must(TakeSeat(seat="ben", teaches=True, leads=False))
    played.begin_lesson()
    played.now_ms += 400_000
    played.come("dora")
    while played.state.phase is None or played.state.phase.key != "feedback":
        played.pass_deadline()
    refused = asked(played, AddTurn(seat="ana", decision=played.state.decision, whose="dora"))
    assert refused is not None and refused.costs is not None and refused.costs.after_s < refused.costs.before_s
    played.must(AddTurn(seat="ana", decision=played.state.decision, whose="dora", agreed=True))
    assert "dora" in played.view("ana").floor.next


def test_before_the_start_nothing_has_been_promised_yet() -> None:
    played = PlayedSession(ROUND, people=PEOPLE)
    assert asked(played, SetOrder(seat="ana", order=("maria", "ben", "carl"))) is None


def test_going_on_is_never_asked() -> None:
    played = teaching()
    assert asked(played, Advance(seat="ana", decision=played.state.decision)) is None


def test_who_may_not_do_it_is_not_asked_about_costs() -> None:
    played = teaching()
    assert played.refused(AddTime(seat="ben", decision=played.state.decision, seconds=120)) == "not_allowed"
    assert played.refused(AddTime(seat="ana", decision=played.state.decision - 1, seconds=120)) == "stale_decision"
