"""Messages of a page that move the session. Each names the `decision` that its sender saw, where two could press at once."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from server.wire.base import Command
from server.wire.pieces import Count, Id


class Advance(Command, frozen=True, tag="advance", kw_only=True):
    """Go on to the next phase. `decision` is the one in the view that the person saw; a later one makes this stale."""

    decision: Count


class StartLesson(Command, frozen=True, tag="start_lesson", kw_only=True):
    """The teacher's clock starts now."""

    decision: Count


class EndTurn(Command, frozen=True, tag="end_turn", kw_only=True):
    """The speaker is done, or the one who leads goes on to the next speaker."""

    decision: Count


class AddTime(Command, frozen=True, tag="add_time", kw_only=True):
    """Moves the end of the clock that runs now, within what the format allows.

    Where somebody who still teaches would lose minutes by it, it is refused with `costs_minutes` until it is asked again with `agreed`.
    """

    decision: Count
    seconds: Annotated[int, Meta(ge=-600, le=600)]
    agreed: bool = False


class Hold(Command, frozen=True, tag="hold", kw_only=True):
    decision: Count


class Resume(Command, frozen=True, tag="resume", kw_only=True):
    """The held clock runs again after 3-2-1."""

    decision: Count


class TakeBack(Command, frozen=True, tag="take_back", kw_only=True):
    """Takes back what the one who leads did last."""

    decision: Count


class Back(Command, frozen=True, tag="back", kw_only=True):
    """To the phase before this one. `agreed`: see `costs_minutes`."""

    decision: Count
    agreed: bool = False


class PassTurn(Command, frozen=True, tag="pass_turn", kw_only=True):
    """The turn moves to the end of the row: by its owner once, or because its owner is not here."""

    decision: Count


class AddTurn(Command, frozen=True, tag="add_turn", kw_only=True):
    """Somebody who is not in the row comes last in it. `agreed`: see `costs_minutes`."""

    decision: Count
    seat: Id
    agreed: bool = False


class SetOrder(Command, frozen=True, tag="set_order", kw_only=True):
    """Who teaches in which round; rounds that have begun stay as they are. `agreed`: see `costs_minutes`."""

    order: Annotated[tuple[Id, ...], Meta(max_length=30)]
    agreed: bool = False


class TeachLater(Command, frozen=True, tag="teach_later", kw_only=True):
    """The next teacher comes first, this one after."""

    decision: Count


class GoWithout(Command, frozen=True, tag="go_without", kw_only=True):
    """This round does not happen."""

    decision: Count


class RestartLesson(Command, frozen=True, tag="restart_lesson", kw_only=True):
    """The lesson is taught again from its beginning; what was recorded stays the teacher's. `agreed`: see `costs_minutes`."""

    decision: Count
    agreed: bool = False


class HandOver(Command, frozen=True, tag="hand_over", kw_only=True):
    """Somebody else leads from now on."""

    seat: Id


class TakeLead(Command, frozen=True, tag="take_lead", kw_only=True):
    """Offered when nobody who leads is here."""


class Ready(Command, frozen=True, tag="ready", kw_only=True):
    """One says "I am ready", or takes it back. Hands in nothing that zero would not hand in too."""

    decision: Count
    ready: bool
