"""What a view needs beside the state, because it can be erased or passes: names, words, which films are ready, the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from typing import Literal

import msgspec

from server.wire.pieces import Claim, Disk

TakeState = Literal["recording", "ready", "failed"]

Translate = Callable[[str], str]


def line_key(line: str) -> str:
    """Where the words of a line of a list stand among those of the chat. No chat line has a dot in its id."""
    return f"line.{line}"


def offer_key(offer: str) -> str:
    """Where it stands what an opinion is about."""
    return f"offer.{offer}"


class EntryKey(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked before the rounds and after them counts to round 0."""

    round: int
    form: str
    author: str


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """`chat` has the words of chat lines by message, of lists by `line_key`, of opinions by `offer_key`; `decks` titles by deck.

    `claims` are all that wait for an answer. `same_room` are seats whose microphones hear one room. `lines` are seats whose sound and
    picture have been connected since they opened the page. `agreed_ms` is when the group means to meet. `disk` says whether recordings
    still fit. `translate` gives a text of the plan in the reader's language.
    """

    title: str
    names: Mapping[str, str]
    texts: Mapping[EntryKey, Mapping[str, str]]
    takes: Mapping[str, TakeState]
    chat: Mapping[str, str] = {}
    decks: Mapping[str, str] = {}
    claims: tuple[Claim, ...] = ()
    same_room: Mapping[str, str] = {}
    lines: Set[str] = frozenset()
    agreed_ms: int | None = None
    disk: Disk = "fine"
    translate: Translate = str

    def words(self, text: str) -> str:
        """A text of the plan for a page."""
        return self.translate(text) if text else ""
