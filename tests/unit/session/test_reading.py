"""Who reads whose words, and when."""

from server.session.beside import EntryKey
from server.session.commands import Advance, ChooseRecording, EndTurn, Keep, SetReady, TakeSeat, Tap, Tick, Untap, Write
from tests.fakes.played_session import PLANS, PlayedSession


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


def card(played: PlayedSession, seat: str = "maria") -> None:
    played.must(Write(seat=seat, form="lesson-card", round=0, field="goal"))
    played.texts[EntryKey(round=0, form="lesson-card", author=seat)] = {"goal": f"goal of {seat}", "questions": f"doubt of {seat}"}


def test_who_teaches_writes_a_lesson_card_before_and_others_do_not() -> None:
    played = PlayedSession()
    form, mine = played.view("maria").form, played.view("maria").mine
    assert form
    assert mine
    assert (form.form, mine.form) == ("lesson-card", "lesson-card")
    assert played.view("ben").form is None
    assert played.refused(Write(seat="ben", form="lesson-card", round=0, field="goal")) == "not_allowed"


def test_a_lesson_card_is_read_in_its_teachers_round_without_the_private_line() -> None:
    played = PlayedSession()
    played.must(TakeSeat(seat="ben", teaches=True, leads=False))
    card(played)
    card(played, "ben")
    assert "goal of maria" not in str(played.view("ana"))
    played.begin_lesson()
    shown = played.view("ana").lesson_card
    assert shown
    assert shown.fields == {"goal": "goal of maria"}
    assert set(shown.labels) == {"learners", "goal", "watch-for"}
    assert "goal of ben" not in str(played.view("ana")), "not his round yet"
    own = played.view("maria").lesson_card
    assert own
    assert own.fields["questions"] == "doubt of maria"
    while played.state.position.round == 0:
        played.pass_deadline()
    later = played.view("ana").lesson_card
    assert later
    assert later.author == "ben"
    assert "doubt" not in str(played.view("ana"))


def test_what_the_teacher_notes_while_listening_is_hers_alone() -> None:
    played = writing()
    played.go_to("feedback")
    played.must(Write(seat="maria", form="listening-notes", round=0, field="notes"))
    played.texts[EntryKey(round=0, form="listening-notes", author="maria")] = {"notes": "slower"}
    form, mine = played.view("maria").form, played.view("maria").mine
    assert form
    assert mine
    assert (form.form, mine.fields) == ("listening-notes", {"notes": "slower"})
    for reader in ("ben", "ana"):
        assert "slower" not in str(played.view(reader))
    assert played.view("ana").expected == 0, "nobody waits for her notes"


def test_the_teacher_keeps_what_she_has_received_and_only_she_knows() -> None:
    played = writing()
    keep = Keep(seat="maria", round=0, author="ben", kept=True)
    assert played.refused(keep) == "not_allowed"
    played.go_to("feedback")
    assert "keep" in played.view("maria").you.may
    played.must(keep)
    assert [(entry.author, entry.kept) for entry in played.view("maria").received] == [("ben", True)]
    mine = played.view("ben").mine
    assert mine
    assert not mine.kept
    assert played.refused(Keep(seat="ana", round=0, author="ben", kept=True)) == "not_allowed"
    assert played.refused(Keep(seat="maria", round=1, author="ben", kept=True)) == "not_allowed"
    played.must(Keep(seat="maria", round=0, author="ben", kept=False))
    assert [entry.kept for entry in played.view("maria").received] == [False]


def test_one_person_practises_alone_from_the_card_to_the_one_thing() -> None:
    played = PlayedSession(PLANS["practise-alone"], people=("maria",))
    played.must(TakeSeat(seat="maria", teaches=True, leads=True))
    asked = []
    played.must(ChooseRecording(seat="maria", choice="record"))
    for _ in range(20):
        view = played.view("maria")
        assert view.alone
        assert "chat" not in view.you.may
        asked.append((view.phase.key, view.form.form if view.form else None))
        if view.phase.part == "ended":
            break
        if "start_lesson" in view.you.may:
            played.start_lesson()
            assert played.view("maria").recording.on
        played.must(Advance(seat="maria", decision=played.state.decision))
    assert asked == [("before", "lesson-card"), ("lesson", None), ("writing", "guided-view"), ("closing", "one-to-try"), ("ended", None)]
