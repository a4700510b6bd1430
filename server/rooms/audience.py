"""The pages that are open on a room's seats. A page is told when what its person may see has changed, and only then."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec

from server.wire.messages import PROTOCOL_VERSION, Changed, Leaving, ToPage, Welcome
from server.wire.pieces import View

Translate = Callable[[str], str]


class Listener(Protocol):
    """A page that is open on a seat. `send` never waits; `leave` says why and closes."""

    @property
    def translate(self) -> Translate: ...

    def send(self, message: ToPage) -> None: ...

    def leave(self, message: Leaving) -> None: ...


class Audience:
    """`draw` gives the view of a seat in a language."""

    def __init__(self, draw: Callable[[str, Translate], View]) -> None:
        self._draw = draw
        self._listeners: dict[str, Listener] = {}
        self._told: dict[str, View] = {}

    def __len__(self) -> int:
        return len(self._listeners)

    def listener(self, seat: str) -> Listener | None:
        return self._listeners.get(seat)

    def welcome(self, seat: str, listener: Listener) -> None:
        """An older page on the same seat is told to leave."""
        older = self._listeners.pop(seat, None)
        if older is not None:
            older.leave(Leaving(reason="replaced"))
        self._listeners[seat] = listener
        view = self._told[seat] = self._draw(seat, listener.translate)
        listener.send(Welcome(protocol=PROTOCOL_VERSION, now_ms=view.now_ms, view=view))

    def leave(self, seat: str, listener: Listener) -> bool:
        """False for a page that another one has replaced."""
        if self._listeners.get(seat) is not listener:
            return False
        del self._listeners[seat], self._told[seat]
        return True

    def publish(self, seats: Iterable[str] | None = None) -> None:
        """To these seats, or to all."""
        for seat in list(self._listeners) if seats is None else seats:
            listener = self._listeners.get(seat)
            if listener is None:
                continue
            view = self._draw(seat, listener.translate)
            if msgspec.structs.replace(self._told[seat], now_ms=view.now_ms) != view:
                self._told[seat] = view
                listener.send(Changed(view=view))

    def dismiss(self, message: Leaving) -> None:
        """Everybody; that they leave now says nothing about whether they are there."""
        listeners = list(self._listeners.values())
        self._listeners.clear()
        self._told.clear()
        for listener in listeners:
            listener.leave(message)
