"""The state after somebody got or gave up the floor, and after something happened in one lane of a divided group."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from server.session.events import (
    AnyEvent,
    FloorFreed,
    FloorGiven,
    GraceBegan,
    InLane,
    LaneEnded,
    LineAdded,
    MeTooChanged,
    NoteTakerChanged,
    OfferAnswered,
    OpinionOffered,
    TryChosen,
    TurnAdded,
    TurnBegan,
    TurnPassed,
)
from server.session.folding import Folder
from server.session.lanes import embed, lane_state, moved_on
from server.session.schedule import share_of
from server.session.state import Lane, Line, Offer, Speaking, State, Turn
from server.wire.pieces import OfferState


def rested(state: State, at_ms: int) -> State:
    """Whoever has the floor has had it until now: counted, here and in every lane."""
    for seen in (state, *(lane_state(state, key) for key in state.lanes)):
        talking = seen.turn or seen.speaking
        until_ms = min(at_ms, seen.held.since_ms) if seen.held else at_ms
        if talking:
            state = replace(state, talked_ms=_with_talk(state, talking.seat, _since_ms(seen), until_ms))
    return state


def without_floor(state: State, at_ms: int) -> State:
    """On the way to another phase."""
    counted = rested(state, at_ms)
    heard_ms = dict(counted.heard_ms)
    for seat, ms in counted.talked_ms.items():
        heard_ms[state.position.round, seat] = heard_ms.get((state.position.round, seat), 0) + ms
    offers = tuple(replace(offer, state="said") if offer.state == "speaking" else offer for offer in state.offers)
    return replace(counted, turn=None, speaking=None, lanes={}, talked_ms={}, heard_ms=heard_ms, offers=offers)


def stood_still(state: State, at_ms: int) -> State:
    """The clock is held: what has been said until now is counted, and nothing is counted meanwhile."""

    def still(lane: Lane) -> Lane:
        return replace(lane, speaking=replace(lane.speaking, since_ms=None)) if lane.speaking else lane

    counted = state
    for seen in (state, *(lane_state(state, key) for key in state.lanes)):
        if seen.speaking:
            counted = replace(counted, talked_ms=_with_talk(counted, seen.speaking.seat, seen.speaking.since_ms, at_ms))
    speaking = replace(state.speaking, since_ms=None) if state.speaking else None
    return replace(counted, speaking=speaking, lanes={key: still(lane) for key, lane in state.lanes.items()})


def went_on(state: State, at_ms: int, by_ms: int) -> State:
    """The clock runs again after it stood still for so long."""

    def on(lane: Lane) -> Lane:
        later = moved_on(lane, by_ms)
        return replace(later, speaking=_again(later.speaking, at_ms, by_ms)) if later.speaking else later

    speaking = _again(state.speaking, at_ms, by_ms) if state.speaking else None
    turn = replace(state.turn, paused_ms=state.turn.paused_ms + by_ms) if state.turn else None
    return replace(state, speaking=speaking, turn=turn, lanes={key: on(lane) for key, lane in state.lanes.items()})


def _again(speaking: Speaking, at_ms: int, by_ms: int) -> Speaking:
    return replace(speaking, since_ms=at_ms if speaking.since_ms is None else speaking.since_ms + by_ms)


def _since_ms(state: State) -> int | None:
    """From when the time of whoever has the floor counts, as if the clock had never stood still."""
    return state.turn.started_ms + state.turn.paused_ms if state.turn else state.speaking.since_ms if state.speaking else None


def _with_talk(state: State, seat: str, since_ms: int | None, at_ms: int) -> dict[str, int]:
    more_ms = 0 if since_ms is None else max(0, at_ms - since_ms)
    return {**state.talked_ms, seat: state.talked_ms.get(seat, 0) + more_ms}


def _turn_began(state: State, event: TurnBegan) -> State:
    """Turns are alike, unless the format shares out what is left."""
    counted = rested(state, event.at_ms)
    phase, until_bell_s = state.phase, (event.ends_ms - event.at_ms) // 1000
    if phase is not None and phase.turns == "shared_out":
        share_s = share_of(until_bell_s)
    else:
        phase_s = state.planned_s or until_bell_s * (1 + len(event.waiting))
        share_s = state.turn.share_s if state.turn else phase_s // (1 + len(event.waiting))
    return replace(
        counted,
        status="running",
        decision=state.decision + 1,
        ends_ms=event.ends_ms,
        runs_ms=event.at_ms,
        held=None,
        turn=Turn(seat=event.seat, started_ms=event.at_ms, waiting=event.waiting, share_s=share_s),
        spoken=state.spoken | {(state.position.round, state.position.index, event.seat)},
    )


def _turn_passed(state: State, event: TurnPassed) -> State:
    key = (state.position.round, state.position.index, event.seat)
    return replace(state, spoken=state.spoken - {key}, passed=state.passed | {key} if event.counts else state.passed)


def _turn_added(state: State, event: TurnAdded) -> State:
    if state.turn is None:
        return state
    turn = replace(state.turn, waiting=(*state.turn.waiting, event.seat))
    return replace(state, decision=state.decision + 1, turn=turn)


def _floor_given(state: State, event: FloorGiven) -> State:
    from_queue = replace(state.seats[event.seat], hand_ms=None)
    since_ms = None if state.held else event.at_ms
    offered = next((offer.offer for offer in state.offers if _is_next(state, offer, event.seat)), None)
    given = replace(
        rested(state, event.at_ms),
        decision=state.decision + 1,
        speaking=Speaking(seat=event.seat, since_ms=since_ms),
        seats={**state.seats, event.seat: from_queue},
        spoken=state.spoken | {(state.position.round, state.position.index, event.seat)},
    )
    return given if offered is None else _with_offer(given, offered, "speaking")


def _is_next(state: State, offer: Offer, seat: str) -> bool:
    return offer.seat == seat and offer.state == "yes" and (offer.round, offer.index) == (state.position.round, state.position.index)


def _floor_freed(state: State, event: FloorFreed) -> State:
    freed = replace(rested(state, event.at_ms), decision=state.decision + 1, speaking=None)
    said = next((offer.offer for offer in state.offers if offer.seat == event.seat and offer.state == "speaking"), None)
    return freed if said is None else _with_offer(freed, said, "said")


def grace_began(state: State, event: GraceBegan) -> State:
    return replace(state, status="grace", ends_ms=event.ends_ms, runs_ms=event.at_ms)


def _opinion_offered(state: State, event: OpinionOffered) -> State:
    offer = Offer(offer=event.offer, round=state.position.round, index=state.position.index, seat=event.seat)
    return replace(state, offers=(*state.offers, offer))


def _offer_answered(state: State, event: OfferAnswered) -> State:
    return _with_offer(state, event.offer, "yes" if event.yes else "no")


def _with_offer(state: State, which: str, now: OfferState) -> State:
    return replace(state, offers=tuple(replace(offer, state=now) if offer.offer == which else offer for offer in state.offers))


def _in_lane(state: State, event: InLane) -> State:
    if event.lane not in state.lanes:
        return state
    return embed(state, event.lane, IN_LANES[type(event.event)](lane_state(state, event.lane), event.event))


def _lane_ended(state: State, event: LaneEnded) -> State:
    if event.lane not in state.lanes:
        return state
    seen = rested(lane_state(state, event.lane), event.at_ms)
    after = embed(state, event.lane, replace(seen, turn=None, speaking=None, decision=seen.decision + 1))
    return replace(after, lanes={**after.lanes, event.lane: replace(after.lanes[event.lane], over=True)})


def _line_added(state: State, event: LineAdded) -> State:
    line = Line(line=event.line, round=state.position.round, index=state.position.index, seat=event.seat)
    return replace(state, lines=(*state.lines, line))


def _me_too_changed(state: State, event: MeTooChanged) -> State:
    def changed(line: Line) -> Line:
        if line.line != event.line:
            return line
        return replace(line, me_too=line.me_too | {event.seat} if event.on else line.me_too - {event.seat})

    return replace(state, lines=tuple(map(changed, state.lines)))


def _note_taker_changed(state: State, event: NoteTakerChanged) -> State:
    return replace(state, note_taker=event.seat)


def _try_chosen(state: State, event: TryChosen) -> State:
    return replace(state, tries={**state.tries, event.round: event.authors})


IN_LANES: Mapping[type[AnyEvent], Folder] = {
    TurnBegan: _turn_began,
    TurnPassed: _turn_passed,
    TurnAdded: _turn_added,
    FloorGiven: _floor_given,
    FloorFreed: _floor_freed,
    GraceBegan: grace_began,
}
FOLDERS: Mapping[type[AnyEvent], Folder] = {
    **IN_LANES,
    OpinionOffered: _opinion_offered,
    OfferAnswered: _offer_answered,
    InLane: _in_lane,
    LaneEnded: _lane_ended,
    LineAdded: _line_added,
    MeTooChanged: _me_too_changed,
    NoteTakerChanged: _note_taker_changed,
    TryChosen: _try_chosen,
}
