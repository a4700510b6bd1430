"""One line on each moment that somebody noticed."""

from server.session.beside import EntryKey
from server.session.commands import EndTurn, Tap, Write
from tests.fakes.played_session import PlayedSession


def with_a_moment() -> PlayedSession:
    played = PlayedSession()
    played.begin_lesson()
    played.must(Tap(seat="ben", moment="opening", mark="helped", at_ms=played.now_ms))
    played.go_to("writing")
    return played


def line(seat: str, moment: str = "opening", form: str = "one-thing") -> Write:
    return Write(seat=seat, form=form, round=0, field=f"m-{moment}")


def test_a_line_goes_with_its_moment_to_the_teacher() -> None:
    played = with_a_moment()
    played.must(line("ben"))
    played.texts[EntryKey(round=0, form="one-thing", author="ben")] = {"m-opening": "the question"}
    mine = played.view("ben").mine
    assert mine
    assert mine.fields == {"m-opening": "the question"}
    assert "the question" not in str(played.view("maria"))
    played.go_to("feedback")
    while played.view("maria").floor.turn != "ben":
        played.must(EndTurn(seat=played.state.turn.seat if played.state.turn else "", decision=played.state.decision))
    assert "the question" in str(played.view("maria").received)


def test_only_a_moment_of_ones_own_has_a_line() -> None:
    played = with_a_moment()
    assert played.refused(line("ana")) == "unknown_field"
    assert played.refused(line("ben", "another")) == "unknown_field"
    assert played.refused(line("ben", form="take-away")) == "unknown_field"
