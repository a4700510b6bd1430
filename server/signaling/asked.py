"""What a page's message asks of the session, where nothing but the log is concerned: a table from message type to command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from server.people.seats import fresh_id
from server.session import commands
from server.wire import base, moves
from server.wire import messages as wire

Ask = Callable[[str, Any], commands.SeatCommand]

ASKED: Mapping[type[base.Command], Ask] = {
    moves.Advance: lambda seat, said: commands.Advance(seat=seat, decision=said.decision),
    moves.StartLesson: lambda seat, said: commands.StartLesson(seat=seat, decision=said.decision, take=fresh_id()),
    moves.EndTurn: lambda seat, said: commands.EndTurn(seat=seat, decision=said.decision),
    wire.Tap: lambda seat, said: commands.Tap(seat=seat, moment=said.moment, mark=said.mark, at_ms=said.at_ms),
    wire.Untap: lambda seat, said: commands.Untap(seat=seat, moment=said.moment),
    moves.Ready: lambda seat, said: commands.SetReady(seat=seat, decision=said.decision, ready=said.ready),
    wire.ChooseRecording: lambda seat, said: commands.ChooseRecording(seat=seat, choice=said.choice),
    wire.RaiseHand: lambda seat, said: commands.RaiseHand(seat=seat, raised=said.raised),
    wire.LowerHand: lambda seat, said: commands.LowerHand(seat=seat, whose=said.seat),
    wire.ShowCard: lambda seat, said: commands.ShowCard(seat=seat, card=said.card),
    moves.AddTime: lambda seat, said: commands.AddTime(seat=seat, decision=said.decision, seconds=said.seconds, agreed=said.agreed),
    moves.Hold: lambda seat, said: commands.Hold(seat=seat, decision=said.decision),
    moves.Resume: lambda seat, said: commands.Resume(seat=seat, decision=said.decision),
    moves.TakeBack: lambda seat, said: commands.TakeBack(seat=seat, decision=said.decision),
    moves.Back: lambda seat, said: commands.Back(seat=seat, decision=said.decision, agreed=said.agreed),
    moves.PassTurn: lambda seat, said: commands.PassTurn(seat=seat, decision=said.decision),
    moves.AddTurn: lambda seat, said: commands.AddTurn(seat=seat, decision=said.decision, whose=said.seat, agreed=said.agreed),
    moves.SetOrder: lambda seat, said: commands.SetOrder(seat=seat, order=said.order, agreed=said.agreed),
    moves.TeachLater: lambda seat, said: commands.TeachLater(seat=seat, decision=said.decision),
    moves.GoWithout: lambda seat, said: commands.GoWithout(seat=seat, decision=said.decision),
    moves.RestartLesson: lambda seat, said: commands.RestartLesson(seat=seat, decision=said.decision, agreed=said.agreed),
    moves.HandOver: lambda seat, said: commands.HandOver(seat=seat, to=said.seat),
    moves.TakeLead: lambda seat, said: commands.TakeLead(seat=seat),
    wire.Keep: lambda seat, said: commands.Keep(seat=seat, round=said.round, author=said.author, kept=said.kept),
    wire.ChooseTry: lambda seat, said: commands.ChooseTry(seat=seat, round=said.round, authors=said.authors),
    wire.MeToo: lambda seat, said: commands.MeToo(seat=seat, line=said.line, on=said.on),
    wire.TakeNotes: lambda seat, said: commands.TakeNotes(seat=seat, on=said.on),
    wire.AnswerOffer: lambda seat, said: commands.AnswerOffer(seat=seat, offer=said.offer, yes=said.yes),
    wire.SetConsultant: lambda seat, said: commands.SetConsultant(seat=seat, whose=said.seat, on=said.on),
    wire.SetDevices: lambda seat, said: commands.SetDevices(seat=seat, microphone=said.microphone, camera=said.camera, shares=said.shares),
    wire.AnswerSharing: lambda seat, said: commands.AnswerSharing(seat=seat, whose=said.seat, yes=said.yes),
    wire.ShareScreen: lambda seat, said: commands.ShareScreen(seat=seat, on=said.on),
    wire.ShowSlide: lambda seat, said: commands.ShowSlide(seat=seat, deck=said.deck, page=said.page),
    wire.PlanNext: lambda seat, said: commands.PlanNext(seat=seat, starts_ms=said.starts_ms, minutes=said.minutes, teachers=said.teachers),
    wire.DecideTake: lambda seat, said: commands.DecideTake(seat=seat, take=said.take, keep=said.keep),
}
