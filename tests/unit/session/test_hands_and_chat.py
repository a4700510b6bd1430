"""Raised hands, lines of chat, and cards for the teacher."""

import pytest

from server.session.commands import Chat, HandOver, LowerHand, RaiseHand, ShowCard
from tests.fakes.played_session import PLANS, PlayedSession


def chat(played: PlayedSession, seat: str, message: str, to: str | None = None) -> Chat:
    played.aside(chat={**played.beside.chat, message: f"words of {message}"})
    return Chat(seat=seat, message=message, to=to)


def lines(played: PlayedSession, reader: str) -> list[str]:
    return [line.message for line in played.view(reader).chat]


def hands(played: PlayedSession) -> list[str]:
    return [person.seat for person in played.view("maria").people if person.hand_ms is not None]


def test_a_hand_goes_up_and_everybody_sees_since_when() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.must(RaiseHand(seat="ben", raised=True))
    raised_ms = played.now_ms
    played.now_ms += 5_000
    played.must(RaiseHand(seat="ben", raised=True))
    for reader in ("maria", "ben", "ana"):
        assert {person.seat: person.hand_ms for person in played.view(reader).people} == {"maria": None, "ben": raised_ms, "ana": None}
    played.must(RaiseHand(seat="ben", raised=False))
    assert hands(played) == []


def test_the_teacher_and_the_one_who_leads_take_hands_down() -> None:
    played = PlayedSession()
    played.begin_lesson()
    for lowers in ("maria", "ana"):
        played.must(RaiseHand(seat="ben", raised=True))
        played.must(LowerHand(seat=lowers, whose="ben"))
        assert hands(played) == []
    played.must(RaiseHand(seat="ana", raised=True))
    assert played.refused(LowerHand(seat="ben", whose="ana")) == "not_allowed"
    assert played.refused(RaiseHand(seat="maria", raised=True)) == "not_allowed", "her own lesson"


def test_hands_go_down_with_the_phase_and_at_the_start_of_a_lesson() -> None:
    played = PlayedSession()
    played.must(RaiseHand(seat="ben", raised=True))
    played.advance()
    assert hands(played) == []
    played.must(RaiseHand(seat="ben", raised=True))
    played.start_lesson()
    assert hands(played) == []
    played.must(RaiseHand(seat="ben", raised=True))
    played.go_to("writing")
    assert hands(played) == []
    assert played.refused(RaiseHand(seat="ben", raised=True)) == "not_allowed"


def test_the_class_chats_before_in_the_lesson_and_at_the_end_only() -> None:
    played = PlayedSession(PLANS["twenty-minute-round"])
    open_in = []
    played.must(chat(played, "ben", "m-before"))
    played.begin_lesson()
    for number in range(60):
        key = played.view("ben").phase.key
        if played.ask(chat(played, "ben", f"m-{number}")) is None:
            open_in.append(key)
            assert "chat" in played.view("ben").you.may
        else:
            assert "chat" not in played.view("ben").you.may
        if key == "ended":
            break
        played.pass_deadline()
    assert set(open_in) == {"lesson", "choose", "closing"}


def test_a_line_for_the_class_is_read_by_all() -> None:
    played = PlayedSession()
    played.must(chat(played, "ben", "m1"))
    for reader in ("maria", "ben", "ana"):
        (line,) = played.view(reader).chat
        assert (line.seat, line.to, line.text) == ("ben", None, "words of m1")


def test_a_private_line_is_read_by_its_two_people_alone_and_at_any_time() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.go_to("writing")
    played.must(chat(played, "maria", "m1", to="ana"))
    played.must(chat(played, "ana", "m2", to="maria"))
    assert lines(played, "maria") == lines(played, "ana") == ["m1", "m2"]
    assert lines(played, "ben") == []
    assert "words of" not in str(played.view("ben"))


@pytest.mark.parametrize(("seat", "to"), [("maria", "ben"), ("ben", "maria"), ("ana", "ana"), ("ben", "nobody")])
def test_private_lines_go_to_or_come_from_the_one_who_leads(seat: str, to: str) -> None:
    played = PlayedSession()
    assert played.refused(chat(played, seat, "m1", to=to)) == "not_allowed"


def test_who_leads_later_does_not_read_what_was_said_to_somebody_else() -> None:
    played = PlayedSession()
    played.must(chat(played, "maria", "m1", to="ana"))
    played.must(HandOver(seat="ana", to="ben"))
    assert lines(played, "ben") == []


def test_a_line_that_is_sent_twice_counts_once_and_erased_words_are_gone() -> None:
    played = PlayedSession()
    played.must(chat(played, "ben", "m1"))
    played.must(chat(played, "ben", "m1"))
    assert lines(played, "maria") == ["m1"]
    assert played.refused(chat(played, "ana", "m1")) == "not_allowed"
    played.aside(chat={})
    assert lines(played, "maria") == []


def test_a_view_holds_the_last_lines_that_its_reader_may_see() -> None:
    played = PlayedSession()
    played.must(chat(played, "maria", "private", to="ana"))
    for number in range(250):
        played.must(chat(played, "ben", f"m{number}"))
    assert lines(played, "maria") == [f"m{number}" for number in range(50, 250)]


def test_one_person_does_not_fill_the_chat_for_ever() -> None:
    played = PlayedSession()
    for number in range(500):
        played.must(Chat(seat="ben", message=f"m{number}", to=None))
    assert played.refused(chat(played, "ben", "one-more")) == "too_many"
    played.must(chat(played, "ana", "another"))


def test_the_teacher_is_shown_a_card_in_the_lesson() -> None:
    played = PlayedSession()
    assert played.refused(ShowCard(seat="ana", card="two_minutes")) == "not_allowed"
    played.begin_lesson()
    played.must(ShowCard(seat="ana", card="cannot_hear"))
    assert played.refused(ShowCard(seat="ben", card="cannot_hear")) == "not_allowed"
    for reader, sees in (("maria", True), ("ana", True), ("ben", False)):
        card = played.view(reader).card
        assert (card is not None and card.card == "cannot_hear") == sees
    played.go_to("writing")
    assert played.view("maria").card is None
