"""Who leads: handed over, or taken when nobody who leads is here."""

from server.session.commands import HandOver, TakeLead, TakeSeat
from server.session.schedule import view_deadline_ms
from tests.fakes.played_session import PlayedSession


def leaders(played: PlayedSession) -> list[str]:
    return [person.seat for person in played.view("ana").people if person.leads]


def test_the_lead_goes_to_one_person() -> None:
    played = PlayedSession()
    played.must(HandOver(seat="ana", to="ben"))
    assert leaders(played) == ["ben"]
    assert played.refused(HandOver(seat="ana", to="maria")) == "not_allowed"


def test_it_does_not_go_to_somebody_away_or_simulated() -> None:
    played = PlayedSession()
    played.must(TakeSeat(seat="carl", teaches=False, leads=False, simulated=True))
    assert played.refused(HandOver(seat="ana", to="carl")) == "cannot_lead"
    played.leave("ben")
    assert played.refused(HandOver(seat="ana", to="ben")) == "not_here"


def test_after_twenty_seconds_without_a_leader_anybody_here_may_lead() -> None:
    played = PlayedSession()
    left_ms = played.now_ms
    played.leave("ana")
    assert view_deadline_ms(played.state, left_ms + 19_999) == left_ms + 20_000
    played.now_ms += 19_999
    assert played.refused(TakeLead(seat="ben")) == "not_allowed"
    played.now_ms += 1
    assert "take_lead" in played.view("ben").you.may
    played.must(TakeLead(seat="ben"))
    assert leaders(played) == ["ben"]
    assert played.refused(TakeLead(seat="maria")) == "not_allowed"
