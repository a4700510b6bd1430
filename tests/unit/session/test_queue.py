"""A floor that is asked for with a raised hand: whoever has spoken least comes first, and nobody takes the time of those who wait."""

from __future__ import annotations

from server.session.commands import AddTime, EndTurn, Hold, LowerHand, RaiseHand, Resume, SetConsultant, TakeBack, Tick
from server.session.policy import media_policy
from tests.fakes.every_kind import EVERY_KIND, reach
from tests.fakes.played_session import PlayedSession

PEOPLE = ("maria", "ben", "ana", "carl")


def asking(*people: str) -> PlayedSession:
    """Two minutes, shared out among the colleagues; Maria answers."""
    played = PlayedSession(EVERY_KIND, people=people or PEOPLE)
    reach(played, "asking")
    return played


def ask(played: PlayedSession, *seats: str) -> None:
    for seat in seats:
        played.must(RaiseHand(seat=seat, raised=True))
        played.now_ms += 100


def done(played: PlayedSession, after_s: float = 0) -> None:
    played.now_ms += round(after_s * 1000)
    speaker = played.view("maria").floor.turn
    assert speaker
    played.must(EndTurn(seat=speaker, decision=played.state.decision))


def left(played: PlayedSession) -> dict[str, int]:
    return {share.seat: share.left_s for share in played.view("maria").floor.shares}


def heard(played: PlayedSession) -> set[str]:
    return {seat for seat, person in media_policy(played.state, played.now_ms).people.items() if person.microphone}


def test_the_floor_is_nobodys_until_somebody_asks_and_then_at_once_theirs() -> None:
    played = asking()
    assert played.view("ben").floor.turn is None
    assert heard(played) == {"maria"}, "the teacher may answer"
    ask(played, "ben")
    assert played.view("ana").floor.turn == "ben"
    assert heard(played) == {"maria", "ben"}
    assert not any(person.hand_ms for person in played.view("ana").people), "the hand is lowered"


def test_who_asks_while_somebody_speaks_waits_in_the_order_of_asking() -> None:
    played = asking()
    ask(played, "ben", "carl", "ana")
    assert played.view("ben").floor.next == ("carl", "ana")
    done(played)
    assert (played.view("ben").floor.turn, played.view("ben").floor.next) == ("carl", ("ana",))


def test_whoever_has_spoken_least_comes_first() -> None:
    played = asking()
    ask(played, "ben")
    done(played, 20)
    ask(played, "carl")
    ask(played, "ben", "ana")
    assert played.view("ben").floor.next == ("ana", "ben"), "Ben asked first, and has spoken already"
    done(played, 5)
    assert played.view("ben").floor.turn == "ana"


def test_a_hand_is_lowered_by_its_owner_the_teacher_or_the_one_who_leads() -> None:
    played = asking()
    ask(played, "ben", "ana", "carl")
    played.must(RaiseHand(seat="ana", raised=False))
    played.must(LowerHand(seat="maria", whose="carl"))
    assert played.view("ben").floor.next == ()
    done(played)
    assert played.view("ben").floor.turn is None
    assert "raise_hand" not in played.view("maria").you.may


def test_the_speaker_is_done_or_the_one_who_leads_goes_on() -> None:
    played = asking()
    ask(played, "ben", "carl")
    assert played.refused(EndTurn(seat="carl", decision=played.state.decision)) == "not_allowed"
    assert played.refused(EndTurn(seat="maria", decision=played.state.decision)) == "not_allowed"
    played.must(EndTurn(seat="ana", decision=played.state.decision))
    assert played.view("ben").floor.turn == "carl"
    assert "take_back" in played.view("ana").you.may


def test_two_who_press_at_once_end_one_turn() -> None:
    played = asking()
    ask(played, "ben", "carl", "ana")
    seen = played.state.decision
    played.must(EndTurn(seat="ben", decision=seen))
    assert played.refused(EndTurn(seat="ana", decision=seen)) == "stale_decision"
    assert played.view("ben").floor.turn == "carl"


def test_everybody_has_the_same_time_and_what_one_has_used_is_gone() -> None:
    played = asking()
    assert left(played) == {"ben": 40, "ana": 40, "carl": 40}
    ask(played, "ben")
    assert set(left(played)) == {"ana", "carl"}, "what runs is a clock, not a share"
    done(played, 25)
    assert left(played)["ana"] == left(played)["carl"] == 40
    assert left(played)["ben"] in (14, 15)


def test_time_is_reckoned_anew_when_somebody_comes_or_goes() -> None:
    played = asking()
    ask(played, "ben")
    done(played, 19.9)
    played.leave("ben")
    assert left(played) == {"ana": 50, "carl": 50}, "what Ben has not used is the others'"
    played.come("ben")
    assert left(played) == {"ben": 20, "ana": 40, "carl": 40}
    played.come("dora")
    assert left(played) == {"ben": 10, "ana": 30, "carl": 30, "dora": 30}


def test_nobody_is_promised_time_that_somebody_else_has_used_up() -> None:
    played = asking()
    ask(played, "ben")
    done(played, 59.9)
    assert left(played) == {"ben": 0, "ana": 30, "carl": 30}


def test_more_time_is_everybodys() -> None:
    played = asking()
    played.must(AddTime(seat="ana", decision=played.state.decision, seconds=60))
    assert left(played) == {"ben": 60, "ana": 60, "carl": 60}


