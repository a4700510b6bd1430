"""Who reads whose words, and when."""

from server.session.commands import EndTurn, SetReady, Write
from server.session.view import EntryKey
from tests.fakes.played_session import PlayedSession


def writing() -> PlayedSession:
    played = PlayedSession()
    played.begin_lesson()
    played.go_to("writing")
    for seat in ("ben", "ana"):
        played.must(Write(seat=seat, form="one-thing", round=0, field="suggestion"))
        played.texts[EntryKey(round=0, form="one-thing", author=seat)] = {"suggestion": f"wait, says {seat}"}
    played.texts[EntryKey(round=0, form="own-view", author="maria")] = {"worked": "the opening"}
    return played


def authors(played: PlayedSession, reader: str) -> list[str]:
    return [entry.author for entry in played.view(reader).received]


def test_only_the_author_sees_a_text_while_it_is_written() -> None:
    played = writing()
    mine = played.view("ben").mine
    assert mine
    assert mine.fields == {"suggestion": "wait, says ben"}
    for reader in ("maria", "ana"):
        assert "says ben" not in str(played.view(reader))


def test_a_text_reaches_the_teacher_when_its_authors_turn_starts() -> None:
    played = writing()
    played.go_to("feedback")
    assert played.view("maria").floor.turn == "ben"
    assert authors(played, "maria") == ["ben"]
    played.must(EndTurn(seat="ben", decision=played.state.decision))
    assert authors(played, "maria") == ["ben", "ana"]


def test_colleagues_and_the_one_who_leads_never_read_it() -> None:
    played = writing()
    played.go_to("closing")
    assert "says ben" not in str(played.view("ana"))
    assert "the opening" not in str(played.view("ana"))


def test_what_was_not_spoken_reaches_the_teacher_at_the_end_of_the_round() -> None:
    played = writing()
    played.go_to("feedback")
    played.advance()
    assert authors(played, "maria") == ["ben", "ana"]


def test_what_has_been_handed_in_stays_as_it_is() -> None:
    played = writing()
    played.go_to("feedback")
    assert played.refused(Write(seat="ben", form="one-thing", round=0, field="suggestion")) == "handed_in"
    played.must(Write(seat="ana", form="one-thing", round=0, field="suggestion"))
    played.go_to("closing")
    assert played.refused(Write(seat="ana", form="one-thing", round=0, field="suggestion")) == "handed_in"


def test_nobody_writes_into_a_form_that_is_not_theirs() -> None:
    played = writing()
    assert played.refused(Write(seat="maria", form="one-thing", round=0, field="suggestion")) == "handed_in"
    assert played.refused(Write(seat="ben", form="one-thing", round=0, field="worked")) == "unknown_field"
    assert played.refused(Write(seat="ben", form="nothing", round=0, field="worked")) == "unknown_field"


def test_ready_can_be_taken_back_and_ends_with_the_phase() -> None:
    played = writing()
    played.must(SetReady(seat="ben", ready=True))
    assert played.view("ana").ready == ("ben",)
    assert played.view("ana").expected == 3
    played.must(SetReady(seat="ben", ready=False))
    played.must(SetReady(seat="ben", ready=True))
    played.go_to("feedback")
    assert played.view("ana").ready == ()
    assert played.refused(SetReady(seat="ben", ready=True)) == "not_allowed"
