"""Any commands by anybody in formats with every kind of phase, while people come and go and the clock jumps."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from server.rooms.reconcile import room_policy
from server.session.answers import Refused
from server.session.beside import EntryKey
from server.session.commands import (
    AddLine,
    AnyCommand,
    Chat,
    ChooseTry,
    DecideTake,
    EndTurn,
    Keep,
    OfferOpinion,
    PassTurn,
    SeatCommand,
    SetDevices,
    SetHere,
    ShowSlide,
    TakeSeat,
    Tap,
    Tick,
    Untap,
)
from server.session.decide import decide
from server.session.events import decode_event, encode_event
from server.session.evolve import evolve, fold
from server.session.here import next_here
from server.session.lanes import lane_of, lane_state, members
from server.session.plan import Plan
from server.session.policy import media_policy, sharers, speakers
from server.session.row import came_late
from server.session.schedule import ahead, costs_of, next_deadline_ms
from server.session.state import State
from server.session.view_entries import may_read
from server.session.writing import forms_of, is_over
from server.wire.view import View
from tests.fakes.every_kind import EVERY_KIND, reach
from tests.fakes.offered import MAKE, NOT_OF_RIGHT, command_of
from tests.fakes.played_session import PLANS, PlayedSession

PEOPLE = ("maria", "ben", "ana", "carl", "dora")
SEATS = st.sampled_from((*PEOPLE, "stranger"))
NUMBERS = st.integers(0, 11)
KINDS = st.sampled_from(sorted(MAKE))
LEADING = st.sampled_from(
    ["advance", "back", "start_lesson", "hold", "resume", "add_time", "add_turn", "end_turn", "set_order", "set_consultant"]
)
FORMATS = sorted(PLANS)


class AnyPlan(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.played = PlayedSession(EVERY_KIND)
        self.known = self.played.state
        self.folded = (0, self.played.state)
        self.last: AnyCommand = Tick()

    def begin(self, plan: Plan, phase: int) -> None:
        """Maria and Ben teach, Ana leads, Dora is the consultant."""
        self.played = PlayedSession(plan, people=("maria", "ben", "ana", "carl"))
        self.played.must(TakeSeat(seat="ben", teaches=not plan.alone, leads=False))
        self.played.must(TakeSeat(seat="dora", teaches=False, leads=False))
        self.played.must(SetHere(seat="dora", here=True, since_ms=self.played.now_ms))
        for seat in ("maria", "carl"):
            self.played.must(command_of("choose_recording", self.played.state, seat, self.played.now_ms, 0))
        if not plan.alone:
            self.played.must(command_of("set_consultant", self.played.state, "ana", self.played.now_ms, 4))
        self.played.aside(texts=_Secrets(plan), chat=_Words())
        reach(self.played, plan.round[phase % len(plan.round)].key)
        self.known = self.played.state
        self.folded = (len(self.played.log), self.played.state)

    @initialize(phase=st.integers(0, len(EVERY_KIND.round) - 1))
    def every_kind_of_phase(self, phase: int) -> None:
        self.begin(EVERY_KIND, phase)

    def ask(self, command: AnyCommand) -> None:
        before, self.last = self.played.state, command
        refused = self.played.ask(command)
        after = self.played.state
        if refused:
            assert before == after
        if isinstance(command, Tick | EndTurn | PassTurn | SetHere) and before.position == after.position and not before.lanes:
            assert after.turn or not before.turn
        elif before.turn and isinstance(command, Tick | EndTurn | PassTurn):
            assert next_here(before, before.turn.waiting) is None, "nobody who waits and is here is passed over"
        if not isinstance(command, Tick) and not getattr(command, "agreed", True):
            assert costs_of(before, after, self.played.now_ms) is None, "nobody loses minutes without having been asked"

    @rule(seat=SEATS, kind=KINDS, number=NUMBERS, agreed=st.booleans())
    def anything(self, seat: str, kind: str, number: int, agreed: bool) -> None:
        self.ask(command_of(kind, self.played.state, seat, self.played.now_ms, number, agreed=agreed))

    @rule(seat=SEATS, which=st.integers(0, 60), number=NUMBERS, agreed=st.booleans())
    def what_a_page_offers(self, seat: str, which: int, number: int, agreed: bool) -> None:
        may = self.played.view(seat).you.may if seat in self.played.state.seats else ()
        if may:
            self.anything(seat, may[which % len(may)], number, agreed)

    @rule(kind=LEADING, number=NUMBERS, agreed=st.booleans())
    def the_one_who_leads(self, kind: str, number: int, agreed: bool) -> None:
        self.anything(self.played.leader, kind, number, agreed)

    @rule(
        kind=LEADING,
        then=st.sampled_from(["take_back", "hold", "resume", "back"]),
        meanwhile=SEATS,
        number=NUMBERS,
        ms=st.integers(0, 9_000),
    )
    def and_thinks_again(self, kind: str, then: str, meanwhile: str, number: int, ms: int) -> None:
        self.anything(self.played.leader, kind, number, True)
        self.anything(meanwhile, "set_consultant" if number == 0 else "end_turn" if number < 4 else "ready", number, False)
        self.played.now_ms += ms
        self.anything(self.played.leader, then, number, True)

    @rule(
        kind=st.sampled_from(["raise_hand", "offer_opinion", "answer_offer", "end_turn", "ready", "take_notes", "add_line"]), number=NUMBERS
    )
    def everybody_at_once(self, kind: str, number: int) -> None:
        for seat in self.played.state.seats:
            self.anything(seat, kind, number, False)

    @rule()
    def it_arrives_twice(self) -> None:
        before, seat = self.played.state, getattr(self.last, "seat", "ana")
        seen = self.played.decision(seat)
        self.ask(self.last)
        if getattr(self.last, "decision", seen) != seen:
            assert self.played.state == before

    @rule(seat=SEATS, kind=KINDS, number=NUMBERS)
    def it_is_lost(self, seat: str, kind: str, number: int) -> None:
        """What was decided never reached the disk: nothing has happened."""
        decide(self.played.state, command_of(kind, self.played.state, seat, self.played.now_ms, number), self.played.now_ms)

    @rule(seat=st.sampled_from(PEOPLE), here=st.sampled_from([True, True, False]), ago_ms=st.integers(-1_000, 30_000))
    def come_or_go(self, seat: str, here: bool, ago_ms: int) -> None:
        self.ask(SetHere(seat=seat, here=here, since_ms=self.played.now_ms - ago_ms))

    @rule(seat=st.sampled_from((*PEOPLE, "emil")), teaches=st.booleans(), leads=st.booleans())
    def take_seat(self, seat: str, teaches: bool, leads: bool) -> None:
        self.ask(TakeSeat(seat=seat, teaches=teaches, leads=leads))

    @rule(seat=SEATS, to=st.sampled_from((*PEOPLE, None)))
    def say(self, seat: str, to: str | None) -> None:
        self.ask(Chat(seat=seat, message=f"{seat}-to-{to}-{self.played.state.decision}", to=to))

    @rule(seat=SEATS, host=st.sampled_from(PEOPLE))
    def share_a_microphone(self, seat: str, host: str) -> None:
        self.ask(SetDevices(seat=seat, microphone="shared", camera=True, shares=host))

    @rule(jump_ms=st.one_of(st.integers(-2_000, 10_000), st.integers(0, 150_000), st.just(5_000)))
    def wait(self, jump_ms: int) -> None:
        self.played.now_ms += jump_ms
        self.tick()

    @rule(times=st.integers(1, 4))
    def the_clock_goes_on(self, times: int) -> None:
        for _ in range(times):
            deadline_ms = next_deadline_ms(self.played.state)
            if deadline_ms is None:
                return
            self.played.now_ms = max(self.played.now_ms, deadline_ms)
            assert decide(self.played.state, Tick(), self.played.now_ms), "at a deadline something happens"
            self.tick()

    def tick(self) -> None:
        before = self.played.state
        self.ask(Tick())
        after, deadline_ms = self.played.state, next_deadline_ms(self.played.state)
        assert deadline_ms is None or deadline_ms > self.played.now_ms
        if before.held and before.held.resumes_ms is None:
            assert (after.held, after.position, after.turn, after.talked_ms) == (
                before.held,
                before.position,
                before.turn,
                before.talked_ms,
            )

    @invariant()
    def the_log_gives_the_state_back(self) -> None:
        """Each event is folded once, as it was read back; the whole log now and then."""
        count, state = self.folded
        for event in self.played.log[count:]:
            state = evolve(state, decode_event(encode_event(event)))
        self.folded = (len(self.played.log), state)
        assert state == self.played.state

    def teardown(self) -> None:
        """And no event is judged: each of them folds into any state of its session."""
        assert fold(decode_event(encode_event(event)) for event in self.played.log) == self.played.state
        for event in self.played.log:
            evolve(self.played.state, event)

    @invariant()
    def decisions_never_fall(self) -> None:
        for seat in self.known.seats.keys() & self.played.state.seats.keys():
            before, now = (
                lane_state(state, lane).decision if (lane := lane_of(state, seat)) else state.decision
                for state in (self.known, self.played.state)
            )
            assert now >= before
        self.known = self.played.state

    @invariant()
    def one_person_has_the_floor_where_it_is_one_persons(self) -> None:
        for state in parts(self.played.state):
            phase = state.phase
            assert not (state.turn and state.speaking)
            if phase is None or phase.floor not in ("round_robin", "queue", "permission"):
                continue
            has_it = state.turn or state.speaking
            heard = speakers(state) - ({state.teacher} if phase.answers or phase.floor == "permission" else set())
            if has_it or phase.floor != "round_robin":
                assert heard == ({has_it.seat} if has_it else set()) - ({state.teacher} if phase.answers else set())
            assert has_it is None or (has_it.seat != state.teacher and has_it.seat in state.seats)

    @invariant()
    def everybody_is_heard_or_passed_or_waits(self) -> None:
        for state in parts(self.played.state):
            if state.turn:
                row = (state.turn.seat, *state.turn.waiting)
                heard = {seat for round_, index, seat in state.spoken if (round_, index) == (state.position.round, state.position.index)}
                assert len(set(row)) == len(row)
                assert all(seat in heard or seat in row or came_late(state, seat) for seat in state.colleagues)

    @invariant()
    def nobody_is_heard_or_seen_across_lanes(self) -> None:
        state = self.played.state
        media = media_policy(state, self.played.now_ms)
        for seat, person in room_policy(media, 1).people.items():
            for other in (*person.hears, *person.sees):
                assert lane_of(state, other) == lane_of(state, seat)
        if state.lanes:
            assert sorted(seat for lane in state.lanes for seat in members(state, lane)) == sorted(state.seats)

    @invariant()
    def nothing_is_recorded_without_a_yes(self) -> None:
        state, recording = self.played.state, media_policy(self.played.state, self.played.now_ms).recording
        if recording:
            assert state.seats[recording.teacher].recording == "record"
            assert all(state.seats[seat].recording == "record" for host in recording.voices for seat in (host, *sharers(state, host)))
            assert state.phase is not None and state.phase.record and state.status != "waiting"

    @invariant()
    def the_clock_stands_or_runs(self) -> None:
        for state in parts(self.played.state):
            assert not (state.held and state.ends_ms is not None)
            assert state.speaking is None or state.held is None or state.speaking.since_ms is None
            assert state.speaking is None or state.held is not None or state.speaking.since_ms is not None
        assert all(ms >= 0 for ms in (*self.played.state.talked_ms.values(), *self.played.state.heard_ms.values()))

    @invariant()
    def rounds_to_come_are_alike(self) -> None:
        begun = self.played.state.position.round if self.played.state.position.part == "round" else -1
        lengths: dict[int, list[int | None]] = {}
        for step in ahead(self.played.state, self.played.now_ms):
            if step.position.part == "round" and step.position.round > begun:
                lengths.setdefault(step.position.round, []).append(step.seconds)
        assert len({tuple(length) for length in lengths.values()}) <= 1

    @invariant()
    def pages_show_and_offer_only_what_they_may(self) -> None:
        state = self.played.state
        for number, seat in enumerate(state.seats):
            seen = self.played.view(seat)
            shows_only_ones_own_lane(state, seat, seen)
            reads_only_what_is_released(state, seat, seen)
            for name in seen.you.may:
                command = command_of(name, state, seat, self.played.now_ms, number + len(self.played.log))
                outcome = decide(state, command, self.played.now_ms)
                assert not isinstance(outcome, Refused) or outcome.code in NOT_OF_RIGHT or was_not_meant(command, outcome), (
                    name,
                    outcome,
                )


def was_not_meant(command: SeatCommand, outcome: Refused) -> bool:
    """It names something of somebody else's, which a page would not."""
    named = Tap | Untap | Keep | ChooseTry | ShowSlide | Chat | AddLine | OfferOpinion | DecideTake
    return outcome.code == "not_allowed" and isinstance(command, named)


