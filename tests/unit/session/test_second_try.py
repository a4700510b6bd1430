"""A round with two lessons: what belongs to which try, and the one thing that is tried."""

from __future__ import annotations

from server.session.beside import EntryKey
from server.session.commands import (
    AddDeck,
    Advance,
    Back,
    ChooseRecording,
    ChooseTry,
    EndTurn,
    GoWithout,
    RestartLesson,
    SetHere,
    ShowSlide,
    StartLesson,
    TakeSeat,
    Tap,
    TeachLater,
    Untap,
    Write,
)
from tests.fakes.every_kind import reach
from tests.fakes.played_session import PLANS, PlayedSession

PEOPLE = ("maria", "ben", "ana", "carl")
FIRST, SECOND = 0, 6


def again(key: str = "lesson-again", *, slides: bool = False) -> PlayedSession:
    """As far as the phase of this key; both tries recorded, a moment of Ben's in each."""
    played = PlayedSession(PLANS["teach-again"], people=PEOPLE)
    played.must(ChooseRecording(seat="maria", choice="record"))
    if slides:
        played.must(AddDeck(seat="maria", deck="d", pages=3))
    keys = [phase.key for phase in played.state.plan.round]
    for lesson, moment, page in (("lesson", "m1", 0), ("lesson-again", "m2", 1)):
        if keys.index(lesson) >= keys.index(key):
            break
        reach(played, lesson)
        played.must(StartLesson(seat="maria", decision=played.state.decision, take=f"take-{lesson}"))
        played.pass_deadline()
        played.now_ms += 10_000
        played.must(Tap(seat="ben", moment=moment, mark="helped", at_ms=played.now_ms))
        if slides:
            played.must(ShowSlide(seat="maria", deck="d", page=page))
        played.now_ms += 20_000
    reach(played, key)
    return played


def running() -> PlayedSession:
    played = again()
    played.must(StartLesson(seat="maria", decision=played.state.decision, take="take-lesson-again"))
    played.pass_deadline()
    played.now_ms += 10_000
    played.must(Tap(seat="ben", moment="m2", mark="helped", at_ms=played.now_ms))
    return played


def write(played: PlayedSession, seat: str, form: str, field: str, text: str) -> None:
    played.must(Write(seat=seat, form=form, round=0, field=field))
    played.texts.setdefault(EntryKey(round=0, form=form, author=seat), {})[field] = text


def test_a_round_can_have_two_lessons_and_the_second_says_that_it_repeats_the_first() -> None:
    played = again()
    phase = played.view("ben").phase
    assert (phase.key, phase.lesson, phase.again, phase.status) == ("lesson-again", True, True, "waiting")
    assert not again("lesson").view("ben").phase.again
    assert again("writing-again").view("ben").phase.again


def test_the_second_try_is_not_passed_over() -> None:
    played = again()
    assert "advance" not in played.view("ana").you.may
    assert played.refused(Advance(seat="ana", decision=played.state.decision)) == "not_allowed"


def test_each_recording_and_each_moment_belongs_to_its_try() -> None:
    played = again("feedback-again")
    takes = [(take.take, take.attempt, take.over) for take in played.view("maria").takes]
    assert takes == [("take-lesson", 0, True), ("take-lesson-again", 1, True)]
    while played.state.position.part == "round":
        played.advance()
    notes = {entry.form: entry for entry in played.view("maria").received if entry.author == "ben"}
    assert [(moment.moment, moment.attempt, moment.take) for moment in notes["one-thing"].moments] == [("m1", 0, "take-lesson")]
    assert [(moment.moment, moment.attempt, moment.take) for moment in notes["second-time"].moments] == [("m2", 1, "take-lesson-again")]


def test_a_moment_counts_from_the_start_of_its_own_lesson() -> None:
    played = again("feedback-again")
    while played.state.position.part == "round":
        played.advance()
    assert {moment.at_ms for entry in played.view("maria").received for moment in entry.moments} == {10_000}


def test_a_late_tap_counts_to_the_try_in_which_it_was() -> None:
    played = running()
    first = played.state.lessons[0, FIRST]
    played.must(Tap(seat="carl", moment="m3", mark="lost", at_ms=first.started_ms + 1_000))
    played.must(Tap(seat="carl", moment="m4", mark="lost", at_ms=played.now_ms))
    assert (played.state.moments["m3"].index, played.state.moments["m4"].index) == (FIRST, SECOND)


