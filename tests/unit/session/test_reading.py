"""Who reads whose words, and when."""

from server.session.beside import EntryKey
from server.session.commands import EndTurn, SetReady, Tap, Tick, Untap, Write
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


def suggestion(seat: str, round_: int = 0) -> Write:
    return Write(seat=seat, form="one-thing", round=round_, field="suggestion")


def test_what_was_typed_at_the_last_moment_still_arrives() -> None:
    played = writing()
    played.go_to("feedback")
    played.now_ms += 1_500
    played.must(suggestion("ben"))
    played.now_ms += 1_000
    assert played.refused(suggestion("ben")) == "handed_in"
    played.must(suggestion("ana"))
    played.advance()
    played.must(suggestion("ana"))
    played.now_ms += 3_000
    assert played.refused(suggestion("ana")) == "handed_in"
    assert played.refused(suggestion("ben")) == "handed_in"


def test_ones_own_texts_stay_open() -> None:
    played = writing()
    played.go_to("closing")
    played.now_ms += 600_000
    played.must(Write(seat="maria", form="own-view", round=0, field="worked"))
    played.must(Write(seat="ben", form="take-away", round=0, field="take-away"))
    played.must(Tick())
    while played.state.position.part != "ended":
        played.pass_deadline()
    played.must(Write(seat="ben", form="take-away", round=0, field="take-away"))


def test_nobody_writes_into_a_form_that_is_not_theirs() -> None:
    played = writing()
    assert played.refused(suggestion("maria")) == "not_allowed"
    assert played.refused(suggestion("ben", round_=1)) == "not_allowed"
    assert played.refused(Write(seat="ben", form="take-away", round=0, field="take-away")) == "not_allowed", "not yet"
    assert played.refused(Write(seat="ben", form="one-thing", round=0, field="worked")) == "unknown_field"
    assert played.refused(Write(seat="ben", form="nothing", round=0, field="worked")) == "unknown_field"


def test_a_handed_in_moment_is_not_taken_back() -> None:
    played = PlayedSession()
    played.begin_lesson()
    played.must(Tap(seat="ben", moment="m1", mark="helped", at_ms=played.now_ms))
    played.go_to("feedback")
    played.now_ms += 3_000
    assert played.refused(Untap(seat="ben", moment="m1")) == "handed_in"


def test_how_many_are_ready_is_for_all_and_who_only_for_the_one_who_leads() -> None:
    played = writing()
    played.must(SetReady(seat="ben", decision=played.state.decision, ready=True))
    assert played.view("ana").ready == ("ben",)
    assert played.view("maria").ready == ()
    assert played.view("maria").ready_count == 1
    stale = SetReady(seat="ana", decision=played.state.decision - 1, ready=True)
    assert played.refused(stale) == "stale_decision"


def test_ready_can_be_taken_back_and_ends_with_the_phase() -> None:
    played = writing()
    played.must(SetReady(seat="ben", decision=played.state.decision, ready=True))
    assert played.view("ana").ready == ("ben",)
    assert played.view("ana").expected == 3
    played.must(SetReady(seat="ben", decision=played.state.decision, ready=False))
    played.must(SetReady(seat="ben", decision=played.state.decision, ready=True))
    played.go_to("feedback")
    assert played.view("ana").ready == ()
    assert played.refused(SetReady(seat="ben", decision=played.state.decision, ready=True)) == "not_allowed"
