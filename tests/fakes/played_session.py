"""A session played in memory: commands in, events kept, time moved by hand."""

from __future__ import annotations

from typing import Any

import msgspec

from server.plans import load_plans
from server.session.beside import Beside, EntryKey
from server.session.commands import Advance, AnyCommand, ChooseRecording, SeatCommand, StartLesson, TakeSeat, Tick
from server.session.decide import Refused, decide
from server.session.events import AnyEvent, SessionMade
from server.session.evolve import evolve, fold
from server.session.plan import Plan
from server.session.schedule import next_deadline_ms
from server.session.view import view
from server.wire.pieces import View

PLANS = load_plans()
NAMES = {"maria": "Maria", "ben": "Ben", "ana": "Ana"}


class PlayedSession:
    """Maria teaches, Ben and Ana are colleagues, Ana leads."""

    def __init__(self, plan: Plan = PLANS["try-out"]) -> None:
        self.now_ms = 1_000_000
        self.log: list[AnyEvent] = [SessionMade(at_ms=self.now_ms, session="s", plan=plan)]
        self.state = fold(self.log)
        self.texts: dict[EntryKey, dict[str, str]] = {}
        self.beside = Beside(title="Fractions", names=NAMES, texts=self.texts, takes={})
        for seat in ("maria", "ben", "ana"):
            self.must(TakeSeat(seat=seat, teaches=seat == "maria", leads=seat == "ana"))

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
        self.must(Advance(seat="ana", decision=self.state.decision))

    def begin_lesson(self, *, recorded: bool = True) -> None:
        if recorded:
            self.must(ChooseRecording(seat="maria", choice="record"))
        self.advance()
        self.start_lesson()

    def start_lesson(self) -> None:
        self.must(StartLesson(seat="maria", decision=self.state.decision, take="take-1"))

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