def test_slides_of_each_try_are_shown_where_colleagues_write_about_it() -> None:
    assert [still.page for still in again("writing", slides=True).view("ben").stills] == [0]
    assert [still.page for still in again("writing-again", slides=True).view("ben").stills] == [0, 1], "the first was still on the screen"


def test_taught_again_the_second_try_keeps_the_first() -> None:
    played = running()
    played.must(RestartLesson(seat="ana", decision=played.state.decision))
    assert played.state.status == "waiting"
    assert set(played.state.lessons) == {(0, FIRST)}
    assert set(played.state.moments) == {"m1"}
    played.must(StartLesson(seat="maria", decision=played.state.decision, take="take-third"))
    played.pass_deadline()
    takes = [(take.take, take.attempt) for take in played.view("maria").takes]
    assert sorted(takes) == [("take-lesson", 0), ("take-lesson-again", 1), ("take-third", 1)]


def test_gone_back_to_the_first_try_and_taught_anew_it_keeps_the_second() -> None:
    played = again("writing-again", slides=True)
    while played.state.position.index > FIRST:
        played.must(Back(seat="ana", decision=played.state.decision))
    played.must(StartLesson(seat="maria", decision=played.state.decision, take="take-anew"))
    played.pass_deadline()
    assert set(played.state.lessons) == {(0, FIRST), (0, SECOND)}
    assert set(played.state.moments) == {"m2"}
    second = played.state.lessons[0, SECOND]
    assert any(second.started_ms <= still.at_ms <= (second.ended_ms or 0) for still in played.state.stills)
    played.now_ms += 5_000
    played.must(Tap(seat="ben", moment="m5", mark="helped", at_ms=played.now_ms))
    assert played.state.moments["m5"].index == FIRST


def test_a_teacher_who_is_gone_in_the_second_try_has_had_the_round() -> None:
    for played in (again(), running()):
        played.must(TakeSeat(seat="ben", teaches=True, leads=False))
        played.must(TakeSeat(seat="dora", teaches=True, leads=False))
        played.must(SetHere(seat="dora", here=True, since_ms=played.now_ms))
        played.leave("maria")
        assert played.refused(TeachLater(seat="ana", decision=played.state.decision)) == "not_allowed"
        played.must(GoWithout(seat="ana", decision=played.state.decision))
        assert (0, FIRST) in played.state.lessons
        assert played.state.teacher == "dora"


def test_the_first_feedback_opens_no_note_about_the_second_try() -> None:
    played = again("writing")
    write(played, "ben", "one-thing", "suggestion", "ask more")
    reach(played, "coaching")
    assert [entry.form for entry in played.view("maria").received if entry.author == "ben"] == ["one-thing"]
    second = again("writing-again")
    write(second, "ben", "second-time", "different", "you asked")
    write(second, "ben", "second-time", "different", "you asked twice")
    assert "second-time" not in [entry.form for entry in second.view("maria").received]
    reach(second, "feedback-again")
    assert second.view("maria").floor.turn == "ben"
    assert "second-time" in [entry.form for entry in second.view("maria").received if entry.author == "ben"]
    assert "second-time" not in [entry.form for entry in second.view("maria").received if entry.author == "ana"]


def test_a_moment_of_the_second_try_can_be_taken_away_until_its_own_feedback() -> None:
    played = again("writing-again")
    assert played.refused(Untap(seat="ben", moment="m1")) == "handed_in"
    played.must(Untap(seat="ben", moment="m2"))


def chosen(*authors: str) -> PlayedSession:
    """Maria has chosen what to try from the suggestions of these."""
    played = again("writing")
    for seat in ("ben", "ana", "carl"):
        write(played, seat, "one-thing", "suggestion", f"{seat}'s idea")
    reach(played, "coaching")
    write(played, "maria", "one-to-try", "try", "wait three seconds")
    played.must(ChooseTry(seat="maria", round=0, authors=authors))
    return played


def pinned(played: PlayedSession) -> dict[str, tuple[str, tuple[str, ...]] | None]:
    found = {seat: played.view(seat).pinned for seat in PEOPLE}
    return {seat: (pin.text, pin.suggested_by) if pin else None for seat, pin in found.items()}


def test_what_is_tried_is_shown_to_the_teacher_and_to_those_who_suggested_it_each_in_their_own_words() -> None:
    played = chosen("ben")
    wanted = {"maria": ("wait three seconds", ("ben",)), "ben": ("ben's idea", ("ben",)), "ana": None, "carl": None}
    assert pinned(played) == wanted
    reach(played, "lesson-again")
    assert pinned(played) == wanted
    reach(played, "feedback-again")
    assert pinned(played) == wanted


