"""The state after what people did without moving the session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from server.session.events import (
    AnyEvent,
    CardShown,
    ChatSaid,
    DeckAdded,
    DevicesSet,
    EntryBegun,
    HandChanged,
    KeptChanged,
    MomentRemoved,
    MomentTapped,
    NextPlanned,
    ReadyChanged,
    RecordingChosen,
    ScreenShared,
    SharingAsked,
    SlideShown,
    TakeDecided,
    TakeStopped,
)
from server.session.folding import Folder
from server.session.lanes import lane_of, members
from server.session.state import Card, ChatLine, Deck, Lesson, Moment, NextTime, Position, Slide, State, Still, phase_at
from server.session.writing import is_closed

MOST_LINES = 2_000
MOST_STILLS = 200
SAME_STILL_MS = 2_000


def put_down(state: State, position: Position) -> State:
    """On the way to `position`: hands and cards go with each phase; slides and a shared screen with the round, and where the group divides
    or meets again: they were for those who were there.
    """
    seats = {key: replace(seat, hand_ms=None) if seat.hand_ms is not None else seat for key, seat in state.seats.items()}
    here, there = phase_at(state.plan, state.position), phase_at(state.plan, position)
    divided = any(phase is not None and phase.lanes for phase in (here, there))
    shows = there is not None and there.shows != "nobody" and not divided
    if shows and (position.part, position.round) == (state.position.part, state.position.round):
        return replace(state, seats=seats, card=None)
    return replace(state, seats=seats, card=None, slide=None, screen=None)


def without_shown_by(state: State, seat: str) -> State:
    """Who does not teach shows nothing."""
    decks = {deck.deck for deck in state.decks if deck.seat == seat}
    slide = None if state.slide and state.slide.deck in decks else state.slide
    return replace(state, slide=slide, screen=None if state.screen == seat else state.screen)


def with_still(state: State, at_ms: int) -> State:
    """A slide that is shown while a lesson runs can be picked later. Hidden and shown again at once it is the same still."""
    phase = state.phase
    runs = phase is not None and phase.starts == "by_teacher" and state.status != "waiting"
    if not runs or state.slide is None or len(state.stills) >= MOST_STILLS:
        return state
    still = Still(round=state.position.round, deck=state.slide.deck, page=state.slide.page, at_ms=at_ms)
    last = state.stills[-1] if state.stills else None
    if last and at_ms - last.at_ms < SAME_STILL_MS and replace(last, at_ms=at_ms) == still:
        return state
    return replace(state, stills=(*state.stills, still))


def without_stills(state: State, lesson: Lesson) -> State:
    """This lesson is taught anew."""

    def shown_in_it(still: Still) -> bool:
        return still.round == lesson.round and lesson.started_ms <= still.at_ms <= (lesson.ended_ms or still.at_ms)

    kept = tuple(still for still in state.stills if not shown_in_it(still))
    return replace(state, stills=kept)


def _seat(state: State, seat: str, **changes: Any) -> State:
    return replace(state, seats={**state.seats, seat: replace(state.seats[seat], **changes)})


def _recording_chosen(state: State, event: RecordingChosen) -> State:
    return _seat(state, event.seat, recording=event.choice)


def _take_stopped(state: State, event: TakeStopped) -> State:
    return replace(state, asked=state.asked | {event.take})


def _take_decided(state: State, event: TakeDecided) -> State:
    deleted = state.deleted if event.kept else state.deleted | {event.take}
    return replace(state, asked=state.asked - {event.take}, deleted=deleted)


def _moment_tapped(state: State, event: MomentTapped) -> State:
    index = _lesson_at(state, event.round, event.at_ms)
    moment = Moment(moment=event.moment, seat=event.seat, round=event.round, index=index, mark=event.mark, at_ms=event.at_ms)
    return replace(state, moments={**state.moments, event.moment: moment})


def _lesson_at(state: State, round_: int, at_ms: int) -> int:
    """Which lesson of the round was then: the last that had begun, else the first."""
    lessons = sorted((lesson.started_ms, lesson.index) for lesson in state.lessons.values() if lesson.round == round_)
    begun = [index for started_ms, index in lessons if started_ms <= at_ms]
    return begun[-1] if begun else lessons[0][1] if lessons else 0


def _moment_removed(state: State, event: MomentRemoved) -> State:
    return replace(state, moments={key: moment for key, moment in state.moments.items() if key != event.moment})


def _entry_begun(state: State, event: EntryBegun) -> State:
    key = (event.round, event.form, event.seat)
    index = state.plan.asking(event.form)
    late = index is not None and is_closed(state, event.seat, event.round, event.form, event.at_ms)
    return replace(state, begun=state.begun | {key}, begun_late=state.begun_late | {key} if late else state.begun_late)


def _ready_changed(state: State, event: ReadyChanged) -> State:
    return replace(state, ready=state.ready | {event.seat} if event.ready else state.ready - {event.seat})


def _kept_changed(state: State, event: KeptChanged) -> State:
    key = (event.round, event.author)
    return replace(state, kept=state.kept | {key} if event.kept else state.kept - {key})


def _hand_changed(state: State, event: HandChanged) -> State:
    return _seat(state, event.seat, hand_ms=event.at_ms if event.raised else None)


def _chat_said(state: State, event: ChatSaid) -> State:
    lane = lane_of(state, event.seat) if event.to is None else None
    among = frozenset(members(state, lane)) if lane else None
    line = ChatLine(message=event.message, seat=event.seat, to=event.to, at_ms=event.at_ms, among=among)
    return replace(state, chat=(*state.chat, line)[-MOST_LINES:])


def _card_shown(state: State, event: CardShown) -> State:
    return replace(state, card=Card(card=event.card, at_ms=event.at_ms))


def _devices_set(state: State, event: DevicesSet) -> State:
    asked = state.seats[event.seat].wishes
    return _seat(
        state,
        event.seat,
        microphone=event.microphone,
        camera=event.camera,
        shares=event.shares,
        wishes=None if asked == event.shares else asked,
        devices_known=True,
    )


def _sharing_asked(state: State, event: SharingAsked) -> State:
    return _seat(state, event.seat, wishes=event.of)


def _deck_added(state: State, event: DeckAdded) -> State:
    return replace(state, decks=(*state.decks, Deck(deck=event.deck, seat=event.seat, pages=event.pages)))


def _slide_shown(state: State, event: SlideShown) -> State:
    slide = Slide(deck=event.deck, page=event.page) if event.deck is not None else None
    return with_still(replace(state, slide=slide), event.at_ms)


def _screen_shared(state: State, event: ScreenShared) -> State:
    return replace(state, screen=event.seat)


def _next_planned(state: State, event: NextPlanned) -> State:
    return replace(state, next_time=NextTime(starts_ms=event.starts_ms, minutes=event.minutes, teachers=event.teachers))


FOLDERS: Mapping[type[AnyEvent], Folder] = {
    RecordingChosen: _recording_chosen,
    TakeStopped: _take_stopped,
    TakeDecided: _take_decided,
    MomentTapped: _moment_tapped,
    MomentRemoved: _moment_removed,
    EntryBegun: _entry_begun,
    ReadyChanged: _ready_changed,
    KeptChanged: _kept_changed,
    HandChanged: _hand_changed,
    ChatSaid: _chat_said,
    CardShown: _card_shown,
    DevicesSet: _devices_set,
    SharingAsked: _sharing_asked,
    DeckAdded: _deck_added,
    SlideShown: _slide_shown,
    ScreenShared: _screen_shared,
    NextPlanned: _next_planned,
}
