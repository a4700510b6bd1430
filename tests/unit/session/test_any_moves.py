"""Any moves by anybody while people come and go and the clock jumps: nobody's turn or lesson is lost, and no time runs away."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from server.session.commands import (
    AddTime,
    AddTurn,
    Advance,
    AnyCommand,
    Back,
    ChooseRecording,
    EndTurn,
    GoWithout,
    HandOver,
    Hold,
    PassTurn,
    RestartLesson,
    Resume,
    SeatCommand,
    SetHere,
    SetOrder,
    StartLesson,
    TakeBack,
    TakeLead,
    TakeSeat,
    TeachLater,
    Tick,
    Write,
)
from server.session.decide import Refused, decide
from server.session.events import HereChanged, decode_event, encode_event
from server.session.evolve import fold
from server.session.here import next_here
from server.session.pacing import most_s
from server.session.policy import media_policy
from server.session.row import came_late
from server.session.schedule import next_deadline_ms, view_deadline_ms
from server.session.state import State
from tests.fakes.played_session import PlayedSession

PEOPLE = ("maria", "ben", "ana", "carl")
SEATS = st.sampled_from(PEOPLE)
KINDS = ("advance", "back", "take_back", "start", "restart", "later", "without", "end", "pass", "hold", "resume", "more", "less", "order")
NAMES = {
    "start": "start_lesson",
    "restart": "restart_lesson",
    "later": "teach_later",
    "without": "go_without",
    "end": "end_turn",
    "pass": "pass_turn",
    "more": "add_time",
    "less": "add_time",
    "order": "set_order",
}
NOT_OF_RIGHT = {"no_teacher", "no_time", "order_wrong", "has_spoken", "no_turn", "not_here", "cannot_lead", "costs_minutes"}


def move(kind: str, seat: str, state: State, decision: int, *, agreed: bool = False) -> SeatCommand:
    fixed = state.position.round + 1 if state.position.part == "round" else 0
    moves: dict[str, SeatCommand] = {
        "advance": Advance(seat=seat, decision=decision),
        "back": Back(seat=seat, decision=decision, agreed=agreed),
        "take_back": TakeBack(seat=seat, decision=decision),
        "start": StartLesson(seat=seat, decision=decision, take=f"take-{decision}"),
        "restart": RestartLesson(seat=seat, decision=decision, agreed=agreed),
        "later": TeachLater(seat=seat, decision=decision),
        "without": GoWithout(seat=seat, decision=decision),
        "end": EndTurn(seat=seat, decision=decision),
        "pass": PassTurn(seat=seat, decision=decision),
        "hold": Hold(seat=seat, decision=decision),
        "resume": Resume(seat=seat, decision=decision),
        "more": AddTime(seat=seat, decision=decision, seconds=60, agreed=agreed),
        "less": AddTime(seat=seat, decision=decision, seconds=-10),
        "order": SetOrder(seat=seat, order=(*state.order[:fixed], *reversed(state.order[fixed:])), agreed=agreed),
    }
    return moves[kind]


class AnyMoves(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.played = PlayedSession()
        self.decisions = [0]

    @initialize(watched=st.booleans(), phase=st.sampled_from(["before", "lesson", "writing", "feedback", "feedback"]))
    def three_teach(self, watched: bool, phase: str) -> None:
        if not watched:
            self.played.log = [event for event in self.played.log if not isinstance(event, HereChanged)]
            self.played.state = fold(self.played.log)
        for seat in ("ben", "carl"):
            self.played.must(TakeSeat(seat=seat, teaches=True, leads=False))
            if watched:
                self.played.must(SetHere(seat=seat, here=True, since_ms=self.played.now_ms))
        if phase != "before":
            self.played.begin_lesson()
            self.played.go_to(phase)

    def ask(self, command: AnyCommand) -> None:
        before = self.played.state
        self.played.ask(command)
        after = self.played.state
        asked_to_go = isinstance(command, Advance | Back | TakeBack)
        if before.turn and not after.turn and not asked_to_go:
            assert next_here(before, before.turn.waiting) is None, "nobody who waits and is here is passed over"
        if isinstance(command, TeachLater | GoWithout) and before != after:
            gone = {before.teacher} if isinstance(command, GoWithout) else set()
            assert set(before.order[before.position.round :]) - gone <= set(after.order[after.position.round :]) | {after.teacher}

    @rule(seat=SEATS, kind=st.sampled_from(KINDS), agreed=st.booleans())
    def moves(self, seat: str, kind: str, agreed: bool) -> None:
        self.ask(move(kind, seat, self.played.state, self.played.state.decision, agreed=agreed))

    @rule(seat=SEATS, number=st.integers(0, len(KINDS)), agreed=st.booleans())
    def what_the_page_offers(self, seat: str, number: int, agreed: bool) -> None:
        may = self.played.view(seat).you.may if seat in self.played.state.seats else ()
        offered = [kind for kind in KINDS if NAMES.get(kind, kind) in may]
        if offered:
            self.ask(move(offered[number % len(offered)], seat, self.played.state, self.played.state.decision, agreed=agreed))

    @rule()
    def the_clock_goes_on(self) -> None:
        self.played.now_ms = max(self.played.now_ms, next_deadline_ms(self.played.state) or 0)
        self.ask(Tick())

    @rule(seat=SEATS, kind=st.sampled_from([kind for kind in KINDS if kind != "order"]), off=st.sampled_from([-1, 1]))
    def what_was_pressed_too_late_loses(self, seat: str, kind: str, off: int) -> None:
        state = self.played.state
        assert self.played.refused(move(kind, seat, state, state.decision + off)) == "stale_decision"

    @rule(seat=SEATS, to=SEATS)
    def hand_over(self, seat: str, to: str) -> None:
        self.ask(HandOver(seat=seat, to=to))

    @rule(seat=SEATS)
    def take_lead(self, seat: str) -> None:
        self.ask(TakeLead(seat=seat))

    @rule(seat=SEATS, whose=SEATS, agreed=st.booleans())
    def add_turn(self, seat: str, whose: str, agreed: bool) -> None:
        self.ask(AddTurn(seat=seat, decision=self.played.state.decision, whose=whose, agreed=agreed))

    @rule(seat=SEATS, here=st.sampled_from([True, True, False]), ago_ms=st.integers(-1_000, 200_000))
    def come_or_go(self, seat: str, here: bool, ago_ms: int) -> None:
        self.ask(SetHere(seat=seat, here=here, since_ms=self.played.now_ms - ago_ms))

    @rule(seat=SEATS, yes=st.booleans())
    def choose(self, seat: str, yes: bool) -> None:
        self.ask(ChooseRecording(seat=seat, choice="record" if yes else "leave_out"))

    @rule(seat=SEATS)
    def write(self, seat: str) -> None:
        self.ask(Write(seat=seat, form="one-thing", round=self.played.state.position.round, field="suggestion"))

    @rule(jump_ms=st.one_of(st.integers(-2_000, 20_000), st.just(3_000), st.just(5_000), st.integers(0, 300_000)))
    def wait(self, jump_ms: int) -> None:
        self.played.now_ms += jump_ms
        before = self.played.state
        self.ask(Tick())
        if before.held and before.held.resumes_ms is None:
            assert self.played.state == before, "a held clock never runs down"
        deadline_ms = next_deadline_ms(self.played.state)
        assert deadline_ms is None or deadline_ms > self.played.now_ms
        shown_ms = view_deadline_ms(self.played.state, self.played.now_ms)
        assert shown_ms is None or shown_ms > self.played.now_ms

    @invariant()
    def the_log_gives_the_state_back(self) -> None:
        assert fold(decode_event(encode_event(event)) for event in self.played.log) == self.played.state

    @invariant()
    def decisions_only_grow(self) -> None:
        self.decisions.append(self.played.state.decision)
        assert self.decisions[-1] >= self.decisions[-2]

    @invariant()
    def nothing_is_recorded_without_a_yes(self) -> None:
        recording = media_policy(self.played.state, self.played.now_ms).recording
        if recording:
            assert self.played.state.seats[recording.teacher].recording == "record"
            assert recording.held == (self.played.state.held is not None)

    @invariant()
    def everybody_in_the_row_is_there_once_and_the_teacher_never(self) -> None:
        state = self.played.state
        if state.turn is None:
            return
        row = (state.turn.seat, *state.turn.waiting)
        assert len(set(row)) == len(row)
        assert state.teacher not in row
        heard = {seat for round_, index, seat in state.spoken if (round_, index) == (state.position.round, state.position.index)}
        assert all(seat in heard or seat in row or came_late(state, seat) for seat in state.colleagues)

    @invariant()
    def the_clock_stands_or_runs(self) -> None:
        state = self.played.state
        assert not (state.held and state.ends_ms is not None)
        assert not state.held or state.held.left_ms >= 0
        if state.phase and state.phase.minutes and state.planned_s is not None and not state.turn:
            assert state.planned_s * 1000 + state.added_ms <= most_s(state.phase.minutes) * 1000
        pace = self.played.view("ana").pace
        assert (pace is None) == (state.position.part == "ended")

    @invariant()
    def a_page_is_offered_only_what_it_may_do(self) -> None:
        state = self.played.state
        for seat in state.seats:
            may = self.played.view(seat).you.may
            offers = {NAMES.get(kind, kind): move(kind, seat, state, state.decision) for kind in KINDS}
            offers |= {"take_lead": TakeLead(seat=seat), "add_turn": AddTurn(seat=seat, decision=state.decision, whose="carl")}
            for name in set(may) & offers.keys():
                outcome = decide(state, offers[name], self.played.now_ms)
                assert not isinstance(outcome, Refused) or outcome.code in NOT_OF_RIGHT, (name, outcome)
                assert outcome or name == "set_order" or name == "add_turn", name


TestAnyMoves = AnyMoves.TestCase
TestAnyMoves.settings = settings(max_examples=20, stateful_step_count=40, deadline=None)
TestAnyMovesLonger = pytest.mark.full(
    type("Longer", (AnyMoves.TestCase,), {"settings": settings(max_examples=60, stateful_step_count=40, deadline=None)})
)
