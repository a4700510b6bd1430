"""Turns whose time is shared out: what is left, among those who are here and still speak, reckoned anew with each turn."""

from __future__ import annotations

from server.session.commands import AddTime, AddTurn, Back, EndTurn, Hold, PassTurn, Resume, Tick
from server.session.policy import media_policy
from tests.fakes.every_kind import EVERY_KIND, reach
from tests.fakes.played_session import PlayedSession


def in_turns(*people: str) -> PlayedSession:
    """Two minutes for Ben, Ana, Carl and Dora; Maria teaches."""
    played = PlayedSession(EVERY_KIND, people=people or ("maria", "ben", "ana", "carl", "dora"))
    reach(played, "feedback")
    return played


def turn_s(played: PlayedSession) -> int:
    """How long the turn that has just begun lasts until the bell."""
    return ((played.view("maria").floor.turn_ends_ms or 0) - played.now_ms) // 1000


def done(played: PlayedSession, after_s: int) -> None:
    played.now_ms += after_s * 1000
    speaker = played.view("maria").floor.turn
    assert speaker
    played.must(EndTurn(seat=speaker, decision=played.state.decision))


def test_the_first_turn_is_an_equal_share() -> None:
    assert turn_s(in_turns()) == 23, "thirty seconds, the last seven of them grace"


def test_who_is_brief_leaves_more_to_the_others() -> None:
    played = in_turns()
    done(played, 6)
    assert turn_s(played) == 38 - 9
    done(played, 14)
    assert turn_s(played) == 50 - 10


def test_who_leaves_makes_everybodys_turn_longer_and_who_comes_back_shorter() -> None:
    played = in_turns()
    played.leave("dora")
    done(played, 30)
    assert turn_s(played) == 45 - 10
    played.come("dora")
    done(played, 30)
    assert turn_s(played) == 30 - 7


def test_who_comes_late_and_is_let_in_shares_what_is_left() -> None:
    played = in_turns()
    played.come("emil")
    played.must(AddTurn(seat="ana", decision=played.state.decision, whose="emil"))
    done(played, 20)
    assert turn_s(played) == 25 - 6


def test_more_time_is_everybodys() -> None:
    played = in_turns()
    played.must(AddTime(seat="ana", decision=played.state.decision, seconds=60))
    done(played, 30)
    assert turn_s(played) == 50 - 10


def test_a_turn_that_is_passed_on_keeps_its_time_for_later() -> None:
    played = in_turns()
    played.must(PassTurn(seat="ben", decision=played.state.decision))
    assert turn_s(played) == 23
    assert played.view("maria").floor.next == ("carl", "dora", "ben")


def test_nobody_has_less_than_a_quarter_of_a_minute() -> None:
    played = in_turns()
    done(played, 110)
    assert turn_s(played) == 15 - 3


def test_a_held_clock_uses_nobodys_time() -> None:
    played = in_turns()
    played.now_ms += 10_000
    played.must(Hold(seat="ana", decision=played.state.decision))
    played.now_ms += 500_000
    done(played, 0)
    assert turn_s(played) == 36 - 9
    played.now_ms += 6_000
    played.must(Hold(seat="ana", decision=played.state.decision))
    played.now_ms += 500_000
    played.must(Resume(seat="ana", decision=played.state.decision))
    done(played, 4)
    assert turn_s(played) == 50 - 10


def test_gone_back_to_the_time_is_whole_again() -> None:
    played = in_turns()
    done(played, 60)
    reach(played, "asking")
    played.must(Back(seat="ana", decision=played.state.decision))
    assert turn_s(played) == 23


def test_the_teacher_may_answer_and_nobody_else_is_heard() -> None:
    played = in_turns()
    assert [seat for seat, person in media_policy(played.state, played.now_ms).people.items() if person.microphone] == ["maria", "ben"]


def test_the_bell_and_the_grace_pass_the_turn_on() -> None:
    played = in_turns()
    played.pass_deadline()
    assert played.state.status == "grace"
    played.pass_deadline()
    assert played.view("maria").floor.turn == "ana"
    played.must(Tick())
    assert turn_s(played) == 23
