"""Who has the floor, how the group is divided, and what it makes together: parts of a view."""

from __future__ import annotations

from server.session.beside import Beside, line_key, offer_key
from server.session.floor_queue import left_ms, offers_now, queue_of, speaking_ends_ms
from server.session.here import is_here
from server.session.lanes import lane_of, members
from server.session.policy import microphones, speakers
from server.session.state import State
from server.session.together import lines_now
from server.wire import course
from server.wire import pieces as wire


def floor(state: State) -> course.Floor:
    phase = state.phase
    heard = speakers(state) | microphones(state)
    has_it = state.turn or state.speaking
    return course.Floor(
        mode=phase.floor if phase else "open",
        speakers=tuple(seat for seat in state.seats if seat in heard),
        turn=has_it.seat if has_it else None,
        turn_ends_ms=state.ends_ms if state.turn else speaking_ends_ms(state),
        next=state.turn.waiting if state.turn else queue_of(state),
        shares=_shares(state),
    )


def _shares(state: State) -> tuple[course.Share, ...]:
    """Of those who do not speak now: what runs is not a share that a page could show."""
    left = {seat: left_ms(state, seat) for seat in state.seats if state.speaking is None or seat != state.speaking.seat}
    in_turns = state.phase is not None and state.phase.floor == "round_robin"
    return tuple(course.Share(seat=seat, left_s=ms // 1000) for seat, ms in left.items() if ms is not None and not in_turns)


def lane(state: State, reader: str, beside: Beside) -> course.Lane | None:
    key, phase = lane_of(state, reader), state.phase
    if key is None or phase is None:
        return None
    plans = {plan.key: plan for plan in phase.lanes}
    others = (
        course.OtherLane(key=other, title=beside.words(plans[other].title), seats=members(state, other), over=state.lanes[other].over)
        for other in state.lanes
        if other != key
    )
    return course.Lane(
        key=key,
        together_ms=state.ends_ms,
        over=state.lanes[key].over,
        collects=plans[key].collects,
        early=phase.join == "when_ready",
        others=tuple(others),
    )


def collected(state: State, reader: str, beside: Beside) -> tuple[wire.Line, ...]:
    """A list belongs to those who make it until all are together again, and then to everybody in the round."""
    seats = frozenset(members(state, lane_of(state, reader) or ""))
    return tuple(
        wire.Line(line=line.line, seat=line.seat, text=beside.chat[line_key(line.line)], me_too=tuple(sorted(line.me_too)))
        for line in lines_now(state)
        if line_key(line.line) in beside.chat and (line.index != state.position.index or not state.lanes or line.seat in seats)
    )


def note_taker(state: State, reader: str) -> str | None:
    """Nobody speaks for all while being away."""
    keeps = state.note_taker
    if keeps and state.phase and state.phase.floor == "spokesperson" and not is_here(state, keeps):
        return None
    return keeps if keeps and lane_of(state, keeps) == lane_of(state, reader) else None


def offers(state: State, beside: Beside) -> tuple[wire.Offer, ...]:
    return tuple(
        wire.Offer(offer=offer.offer, seat=offer.seat, text=beside.chat.get(offer_key(offer.offer), ""), state=offer.state)
        for offer in offers_now(state)
    )
