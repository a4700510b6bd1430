"""Who teaches: first come until the places are taken; the one who leads may let somebody teach, or not."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from server.session.commands import AddDeck, ChooseRecording, SetOrder, ShowSlide, TakeBack, TakeSeat
from server.session.plan import MOST_TEACHERS
from tests.fakes.played_session import PLANS, PlayedSession


@pytest.fixture
def played() -> PlayedSession:
    """There are two places to teach; Maria has one of them, Ana leads, Ben is a colleague."""
    return PlayedSession(replace(PLANS["try-out"], teachers=2))


def come(played: PlayedSession, seat: str, *, teaches: bool = True) -> None:
    played.must(TakeSeat(seat=seat, teaches=teaches, leads=False))


def test_first_come_until_the_places_are_taken(played: PlayedSession) -> None:
    assert not played.view("ben").places_taken
    come(played, "carl")
    come(played, "dora")
    assert played.state.order == ("maria", "carl")
    assert played.view("dora").places_taken
    come(played, "ben")
    assert played.state.order == ("maria", "carl"), "who is here already gets no more"
    come(played, "carl")
    assert played.state.order == ("maria", "carl"), "who has a place keeps it"


def test_a_place_that_is_given_up_is_free(played: PlayedSession) -> None:
    come(played, "carl")
    come(played, "maria", teaches=False)
    come(played, "dora")
    assert played.state.order == ("carl", "dora")


def test_without_a_number_twelve_can_teach() -> None:
    played = PlayedSession()
    for number in range(MOST_TEACHERS + 3):
        come(played, f"seat-{number}")
    assert len(played.state.order) == MOST_TEACHERS
    assert played.refused(SetOrder(seat="ana", order=(*played.state.order, "ben"))) == "too_many_teachers"


def test_the_one_who_leads_lets_somebody_teach_beyond_the_places(played: PlayedSession) -> None:
    come(played, "carl")
    played.must(SetOrder(seat="ana", order=("maria", "carl", "ben")))
    assert played.view("ben").people[1].teaches == 2
    played.must(AddDeck(seat="ben", deck="volcanoes", pages=1))
    played.must(TakeBack(seat="ana", decision=played.state.decision))
    assert played.state.order == ("maria", "carl")
    played.must(SetOrder(seat="ana", order=("ben", "maria")))
    played.must(TakeBack(seat="ana", decision=played.state.decision))
    assert played.state.order == ("maria", "carl")


def test_who_is_given_a_round_is_asked_anew_whether_it_is_recorded(played: PlayedSession) -> None:
    for seat in ("ben", "maria"):
        played.must(ChooseRecording(seat=seat, choice="record"))
    played.must(SetOrder(seat="ana", order=("ben",)))
    assert played.state.seats["ben"].recording is None
    played.must(SetOrder(seat="ana", order=("maria", "ben")))
    assert played.state.seats["maria"].recording == "record", "she had said so of her own lesson"


def test_who_is_taken_out_shows_nothing_any_more_and_can_come_back(played: PlayedSession) -> None:
    played.must(AddDeck(seat="maria", deck="fractions", pages=1))
    played.must(ShowSlide(seat="maria", deck="fractions", page=0))
    played.must(SetOrder(seat="ana", order=("ben",)))
    assert played.state.slide is None
    assert played.refused(AddDeck(seat="maria", deck="more", pages=1)) == "not_allowed"
    played.must(SetOrder(seat="ana", order=("ben", "maria")))
    played.must(AddDeck(seat="maria", deck="more", pages=1))


def test_a_round_that_has_begun_is_taken_from_nobody(played: PlayedSession) -> None:
    come(played, "carl")
    played.begin_lesson()
    assert played.refused(SetOrder(seat="ana", order=("carl",))) == "order_wrong"
    played.must(SetOrder(seat="ana", order=("maria",)))
    played.must(SetOrder(seat="ana", order=("maria", "ben")))
    assert played.state.order == ("maria", "ben")


def test_simulated_colleagues_are_given_no_round(played: PlayedSession) -> None:
    played.must(TakeSeat(seat="omar", teaches=False, leads=False, simulated=True))
    assert played.refused(SetOrder(seat="ana", order=("maria", "omar"))) == "order_wrong"
