"""What simulated colleagues do in divided groups, where the floor is asked for, and before a second try."""

from __future__ import annotations

from typing import Any

import msgspec

from server.bots.behaviour import Act, Say
from server.wire import messages as wire
from server.wire import moves
from server.wire.course import Floor, Lane
from server.wire.pieces import Choice, Entry, Field, Form, Line, Offer
from tests.unit.bots.test_behaviour import FEEDBACK, GUEST, LINA, OMAR, START_MS, Trial

APART = {**FEEDBACK, "key": "apart", "seconds": 300, "ends_ms": START_MS + 300_000}
MAY = tuple("set_devices write add_line me_too take_notes offer_opinion answer_offer choose_try ready raise_hand end_turn".split())


def trial(seat: str, *, teacher: str | None = GUEST, phase: dict[str, Any] = APART, mode: str = "open") -> Trial:
    made = Trial(seat, teacher=teacher)
    made.phase(**phase)
    floor = Floor(mode=mode, speakers=(), turn=None, turn_ends_ms=None, next=())  # type: ignore[arg-type]
    made.change(teacher=teacher, floor=floor, you=msgspec.structs.replace(made.view.you, may=MAY))
    return made


def apart(seat: str) -> Trial:
    made = trial(seat)
    made.change(lane=Lane(key="talk", together_ms=START_MS + 300_000, over=False, collects=True, early=True, others=()))
    return made


def kinds(acts: list[Act]) -> list[str]:
    return [type(act).__name__ for act in acts]


def test_one_takes_the_notes_and_each_adds_a_line() -> None:
    assert kinds(apart(LINA).run(12)) == ["TakeNotes", "AddLine"]
    assert kinds(apart(OMAR).run(12)) == ["AddLine"]


def test_somebody_agrees_with_a_line_of_somebody_else() -> None:
    made = apart(OMAR)
    made.change(collected=(Line(line="l-lina", seat=LINA, text="", me_too=()),))
    (agreed,) = [act for act in made.run(30) if isinstance(act, wire.MeToo)]
    assert agreed.line == "l-lina"


def test_they_are_ready_somewhat_before_all_meet_again_and_never_because_they_have_written() -> None:
    made = apart(OMAR)
    made.change(form=Form(form="one-thing", title="", fields=(Field(key="suggestion", label=""),)))
    acts = made.run(180)
    assert "Write" in kinds(acts)
    assert "Ready" not in kinds(acts)
    assert "Ready" in kinds(made.run(60))


def test_in_a_queue_they_ask_for_the_floor_speak_and_give_it_on() -> None:
    made = trial(OMAR, mode="queue")
    assert kinds(made.run(12)) == ["RaiseHand"]
    made.hand(up=False)
    made.change(floor=msgspec.structs.replace(made.view.floor, turn=OMAR, speakers=(OMAR,)))
    acts = made.run(8)
    assert [act.line for act in acts if isinstance(act, Say)] == ["answer"]
    assert any(isinstance(act, moves.EndTurn) for act in acts)


def test_they_offer_an_opinion_once_and_say_it_only_when_it_is_wanted() -> None:
    made = trial(OMAR, mode="permission")
    acts = made.run(30)
    assert kinds(acts) == ["OfferOpinion"]
    made.change(floor=msgspec.structs.replace(made.view.floor, turn=OMAR, speakers=(GUEST, OMAR)))
    assert any(isinstance(act, Say) for act in made.run(8))


def test_who_teaches_answers_each_opinion_and_does_not_want_all_of_them() -> None:
    made = trial(LINA, teacher=LINA, mode="permission")
    asked = tuple(Offer(offer=f"o{number}", seat=OMAR, text="", state="asked") for number in range(3))
    made.change(offers=asked)
    answers = [act for act in made.run(6) if isinstance(act, wire.AnswerOffer)]
    assert [(answer.offer, answer.yes) for answer in answers] == [("o0", True), ("o1", True), ("o2", False)]


def test_who_teaches_chooses_what_somebody_suggested() -> None:
    made = trial(LINA, teacher=LINA)
    entry = Entry(form="one-thing", round=0, author=OMAR, fields={"suggestion": "Pause."}, labels={}, moments=())
    made.change(form=Form(form="one-to-try", title="", fields=(Field(key="try", label="", pinned=True),)), received=(entry,))
    (chosen,) = [act for act in made.run(6) if isinstance(act, wire.ChooseTry)]
    assert chosen.authors == (OMAR,)


def test_an_answer_that_is_chosen_is_one_of_the_choices() -> None:
    made = trial(OMAR)
    field = Field(key="noticed", label="", choices=(Choice(key="yes", label=""), Choice(key="no", label="")))
    made.change(form=Form(form="noticed", title="", fields=(field,)))
    assert {act.text for act in made.run(20) if isinstance(act, wire.Write)} == {"yes"}
