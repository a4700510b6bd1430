"""What colleagues write, for whom the format meant it and from when on."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from server.session.beside import EntryKey
from server.session.commands import EndTurn, SetDevices, Write
from server.session.plan import PhaseForms, Plan
from tests.fakes.every_kind import EVERY_KIND, reach
from tests.fakes.played_session import PLANS, PlayedSession

PEOPLE = ("maria", "ben", "ana")
NOTE = EntryKey(round=0, form="one-thing", author="ben")
STAGES = ("writing", "teacher-first", "Ben's turn", "Ana's turn", "choose", "closing")


def with_rule(**rule: str) -> Plan:
    plan = PLANS["twenty-minute-round"]
    forms = PhaseForms(teacher="own-view", colleague="one-thing", **rule)  # type: ignore[arg-type]
    return replace(plan, round=tuple(replace(phase, forms=forms) if phase.key == "writing" else phase for phase in plan.round))


def writing(plan: Plan) -> PlayedSession:
    """Ben has written to Maria."""
    played = PlayedSession(plan, people=PEOPLE)
    reach(played, "writing")
    played.must(Write(seat="ben", form="one-thing", round=0, field="suggestion"))
    played.texts[NOTE] = {"suggestion": "ask more"}
    return played


def go(played: PlayedSession, stage: str) -> None:
    if stage == "Ana's turn":
        played.must(EndTurn(seat="ana", decision=played.state.decision))
    else:
        reach(played, "feedback" if stage == "Ben's turn" else stage)


def readers(played: PlayedSession) -> set[str]:
    found = {seat: (*played.view(seat).received, *played.view(seat).others_wrote) for seat in PEOPLE if seat != "ben"}
    return {seat for seat, entries in found.items() if any(entry.fields.get("suggestion") == "ask more" for entry in entries)}


READ: dict[tuple[str, str], tuple[set[str], ...]] = {
    ("teacher", "turn"): (set(), set(), {"maria"}, {"maria"}, {"maria"}, {"maria"}),
    ("teacher", "phase_end"): (set(), {"maria"}, {"maria"}, {"maria"}, {"maria"}, {"maria"}),
    ("teacher", "round_end"): (set(), set(), set(), set(), set(), {"maria"}),
    ("teacher", "at_once"): ({"maria"}, {"maria"}, {"maria"}, {"maria"}, {"maria"}, {"maria"}),
    ("everybody", "turn"): (set(), set(), {"maria", "ana"}, {"maria", "ana"}, {"maria", "ana"}, {"maria"}),
    ("everybody", "phase_end"): (set(), *[{"maria", "ana"}] * 4, {"maria"}),
    ("everybody", "at_once"): (*[{"maria", "ana"}] * 5, {"maria"}),
}


@pytest.mark.parametrize(("read_by", "read_from"), READ)
def test_a_note_is_read_by_those_for_whom_it_is_meant_from_when_on_it_is_meant(read_by: str, read_from: str) -> None:
    played, found = writing(with_rule(read_by=read_by, read_from=read_from)), []
    for stage in STAGES:
        go(played, stage)
        found.append(readers(played))
    assert tuple(found) == READ[read_by, read_from]


# whether Ben may still change what he has begun, at each stage after what was on its way has arrived
OPEN = {
    "turn": (True, True, False, False, False, False),
    "phase_end": (True, False, False, False, False, False),
    "round_end": (True, True, True, True, True, False),
    "at_once": (True, True, True, True, True, False),
}


@pytest.mark.parametrize("read_from", OPEN)
def test_a_note_stays_open_until_somebody_may_have_read_it(read_from: str) -> None:
    played, found = writing(with_rule(read_from=read_from)), []
    for stage in STAGES:
        go(played, stage)
        played.now_ms += 2_001
        found.append(played.ask(Write(seat="ben", form="one-thing", round=0, field="suggestion")) is None)
    assert tuple(found) == OPEN[read_from]


@pytest.mark.parametrize(("read_from", "stage"), [("turn", "Ben's turn"), ("phase_end", "teacher-first"), ("round_end", "closing")])
def test_what_was_typed_at_the_last_moment_still_arrives(read_from: str, stage: str) -> None:
    played = writing(with_rule(read_from=read_from))
    for each in STAGES[1 : STAGES.index(stage) + 1]:
        go(played, each)
    played.must(Write(seat="ben", form="one-thing", round=0, field="suggestion"))


def test_a_note_for_later_can_be_written_for_days_by_whom_has_not_written_one() -> None:
    played = PlayedSession(PLANS["long-round"], people=PEOPLE)
    reach(played, "closing")
    played.advance()
    played.now_ms += 6 * 86_400_000
    form = played.view("ben").form
    assert form is not None and form.form == "helped-hindered"
    played.must(Write(seat="ben", form="helped-hindered", round=0, field=form.fields[0].key))
    played.now_ms += 2 * 86_400_000
    assert played.view("ana").form is None
    assert played.refused(Write(seat="ana", form="helped-hindered", round=0, field=form.fields[0].key)) == "handed_in"


def test_in_a_long_round_who_has_spoken_goes_on_writing() -> None:
    played = PlayedSession(PLANS["long-round"], people=PEOPLE)
    reach(played, "feedback")
    form = played.view("ben").form
    assert form is not None
    write = Write(seat="ben", form=form.form, round=0, field=form.fields[0].key)
    played.must(write)
    played.now_ms += 30_000
    played.must(write)
    played.must(EndTurn(seat="ben", decision=played.state.decision))
    played.now_ms += 30_000
    played.must(write)


def test_what_everybody_may_read_is_shown_to_colleagues_until_the_round_is_over() -> None:
    played = PlayedSession(PLANS["tuning"], people=PEOPLE)
    reach(played, "writing")
    key = EntryKey(round=0, form="strong-and-tune", author="ben")
    played.must(Write(seat="ben", form="strong-and-tune", round=0, field="strong"))
    played.texts[key] = {"strong": "the first task"}
    assert not played.view("ana").others_wrote
    reach(played, "talk")
    assert [entry.fields for entry in played.view("ana").others_wrote] == [{"strong": "the first task"}]
    assert [entry.fields for entry in played.view("maria").received] == [{"strong": "the first task"}]
    assert not played.view("maria").others_wrote and not played.view("ben").others_wrote


def test_a_note_written_apart_is_the_teachers_when_the_format_says() -> None:
    played = PlayedSession(PLANS["consultant-and-colleagues"], people=PEOPLE)
    reach(played, "apart")
    played.must(Write(seat="ben", form="one-thing", round=0, field="suggestion"))
    played.texts[NOTE] = {"suggestion": "ask more"}
    reach(played, "reply")
    assert readers(played) == set()
    played.advance()
    assert readers(played) == {"maria"}


def test_who_has_no_microphone_types_in_their_own_turn_in_a_part_of_the_group_too() -> None:
    played = PlayedSession(EVERY_KIND, people=PEOPLE)
    played.must(SetDevices(seat="ben", microphone="none", camera=True, shares=None))
    reach(played, "apart")
    played.texts[EntryKey(round=0, form="listed", author="ben")] = {"seen": "two groups"}
    note, elsewhere = played.view("ana").turn_entry, played.view("maria").turn_entry
    assert note is not None and note.fields == {"seen": "two groups"}
    assert elsewhere is None, "the teacher is in another part"
    played.now_ms += 5_000
    played.must(Write(seat="ben", form="listed", round=0, field="seen"))
