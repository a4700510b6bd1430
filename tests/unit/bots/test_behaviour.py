"""What a person alone in a trial sees their simulated colleagues do."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec

from server.bots.behaviour import Act, Character, Memory, Say, Teach, behave
from server.bots.lines import read_lines
from server.wire import base, moves
from server.wire import messages as wire
from server.wire.course import Floor
from server.wire.examples import TO_PAGE
from server.wire.pieces import Choice, Field, Form, Held, Person
from server.wire.view import View

GUEST, LINA, OMAR, GRETA = "guest", "lina", "omar", "greta"
LINES = read_lines("en")
LASTS_MS = {line: 2_000 for lines in LINES for line in lines.said}
START_MS = 1_000_000
EVERYTHING = ("set_devices", "raise_hand", "chat", "tap", "write", "ready", "end_turn", "start_lesson")
ONE_THING = Form(
    form="one-thing",
    title="",
    fields=(
        Field(key="helped", label="", hint=""),
        Field(key="suggestion", label="", hint=""),
        Field(key="other", label="", hint="", optional=True),
    ),
)
MARKS = (Choice(key="helped", label=""), Choice(key="lost", label=""))
BEFORE = {"part": "before", "key": "before", "status": "waiting", "seconds": None, "started_ms": None, "ends_ms": None, "warn_s": ()}
LESSON = {"key": "lesson", "status": "running", "seconds": 30, "started_ms": START_MS, "ends_ms": START_MS + 30_000, "warn_s": (10,)}
WRITING = {**LESSON, "key": "writing"}
FEEDBACK = {**LESSON, "key": "feedback"}


class Trial:
    """One colleague, whose view the test changes and whose time it moves."""

    def __init__(self, seat: str, *, seed: int = 1, teacher: str | None = GUEST) -> None:
        index = (LINA, OMAR, GRETA).index(seat)
        self.character = Character(index=index, seed=seed, lines=LINES[index], lasts_ms=LASTS_MS)
        self.now_ms = START_MS
        self.memory = Memory()
        people = tuple(_person(each, here=True, teaches=0 if each == teacher else None) for each in (GUEST, LINA, OMAR, GRETA))
        you = msgspec.structs.replace(_EXAMPLE.you, seat=seat, may=EVERYTHING, ready=False)
        self.view = msgspec.structs.replace(_EXAMPLE, people=people, you=you, teacher=None, marks=(), form=None, floor=_floor("open"))
        self.acts: list[tuple[int, Act]] = []
        self.phase(**BEFORE)

    def phase(self, **fields: Any) -> None:
        self.change(phase=msgspec.structs.replace(self.view.phase, part="round", round=0, say="", starts_ms=None, held=None))
        self.change(phase=msgspec.structs.replace(self.view.phase, **fields))

    def change(self, **fields: Any) -> None:
        self.view = msgspec.structs.replace(self.view, **fields)

    def lesson(self) -> None:
        self.phase(**LESSON)
        self.change(marks=MARKS, teacher=GUEST, stage=(GUEST,))

    def hand(self, *, up: bool) -> None:
        own, hand_ms = self.view.you.seat, self.now_ms if up else None
        self.change(people=tuple(msgspec.structs.replace(each, hand_ms=hand_ms) if each.seat == own else each for each in self.view.people))

    def run(self, seconds: float) -> list[Act]:
        """What is done in this time, at a look every 300 ms; a raised hand is seen raised."""
        found: list[Act] = []
        for _ in range(round(seconds / 0.3)):
            self.now_ms += 300
            acts, self.memory = behave(self.character, self.view, self.memory, self.now_ms)
            found += acts
            for act in acts:
                if isinstance(act, wire.RaiseHand):
                    self.hand(up=act.raised)
            self.acts += [(self.now_ms, act) for act in acts]
        return found


_EXAMPLE: View = next(example for example in TO_PAGE if isinstance(example, wire.Changed)).view


def _person(seat: str, *, here: bool, teaches: int | None) -> Person:
    return Person(seat=seat, name=seat, here=here, leads=seat == GUEST, teaches=teaches, simulated=seat != GUEST)


def _floor(mode: Any, turn: str | None = None) -> Floor:
    return Floor(mode=mode, speakers=(turn,) if turn else (), turn=turn, turn_ends_ms=None, next=())


def _types(acts: list[Act]) -> list[type]:
    return [type(act) for act in acts]


def test_nobody_greets_an_empty_room_and_everybody_greets_a_guest_one_after_the_other() -> None:
    hellos = []
    for seat in (LINA, OMAR, GRETA):
        trial = Trial(seat)
        everybody = trial.view.people
        trial.change(people=everybody[1:])
        assert Say("hello") not in trial.run(30)
        trial.change(people=everybody)
        trial.run(15)
        hellos.append(next(at_ms for at_ms, act in trial.acts if act == Say("hello")))
    assert hellos == sorted(hellos)
    assert hellos[1] - hellos[0] > 1_500


def test_each_says_hello_once_only() -> None:
    trial = Trial(LINA)
    assert trial.run(60).count(Say("hello")) == 1


def test_one_of_them_teaches_when_the_guest_does_not() -> None:
    assert [seat for seat in (LINA, OMAR, GRETA) if Teach() in Trial(seat, teacher=None).run(10)] == [LINA]
    assert Teach() not in Trial(LINA, teacher=GUEST).run(10)


def test_a_learner_raises_a_hand_and_lowers_it_to_ask() -> None:
    trial = Trial(LINA)
    trial.lesson()
    acts = [act for act in trial.run(20) if not isinstance(act, wire.Tap)]
    assert acts == [wire.RaiseHand(ref=0, raised=True), Say("question"), wire.RaiseHand(ref=0, raised=False)]
    raised_ms, asked_ms, lowered_ms = (at_ms for at_ms, act in trial.acts if act in acts)
    assert 5_000 < asked_ms - raised_ms < 8_000, "time to be called by the teacher"
    assert asked_ms == lowered_ms


def test_a_learner_whose_hand_was_lowered_asks_at_once() -> None:
    trial = Trial(LINA)
    trial.lesson()
    while wire.RaiseHand not in _types(trial.run(0.3)):
        pass
    trial.hand(up=False)
    assert trial.run(2.7) == [Say("question")]


def test_they_tap_moments_and_write_to_the_class_within_the_lesson() -> None:
    done = {}
    for seat in (LINA, OMAR, GRETA):
        trial = Trial(seat)
        trial.lesson()
        acts = trial.run(30)
        done[seat] = ([act.mark for act in acts if isinstance(act, wire.Tap)], [act for act in acts if isinstance(act, wire.Chat)])
    assert {seat: marks for seat, (marks, _) in done.items()} == {LINA: ["helped"], OMAR: ["helped"], GRETA: ["lost"]}
    assert [len(lines) for _, lines in done.values()] == [0, 1, 0]


def test_in_a_held_lesson_nobody_does_anything() -> None:
    trial = Trial(OMAR)
    trial.lesson()
    trial.phase(**LESSON, held=Held(since_ms=START_MS, left_ms=1, reason="asked", by=None))
    assert trial.run(30) == []


def test_what_the_view_does_not_allow_is_not_tried() -> None:
    for seat in (LINA, OMAR, GRETA):
        trial = Trial(seat)
        trial.lesson()
        trial.change(you=msgspec.structs.replace(trial.view.you, may=()), form=ONE_THING)
        assert all(isinstance(act, Say) for act in trial.run(30))


def test_text_grows_as_somebody_types_and_is_whole_before_the_phase_ends() -> None:
    trial = Trial(OMAR)
    trial.phase(**WRITING)
    trial.change(form=ONE_THING, floor=_floor("silent"))
    acts = trial.run(29)
    texts: dict[str, list[str]] = {}
    for act in acts:
        if isinstance(act, wire.Write):
            texts.setdefault(act.field, []).append(act.text)
    assert {field: versions[-1] for field, versions in texts.items()} == {
        field: LINES[1].written[field] for field in ("helped", "suggestion")
    }
    assert all(later.startswith(earlier) for versions in texts.values() for earlier, later in itertools.pairwise(versions))
    assert len(texts["helped"]) > 3
    assert [type(act) for act in acts if not isinstance(act, wire.Write)] == [moves.Ready]
    assert isinstance(acts[-1], moves.Ready)


def test_in_their_turn_they_speak_and_then_pass_the_floor_on() -> None:
    trial = Trial(GRETA)
    trial.phase(**FEEDBACK, decision=5)
    trial.change(floor=_floor("round_robin", OMAR))
    assert trial.run(10) == []
    trial.change(floor=_floor("round_robin", GRETA))
    trial.phase(**FEEDBACK, decision=6)
    assert trial.run(10) == [Say("feedback"), moves.EndTurn(ref=0, decision=6)]
    spoken, ended = (at_ms for at_ms, _ in trial.acts)
    assert ended - spoken >= LASTS_MS["feedback"]


def test_a_colleague_who_teaches_starts_the_lesson_speaks_and_gives_an_own_view() -> None:
    trial = Trial(LINA, teacher=LINA)
    trial.phase(**{**LESSON, "status": "waiting", "started_ms": None, "ends_ms": None}, decision=3)
    trial.change(teacher=LINA)
    assert trial.run(6) == [moves.StartLesson(ref=0, decision=3)]
    trial.phase(**LESSON)
    trial.now_ms = START_MS
    trial.change(marks=MARKS, stage=(LINA,))
    assert trial.run(28) == [Say("lesson-1"), Say("lesson-2"), Say("lesson-3")]
    trial.phase(**{**LESSON, "key": "teacher-first"})
    trial.change(marks=(), floor=Floor(mode="teacher", speakers=(LINA,), turn=None, turn_ends_ms=None, next=()))
    assert trial.run(5) == [Say("own-view")]


def test_in_closing_each_says_one_sentence_and_writes_one() -> None:
    trial = Trial(OMAR)
    form = Form(form="take-away", title="", fields=(Field(key="take-away", label="", hint=""),))
    trial.phase(**{**WRITING, "part": "closing", "key": "closing"})
    trial.change(form=form)
    acts = trial.run(29)
    assert acts.count(Say("closing")) == 1
    assert [act.text for act in acts if isinstance(act, wire.Write)][-1] == LINES[1].written["take-away"]


def test_the_same_seed_does_the_same_and_another_one_does_it_at_other_times() -> None:
    def whole(seed: int) -> list[tuple[int, Act]]:
        trial = Trial(LINA, seed=seed)
        trial.run(10)
        trial.lesson()
        trial.run(30)
        return trial.acts

    assert whole(1) == whole(1)
    assert whole(1) != whole(2)


def test_messages_can_be_sent_as_they_are() -> None:
    for seat in (LINA, OMAR, GRETA):
        trial = Trial(seat)
        trial.lesson()
        for act in trial.run(30):
            if isinstance(act, base.Message):
                assert msgspec.json.decode(msgspec.json.encode(act), type=wire.FromPage) == act
