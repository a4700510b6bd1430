"""A session played in memory: commands in, events kept, time moved by hand."""

from __future__ import annotations

from typing import Any

import msgspec

from server.plans import load_plans
from server.session.beside import Beside, EntryKey
from server.session.commands import Advance, AnyCommand, ChooseRecording, SeatCommand, SetHere, StartLesson, TakeSeat, Tick
from server.session.decide import Refused, decide
from server.session.events import AnyEvent, SessionMade
from server.session.evolve import evolve, fold
from server.session.lanes import state_of
from server.session.plan import Plan
from server.session.schedule import next_deadline_ms
from server.session.view import view
from server.wire.view import View

PLANS = load_plans()
NAMES = {"maria": "Maria", "ben": "Ben", "ana": "Ana"}


class PlayedSession:
    """Maria teaches, Ben and Ana are colleagues, Ana leads."""

    def __init__(self, plan: Plan = PLANS["try-out"], *, people: tuple[str, ...] = ("maria", "ben", "ana")) -> None:
        self.now_ms = 1_000_000
        self.log: list[AnyEvent] = [SessionMade(at_ms=self.now_ms, session="s", plan=plan)]
        self.state = fold(self.log)
        self.texts: dict[EntryKey, dict[str, str]] = {}
        self.beside = Beside(title="Fractions", names=NAMES, texts=self.texts, takes={})
        for seat in people:
            self.come(seat)

    def come(self, seat: str) -> None:
        self.must(TakeSeat(seat=seat, teaches=seat == "maria", leads=seat == "ana"))
        self.must(SetHere(seat=seat, here=True, since_ms=self.now_ms))

    def leave(self, seat: str) -> None:
        self.must(SetHere(seat=seat, here=False, since_ms=self.now_ms))

    def ask(self, command: AnyCommand) -> Refused | None:
        outcome = decide(self.state, command, self.now_ms)
        if isinstance(outcome, Refused):
            return outcome
        for event in outcome:
            self.log.append(event)
            self.state = evolve(self.state, event)
        return None

    def must(self, command: AnyCommand) -> None:
        refused = self.ask(command)
        assert refused is None, refused

    def refused(self, command: SeatCommand) -> str:
        before = self.state
        refused = self.ask(command)
        assert refused is not None
        assert self.state == before
        return refused.code

    def advance(self) -> None:
        self.must(Advance(seat=self.leader, decision=self.decision(self.leader)))

    def decision(self, seat: str) -> int:
        """The one that this seat sees: while the group is divided, that of its part."""
        return state_of(self.state, seat).decision

    @property
    def leader(self) -> str:
        """The last who came to lead."""
        return [seat.seat for seat in self.state.seats.values() if seat.leads][-1]

    def begin_lesson(self, *, recorded: bool = True) -> None:
        if recorded:
            self.must(ChooseRecording(seat="maria", choice="record"))
        self.advance()
        self.start_lesson()

    def start_lesson(self) -> None:
        """3-2-1, and the lesson of this round runs."""
        assert self.state.teacher
        take = f"take-{self.state.position.round + 1 + len(self.state.earlier)}"
        self.must(StartLesson(seat=self.state.teacher, decision=self.state.decision, take=take))
        self.pass_deadline()

    def pass_deadline(self) -> None:
        deadline_ms = next_deadline_ms(self.state)
        assert deadline_ms is not None
        self.now_ms = max(self.now_ms, deadline_ms)
        self.must(Tick())

    def go_to(self, key: str) -> None:
        """Let the clock run until the phase of this key."""
        while self.state.phase is None or self.state.phase.key != key:
            self.pass_deadline()

    def aside(self, **changes: Any) -> None:
        """Change what is kept beside the log."""
        self.beside = msgspec.structs.replace(self.beside, **changes)

    def view(self, seat: str) -> View:
        return view(self.state, seat, self.beside, self.now_ms)
