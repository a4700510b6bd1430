"""What a person's sessions say beside the database's rows: choices, moments, and what others gave to them to read. Pure but for rooms."""

from __future__ import annotations

from server.review.archive.rows import Row, Tables
from server.rooms.room import Room
from server.session.beside import Translate


def words_of(room: Room, seat: str, translate: Translate) -> Tables:
    """Of this seat in this session; the rows of one table of several sessions are put together by who asks."""
    return {
        "choices": [_choice(room, seat)],
        "moments": _moments(room, seat),
        "forms_you_received": _received(room, seat, translate),
        "chat_you_received": _chat_to(room, seat),
    }


def label_of(room: Room, form: str, field: str, translate: Translate) -> str:
    """What was asked; the line on a moment has no question of its own."""
    found = room.state.plan.forms.get(form)
    return next((translate(each.label) for each in found.fields if each.key == field), "") if found else ""


def _choice(room: Room, seat: str) -> Row:
    own = room.state.seats[seat]
    return {
        "session": room.id,
        "teaches": own.teaches,
        "leads": own.leads,
        "recording": own.recording or "not chosen",
        "microphone": own.microphone,
        "came_ms": own.came_ms or None,
    }


def _moments(room: Room, seat: str) -> list[Row]:
    labels = {mark.key: mark.label for mark in room.state.plan.marks}
    own = sorted((moment for moment in room.state.moments.values() if moment.seat == seat), key=lambda moment: moment.at_ms)
    return [{"session": room.id, "round": each.round, "label": labels.get(each.mark, each.mark), "tapped_ms": each.at_ms} for each in own]


def _received(room: Room, seat: str, translate: Translate) -> list[Row]:
    names = room.memory.names
    return [
        {"session": room.id, "round": entry.round, "name": names.get(entry.author, "…"), "label": entry.labels.get(field, ""), "text": text}
        for entry in room.view(seat, translate).received
        for field, text in entry.fields.items()
        if text
    ]


def _chat_to(room: Room, seat: str) -> list[Row]:
    return [
        {
            "session": room.id,
            "name": room.memory.names.get(line.seat, "…"),
            "text": room.memory.chat.get(line.message, ""),
            "said_ms": line.at_ms,
        }
        for line in room.state.chat
        if line.to == seat
    ]