def test_the_floor_goes_on_when_the_time_is_over_and_somebody_waits() -> None:
    played = asking()
    ask(played, "ben", "carl")
    began_ms = played.now_ms - 200
    assert played.view("ben").floor.turn_ends_ms == began_ms + 40_000
    played.pass_deadline()
    assert played.now_ms == began_ms + 50_000, "ten seconds to finish the sentence"
    assert played.view("ben").floor.turn == "carl"


def test_while_nobody_waits_the_speaker_goes_on() -> None:
    played = asking()
    ask(played, "ben")
    played.now_ms += 60_000
    played.must(Tick())
    assert played.view("ben").floor.turn == "ben"
    ask(played, "carl")
    played.must(Tick())
    assert played.view("ben").floor.turn == "carl"


def test_the_last_word_of_somebody_who_has_used_up_their_time_is_not_cut_off_at_once() -> None:
    played = asking()
    ask(played, "ben")
    done(played, 60)
    ask(played, "ben")
    assert (played.view("ben").floor.turn_ends_ms or 0) - played.now_ms == 14_900


def test_the_floor_of_a_speaker_whose_line_drops_is_free_again() -> None:
    played = asking()
    ask(played, "ben", "carl")
    played.leave("ben")
    played.now_ms += 5_000
    played.must(Tick())
    assert played.view("ana").floor.turn == "carl"


def test_who_was_away_when_it_was_their_turn_gets_the_floor_when_they_are_back() -> None:
    played = asking()
    ask(played, "ben", "carl")
    played.leave("carl")
    done(played)
    assert played.view("ana").floor.turn is None
    played.come("carl")
    played.must(Tick())
    assert played.view("ana").floor.turn == "carl"


def test_a_held_clock_stops_the_speakers_time_too() -> None:
    played = asking()
    ask(played, "ben")
    played.now_ms += 9_900
    played.must(Hold(seat="ana", decision=played.state.decision))
    assert played.view("ben").floor.turn_ends_ms is None
    played.now_ms += 300_000
    played.must(Tick())
    ask(played, "carl")
    played.must(Resume(seat="ana", decision=played.state.decision))
    assert (played.view("ben").floor.turn_ends_ms or 0) - played.now_ms == 30_000
    done(played, 10)
    assert played.state.talked_ms == {"ben": 20_000}


def test_the_floor_can_be_given_on_while_the_clock_stands() -> None:
    played = asking()
    ask(played, "ben", "carl")
    played.must(Hold(seat="ana", decision=played.state.decision))
    done(played, 30)
    assert played.view("ana").floor.turn == "carl"
    played.now_ms += 30_000
    played.must(Resume(seat="ana", decision=played.state.decision))
    done(played, 7)
    assert played.state.talked_ms["carl"] == 7_000


def test_in_the_last_seconds_nobody_new_begins() -> None:
    played = asking()
    played.pass_deadline()
    assert played.state.status == "grace"
    ask(played, "ben")
    assert played.view("ben").floor.turn is None


def test_a_part_of_a_divided_group_has_a_queue_of_its_own() -> None:
    played = PlayedSession(EVERY_KIND, people=(*PEOPLE, "dora"))
    played.must(SetConsultant(seat="ana", whose="dora", on=True))
    reach(played, "pairs")
    ask(played, "ben", "carl")
    assert (played.view("ana").floor.turn, played.view("ana").floor.next) == ("ben", ("carl",))
    assert played.view("maria").floor.turn is None
    played.must(EndTurn(seat="ben", decision=played.decision("ben")))
    assert played.view("ana").floor.turn == "carl"
    assert played.state.decision == played.decision("maria")


def test_the_next_phase_begins_with_a_free_floor() -> None:
    played = asking()
    ask(played, "ben", "carl")
    played.now_ms += 3_000
    played.advance()
    assert played.state.speaking is None
    assert played.state.heard_ms[0, "ben"] == 3_200
    assert not any(person.hand_ms for person in played.view("ana").people)


def test_taken_back_into_a_held_clock_the_speaker_has_lost_nothing() -> None:
    played = asking()
    ask(played, "ben")
    played.now_ms += 9_900
    played.must(Hold(seat="ana", decision=played.state.decision))
    played.now_ms += 20_000
    played.advance()
    played.now_ms += 5_000
    played.must(TakeBack(seat="ana", decision=played.state.decision))
    assert played.view("ana").floor.turn == "ben" and played.view("ana").floor.turn_ends_ms is None
    played.now_ms += 20_000
    played.must(Resume(seat="ana", decision=played.state.decision))
    assert (played.view("ana").floor.turn_ends_ms or 0) - played.now_ms == 30_000
    done(played, 1)
    assert played.state.talked_ms == {"ben": 11_000}


def test_more_time_for_all_is_not_time_of_a_part_with_a_clock_of_its_own() -> None:
    played = PlayedSession(EVERY_KIND, people=PEOPLE)
    reach(played, "pairs")
    shares = [(share.seat, share.left_s) for share in played.view("ben").floor.shares]
    assert shares == [("ben", 20), ("ana", 20), ("carl", 20)]
    played.must(AddTime(seat="ana", decision=played.decision("ana"), seconds=60))
    assert [(share.seat, share.left_s) for share in played.view("ben").floor.shares] == shares