def test_when_the_round_is_over_nothing_is_pinned_any_more() -> None:
    played = chosen("ben")
    reach(played, "closing")
    assert set(pinned(played).values()) == {None}


def test_what_comes_from_ones_own_mind_is_pinned_for_oneself() -> None:
    played = chosen()
    assert pinned(played) == {"maria": ("wait three seconds", ()), "ben": None, "ana": None, "carl": None}


def test_two_can_have_suggested_it_and_neither_is_told_of_the_other() -> None:
    played = chosen("ben", "ana", "ben")
    assert pinned(played)["maria"] == ("wait three seconds", ("ben", "ana"))
    assert pinned(played)["ben"] == ("ben's idea", ("ben",))
    assert pinned(played)["ana"] == ("ana's idea", ("ana",))


def test_those_who_suggested_it_are_asked_whether_they_noticed() -> None:
    played = chosen("ben")
    reach(played, "writing-again")
    forms = {seat: form.form if (form := played.view(seat).form) else None for seat in PEOPLE}
    assert forms == {"maria": "own-view-again", "ben": "noticed", "ana": "second-time", "carl": "second-time"}
    write(played, "ben", "noticed", "noticed", "partly")
    own = played.view("ben").mine
    assert own is not None and own.fields == {"noticed": "partly"}, "whoever chooses gets what was chosen"
    assert played.refused(Write(seat="ana", form="noticed", round=0, field="noticed")) == "not_allowed"
    reach(played, "feedback-again")
    read = next(entry for entry in played.view("maria").received if entry.form == "noticed")
    assert read.fields == {"noticed": "Partly"}, "whoever reads gets what the answer says"


def test_a_moment_reaches_the_teacher_once_with_the_note_that_its_author_was_asked_for() -> None:
    for authors, form in (("ben",), "noticed"), (("ana",), "second-time"):
        played = chosen(*authors)
        reach(played, "lesson-again")
        played.must(StartLesson(seat="maria", decision=played.state.decision, take="take-lesson-again"))
        played.pass_deadline()
        played.must(Tap(seat="ben", moment="m2", mark="helped", at_ms=played.now_ms))
        while played.state.position.part == "round":
            played.advance()
        of_ben = [entry for entry in played.view("maria").received if entry.author == "ben"]
        assert [entry.form for entry in of_ben if any(moment.moment == "m2" for moment in entry.moments)] == [form]


def test_once_they_are_asked_about_it_the_choice_stands() -> None:
    played = chosen("ben")
    reach(played, "lesson-again")
    played.must(ChooseTry(seat="maria", round=0, authors=("carl",)))
    reach(played, "writing-again")
    assert "choose_try" not in played.view("maria").you.may
    assert played.refused(ChooseTry(seat="maria", round=0, authors=("ana",))) == "not_allowed"


def test_it_is_the_teacher_of_the_round_who_chooses_among_those_who_are_there() -> None:
    played = chosen("ben")
    assert played.refused(ChooseTry(seat="ben", round=0, authors=("ana",))) == "not_allowed"
    assert played.refused(ChooseTry(seat="maria", round=0, authors=("nobody",))) == "not_allowed"
    assert played.refused(ChooseTry(seat="maria", round=0, authors=("maria",))) == "not_allowed"
    early = again("writing")
    assert early.refused(ChooseTry(seat="maria", round=0, authors=("ben",))) == "not_allowed", "before anybody was heard"


def test_who_came_between_the_two_tries_is_heard_after_the_second() -> None:
    played = again("coaching")
    played.come("dora")
    assert played.view("dora").you.came_late
    reach(played, "lesson-again")
    played.must(StartLesson(seat="maria", decision=played.state.decision, take="t"))
    played.pass_deadline()
    played.now_ms += 60_000
    reach(played, "feedback-again")
    assert not played.view("dora").you.came_late
    assert "dora" in played.view("dora").floor.next
    for _ in range(3):
        played.must(EndTurn(seat="ana", decision=played.state.decision))
    assert played.view("dora").floor.turn == "dora"


def test_after_the_end_one_owes_only_what_is_about_a_lesson_that_one_saw() -> None:
    played = again("coaching")
    played.now_ms += 1_000
    played.come("dora")
    reach(played, "lesson-again")
    played.must(StartLesson(seat="maria", decision=played.state.decision, take="t"))
    played.pass_deadline()
    while played.state.position.part != "ended":
        played.advance()
    form = played.view("dora").form
    assert form is not None and form.form == "second-time"
    played.must(Write(seat="dora", form="second-time", round=0, field="different"))
    assert played.view("dora").form is None
