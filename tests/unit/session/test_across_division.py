"""What was shown, asked or made while the group was divided reaches afterwards only those for whom it was."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from server.session.beside import EntryKey
from server.session.commands import (
    AddDeck,
    AddLine,
    AddTime,
    AnswerSharing,
    EndTurn,
    GoWithout,
    Keep,
    RaiseHand,
    SetConsultant,
    SetDevices,
    SetReady,
    ShareScreen,
    ShowSlide,
    TakeBack,
    TakeNotes,
    TakeSeat,
    Tick,
    Write,
)
from server.session.plan_check import PlanError, parse_form, parse_plan
from server.session.policy import media_policy
from server.session.writing import forms_so_far
from tests.fakes.every_kind import EVERY_KIND, FORMS, TEXT, reach
from tests.fakes.played_session import PLANS, PlayedSession

FIVE = ("maria", "ben", "ana", "carl", "dora")


def at(key: str, plan: str = "every-kind", people: tuple[str, ...] = FIVE) -> PlayedSession:
    """Maria teaches, Ana leads, Dora is the consultant."""
    played = PlayedSession(PLANS.get(plan, EVERY_KIND), people=people)
    if "dora" in people:
        played.must(SetConsultant(seat="ana", whose="dora", on=True))
    reach(played, key)
    return played


def test_what_the_teacher_shows_alone_is_not_shown_to_all_when_they_meet_again() -> None:
    played = at("apart", "watch-while-they-talk")
    played.must(AddDeck(seat="maria", deck="deck", pages=2))
    played.must(ShowSlide(seat="maria", deck="deck", page=1))
    played.must(ShareScreen(seat="maria", on=True))
    assert played.view("ben").slide is None
    played.advance()
    assert played.view("ben").slide is None
    assert played.view("ben").screen is None
    assert not media_policy(played.state, played.now_ms).people["maria"].screen


def test_nor_when_the_step_into_the_divided_phase_is_taken_back() -> None:
    played = at("apart")
    played.must(ShareScreen(seat="maria", on=True))
    played.must(TakeBack(seat="ana", decision=played.decision("ana")))
    assert played.view("ben").screen is None


def test_what_the_teacher_keeps_nobody_else_is_told() -> None:
    played = at("writing", "tuning")
    form = played.state.plan.round[played.state.position.index].forms.colleague
    assert form
    field = played.state.plan.forms[form].fields[0].key
    played.must(Write(seat="ben", form=form, round=0, field=field))
    played.texts[EntryKey(round=0, form=form, author="ben")] = {field: "words"}
    played.advance()
    played.must(Keep(seat="maria", round=0, author="ben", kept=True))
    assert [entry.kept for entry in played.view("maria").received] == [True]
    assert [entry.kept for entry in played.view("carl").others_wrote] == [False]


def test_a_turn_among_colleagues_alone_opens_nothing_to_the_teacher() -> None:
    played = at("writing")
    for seat in ("ben", "ana", "carl"):
        played.must(Write(seat=seat, form="note", round=0, field="suggestion"))
        played.texts[EntryKey(round=0, form="note", author=seat)] = {"suggestion": "words"}
    played.advance()
    assert played.state.lanes["talk"].turn
    assert played.view("maria").received == ()
    reach(played, "feedback")
    assert [entry.author for entry in played.view("maria").received] == [played.state.turn.seat if played.state.turn else None]


def test_taking_back_ends_with_the_next_move_also_where_lanes_meet_again() -> None:
    played = at("apart")
    played.must(AddTime(seat="ana", decision=played.view("ana").phase.decision, seconds=30, agreed=True))
    while not played.state.lanes["talk"].over:
        turn = played.state.lanes["talk"].turn
        assert turn
        played.must(EndTurn(seat=turn.seat, decision=played.view(turn.seat).phase.decision))
    for seat in FIVE:
        played.ask(SetReady(seat=seat, decision=played.view(seat).phase.decision, ready=True))
    played.must(Tick())
    assert not played.state.lanes
    assert played.view("ana").undo is None


def test_another_consultant_changes_nothing_about_what_was_asked_before() -> None:
    played = at("apart", "consultant-and-colleagues")
    before = {seat: forms_so_far(played.state, seat, 0) for seat in FIVE}
    played.advance()
    played.must(SetConsultant(seat="ana", whose="dora", on=False))
    played.must(SetConsultant(seat="ana", whose="ben", on=True))
    assert {seat: forms_so_far(played.state, seat, 0)[: len(before[seat])] for seat in FIVE} == before
    played.must(Write(seat="ben", form="one-thing", round=0, field="suggestion"))


def test_hands_are_up_again_when_a_turn_is_taken_back() -> None:
    played = at("asking")
    for seat in ("ben", "carl"):
        played.must(RaiseHand(seat=seat, raised=True))
    played.must(EndTurn(seat="ana", decision=played.state.decision))
    assert played.view("ana").floor.turn == "carl"
    played.must(TakeBack(seat="ana", decision=played.state.decision))
    assert (played.view("ana").floor.turn, played.view("ana").floor.next) == ("ben", ("carl",))


def test_whoever_has_the_microphone_of_somebody_elsewhere_writes_the_turn() -> None:
    played = PlayedSession(EVERY_KIND, people=("maria", "ben", "ana"))
    played.must(SetDevices(seat="ben", microphone="own", camera=True, shares="maria"))
    played.must(AnswerSharing(seat="maria", whose="ben", yes=True))
    reach(played, "apart")
    turn = played.state.lanes["talk"].turn
    assert turn
    if turn.seat != "ben":
        played.must(EndTurn(seat="ana", decision=played.view("ana").phase.decision))
    assert played.view("ana").turn_entry is not None


def test_what_was_made_for_one_teacher_is_not_the_next_ones() -> None:
    talk = parse_plan(
        TEXT.replace('key = "lesson"\n', 'key = "lesson-later"\n').replace('again = "lesson"', 'again = "lesson-later"'),
        {name: parse_form(text) for name, text in FORMS.items()},
    )
    rounds = (*talk.round[2:3], *talk.round[:2], *talk.round[3:])
    played = PlayedSession(replace(talk, round=rounds), people=FIVE)
    played.must(TakeSeat(seat="ben", teaches=True, leads=False))
    played.advance()
    played.must(AddLine(seat="carl", line="l"))
    played.must(TakeNotes(seat="carl", on=True))
    played.aside(chat={"line.l": "about Maria"})
    played.leave("maria")
    played.advance()
    played.must(GoWithout(seat="ana", decision=played.state.decision))
    assert played.state.teacher == "ben"
    assert played.view("ben").collected == ()
    assert played.state.note_taker is None


@pytest.mark.parametrize(
    ("phase", "key"),
    [
        ('floor = "permission"', "apart.floor"),
        ('floor = "open"\nmarks = [{ key = "helped", label = "Helped" }]', "apart.lanes"),
    ],
)
def test_a_divided_phase_has_no_floor_of_its_own(phase: str, key: str) -> None:
    begin = TEXT.index('key = "apart"')
    text = TEXT[:begin] + TEXT[begin:].replace('floor = "open"', phase, 1)
    with pytest.raises(PlanError) as error:
        parse_plan(text, {name: parse_form(form) for name, form in FORMS.items()})
    assert error.value.key == key


@pytest.mark.parametrize(("more", "key"), [("collects = true", "apart.collects"), ('shows = "everybody"', "apart.shows")])
def test_two_lanes_do_not_share_a_list_or_a_screen(more: str, key: str) -> None:
    text = TEXT
    for lane in ("own-time", "advice"):
        text = text.replace(f'key = "{lane}"\n', f'key = "{lane}"\n{more}\n')
    with pytest.raises(PlanError) as error:
        parse_plan(text, {name: parse_form(form) for name, form in FORMS.items()})
    assert error.value.key == key