def parts(state: State) -> tuple[State, ...]:
    """The whole, or each lane of a divided group."""
    return tuple(lane_state(state, lane) for lane in state.lanes) or (state,)


def shows_only_ones_own_lane(state: State, seat: str, seen: View) -> None:
    lane = lane_of(state, seat)
    for line in seen.chat:
        said = next(known for known in state.chat if known.message == line.message)
        assert line.to is None or seat in (line.seat, line.to)
        assert line.to is not None or said.among is None or seat in said.among
    if lane is None:
        return
    mine = set(members(state, lane))
    assert seen.lane is not None and seen.lane.key == lane
    assert {person.seat for person in seen.people if person.hand_ms is not None} <= mine
    assert {line.seat for line in seen.collected if _made_now(state, line.line)} <= mine
    assert seen.note_taker is None or seen.note_taker in mine
    assert {*seen.floor.speakers, *seen.floor.next, *seen.stage} <= mine
    assert seen.screen is None or seen.screen in mine


def _made_now(state: State, line: str) -> bool:
    return any(known.line == line and known.index == state.position.index for known in state.lines)


def reads_only_what_is_released(state: State, reader: str, seen: View) -> None:
    """By the words themselves: each text says whose it is, in which form of which round."""
    typed = state.turn is not None or bool(state.lanes)
    for entry in (*seen.received, *seen.others_wrote, *((seen.turn_entry,) if seen.turn_entry and not typed else ())):
        key = EntryKey(round=entry.round, form=entry.form, author=entry.author)
        assert may_read(state, reader, key)
        assert "doubt" not in entry.fields
        assert entry.form in state.plan.for_the_teacher
        if is_over(state, entry.round):
            continue
        index, rule_ = state.plan.asking(entry.form), forms_of(state.plan, entry.form)
        assert index is not None and rule_.read_from != "round_end"
        assert rule_.read_from != "phase_end" or state.position.index > index
        assert rule_.read_from != "turn" or any(
            (entry.round, later, entry.author) in state.spoken for later in range(index, len(state.plan.round))
        )
        assert reader == state.order[entry.round] or rule_.read_by == "everybody"
    assert "doubt of" not in str((seen.received, seen.others_wrote, seen.lesson_card if seen.teacher != reader else None))


