"""Turns when people are away, pass, or came late: everybody who is here is heard, and nobody waits."""

from server.session.commands import AddTurn, EndTurn, PassTurn, Tick
from tests.fakes.played_session import PlayedSession


def in_turns(*late: str) -> PlayedSession:
    """Ben, then Ana, then Carl."""
    played = PlayedSession(people=("maria", "ben", "ana", "carl"))
    played.begin_lesson()
    played.now_ms += 20_000
    for seat in late:
        played.come(seat)
    played.go_to("feedback")
    return played


def row(played: PlayedSession) -> list[str | None]:
    floor = played.view("maria").floor
    return [floor.turn, *floor.next]


def test_who_is_away_comes_at_the_end_and_is_not_waited_for() -> None:
    played = PlayedSession(people=("maria", "ben", "ana", "carl"))
    played.begin_lesson()
    played.leave("ben")
    played.go_to("feedback")
    assert row(played) == ["ana", "carl", "ben"]
    played.must(EndTurn(seat="ana", decision=played.state.decision))
    played.must(EndTurn(seat="carl", decision=played.state.decision))
    assert played.state.position.part == "closing"


def test_who_comes_back_in_time_is_heard() -> None:
    played = in_turns()
    played.leave("ana")
    played.must(EndTurn(seat="ben", decision=played.state.decision))
    assert row(played) == ["carl", "ana"]
    played.come("ana")
    played.must(EndTurn(seat="carl", decision=played.state.decision))
    assert row(played) == ["ana"]


def test_the_turn_of_a_speaker_whose_line_drops_moves_to_the_end() -> None:
    played = in_turns()
    played.leave("ben")
    played.now_ms += 4_999
    played.must(Tick())
    assert row(played)[0] == "ben"
    played.now_ms += 1
    played.must(Tick())
    assert row(played) == ["ana", "carl", "ben"]
    assert not played.view("maria").received


def test_the_last_speaker_keeps_the_time_to_come_back() -> None:
    played = in_turns()
    for seat in ("ben", "ana"):
        played.must(EndTurn(seat=seat, decision=played.state.decision))
    played.leave("carl")
    played.now_ms += 6_000
    played.must(Tick())
    assert row(played) == ["carl"]
    played.pass_deadline()
    played.pass_deadline()
    assert played.state.position.part == "closing"


def test_when_everybody_who_could_speak_is_away_the_session_goes_on() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.leave("ben")
    played.leave("ana")
    played.go_to("closing")
    assert not played.state.spoken


def test_a_turn_is_passed_on_once() -> None:
    played = in_turns()
    assert played.refused(PassTurn(seat="ana", decision=played.state.decision)) == "not_allowed", "the speaker is here"
    played.must(PassTurn(seat="ben", decision=played.state.decision))
    assert row(played) == ["ana", "carl", "ben"]
    assert (0, 2, "ben") not in played.state.spoken
    played.must(EndTurn(seat="ana", decision=played.state.decision))
    played.must(PassTurn(seat="carl", decision=played.state.decision))
    assert row(played) == ["ben", "carl"]
    assert "pass_turn" not in played.view("ben").you.may


def test_the_one_who_leads_says_later_of_somebody_who_is_not_here() -> None:
    played = in_turns()
    played.leave("ben")
    played.must(PassTurn(seat="ana", decision=played.state.decision))
    assert row(played) == ["ana", "carl", "ben"]
    played.come("ben")
    played.must(EndTurn(seat="ana", decision=played.state.decision))
    played.must(EndTurn(seat="carl", decision=played.state.decision))
    assert "pass_turn" in played.view("ana").you.may or row(played) == ["ben"]


def test_every_turn_is_as_long_as_the_first_whoever_comes_and_goes() -> None:
    played = in_turns()
    first_ms = (played.state.ends_ms or 0) - played.now_ms
    played.must(PassTurn(seat="ben", decision=played.state.decision))
    assert (played.state.ends_ms or 0) - played.now_ms == first_ms


def test_who_came_after_half_of_the_lesson_listens_unless_the_one_who_leads_asks() -> None:
    played = in_turns("dora")
    assert played.view("dora").you.came_late
    assert row(played) == ["ben", "ana", "carl"]
    assert "add_turn" in played.view("ana").you.may
    played.must(AddTurn(seat="ana", decision=played.state.decision, whose="dora"))
    assert row(played) == ["ben", "ana", "carl", "dora"]
    assert played.refused(AddTurn(seat="ana", decision=played.state.decision, whose="maria")) == "not_allowed"
