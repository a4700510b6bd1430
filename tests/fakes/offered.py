"""For each command that a page may be offered, a sensible one, so that whatever a view names in `may` can be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from server.session import commands as c
from server.session.commands import SeatCommand
from server.session.floor_queue import offers_now
from server.session.lanes import state_of
from server.session.state import State
from server.session.together import lines_now
from server.session.writing import asked_of

Make = Callable[[State, str, int, int], SeatCommand]
"""(state, seat, now_ms, any number) -> what this seat could ask for now"""

NOT_OF_RIGHT = frozenset(
    "no_teacher no_time order_wrong too_many_teachers has_spoken no_turn not_here cannot_lead costs_minutes too_many no_slide screen_taken "
    "not_to_come three_kept no_line not_asked one_at_a_time no_seat no_microphone handed_in".split()
)
"""Refusals that say what stands in the way, not that somebody may not."""


def command_of(name: str, state: State, seat: str, now_ms: int, number: int = 0, *, agreed: bool = False) -> SeatCommand:
    """`name` as in `View.you.may`. Moves name the decision that the seat sees."""
    command = MAKE[name](state, seat, now_ms, number)
    return replace(command, agreed=agreed) if hasattr(command, "agreed") else command


def _decision(state: State, seat: str) -> int:
    return state_of(state, seat).decision if seat in state.seats else state.decision


def _somebody(state: State, number: int) -> str:
    return tuple(state.seats)[number % len(state.seats)]


def _others(state: State, seat: str, number: int) -> str:
    others = [other for other in state.seats if other != seat] or [seat]
    return others[number % len(others)]


def _own_round(state: State, seat: str) -> int:
    return state.order.index(seat) if seat in state.order else 0


def _mark(state: State) -> str:
    return state.plan.marks[0].key if state.plan.marks else "none"


def _write(state: State, seat: str, now_ms: int, number: int) -> SeatCommand:
    asked = asked_of(state, seat, now_ms) if seat in state.seats else None
    if asked is None:
        return c.Write(seat=seat, form="none", round=0, field="none")
    fields = state.plan.forms[asked.form].fields
    return c.Write(seat=seat, form=asked.form, round=asked.round, field=fields[number % len(fields)].key)


def _set_order(state: State, seat: str, now_ms: int, number: int) -> SeatCommand:
    """Those to come the other way round, or one more, or one less."""
    begun = state.position.round + 1 if state.position.part == "round" else 0
    fixed, to_come = state.order[:begun], state.order[begun:]
    more = tuple(other for other in state.seats if other not in state.order)
    return c.SetOrder(seat=seat, order=(*fixed, *((*reversed(to_come),), (*to_come, *more[:1]), to_come[1:])[number % 3]))


def _raise_hand(state: State, seat: str, now_ms: int, number: int) -> SeatCommand:
    up = seat in state.seats and state.seats[seat].hand_ms is not None
    return c.RaiseHand(seat=seat, raised=not up)


def _lower_hand(state: State, seat: str, now_ms: int, number: int) -> SeatCommand:
    up = [other.seat for other in state.seats.values() if other.hand_ms is not None] or [seat]
    return c.LowerHand(seat=seat, whose=up[number % len(up)])


def _add_turn(state: State, seat: str, now_ms: int, number: int) -> SeatCommand:
    return c.AddTurn(seat=seat, decision=_decision(state, seat), whose=_somebody(state, number))


def _me_too(state: State, seat: str, now_ms: int, number: int) -> SeatCommand:
    lines = [line.line for line in lines_now(state)] or ["none"]
    return c.MeToo(seat=seat, line=lines[number % len(lines)], on=number % 3 != 0)


def _answer_offer(state: State, seat: str, now_ms: int, number: int) -> SeatCommand:
    offers = [offer.offer for offer in offers_now(state)] or ["none"]
    return c.AnswerOffer(seat=seat, offer=offers[number % len(offers)], yes=number % 3 != 0)


def _show_slide(state: State, seat: str, now_ms: int, number: int) -> SeatCommand:
    return c.ShowSlide(seat=seat, deck=f"deck-{seat}" if number % 3 else None, page=number % 2)


def _decide_take(state: State, seat: str, now_ms: int, number: int) -> SeatCommand:
    asked = [take for lesson in state.all_lessons if lesson.teacher == seat and (take := lesson.take) in state.asked] or ["none"]
    return c.DecideTake(seat=seat, take=asked[0] or "none", keep=number % 2 == 0)


def _answer_sharing(state: State, seat: str, now_ms: int, number: int) -> SeatCommand:
    asking = [other.seat for other in state.seats.values() if seat in (other.wishes, other.shares)] or [seat]
    return c.AnswerSharing(seat=seat, whose=asking[0], yes=number % 2 == 0)


MAKE: Mapping[str, Make] = {
    "advance": lambda state, seat, now_ms, number: c.Advance(seat=seat, decision=_decision(state, seat)),
    "back": lambda state, seat, now_ms, number: c.Back(seat=seat, decision=_decision(state, seat)),
    "take_back": lambda state, seat, now_ms, number: c.TakeBack(seat=seat, decision=_decision(state, seat)),
    "start_lesson": lambda state, seat, now_ms, number: c.StartLesson(
        seat=seat, decision=_decision(state, seat), take=f"take-{state.decision}"
    ),
    "restart_lesson": lambda state, seat, now_ms, number: c.RestartLesson(seat=seat, decision=_decision(state, seat)),
    "teach_later": lambda state, seat, now_ms, number: c.TeachLater(seat=seat, decision=_decision(state, seat)),
    "go_without": lambda state, seat, now_ms, number: c.GoWithout(seat=seat, decision=_decision(state, seat)),
    "set_order": _set_order,
    "end_turn": lambda state, seat, now_ms, number: c.EndTurn(seat=seat, decision=_decision(state, seat)),
    "pass_turn": lambda state, seat, now_ms, number: c.PassTurn(seat=seat, decision=_decision(state, seat)),
    "add_turn": _add_turn,
    "add_time": lambda state, seat, now_ms, number: c.AddTime(
        seat=seat, decision=_decision(state, seat), seconds=(60, 15, -20)[number % 3]
    ),
    "hold": lambda state, seat, now_ms, number: c.Hold(seat=seat, decision=_decision(state, seat)),
    "resume": lambda state, seat, now_ms, number: c.Resume(seat=seat, decision=_decision(state, seat)),
    "hand_over": lambda state, seat, now_ms, number: c.HandOver(seat=seat, to=_others(state, seat, number)),
    "take_lead": lambda state, seat, now_ms, number: c.TakeLead(seat=seat),
    "tap": lambda state, seat, now_ms, number: c.Tap(seat=seat, moment=f"m-{seat}-{number}", mark=_mark(state), at_ms=now_ms),
    "untap": lambda state, seat, now_ms, number: c.Untap(seat=seat, moment=f"m-{seat}-{number}"),
    "write": _write,
    "ready": lambda state, seat, now_ms, number: c.SetReady(seat=seat, decision=_decision(state, seat), ready=number % 4 != 0),
    "choose_recording": lambda state, seat, now_ms, number: c.ChooseRecording(seat=seat, choice="leave_out" if number % 3 else "record"),
    "set_devices": lambda state, seat, now_ms, number: c.SetDevices(
        seat=seat, microphone="none" if number % 4 == 0 else "own", camera=True, shares=None
    ),
    "answer_sharing": _answer_sharing,
    "raise_hand": _raise_hand,
    "lower_hand": _lower_hand,
    "chat": lambda state, seat, now_ms, number: c.Chat(seat=seat, message=f"say-{seat}-{state.decision}-{number}", to=None),
    "show_card": lambda state, seat, now_ms, number: c.ShowCard(seat=seat, card="two_minutes"),
    "keep": lambda state, seat, now_ms, number: c.Keep(
        seat=seat, round=_own_round(state, seat), author=_others(state, seat, number), kept=number % 2 == 0
    ),
    "choose_try": lambda state, seat, now_ms, number: c.ChooseTry(
        seat=seat, round=_own_round(state, seat), authors=(_others(state, seat, number),)
    ),
    "add_line": lambda state, seat, now_ms, number: c.AddLine(seat=seat, line=f"line-{seat}-{state.position.round}-{number}"),
    "me_too": _me_too,
    "take_notes": lambda state, seat, now_ms, number: c.TakeNotes(seat=seat, on=number % 3 != 0),
    "offer_opinion": lambda state, seat, now_ms, number: c.OfferOpinion(seat=seat, offer=f"offer-{seat}-{state.decision}-{number}"),
    "answer_offer": _answer_offer,
    "set_consultant": lambda state, seat, now_ms, number: c.SetConsultant(seat=seat, whose=_somebody(state, number), on=number % 2 == 0),
    "add_deck": lambda state, seat, now_ms, number: c.AddDeck(seat=seat, deck=f"deck-{seat}", pages=2),
    "show_slide": _show_slide,
    "share_screen": lambda state, seat, now_ms, number: c.ShareScreen(seat=seat, on=number % 2 == 0),
    "plan_next": lambda state, seat, now_ms, number: c.PlanNext(
        seat=seat, starts_ms=now_ms + 86_400_000, minutes=60 + number, teachers=(seat,)
    ),
    "decide_take": _decide_take,
}