class _Secrets(dict[EntryKey, dict[str, str]]):
    """Somebody has written everything, everywhere."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        for name, form in plan.forms.items():
            for round_ in range(3):
                for author in (*PEOPLE, "emil"):
                    words = {
                        field.key: f"{'doubt' if field.private else field.key} of {author} in {name} {round_}" for field in form.fields
                    }
                    self[EntryKey(round=round_, form=name, author=author)] = words


class _Words(dict[str, str]):
    """Whatever was said or put on a list has words."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> str:
        return f"words of {key}"

    def get(self, key: str, default: object = "") -> str:
        return self[key]


class AnyShippedPlan(AnyPlan):
    @initialize(number=st.integers(0, len(FORMATS) - 1), phase=st.integers(0, 9))
    def every_kind_of_phase(self, number: int, phase: int) -> None:
        self.begin(PLANS[FORMATS[number]], phase)


TestAnyPlan = AnyPlan.TestCase
TestAnyPlan.settings = settings(max_examples=20, stateful_step_count=40, deadline=None)
TestAnyPlanLonger = pytest.mark.full(
    type("Longer", (AnyPlan.TestCase,), {"settings": settings(max_examples=60, stateful_step_count=40, deadline=None)})
)


TestAnyShippedPlan = AnyShippedPlan.TestCase
TestAnyShippedPlan.settings = settings(max_examples=20, stateful_step_count=40, deadline=None)
TestAnyShippedPlanLonger = pytest.mark.full(
    type("Longer", (AnyShippedPlan.TestCase,), {"settings": settings(max_examples=50, stateful_step_count=40, deadline=None)})
)
