"""Any commands by anybody in any order, with the clock jumping: what must always hold."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from server.session.commands import Advance, ChooseRecording, EndTurn, SeatCommand, SetReady, StartLesson, TakeSeat, Tap, Tick, Untap, Write
from server.session.decide import Refused, decide
from server.session.events import decode_event, encode_event
from server.session.evolve import fold
from server.session.policy import media_policy
from server.session.view import EntryKey
from server.session.writing import form_of
from tests.fakes.played_session import PlayedSession

SEATS = st.sampled_from(["maria", "ben", "ana", "carl", "stranger"])
STEPS = st.integers(-1, 1)
MOMENTS = st.sampled_from(["m1", "m2", "m3"])


class AnyOrder(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.played = PlayedSession()
        self.decisions = [0]
        for seat in ("maria", "ben", "ana", "carl"):
            self.played.texts[EntryKey(round=0, form="one-thing", author=seat)] = {"suggestion": f"secret of {seat}"}

    @rule(seat=SEATS, teaches=st.booleans(), leads=st.booleans())
    def take_seat(self, seat: str, teaches: bool, leads: bool) -> None:
        if seat != "stranger":
            self.played.ask(TakeSeat(seat=seat, teaches=teaches, leads=leads))

    @rule(seat=SEATS, off=STEPS, kind=st.sampled_from(["advance", "end_turn", "start"]))
    def move(self, seat: str, off: int, kind: str) -> None:
        decision = self.played.state.decision + off
        if kind == "advance":
            self.played.ask(Advance(seat=seat, decision=decision))
        elif kind == "end_turn":
            self.played.ask(EndTurn(seat=seat, decision=decision))
        else:
            self.played.ask(StartLesson(seat=seat, decision=decision, take=f"take-{decision}"))

    @rule(seat=SEATS, choice=st.sampled_from(["record", "leave_out"]))
    def choose(self, seat: str, choice: str) -> None:
        self.played.ask(ChooseRecording(seat=seat, choice="record" if choice == "record" else "leave_out"))

    @rule(seat=SEATS, moment=MOMENTS, mark=st.sampled_from(["helped", "lost", "no"]), at=st.integers(-100_000, 100_000))
    def tap(self, seat: str, moment: str, mark: str, at: int) -> None:
        self.played.ask(Tap(seat=seat, moment=moment, mark=mark, at_ms=self.played.now_ms + at))

    @rule(seat=SEATS, moment=MOMENTS)
    def untap(self, seat: str, moment: str) -> None:
        self.played.ask(Untap(seat=seat, moment=moment))

    @rule(seat=SEATS, off=STEPS, ready=st.booleans())
    def ready(self, seat: str, off: int, ready: bool) -> None:
        self.played.ask(SetReady(seat=seat, decision=self.played.state.decision + off, ready=ready))

    @rule(seat=SEATS, form=st.sampled_from(["one-thing", "own-view", "no"]), round_=st.integers(0, 2))
    def write(self, seat: str, form: str, round_: int) -> None:
        self.played.ask(Write(seat=seat, form=form, round=round_, field="suggestion"))

    @rule(jump_ms=st.integers(0, 120_000))
    def wait(self, jump_ms: int) -> None:
        self.played.now_ms += jump_ms
        self.played.ask(Tick())

    @invariant()
    def the_log_gives_the_state_back(self) -> None:
        assert fold(decode_event(encode_event(event)) for event in self.played.log) == self.played.state

    @invariant()
    def decisions_only_grow(self) -> None:
        self.decisions.append(self.played.state.decision)
        assert self.decisions[-1] >= self.decisions[-2]

    @invariant()
    def nothing_is_recorded_without_a_yes(self) -> None:
        state = self.played.state
        recording = media_policy(state).recording
        if recording:
            assert all(state.seats[seat].recording == "record" for seat in recording.voices)
            assert recording.teacher in recording.voices
            assert state.phase is not None
            assert state.phase.record

    @invariant()
    def one_person_has_the_turn(self) -> None:
        state = self.played.state
        if state.turn:
            heard = [seat for seat, person in media_policy(state).people.items() if person.microphone]
            assert heard == [state.turn.seat]
            assert state.turn.seat != state.teacher

    @invariant()
    def nobody_but_author_and_teacher_reads(self) -> None:
        state = self.played.state
        for seat in state.seats:
            text = str(self.played.view(seat))
            for author in state.seats:
                if author != seat and f"secret of {author}" in text:
                    assert state.order[0] == seat
                    assert (0, author) in state.spoken or state.position.part != "round" or state.position.round > 0

    @invariant()
    def a_page_is_offered_only_what_it_may_do(self) -> None:
        state = self.played.state
        for seat in state.seats:
            may = self.played.view(seat).you.may
            form = form_of(state, seat) or ""
            field = state.plan.forms[form].fields[0].key if form else ""
            offers: dict[str, SeatCommand] = {
                "advance": Advance(seat=seat, decision=state.decision),
                "start_lesson": StartLesson(seat=seat, decision=state.decision, take="t"),
                "end_turn": EndTurn(seat=seat, decision=state.decision),
                "tap": Tap(seat=seat, moment=f"new-{seat}", mark="helped", at_ms=self.played.now_ms),
                "write": Write(seat=seat, form=form, round=state.position.round, field=field),
                "ready": SetReady(seat=seat, decision=state.decision, ready=True),
                "choose_recording": ChooseRecording(seat=seat, choice="leave_out"),
            }
            for name in set(may) - {"untap"}:
                outcome = decide(state, offers[name], self.played.now_ms)
                assert not isinstance(outcome, Refused) or outcome.code in ("no_teacher", "too_many"), (name, outcome)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
