"""The rows of the table of rights: each message of a page, said so that nothing but rights can stand in its way where that is possible."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from server.session.commands import (
    AddDeck,
    AddTime,
    ChooseRecording,
    OfferOpinion,
    RaiseHand,
    SetDevices,
    SetHere,
    SetOrder,
    TakeSeat,
)
from server.session.plan import PhaseForms
from server.wire import messages as wire
from server.wire import moves
from server.wire.connections import SuggestCameraOff
from tests.fakes.one_page import OnePage

Say = Callable[[OnePage], Iterable[wire.FromPage]]
Prepare = Callable[[OnePage], object]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """`say`: ways to say it, of which one that is taken is enough; none: there is nothing that could be said.

    `prepare` does what must have happened before, and nobody but this row sees it. `offered`: its name in `you.may` means this row.
    """

    kind: type[wire.FromPage]
    say: Say
    of: str = ""
    prepare: Prepare = lambda page: None
    offered: bool = True

    @property
    def tag(self) -> str:
        return str(self.kind.__struct_config__.tag)

    @property
    def name(self) -> str:
        return f"{self.tag}: {self.of}" if self.of else self.tag


def _moved(kind: type[wire.FromPage], prepare: Prepare = lambda page: None, **values: object) -> Row:
    """A message with the decision that the page shows."""

    def say(page: OnePage) -> Iterable[wire.FromPage]:
        asks = {"agreed": True} if "agreed" in kind.__struct_fields__ else {}
        yield msgspec.convert({"type": kind.__struct_config__.tag, "ref": 1, "decision": page.decision, **asks, **values}, kind)

    return Row(kind=kind, say=say, prepare=prepare)


def _leader(page: OnePage) -> str:
    return next((seat.seat for seat in page.played.state.seats.values() if seat.leads and seat.here), "")


def _something_to_take_back(page: OnePage) -> None:
    leader, state = _leader(page), page.played.state
    begun = state.order[: state.position.round + 1] if state.position.part == "round" else ()
    more = AddTime(seat=leader, decision=state.decision, seconds=60, agreed=True)
    page.prepare(more, SetOrder(seat=leader, order=(*begun, "ben"), agreed=True))


def _somebody_comes_late(page: OnePage) -> None:
    page.prepare(TakeSeat(seat="erik", teaches=False, leads=False))
    page.prepare(SetHere(seat="erik", here=True, since_ms=page.played.now_ms))


def _time(page: OnePage) -> Iterable[wire.FromPage]:
    return (moves.AddTime(ref=1, decision=page.decision, seconds=seconds, agreed=True) for seconds in (60, -10))


def _order(page: OnePage) -> Iterable[wire.FromPage]:
    order = page.played.state.order
    return (moves.SetOrder(ref=1, order=other, agreed=True) for other in ((*order, "carl"), order[:-1]))


def _write_now(page: OnePage) -> Iterable[wire.FromPage]:
    view = page.view
    if view and view.form:
        round_ = view.mine.round if view.mine else page.round
        yield wire.Write(ref=1, form=view.form.form, round=round_, field=view.form.fields[0].key, text="Words")


def _write(which: Callable[[PhaseForms], str | None]) -> Say:
    """The first form of a round that is asked of these."""

    def say(page: OnePage) -> Iterable[wire.FromPage]:
        plan = page.played.state.plan
        form = next(form for phase in plan.round for step in phase.steps if (form := which(step.forms)))
        yield wire.Write(ref=1, form=form, round=page.round, field=plan.forms[form].fields[0].key, text="Words")

    return say


def _line(to: str) -> wire.Chat:
    return wire.Chat(ref=1, message="c-new", text="Words", to=to)


def _to_the_leader(page: OnePage) -> Iterable[wire.FromPage]:
    leads = [seat.seat for seat in page.played.state.seats.values() if seat.leads]
    return (_line(leader) for leader in leads if leader != page.seat)


def _to_the_teacher(page: OnePage) -> Iterable[wire.FromPage]:
    teacher = page.played.state.teacher or "maria"
    return (_line(teacher),) if _leads(page) and page.seat != teacher else ()


def _to_ben(page: OnePage) -> Iterable[wire.FromPage]:
    return (_line("ben"),) if _leads(page) else ()


def _leads(page: OnePage) -> bool:
    return page.has_seat and page.played.state.seats[page.seat].leads


def _untap(page: OnePage) -> Iterable[wire.FromPage]:
    own = [key for key, moment in page.played.state.moments.items() if moment.seat == page.seat]
    return (wire.Untap(ref=1, moment=moment) for moment in (own or ["m-none"]))


def _own_round(page: OnePage) -> int:
    order = page.played.state.order
    return order.index(page.seat) if page.seat in order else page.round


def _keep(page: OnePage) -> Iterable[wire.FromPage]:
    return (wire.Keep(ref=1, round=_own_round(page), author=page.other("carl", "ben"), kept=True),)


def _choose_try(page: OnePage) -> Iterable[wire.FromPage]:
    return (wire.ChooseTry(ref=1, round=_own_round(page), authors=(page.other("carl", "ben"),)),)


def _claim(whose: Callable[[OnePage], str]) -> Say:
    def say(page: OnePage) -> Iterable[wire.FromPage]:
        if page.has_seat:
            claim, _ = page.claims.make(whose(page), page.played.now_ms)
            yield wire.AnswerClaim(ref=1, claim=claim, yes=True)

    return say


def _suggest(page: OnePage) -> Iterable[wire.FromPage]:
    if page.has_seat:
        yield SuggestCameraOff(ref=1, seat=page.other("dora", "ben"))


def _stop_recording(page: OnePage) -> None:
    page.prepare(ChooseRecording(seat="maria", choice="leave_out"))


def _asks_to_share(page: OnePage) -> None:
    page.prepare(SetDevices(seat="dora", microphone="own", camera=True, shares=page.seat))


def _hand_of_dora(page: OnePage) -> None:
    page.prepare(RaiseHand(seat="dora", raised=True))


def _offer_of_dora(page: OnePage) -> None:
    page.prepare(OfferOpinion(seat="dora", offer="o-dora"))


def _own_deck(page: OnePage) -> None:
    page.prepare(AddDeck(seat=page.seat, deck="d-own", pages=3))


def _dora_leaves(page: OnePage) -> None:
    page.prepare(SetHere(seat="dora", here=False, since_ms=page.played.now_ms))


ROWS = (
    _moved(moves.Advance),
    _moved(moves.Back),
    _moved(moves.TakeBack, _something_to_take_back),
    _moved(moves.StartLesson),
    _moved(moves.RestartLesson),
    _moved(moves.TeachLater),
    _moved(moves.GoWithout),
    Row(kind=moves.SetOrder, say=_order),
    _moved(moves.EndTurn),
    _moved(moves.PassTurn),
    _moved(moves.AddTurn, _somebody_comes_late, seat="erik"),
    Row(kind=moves.AddTime, say=_time),
    _moved(moves.Hold),
    _moved(moves.Resume),
    Row(kind=moves.HandOver, say=lambda page: (moves.HandOver(ref=1, seat=page.other("ben", "maria")),)),
    Row(kind=moves.TakeLead, say=lambda page: (moves.TakeLead(ref=1),)),
    _moved(moves.Ready, ready=True),
    Row(kind=wire.Tap, say=lambda page: (wire.Tap(ref=1, moment="m-new", mark="helped", at_ms=page.played.now_ms),)),
    Row(kind=wire.Untap, say=_untap),
    Row(kind=wire.Write, of="what is asked now", say=_write_now),
    Row(kind=wire.Write, of="the first note to T", say=_write(lambda forms: forms.colleague), offered=False),
    Row(kind=wire.Write, of="T's own first text", say=_write(lambda forms: forms.teacher), offered=False),
    Row(kind=wire.Keep, say=_keep),
    Row(kind=wire.ChooseTry, say=_choose_try),
    Row(kind=wire.RaiseHand, say=lambda page: (wire.RaiseHand(ref=1, raised=True),)),
    Row(kind=wire.LowerHand, say=lambda page: (wire.LowerHand(ref=1, seat="dora"),), prepare=_hand_of_dora),
    Row(kind=wire.OfferOpinion, say=lambda page: (wire.OfferOpinion(ref=1, offer="o-new", text="the example"),)),
    Row(kind=wire.AnswerOffer, say=lambda page: (wire.AnswerOffer(ref=1, offer="o-dora", yes=True),), prepare=_offer_of_dora),
    Row(kind=wire.AddLine, say=lambda page: (wire.AddLine(ref=1, line="l-new", text="The example"),)),
    Row(kind=wire.MeToo, say=lambda page: (wire.MeToo(ref=1, line="l-dora", on=True),)),
    Row(kind=wire.TakeNotes, say=lambda page: (wire.TakeNotes(ref=1, on=True),)),
    Row(kind=wire.Chat, of="to all", say=lambda page: (wire.Chat(ref=1, message="c-new", text="Words"),)),
    Row(kind=wire.Chat, of="to L alone", say=_to_the_leader, offered=False),
    Row(kind=wire.Chat, of="L to T alone", say=_to_the_teacher, offered=False),
    Row(kind=wire.Chat, of="L to C alone", say=_to_ben, offered=False),
    Row(kind=wire.ShowCard, say=lambda page: (wire.ShowCard(ref=1, card="two_minutes"),)),
    Row(kind=wire.ShowSlide, say=lambda page: (wire.ShowSlide(ref=1, deck="d-own", page=1),), prepare=_own_deck),
    Row(kind=wire.ShareScreen, say=lambda page: (wire.ShareScreen(ref=1, on=True),)),
    Row(kind=wire.ChooseRecording, say=lambda page: (wire.ChooseRecording(ref=1, choice="leave_out"),)),
    Row(kind=wire.DecideTake, say=lambda page: (wire.DecideTake(ref=1, take="take-1", keep=True),), prepare=_stop_recording),
    Row(kind=wire.SetDevices, say=lambda page: (wire.SetDevices(ref=1, microphone="own", camera=True),)),
    Row(kind=wire.AnswerSharing, say=lambda page: (wire.AnswerSharing(ref=1, seat="dora", yes=True),), prepare=_asks_to_share),
    Row(kind=wire.SetConsultant, say=lambda page: (wire.SetConsultant(ref=1, seat="carl", on=True),)),
    Row(
        kind=wire.PlanNext,
        say=lambda page: (wire.PlanNext(ref=1, starts_ms=page.played.now_ms + 1_000, minutes=40, teachers=("maria",)),),
    ),
    Row(kind=SuggestCameraOff, say=_suggest, offered=False),
    Row(kind=wire.AnswerClaim, of="own seat", say=_claim(lambda page: page.seat), offered=False),
    Row(kind=wire.AnswerClaim, of="seat of one away", say=_claim(lambda page: "dora"), prepare=_dora_leaves, offered=False),
    Row(kind=wire.AnswerClaim, of="of one who is here", say=_claim(lambda page: page.other("dora")), offered=False),
)
NOT_OF_THE_SESSION = {
    "hello": "Anybody whose cookie has a seat in this session, once: the first message on a connection. A second one: hello_again.",
    "ping": "Everybody with a connection.",
    "start_media": "Everybody with a connection, for their own seat. What is heard and seen of it is the media policy's to say.",
    "publish": "As start_media; the worker refuses what does not belong to peer connections that the page has started.",
    "subscribed": "As publish.",
    "ask_relay": "Everybody with a connection, for their own page; nothing comes of it where no relay is set.",
    "quality": "Everybody with a connection, of their own one; what comes too often is left out.",
    "suggest_camera_off": "In the tables above, but not from the table of rights: who leads, to somebody whose page is open.",
    "answer_claim": "In the tables above, but not from the table of rights: server/session/here.may_vouch.",
}
