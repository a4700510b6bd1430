"""Opinions that the teacher may not want to hear: offered with what they are about, answered, and only then spoken."""

from __future__ import annotations

from server.session.beside import offer_key
from server.session.commands import AddTime, AnswerOffer, Back, EndTurn, Hold, OfferOpinion, RaiseHand, Resume, TakeBack, Tick
from server.session.floors import MOST_OFFERS_OF_ONE
from server.session.policy import media_policy
from tests.fakes.every_kind import EVERY_KIND, reach
from tests.fakes.played_session import PLANS, PlayedSession

PEOPLE = ("maria", "ben", "ana", "carl")


def opinions(plan: str = "maker-led") -> PlayedSession:
    played = PlayedSession(PLANS.get(plan, EVERY_KIND), people=PEOPLE)
    played.aside(chat={offer_key(f"o{number}"): f"topic {number}" for number in range(40)})
    reach(played, "opinions")
    return played


def offer(played: PlayedSession, seat: str, name: str) -> None:
    played.must(OfferOpinion(seat=seat, offer=name))


def answer(played: PlayedSession, name: str, *, yes: bool = True) -> None:
    played.must(AnswerOffer(seat="maria", offer=name, yes=yes))


def heard(played: PlayedSession) -> set[str]:
    return {seat for seat, person in media_policy(played.state, played.now_ms).people.items() if person.microphone}


def states(played: PlayedSession, reader: str = "ben") -> list[tuple[str, str, str]]:
    return [(offer.seat, offer.text, offer.state) for offer in played.view(reader).offers]


def test_only_the_teacher_is_heard_until_an_opinion_is_wanted() -> None:
    played = opinions()
    assert heard(played) == {"maria"}
    offer(played, "ben", "o1")
    assert heard(played) == {"maria"}
    answer(played, "o1")
    assert heard(played) == {"maria", "ben"}
    assert played.view("ana").floor.turn == "ben"


def test_everybody_sees_what_an_opinion_is_about_and_what_was_answered() -> None:
    played = opinions()
    offer(played, "ben", "o1")
    assert states(played, "maria") == states(played, "carl") == [("ben", "topic 1", "asked")]
    answer(played, "o1")
    assert states(played) == [("ben", "topic 1", "speaking")]
    played.must(EndTurn(seat="ben", decision=played.state.decision))
    assert states(played) == [("ben", "topic 1", "said")]
    assert heard(played) == {"maria"}


def test_a_no_needs_no_reason_and_opens_nothing() -> None:
    played = opinions()
    offer(played, "ben", "o1")
    answer(played, "o1", yes=False)
    assert heard(played) == {"maria"}
    assert states(played) == [("ben", "topic 1", "no")]
    offer(played, "ben", "o2")
    assert [state for _, _, state in states(played)] == ["no", "asked"], "about something else one may ask again"


def test_until_it_is_said_a_yes_can_become_a_no_and_a_no_a_yes() -> None:
    played = opinions()
    for seat, name in (("ben", "o1"), ("carl", "o2")):
        offer(played, seat, name)
        answer(played, name)
    assert played.view("ana").floor.next == ("carl",)
    answer(played, "o2", yes=False)
    assert played.view("ana").floor.next == ()
    assert played.refused(AnswerOffer(seat="maria", offer="o1", yes=False)) == "not_asked", "Ben speaks already"
    answer(played, "o2")
    played.must(EndTurn(seat="maria", decision=played.state.decision))
    assert played.view("ana").floor.turn == "carl"


def test_one_at_a_time_in_the_order_of_the_yes() -> None:
    played = opinions()
    for seat, name in (("ben", "o1"), ("carl", "o2"), ("ana", "o3")):
        offer(played, seat, name)
    for name in ("o2", "o1"):
        answer(played, name)
    assert (played.view("ana").floor.turn, played.view("ana").floor.next) == ("carl", ("ben",))
    assert heard(played) == {"maria", "carl"}


def test_who_has_asked_waits_for_the_answer() -> None:
    played = opinions()
    offer(played, "ben", "o1")
    assert played.refused(OfferOpinion(seat="ben", offer="o2")) == "one_at_a_time"
    offer(played, "ben", "o1")
    assert len(played.state.offers) == 1, "the same offer that arrives twice is one"
    assert played.refused(OfferOpinion(seat="carl", offer="o1")) == "not_allowed"


