"""One person's page before a played session: a message goes through dispatch to `decide`, and changes nothing."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from server.media.client import MediaClient
from server.people.claims import Claims
from server.session.commands import AnyCommand, SeatCommand
from server.session.decide import Refused, decide
from server.session.state import State
from server.signaling.connection import Connection
from server.signaling.dispatch import Dispatch
from server.wire import messages as wire
from server.wire.view import View
from tests.fakes.played_session import PlayedSession
from tests.fakes.still_clock import StillClock


class OnePage:
    """Before `again` it is as it was: what a test does to prepare a message is gone then. `asked` is what the session was asked."""

    def __init__(self, played: PlayedSession, seat: str) -> None:
        self.seat = seat
        self.asked: list[SeatCommand] = []
        self._begun = played
        self._sent: list[wire.ToPage] = []
        self._seen: list[tuple[State, View]] = []
        ticks = itertools.count(step=1_000)
        media = MediaClient(Path("nowhere"), lambda _: None)
        self._dispatch = Dispatch(media, StillClock(played.now_ms), lambda: float(next(ticks)))
        self.again()

    def again(self) -> None:
        self.played = copy.copy(self._begun)
        self.played.log = list(self._begun.log)
        self.claims = Claims()
        self.asked.clear()
        del self._seen[1:]

    @property
    def has_seat(self) -> bool:
        return self.seat in self.played.state.seats

    @property
    def view(self) -> View | None:
        """What it shows; None without a seat. Reckoned once for each state."""
        if not self.has_seat:
            return None
        state = self.played.state
        seen = next((view for known, view in self._seen if known is state), None)
        if seen is None:
            seen = self.played.view(self.seat)
            self._seen.append((state, seen))
        return seen

    @property
    def may(self) -> tuple[str, ...]:
        return self.view.you.may if self.view else ()

    @property
    def decision(self) -> int:
        """The one that the page shows."""
        return self.view.phase.decision if self.view else self.played.state.decision

    @property
    def round(self) -> int:
        return self.played.state.position.round

    def other(self, *seats: str) -> str:
        """The first of these who is somebody else."""
        return next(seat for seat in seats if seat != self.seat)

    def prepare(self, *commands: AnyCommand) -> bool:
        """Whether the session has taken one of these, the first that it takes."""
        return any(self.played.ask(command) is None for command in commands)

    async def say(self, message: wire.FromPage) -> str | None:
        """The code with which it is refused, None if it is not."""
        self._sent.clear()
        await self._dispatch(cast("Connection", self), message)
        refused = [answer for answer in self._sent if isinstance(answer, wire.Error)]
        return refused[0].code if refused else None

    # ---- what dispatch sees: the connection, its room, and what that remembers

    id = "s"

    @property
    def room(self) -> OnePage:
        return self

    @property
    def memory(self) -> OnePage:
        return self

    @property
    def device(self) -> OnePage:
        return self

    @property
    def state(self) -> State:
        return self.played.state

    def reaches(self, session: str, began_ms: int) -> bool:
        return True

    def media_started(self, seat: str, session: str) -> None:
        """Who is here is told to the session by the room, not by a message."""

    def page_noticed(self, seat: str, quality: object) -> None:
        """How connections are is no business of the session."""

    def listener(self, seat: str) -> OnePage | None:
        """Everybody's page is open."""
        return self if seat in self.played.state.seats else None

    def news(self) -> None:
        """Views are not looked at here."""

    async def ask(
        self, command: SeatCommand, row: object = None, after: Callable[[], None] | None = None, changes: object = None
    ) -> Refused | None:
        self.asked.append(command)
        answer = decide(self.played.state, command, self.played.now_ms)
        return answer if isinstance(answer, Refused) else None

    def send(self, message: wire.ToPage) -> None:
        self._sent.append(message)

    def refuse(self, code: str, message: str, ref: int | None = None, costs: Any = None) -> None:
        self.send(wire.Error(ref=ref, code=code, message=message, costs=costs))
