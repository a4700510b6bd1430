"""Who had nothing written in time may still write to the teacher, for a day after the session."""

from server.session.beside import EntryKey
from server.session.commands import EndTurn, Write
from tests.fakes.played_session import PlayedSession

SUGGESTION = EntryKey(round=0, form="one-thing", author="ben")
DAY_MS = 24 * 3_600_000


def note(played: PlayedSession, seat: str = "ben", *, empty: bool = False) -> Write:
    return Write(seat=seat, form="one-thing", round=0, field="suggestion", empty=empty)


def over() -> PlayedSession:
    """Ana has written, Ben has not."""
    played = PlayedSession()
    played.begin_lesson()
    played.go_to("writing")
    played.must(note(played, "ana"))
    while played.state.position.part != "ended":
        played.pass_deadline()
    played.now_ms += 60_000
    return played


def received(played: PlayedSession) -> list[str]:
    return [entry.author for entry in played.view("maria").received]


def test_an_entry_begins_with_its_first_words() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.go_to("writing")
    played.must(note(played, empty=True))
    assert played.state.begun == frozenset()
    played.must(note(played))
    played.must(note(played))
    assert played.state.begun == {(0, "one-thing", "ben")}
    assert sum(type(event).__name__ == "EntryBegun" for event in played.log) == 1


def test_after_the_end_the_form_is_there_for_whom_has_written_nothing() -> None:
    played = over()
    form, mine = played.view("ben").form, played.view("ben").mine
    assert form
    assert mine
    assert (form.form, mine.form, mine.round) == ("one-thing", "one-thing", 0)
    assert "write" in played.view("ben").you.may
    assert "ready" not in played.view("ben").you.may
    assert played.view("ana").form is None
    assert played.view("maria").form is None
    assert played.refused(note(played, "ana")) == "handed_in"


def test_the_teacher_reads_at_once_what_comes_later_and_its_author_goes_on_writing() -> None:
    played = over()
    played.must(note(played))
    played.texts[SUGGESTION] = {"suggestion": "Wait lon"}
    assert received(played) == ["ben"]
    played.now_ms += 3_600_000
    played.must(note(played))
    assert played.view("ben").form


def test_after_a_day_it_is_too_late() -> None:
    played = over()
    played.must(note(played))
    played.now_ms += DAY_MS
    assert played.refused(note(played)) == "handed_in"
    assert played.view("ben").form is None
    assert "write" not in played.view("ben").you.may


def test_who_begins_after_the_turn_may_go_on_too() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.go_to("feedback")
    played.must(EndTurn(seat="ben", decision=played.state.decision))
    played.now_ms += 10_000
    played.must(note(played))
    played.now_ms += 10_000
    played.must(note(played))
    played.texts[SUGGESTION] = {"suggestion": "Wait longer"}
    assert received(played) == ["ben"]


def test_who_was_not_there_owes_nothing() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.go_to("feedback")
    played.come("carl")
    while played.state.position.part != "ended":
        played.pass_deadline()
    assert played.view("carl").form is None
    assert played.view("ben").form
