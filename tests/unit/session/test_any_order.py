"""Any commands by anybody in any order, with the clock jumping: what must always hold."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from server.session.beside import EntryKey
from server.session.commands import (
    AddDeck,
    Advance,
    AnswerSharing,
    AnyCommand,
    Chat,
    ChooseRecording,
    DecideTake,
    EndTurn,
    Keep,
    LowerHand,
    PlanNext,
    RaiseHand,
    SeatCommand,
    SetDevices,
    SetReady,
    ShareScreen,
    ShowCard,
    ShowSlide,
    StartLesson,
    TakeSeat,
    Tap,
    Tick,
    Untap,
    Write,
)
from server.session.decide import Refused, decide
from server.session.events import decode_event, encode_event
from server.session.evolve import fold
from server.session.policy import media_policy, sharers
from server.session.writing import asked_of
from server.wire.pieces import MicrophoneUse
from tests.fakes.played_session import PlayedSession

PEOPLE = ("maria", "ben", "ana", "carl")
SEATS = st.sampled_from(["maria", "ben", "ana", "carl", "stranger"])
NOT_OF_RIGHT = ("no_teacher", "too_many", "no_slide", "screen_taken", "not_to_come")
STEPS = st.integers(-1, 1)
MOMENTS = st.sampled_from(["m1", "m2", "m3"])
SMALL_ACTS: list[AnyCommand] = [
    act
    for seat in ("maria", "ben", "ana")
    for act in (
        RaiseHand(seat=seat, raised=True),
        LowerHand(seat=seat, whose="ben"),
        ShowCard(seat=seat, card="two_minutes"),
        Keep(seat=seat, round=0, author="ben", kept=True),
        AddDeck(seat=seat, deck=f"deck-{seat}", pages=2),
        ShowSlide(seat=seat, deck=f"deck-{seat}", page=1),
        ShowSlide(seat=seat, deck=None, page=0),
        ShareScreen(seat=seat, on=True),
        ShareScreen(seat=seat, on=False),
        PlanNext(seat=seat, starts_ms=10**12, minutes=60, teachers=("ben",)),
        DecideTake(seat=seat, take="take-1", keep=False),
        DecideTake(seat=seat, take="take-2", keep=True),
    )
]


class AnyOrder(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.played = PlayedSession()
        self.decisions = [0]
        for seat in ("maria", "ben", "ana", "carl"):
            self.played.texts[EntryKey(round=0, form="one-thing", author=seat)] = {"suggestion": f"secret of {seat}"}
            self.played.texts[EntryKey(round=0, form="lesson-card", author=seat)] = {"goal": "a goal", "questions": f"doubt of {seat}"}
            self.played.texts[EntryKey(round=0, form="listening-notes", author=seat)] = {"notes": f"doubt of {seat}"}
        self.played.aside(chat={f"{seat}-to-{to}": f"line of {seat} to {to}" for seat in PEOPLE for to in (*PEOPLE, None)})

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

    @rule(seat=SEATS, form=st.sampled_from(["one-thing", "own-view", "lesson-card", "no"]), round_=st.integers(0, 2), empty=st.booleans())
    def write(self, seat: str, form: str, round_: int, empty: bool) -> None:
        field = {"own-view": "worked", "lesson-card": "goal"}.get(form, "suggestion")
        self.played.ask(Write(seat=seat, form=form, round=round_, field=field, empty=empty))

    @rule(seat=SEATS, microphone=st.sampled_from(["own", "none", "shared"]), shares=SEATS)
    def devices(self, seat: str, microphone: MicrophoneUse, shares: str) -> None:
        self.played.ask(SetDevices(seat=seat, microphone=microphone, camera=True, shares=shares))

    @rule(seat=SEATS, whose=SEATS, yes=st.booleans())
    def answer_sharing(self, seat: str, whose: str, yes: bool) -> None:
        self.played.ask(AnswerSharing(seat=seat, whose=whose, yes=yes))

    @rule(seat=SEATS, to=st.sampled_from([*PEOPLE, None]))
    def chat(self, seat: str, to: str | None) -> None:
        self.played.ask(Chat(seat=seat, message=f"{seat}-to-{to}", to=to))

    @rule(command=st.sampled_from(SMALL_ACTS))
    def act(self, command: AnyCommand) -> None:
        self.played.ask(command)

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
        recording = media_policy(state, self.played.now_ms).recording
        if recording:
            assert state.seats[recording.teacher].recording == "record"
            assert all(state.seats[seat].recording == "record" for host in recording.voices for seat in (host, *sharers(state, host)))
            assert state.phase is not None
            assert state.phase.record

    @invariant()
    def one_person_has_the_turn(self) -> None:
        state = self.played.state
        if state.turn:
            heard = [seat for seat, person in media_policy(state, self.played.now_ms).people.items() if person.microphone]
            own = state.seats[state.turn.seat]
            assert heard == {"own": [own.seat], "shared": [own.shares], "none": []}[own.microphone]
            assert state.turn.seat != state.teacher

    @invariant()
    def a_device_in_anothers_room_makes_no_sound(self) -> None:
        state = self.played.state
        for seat, person in media_policy(state, self.played.now_ms).people.items():
            own = state.seats[seat]
            assert person.hears == (own.microphone != "shared")
            assert not person.microphone or own.microphone == "own"
            assert own.microphone != "shared" or state.seats[own.shares or ""].microphone == "own"
            assert own.wishes is None or state.seats[own.wishes].microphone == "own"

    @invariant()
    def nobody_but_author_and_teacher_reads(self) -> None:
        state = self.played.state
        for seat in state.seats:
            text = str(self.played.view(seat))
            for author in state.seats:
                typed = state.turn is not None and state.turn.seat == author and state.seats[author].microphone == "none"
                if author != seat and f"secret of {author}" in text and not typed:
                    assert state.order[0] == seat
                    assert (0, 2, author) in state.spoken or state.position.part != "round" or state.position.round > 0
                assert author == seat or f"doubt of {author}" not in text

    @invariant()
    def a_private_line_stays_between_two(self) -> None:
        for seat in self.played.state.seats:
            for line in self.played.view(seat).chat:
                assert line.to is None or seat in (line.seat, line.to)
                assert line.text == f"line of {line.seat} to {line.to}"

    @invariant()
    def what_is_shown_is_its_owners_to_show(self) -> None:
        state = self.played.state
        slide = self.played.view("ana").slide
        for seat in (slide.seat if slide else None, state.screen):
            if seat is not None:
                assert state.position.part in ("before", "round")
                assert state.position.part == "before" or seat == state.teacher

    @invariant()
    def a_page_is_offered_only_what_it_may_do(self) -> None:
        state = self.played.state
        for seat in state.seats:
            may = self.played.view(seat).you.may
            asked = asked_of(state, seat, self.played.now_ms)
            form = asked.form if asked else ""
            field = state.plan.forms[form].fields[0].key if form else ""
            offers: dict[str, SeatCommand] = {
                "advance": Advance(seat=seat, decision=state.decision),
                "start_lesson": StartLesson(seat=seat, decision=state.decision, take="t"),
                "end_turn": EndTurn(seat=seat, decision=state.decision),
                "tap": Tap(seat=seat, moment=f"new-{seat}", mark="helped", at_ms=self.played.now_ms),
                "write": Write(seat=seat, form=form, round=asked.round if asked else 0, field=field),
                "ready": SetReady(seat=seat, decision=state.decision, ready=True),
                "choose_recording": ChooseRecording(seat=seat, choice="leave_out"),
                "chat": Chat(seat=seat, message=f"{seat}-offered", to=None),
                "raise_hand": RaiseHand(seat=seat, raised=True),
                "lower_hand": LowerHand(seat=seat, whose="ben"),
                "show_card": ShowCard(seat=seat, card="two_minutes"),
                "set_devices": SetDevices(seat=seat, microphone="own", camera=True, shares=None),
                "add_deck": AddDeck(seat=seat, deck=f"new-{seat}", pages=1),
                "show_slide": ShowSlide(seat=seat, deck=f"deck-{seat}", page=0),
                "share_screen": ShareScreen(seat=seat, on=True),
                "plan_next": PlanNext(seat=seat, starts_ms=10**12, minutes=60, teachers=()),
                "keep": Keep(seat=seat, round=state.order.index(seat) if seat in state.order else 0, author="x", kept=True),
            }
            for name in set(may) & offers.keys():
                outcome = decide(state, offers[name], self.played.now_ms)
                assert not isinstance(outcome, Refused) or outcome.code in NOT_OF_RIGHT or name == "keep", (name, outcome)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=20, stateful_step_count=40, deadline=None)
TestAnyOrderLonger = pytest.mark.full(
    type("Longer", (AnyOrder.TestCase,), {"settings": settings(max_examples=60, stateful_step_count=40, deadline=None)})
)
