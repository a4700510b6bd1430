"""The pages that are open on a room's seats. A page is told when what its person may see has changed, and only then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import msgspec

from server.session.beside import Translate
from server.wire.course import Pace
from server.wire.messages import PROTOCOL_VERSION, Changed, Leaving, ToPage, Welcome
from server.wire.pieces import Step
from server.wire.view import View

DRIFT_MS = 15_000
"""Expected times that move on because nothing happens are told again only when they are this far off."""


class Listener(Protocol):
    """A page that is open on a seat. `send` never waits; `leave` says why and closes."""

    @property
    def translate(self) -> Translate: ...

    def send(self, message: ToPage) -> None: ...

    def leave(self, message: Leaving) -> None: ...


Draw = Callable[[str, Translate], View]
"""The view of a seat in a language."""


class Audience:
    """It is handed what draws the views of a moment, and holds no room: one that is over is gone at once."""

    def __init__(self) -> None:
        self._listeners: dict[str, Listener] = {}
        self._told: dict[str, View] = {}

    def __len__(self) -> int:
        return len(self._listeners)

    @property
    def listeners(self) -> Mapping[str, Listener]:
        return self._listeners

    def listener(self, seat: str) -> Listener | None:
        return self._listeners.get(seat)

    def welcome(self, seat: str, listener: Listener, draw: Draw) -> None:
        """An older page on the same seat is told to leave."""
        older = self._listeners.pop(seat, None)
        if older is not None:
            older.leave(Leaving(reason="replaced"))
        self._listeners[seat] = listener
        view = self._told[seat] = draw(seat, listener.translate)
        listener.send(Welcome(protocol=PROTOCOL_VERSION, now_ms=view.now_ms, view=view))

    def leave(self, seat: str, listener: Listener) -> bool:
        """False for a page that another one has replaced."""
        if self._listeners.get(seat) is not listener:
            return False
        del self._listeners[seat], self._told[seat]
        return True

    def publish(self, draw: Draw, seats: Iterable[str] | None = None) -> None:
        """To these seats, or to all."""
        for seat in list(self._listeners) if seats is None else seats:
            listener = self._listeners.get(seat)
            if listener is None:
                continue
            view = draw(seat, listener.translate)
            if not says_the_same(self._told[seat], view):
                self._told[seat] = view
                listener.send(Changed(view=view))

    def dismiss(self, message: Leaving) -> None:
        """Everybody; that they leave now says nothing about whether they are there."""
        listeners = list(self._listeners.values())
        self._listeners.clear()
        self._told.clear()
        for listener in listeners:
            listener.leave(message)


def says_the_same(told: View, view: View) -> bool:
    """Whether a page that was told the one need not be told the other."""
    still = msgspec.structs.replace(told, now_ms=view.now_ms, steps=view.steps, pace=view.pace)
    return still == view and _same_steps(told.steps, view.steps) and _same_pace(told.pace, view.pace)


def _same_steps(told: tuple[Step, ...], steps: tuple[Step, ...]) -> bool:
    if told == steps:
        return True
    return len(told) == len(steps) and all(
        near(old.begins_ms, new.begins_ms) and msgspec.structs.replace(old, begins_ms=new.begins_ms) == new
        for old, new in zip(told, steps, strict=True)
    )


def _same_pace(told: Pace | None, pace: Pace | None) -> bool:
    if told is None or pace is None:
        return told is pace
    moved = msgspec.structs.replace(told, ends_ms=pace.ends_ms, behind_s=pace.behind_s)
    return moved == pace and near(told.ends_ms, pace.ends_ms)


def near(one_ms: int | None, other_ms: int | None) -> bool:
    if one_ms is None or other_ms is None:
        return one_ms is other_ms
    return abs(one_ms - other_ms) <= DRIFT_MS
