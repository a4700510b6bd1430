"""A floor that is asked for: the queue of those with a hand up, and opinions that the teacher permits."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

from server.session.answers import NOT_YOURS, Answer, Events, Handler, Refused
from server.session.commands import AnswerOffer, AnyCommand, OfferOpinion, RaiseHand
from server.session.events import AnyEvent, FloorFreed, FloorGiven, HandChanged, OfferAnswered, OpinionOffered
from server.session.evolve import evolve
from server.session.floor_queue import can_be_given, offers_now, queue_of
from server.session.state import State

MOST_OFFERS_OF_ONE = 20


def free_floor(state: State, now_ms: int) -> Events:
    """Whoever has the floor is done; the next one gets it."""
    assert state.speaking
    return _then_next(state, (FloorFreed(at_ms=now_ms, seat=state.speaking.seat),), now_ms)


def give_floor(state: State, now_ms: int) -> Events:
    """To whoever comes next."""
    return (FloorGiven(at_ms=now_ms, seat=queue_of(state)[0]),)


def _then_next(state: State, events: tuple[AnyEvent, ...], now_ms: int) -> Events:
    """After these, whoever waits gets the floor if it is free."""
    there = reduce(evolve, events, state)
    return (*events, *give_floor(there, now_ms)) if can_be_given(there) else events


def _raise_hand(state: State, command: RaiseHand, now_ms: int) -> Answer:
    """Where the floor is asked for with it, and it is free, it is given at once."""
    if command.raised == (state.seats[command.seat].hand_ms is not None):
        return ()
    if state.speaking and state.speaking.seat == command.seat:
        return ()
    return _then_next(state, (HandChanged(at_ms=now_ms, seat=command.seat, raised=command.raised),), now_ms)


def _offer_opinion(state: State, command: OfferOpinion, now_ms: int) -> Answer:
    known = next((offer for offer in state.offers if offer.offer == command.offer), None)
    if known:
        return () if known.seat == command.seat else NOT_YOURS
    own = [offer for offer in offers_now(state) if offer.seat == command.seat]
    if any(offer.state in ("asked", "yes", "speaking") for offer in own):
        return Refused("one_at_a_time", "Wait for the answer to what you have asked already.")
    if len(own) >= MOST_OFFERS_OF_ONE:
        return Refused("too_many", "These are more opinions than anybody can hear.")
    return (OpinionOffered(at_ms=now_ms, offer=command.offer, seat=command.seat),)


def _answer_offer(state: State, command: AnswerOffer, now_ms: int) -> Answer:
    offer = next((offer for offer in offers_now(state) if offer.offer == command.offer), None)
    if offer is None or offer.state in ("said", "speaking"):
        return Refused("not_asked", "Nobody asks this any more.")
    if (offer.state == "yes") == command.yes and offer.state != "asked":
        return ()
    return _then_next(state, (OfferAnswered(at_ms=now_ms, offer=command.offer, yes=command.yes),), now_ms)


HANDLERS: Mapping[type[AnyCommand], Handler] = {RaiseHand: _raise_hand, OfferOpinion: _offer_opinion, AnswerOffer: _answer_offer}
