"""What people show each other beside their faces: slides and a screen."""

from __future__ import annotations

from collections.abc import Mapping

from server.session.answers import NOT_YOURS, Answer, Events, Handler, Refused
from server.session.commands import AddDeck, AnyCommand, ShareScreen, ShowSlide
from server.session.events import DeckAdded, ScreenShared, SlideShown
from server.session.state import Deck, Slide, State

MOST_DECKS_OF_ONE = 5
NO_SLIDE = Refused("no_slide", "There is no such slide.")
SCREEN_TAKEN = Refused("screen_taken", "Somebody else is sharing a screen now.")


def may_see_deck(state: State, seat: str, deck: str) -> bool:
    """The owner always; everybody with a seat while it is shown, or once it was in a lesson."""
    found = deck_of(state, deck)
    if found is None or seat not in state.seats:
        return False
    shown = state.slide is not None and state.slide.deck == deck
    return found.seat == seat or shown or any(still.deck == deck for still in state.stills)


def deck_of(state: State, deck: str) -> Deck | None:
    return next((known for known in state.decks if known.deck == deck), None)


def screen_dropped(state: State, now_ms: int) -> Events:
    return (ScreenShared(at_ms=now_ms, seat=None),)


def _add_deck(state: State, command: AddDeck, now_ms: int) -> Answer:
    known = deck_of(state, command.deck)
    if known:
        return () if known.seat == command.seat else NOT_YOURS
    if sum(deck.seat == command.seat for deck in state.decks) >= MOST_DECKS_OF_ONE:
        return Refused("too_many", "You have brought as many sets of slides as there is room for.")
    return (DeckAdded(at_ms=now_ms, deck=command.deck, seat=command.seat, pages=command.pages),)


def _show_slide(state: State, command: ShowSlide, now_ms: int) -> Answer:
    if command.deck is None:
        return _hide_slide(state, command.seat, now_ms)
    deck = deck_of(state, command.deck)
    if deck is None or deck.seat != command.seat or not 0 <= command.page < deck.pages:
        return NO_SLIDE
    if state.slide == Slide(deck=deck.deck, page=command.page):
        return ()
    return (SlideShown(at_ms=now_ms, deck=deck.deck, page=command.page),)


def _hide_slide(state: State, seat: str, now_ms: int) -> Answer:
    if state.slide is None:
        return ()
    deck = deck_of(state, state.slide.deck)
    return (SlideShown(at_ms=now_ms, deck=None, page=0),) if deck and deck.seat == seat else NOT_YOURS


def _share_screen(state: State, command: ShareScreen, now_ms: int) -> Answer:
    if command.on == (state.screen == command.seat):
        return ()
    if command.on and state.screen is not None:
        return SCREEN_TAKEN
    return (ScreenShared(at_ms=now_ms, seat=command.seat if command.on else None),)


HANDLERS: Mapping[type[AnyCommand], Handler] = {
    AddDeck: _add_deck,
    ShowSlide: _show_slide,
    ShareScreen: _share_screen,
}
