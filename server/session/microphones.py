"""Whose microphone somebody speaks into. Somebody else's only with that person's yes, and only while it is their own.

Who shares a microphone that is gone counts as having their own again, until their page says what it has: never as having none,
which opens what they have written to everybody in their turn.
"""

from __future__ import annotations

from collections.abc import Mapping

from server.session.answers import Answer, Handler, Refused
from server.session.commands import AnswerSharing, AnyCommand, SetDevices
from server.session.events import AnyEvent, DevicesSet, SharingAsked
from server.session.policy import sharers
from server.session.state import State

NO_MICROPHONE = Refused("no_microphone", "This person has no microphone of their own to share.")
NOT_ASKED = Refused("not_asked", "Nobody asks this any more.")


def _set_devices(state: State, command: SetDevices, now_ms: int) -> Answer:
    """To name whose microphone one would use is to ask for it; what one has meanwhile stays in use."""
    own = state.seats[command.seat]
    wanted = command.shares
    if (wanted is not None or command.microphone == "shared") and not _can_serve(state, wanted, command.seat):
        return NO_MICROPHONE
    shared = own.microphone == "shared" and (own.shares == wanted or command.microphone == "shared")
    microphone = "shared" if shared else own.microphone if command.microphone == "shared" else command.microphone
    shares = own.shares if shared else None
    events: list[AnyEvent] = []
    if not own.devices_known or (own.microphone, own.camera, own.shares) != (microphone, command.camera, shares):
        events.append(DevicesSet(at_ms=now_ms, seat=command.seat, microphone=microphone, camera=command.camera, shares=shares))
    wishes = None if wanted == shares else wanted
    if wishes != own.wishes:
        events.append(SharingAsked(at_ms=now_ms, seat=command.seat, of=wishes))
    return (*events, *(_without(state, command.seat, now_ms) if microphone != "own" else ()))


def _answer_sharing(state: State, command: AnswerSharing, now_ms: int) -> Answer:
    """A no also takes a yes back."""
    asker = state.seats.get(command.whose)
    if asker and asker.wishes == command.seat:
        if not command.yes:
            return (SharingAsked(at_ms=now_ms, seat=asker.seat, of=None),)
        shared = DevicesSet(at_ms=now_ms, seat=asker.seat, microphone="shared", camera=asker.camera, shares=command.seat)
        return (shared, *_without(state, asker.seat, now_ms))
    if command.whose in sharers(state, command.seat):
        return () if command.yes else (_own_again(state, command.whose, now_ms),)
    return NOT_ASKED if command.yes else ()


def _can_serve(state: State, host: str | None, seat: str) -> bool:
    """Nobody is there to say yes for somebody simulated."""
    known = state.seats.get(host or "")
    return known is not None and host != seat and known.microphone == "own" and not known.simulated


def _without(state: State, host: str, now_ms: int) -> tuple[AnyEvent, ...]:
    """This microphone is no longer its owner's own: nobody shares it, and nobody asks for it."""
    wishers = tuple(seat.seat for seat in state.seats.values() if seat.wishes == host)
    return (
        *(_own_again(state, seat, now_ms) for seat in sharers(state, host)),
        *(SharingAsked(at_ms=now_ms, seat=seat, of=None) for seat in wishers),
    )


def _own_again(state: State, seat: str, now_ms: int) -> DevicesSet:
    return DevicesSet(at_ms=now_ms, seat=seat, microphone="own", camera=state.seats[seat].camera, shares=None)


HANDLERS: Mapping[type[AnyCommand], Handler] = {SetDevices: _set_devices, AnswerSharing: _answer_sharing}
