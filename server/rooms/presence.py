"""Who is here: a page is open on the seat, and its sound and picture, once they worked, still do.

A page that closes its line by itself gives way to another window, or begins anew: that sends nobody away.
The room compares this with what its log says and asks the session to follow. The time is an argument.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from server.media.control import PeerReport
from server.session.commands import SetHere
from server.session.state import State

RETURN_MS = 5_000
LEFT_MS = 60_000
SILENCE_MS = 3_000
"""How long a line has been dead when the media worker says so."""


class Line(msgspec.Struct, kw_only=True):
    """A page's peer connections. `worked`: which of them have been connected."""

    session: str
    worked: frozenset[str] = frozenset()
    down: bool = False


class Seen(msgspec.Struct, kw_only=True):
    here: bool
    since_ms: int


class Presence:
    """`expected` were here when the process that owned the room ended: they count as here until they had time to come back."""

    def __init__(self, expected: Iterable[str], now_ms: int) -> None:
        self._expected = set(expected)
        self._began_ms = now_ms
        self._open: set[str] = set()
        self._closed_ms: dict[str, int] = {}
        self._lines: dict[str, Line] = {}
        self._seen: dict[str, Seen] = {}

    @property
    def lines(self) -> frozenset[str]:
        """Seats whose sound and picture have been connected since their page was opened."""
        return frozenset(seat for seat, line in self._lines.items() if line.worked and not line.down)

    @property
    def down(self) -> frozenset[str]:
        """Seats whose page is open and whose line is dead."""
        return frozenset(seat for seat, line in self._lines.items() if line.down and seat in self._open)

    def page_opened(self, seat: str, now_ms: int) -> None:
        """A line that was down belonged to the page before, or its page will say that it is up again."""
        self._expected.discard(seat)
        self._closed_ms.pop(seat, None)
        self._open.add(seat)
        if seat in self._lines and self._lines[seat].down:
            self._lines[seat] = Line(session=self._lines[seat].session)
        self._look(seat, now_ms)

    def page_closed(self, seat: str, now_ms: int) -> None:
        self._open.discard(seat)
        self._closed_ms[seat] = now_ms
        self._look(seat, now_ms)

    def media_started(self, seat: str, session: str, now_ms: int) -> None:
        """The page makes new peer connections; what is heard of the earlier ones no longer counts."""
        self._lines[seat] = Line(session=session)
        self._look(seat, now_ms)

    def media_changed(self, report: PeerReport, now_ms: int) -> None:
        line = self._lines.setdefault(report.peer, Line(session=report.session))
        if line.session != report.session:
            return
        states = {"publish": report.publish, "subscribe": report.subscribe}
        line.worked |= {way for way, state in states.items() if state == "connected"}
        went_down = not line.down and any(states[way] == "silent" for way in line.worked)
        if went_down:
            line.down = True
        elif line.down and all(states[way] == "connected" for way in line.worked):
            line.down = False
        self._look(report.peer, now_ms - SILENCE_MS if went_down else now_ms)
        if report.peer not in self._open:
            self._closed_ms.setdefault(report.peer, now_ms)

    def media_lost(self, seat: str, now_ms: int) -> None:
        """The media worker is a new one and knows nothing of it: not the person's line."""
        self._lines.pop(seat, None)
        self._look(seat, now_ms)

    def changes(self, state: State, now_ms: int) -> list[SetHere]:
        """What the session does not know yet."""
        if now_ms >= self._began_ms + RETURN_MS:
            for seat in self._expected:
                self._seen[seat] = Seen(here=False, since_ms=self._began_ms)
            self._expected.clear()
        return [
            SetHere(seat=seat, here=seen.here, since_ms=seen.since_ms)
            for seat, seen in self._seen.items()
            if seat in state.seats and state.seats[seat].here != seen.here
        ]

    def left_for_good(self, now_ms: int) -> list[str]:
        """Seats whose page has been closed for long and whose peer connections are still there; each is named once."""
        left = [seat for seat, closed_ms in self._closed_ms.items() if now_ms - closed_ms >= LEFT_MS]
        for seat in left:
            del self._closed_ms[seat]
        return [seat for seat in left if self._lines.pop(seat, None)]

    def deadline_ms(self) -> int | None:
        """When `changes` or `left_for_good` say more by themselves."""
        waiting = [closed_ms + LEFT_MS for seat, closed_ms in self._closed_ms.items() if seat in self._lines]
        if self._expected:
            waiting.append(self._began_ms + RETURN_MS)
        return min(waiting, default=None)

    def _look(self, seat: str, since_ms: int) -> None:
        line = self._lines.get(seat)
        here = seat in self._open and not (line and line.down)
        seen = self._seen.get(seat)
        if seat not in self._expected and (seen is None or seen.here != here):
            self._seen[seat] = Seen(here=here, since_ms=since_ms)
