"""What a room keeps in memory beside its state: names, words and titles from their own rows, and what passes."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from server.people.claims import Claims
from server.people.seats import names_in
from server.rooms import rows
from server.rooms.line_rows import load_lines
from server.rooms.lines import Weak
from server.session.beside import EntryKey, TakeState, line_key, offer_key
from server.session.state import State
from server.store.engine import Store
from server.wire.pieces import Disk


class Memory(msgspec.Struct, kw_only=True):
    """`starts_ms`: when the session was meant to begin. `claims` and `same_room` are lost with the process.

    `without_room`: there are as many recordings as the operator lets be kept.
    """

    title: str
    names: dict[str, str]
    texts: dict[EntryKey, dict[str, str]]
    takes: Mapping[str, TakeState]
    starts_ms: int | None = None
    disk: Disk = "fine"
    without_room: bool = False
    chat: dict[str, str] = {}
    decks: dict[str, str] = {}
    same_room: dict[str, str] = {}
    weak: dict[str, Weak] = {}
    claims: Claims = msgspec.field(default_factory=Claims)

    def forget_old_lines(self, state: State) -> None:
        """Words of chat lines that the session no longer holds stay in their rows only."""
        said = [line.message for line in state.chat]
        held = (*said, *(line_key(line.line) for line in state.lines), *(offer_key(offer.offer) for offer in state.offers))
        self.chat = {message: self.chat[message] for message in held if message in self.chat}

    def hear_same_room(self, pair: tuple[str, str]) -> None:
        for seat in pair:
            if (other := self.same_room.pop(seat, None)) is not None:
                self.same_room.pop(other, None)
        self.same_room |= {pair[0]: pair[1], pair[1]: pair[0]}

    def in_same_room(self, state: State) -> dict[str, str]:
        """Without those who no longer use a microphone of their own."""
        own = {seat for seat, person in state.seats.items() if person.microphone == "own"}
        return {seat: other for seat, other in self.same_room.items() if seat in own and other in own}


async def forget_words(memory: Memory, store: Store, session: str) -> None:
    """Of somebody who has deleted everything: words and titles as their rows have them now."""
    memory.texts = await rows.load_texts(store, session)
    memory.chat = await rows.load_chat(store, session)
    memory.decks = await rows.load_decks(store, session)


async def load_memory(store: Store, session: str, takes: Mapping[str, TakeState]) -> Memory:
    kept = await rows.load_session(store, session)
    return Memory(
        title=kept.title,
        starts_ms=kept.starts_ms,
        names=await names_in(store, session),
        texts=await rows.load_texts(store, session),
        chat=await rows.load_chat(store, session),
        decks=await rows.load_decks(store, session),
        weak=await load_lines(store, session),
        takes=takes,
    )
