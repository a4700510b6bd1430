"""The people around, and what they show and say: the parts of a view beside the clock and the entries."""

from __future__ import annotations

from server.session.beside import Beside
from server.session.here import is_here, may_vouch
from server.session.lanes import lane_of
from server.session.policy import agreed, microphone_of
from server.session.row import came_late
from server.session.showing import deck_of
from server.session.state import ChatLine, State
from server.session.talks import talks_together
from server.wire import pieces as wire

MOST_LINES = 200


def person(state: State, seat: str, beside: Beside, reader: str) -> wire.Person:
    own = state.seats[seat]
    told = state.seats[reader].leads
    lane = lane_of(state, seat)
    card = (0, state.plan.card_form or "", seat)
    return wire.Person(
        seat=seat,
        name=beside.names.get(seat, "…"),
        here=is_here(state, seat),
        leads=own.leads,
        teaches=state.order.index(seat) if seat in state.order else None,
        simulated=own.simulated,
        hand_ms=own.hand_ms if lane == lane_of(state, reader) else None,
        microphone=own.microphone,
        shares=own.shares,
        heard=_heard(state, seat),
        card_written=card in state.begun if told and state.plan.card_form and seat in state.order else None,
        media_works=seat in beside.lines if told else None,
        consults=own.consults,
        lane=lane,
    )


def _heard(state: State, seat: str) -> bool | None:
    """In the last round robin of this round that has begun."""
    begun = (index for index, phase in enumerate(state.plan.round[: state.position.index + 1]) if phase.floor == "round_robin")
    index = max(begun, default=None)
    if state.position.part != "round" or seat == state.teacher or index is None:
        return None
    heard = (state.position.round, index, seat) in state.spoken
    return heard if heard or not came_late(state, seat) else None


def recording(state: State, reader: str, beside: Beside) -> wire.Recording:
    lesson, recorded = state.lesson, state.recorded
    runs = recorded is not None
    will = _will_be_recorded(state)
    stopped = lesson is not None and lesson.ended_ms is None and lesson.take_ended_ms is not None
    return wire.Recording(
        on=runs,
        teacher=state.teacher if runs else None,
        started_ms=recorded.started_ms if recorded else None,
        left_out=_left_out(state) if _counts_voices(state, runs or will) and _told_of_voices(state, reader) else 0,
        will=will,
        stopped=stopped,
        disk="fine" if beside.disk == "low" and not state.seats[reader].leads else beside.disk,
        if_all=state.plan.records_talks and state.position.part != "ended",
        paused=state.talk is not None and not talks_together(state),
    )


def _counts_voices(state: State, recorded: bool) -> bool:
    """A talk is recorded with all voices or not at all."""
    return (recorded or state.position.part == "before") and not state.plan.records_talks


def _will_be_recorded(state: State) -> bool:
    waits = state.phase is not None and state.phase.record and state.phase.is_lesson and state.status == "waiting"
    return waits and state.teacher is not None and state.seats[state.teacher].recording == "record"


def _told_of_voices(state: State, reader: str) -> bool:
    teaches = reader in state.order if state.position.part == "before" else reader == state.teacher
    return teaches or state.seats[reader].leads


def _left_out(state: State) -> int:
    used = (microphone_of(state, seat) for seat in state.seats)
    return sum(host is not None and not agreed(state, host) for host in used)


def chat(state: State, reader: str, beside: Beside) -> tuple[wire.ChatLine, ...]:
    """The last lines that the reader may see; those whose words were erased are gone."""
    lines = [line for line in state.chat if line.message in beside.chat and _may_see(line, reader)]
    return tuple(
        wire.ChatLine(message=line.message, seat=line.seat, to=line.to, text=beside.chat[line.message], at_ms=line.at_ms)
        for line in lines[-MOST_LINES:]
    )


def _may_see(line: ChatLine, reader: str) -> bool:
    if line.to is not None:
        return reader in (line.seat, line.to)
    return line.among is None or reader in line.among


def card(state: State, reader: str) -> wire.Card | None:
    if state.card is None or not (reader == state.teacher or state.seats[reader].leads):
        return None
    return wire.Card(card=state.card.card, at_ms=state.card.at_ms)


def slide(state: State) -> wire.Slide | None:
    deck = deck_of(state, state.slide.deck) if state.slide else None
    if state.slide is None or deck is None or deck.seat not in state.seats:
        return None
    return wire.Slide(deck=deck.deck, page=state.slide.page, pages=deck.pages, seat=deck.seat)


def decks(state: State, reader: str, beside: Beside) -> tuple[wire.Deck, ...]:
    return tuple(
        wire.Deck(deck=deck.deck, title=beside.decks.get(deck.deck, ""), pages=deck.pages) for deck in state.decks if deck.seat == reader
    )


def stills(state: State) -> tuple[wire.Still, ...]:
    """The slides of this round's lesson, while colleagues write about it."""
    phase, lesson = state.phase, state.lesson
    if phase is None or lesson is None or not phase.forms.of_colleagues:
        return ()
    return tuple(
        wire.Still(deck=still.deck, page=still.page, at_ms=still.at_ms - lesson.started_ms)
        for still in state.stills
        if still.round == lesson.round and lesson.started_ms <= still.at_ms <= (lesson.ended_ms or still.at_ms)
    )


def same_room(state: State, reader: str, beside: Beside) -> str | None:
    """Somebody whose microphone hears the same room, until one of the two uses the other's or asks to."""
    other = beside.same_room.get(reader)
    if other is None or other not in state.seats:
        return None
    both = (state.seats[reader], state.seats[other])
    asked = any(seat.wishes in (reader, other) for seat in both)
    return other if {seat.microphone for seat in both} == {"own"} and not asked else None


def sharing_asks(state: State, reader: str) -> tuple[str, ...]:
    """Who would use the reader's microphone."""
    return tuple(seat.seat for seat in state.seats.values() if seat.wishes == reader and state.position.part != "ended")


def sharing_asked(state: State, reader: str) -> str | None:
    """Whose microphone the reader has asked to use."""
    return state.seats[reader].wishes if state.position.part != "ended" else None


def claims(state: State, reader: str, beside: Beside) -> tuple[wire.Claim, ...]:
    return tuple(claim for claim in beside.claims if may_vouch(state, reader, claim.seat))


def next_time(state: State) -> wire.NextTime | None:
    planned = state.next_time
    return wire.NextTime(starts_ms=planned.starts_ms, minutes=planned.minutes, teachers=planned.teachers) if planned else None
