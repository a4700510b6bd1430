"""Cues for what a group does beyond lessons and turns: a divided group and its list, asked-for floors, opinions, the one thing to try."""

from __future__ import annotations

from collections.abc import Sequence

from server.bots.scene import Act, Cue, Scene, When, new_id, say
from server.wire import messages as wire
from server.wire import moves
from server.wire.pieces import Offer

READY_AT = 0.7  # of the time apart
EACH_MS = 3_000


def _after(ms: int, *, index: int | None = None) -> When:
    """So long after this phase began, for the colleague who came in at this place."""

    def when(scene: Scene) -> int | None:
        if scene.view.phase.lesson or index not in (None, scene.character.index):
            return None
        return scene.seen_ms(scene.key) + ms + (0 if index is not None else scene.character.index * EACH_MS)

    return when


def _apart(when: When) -> When:
    def asked(scene: Scene) -> int | None:
        lane = scene.view.lane
        return when(scene) if lane is not None and lane.collects and not lane.over else None

    return asked


def _in_floor(mode: str, when: When) -> When:
    def asked(scene: Scene) -> int | None:
        return when(scene) if scene.view.floor.mode == mode and not scene.teaches_now else None

    return asked


def _ready_apart(scene: Scene) -> int | None:
    """Somewhat before all meet again."""
    lane, phase = scene.view.lane, scene.view.phase
    if lane is None or lane.over or lane.together_ms is None or scene.view.you.ready or not scene.may("ready"):
        return None
    began_ms = phase.started_ms if phase.started_ms is not None else scene.seen_ms(scene.key)
    return began_ms + round((lane.together_ms - began_ms) * READY_AT)


def _floor_is_mine(scene: Scene) -> int | None:
    asked_for = scene.view.floor.mode in ("queue", "permission") and scene.view.floor.turn == scene.view.you.seat
    return scene.seen_ms(f"{scene.key}/turn/{scene.view.phase.decision}") + 1_200 if asked_for else None


def _asked_said(scene: Scene) -> int | None:
    said_ms = scene.done_ms(f"asked@{scene.view.phase.decision}")
    mine = scene.view.floor.turn == scene.view.you.seat and scene.view.floor.mode in ("queue", "permission")
    if said_ms is None or not mine or not scene.may("end_turn"):
        return None
    return said_ms + scene.character.lasts_ms.get("answer", 0) + 1_000


def _opinions_to_answer(scene: Scene) -> int | None:
    return scene.seen_ms(scene.key) + 2_000 if scene.teaches_now and _unanswered(scene) else None


def _unanswered(scene: Scene) -> tuple[Offer, ...]:
    return tuple(offer for offer in scene.view.offers if offer.state == "asked")


def _something_to_try(scene: Scene) -> int | None:
    asked = scene.teaches_now and scene.view.form is not None and any(field.pinned for field in scene.view.form.fields)
    return scene.seen_ms(scene.key) + 2_500 if asked and scene.may("choose_try") else None


def _spokesperson(scene: Scene) -> int | None:
    speaks = scene.view.floor.mode == "spokesperson" and scene.view.note_taker == scene.view.you.seat
    return scene.seen_ms(scene.key) + 1_500 if speaks else None


def _take_notes(scene: Scene) -> Sequence[Act]:
    return (wire.TakeNotes(ref=0, on=True),) if scene.may("take_notes") and scene.view.note_taker is None else ()


def _add_line(scene: Scene) -> Sequence[Act]:
    text = scene.character.lines.written.get("line")
    return (wire.AddLine(ref=0, line=new_id(scene, "l"), text=text),) if text and scene.may("add_line") else ()


def _me_too(scene: Scene) -> Sequence[Act]:
    others = [line for line in scene.view.collected if line.seat != scene.view.you.seat]
    return (wire.MeToo(ref=0, line=others[0].line, on=True),) if others and scene.may("me_too") else ()


def _ready(scene: Scene) -> Sequence[Act]:
    return (moves.Ready(ref=0, decision=scene.view.phase.decision, ready=True),)


def _ask_for_the_floor(scene: Scene) -> Sequence[Act]:
    return (wire.RaiseHand(ref=0, raised=True),) if scene.may("raise_hand") else ()


def _offer(scene: Scene) -> Sequence[Act]:
    text = scene.character.lines.written.get("opinion")
    return (wire.OfferOpinion(ref=0, offer=new_id(scene, "o"), text=text),) if text and scene.may("offer_opinion") else ()


def _answer_offers(scene: Scene) -> Sequence[Act]:
    """The teacher wants to hear all but the third."""
    place = {offer.offer: place for place, offer in enumerate(scene.view.offers)}
    return tuple(wire.AnswerOffer(ref=0, offer=offer.offer, yes=place[offer.offer] != 2) for offer in _unanswered(scene))


def _choose(scene: Scene) -> Sequence[Act]:
    suggested = [entry for entry in scene.view.received if entry.round == scene.view.phase.round and any(entry.fields.values())]
    authors = (suggested[0].author,) if suggested else ()
    return (wire.ChooseTry(ref=0, round=scene.view.phase.round, authors=authors),)


def _end_turn(scene: Scene) -> Sequence[Act]:
    return (moves.EndTurn(ref=0, decision=scene.view.phase.decision),)


CUES: tuple[Cue, ...] = (
    Cue("notes", _apart(_after(2_000, index=0)), _take_notes),
    Cue("line", _apart(_after(4_000)), _add_line),
    Cue("me-too", _apart(_after(14_000)), _me_too),
    Cue("ready-apart", _ready_apart, _ready, again=True),
    Cue("asks", _in_floor("queue", _after(4_000)), _ask_for_the_floor),
    Cue("offers", _in_floor("permission", _after(4_000)), _offer),
    Cue("asked", _floor_is_mine, say("answer"), again=True),
    Cue("asked-end", _asked_said, _end_turn, again=True),
    Cue("answers-offer", _opinions_to_answer, _answer_offers, again=True),
    Cue("choose-try", _something_to_try, _choose),
    Cue("spokesperson", _spokesperson, say("feedback")),
)
