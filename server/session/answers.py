"""What `decide` answers: events, or a refusal that changes nothing. Knows nothing of any command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from server.session.events import AnyEvent
from server.session.state import State
from server.wire.course import Costs

Events = tuple[AnyEvent, ...]


class Refused(msgspec.Struct, frozen=True):
    """`code` is stable, `message` is for the person who asked. `costs`: why it is asked once more."""

    code: str
    message: str
    costs: Costs | None = None


Answer = Events | Refused
Handler = Callable[[State, Any, int], Answer]

STALE = Refused("stale_decision", "The session has already moved on.")
NOT_YOURS = Refused("not_allowed", "This is not yours to do now.")
NO_SEAT = Refused("no_seat", "You have no seat in this session.")