def test_nobody_can_ask_without_end() -> None:
    played = opinions()
    for number in range(MOST_OFFERS_OF_ONE):
        offer(played, "ben", f"o{number}")
        answer(played, f"o{number}", yes=False)
    assert played.refused(OfferOpinion(seat="ben", offer="o39")) == "too_many"


def test_the_speaker_the_teacher_or_the_one_who_leads_ends_it() -> None:
    for seat in ("ben", "maria", "ana"):
        played = opinions()
        offer(played, "ben", "o1")
        answer(played, "o1")
        assert played.refused(EndTurn(seat="carl", decision=played.state.decision)) == "not_allowed"
        played.must(EndTurn(seat=seat, decision=played.state.decision))
        assert heard(played) == {"maria"}


def test_it_is_the_teacher_who_answers_and_colleagues_who_offer() -> None:
    played = opinions()
    offer(played, "ben", "o1")
    assert played.refused(AnswerOffer(seat="ana", offer="o1", yes=True)) == "not_allowed"
    assert played.refused(OfferOpinion(seat="maria", offer="o2")) == "not_allowed"
    assert played.refused(RaiseHand(seat="carl", raised=True)) == "not_allowed"


def test_elsewhere_no_opinion_is_offered_and_an_old_one_is_not_shown() -> None:
    played = opinions()
    offer(played, "ben", "o1")
    played.advance()
    assert played.refused(OfferOpinion(seat="carl", offer="o2")) == "not_allowed"
    assert states(played) == []


def test_who_was_away_when_the_yes_came_speaks_when_they_are_back() -> None:
    played = opinions()
    offer(played, "ben", "o1")
    played.leave("ben")
    answer(played, "o1")
    assert played.state.speaking is None
    played.come("ben")
    played.must(Tick())
    assert played.view("ana").floor.turn == "ben"


def test_a_speaker_whose_line_drops_makes_room() -> None:
    played = opinions()
    for seat, name in (("ben", "o1"), ("carl", "o2")):
        offer(played, seat, name)
        answer(played, name)
    played.leave("ben")
    played.now_ms += 5_000
    played.must(Tick())
    assert played.view("ana").floor.turn == "carl"


def test_taken_back_the_speaker_has_not_said_it_yet() -> None:
    played = opinions()
    offer(played, "ben", "o1")
    answer(played, "o1")
    played.must(EndTurn(seat="ana", decision=played.state.decision))
    offer(played, "carl", "o2")
    played.must(TakeBack(seat="ana", decision=played.state.decision))
    assert states(played) == [("ben", "topic 1", "speaking"), ("carl", "topic 2", "asked")]
    assert played.view("ana").floor.turn == "ben"


def test_taking_time_back_takes_nobodys_offer_with_it() -> None:
    played = opinions()
    played.must(AddTime(seat="ana", decision=played.state.decision, seconds=30))
    offer(played, "ben", "o1")
    played.must(TakeBack(seat="ana", decision=played.state.decision))
    assert states(played) == [("ben", "topic 1", "asked")]


def test_who_was_cut_off_by_the_next_phase_can_offer_something_when_the_session_goes_back() -> None:
    played = opinions()
    offer(played, "ben", "o1")
    answer(played, "o1")
    played.advance()
    played.must(Back(seat="ana", decision=played.state.decision))
    assert states(played) == [("ben", "topic 1", "said")]
    offer(played, "ben", "o2")


def test_a_format_without_minutes_for_it_has_it_too() -> None:
    played = opinions("every")
    assert played.state.ends_ms is None
    offer(played, "ben", "o1")
    answer(played, "o1")
    assert heard(played) == {"maria", "ben"}


def test_held_in_the_middle_the_speaker_keeps_the_floor() -> None:
    played = opinions()
    offer(played, "ben", "o1")
    answer(played, "o1")
    played.must(Hold(seat="ana", decision=played.state.decision))
    played.now_ms += 60_000
    played.must(Tick())
    played.must(Resume(seat="ana", decision=played.state.decision))
    assert played.view("ana").floor.turn == "ben"


def test_taking_time_back_takes_no_answer_with_it() -> None:
    played = opinions()
    offer(played, "ben", "o1")
    played.must(AddTime(seat="ana", decision=played.state.decision, seconds=30))
    answer(played, "o1", yes=False)
    played.must(TakeBack(seat="ana", decision=played.state.decision))
    assert states(played) == [("ben", "topic 1", "no")]
