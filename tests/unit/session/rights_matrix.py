"""Who may send which message when, asked of the running core through the tables of dispatch, as a text to read.

`python -m tests.unit.session.rights_matrix --write` renews the tables in `rights_matrix.txt` and keeps what is written beside them.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from tests.fakes.one_page import OnePage
from tests.fakes.played_session import PlayedSession
from tests.fakes.situations import TABLES, Situation
from tests.unit.session.rights_rows import NOT_OF_THE_SESSION, ROWS, Row

FILE = Path(__file__).with_name("rights_matrix.txt")
LETTERS = "LTCSKX"
STRANGER = "xaver"
LACK_OF_RIGHT = {"not_allowed", "no_seat", "chat_rests"}
CELL = 9


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """`code` None: taken. `offered`: the page of this person shows it."""

    code: str | None
    offered: bool

    @property
    def rights(self) -> bool:
        return self.code not in LACK_OF_RIGHT


Cells = dict[tuple[str, str, str], Answered]
"""By row, situation and letter; nothing where nobody of this letter is there, or nothing can be said."""


def people(situation: Situation, played: PlayedSession) -> dict[str, str]:
    """Who stands for which letter: only those who are here, and the stranger."""
    state = played.state
    leads = next((seat.seat for seat in state.seats.values() if seat.leads), None)
    teaches = state.teacher or "maria"
    named = {"L": leads, "T": teaches, "C": "ben", "S": situation.has_floor, "K": "kim"}
    here = {letter: seat for letter, seat in named.items() if seat and state.seats[seat].here}
    return {**here, "X": STRANGER}


async def all_cells() -> Cells:
    cells: Cells = {}
    for situation in itertools.chain.from_iterable(TABLES.values()):
        played = situation.reach()
        for letter, seat in people(situation, played).items():
            page = OnePage(played, seat)
            for row in ROWS:
                if answered := await answer(page, row):
                    cells[row.name, situation.key, letter] = answered
    return cells


async def answer(page: OnePage, row: Row) -> Answered | None:
    """What comes of the best of several ways to say it: taken, else refused for something else than rights, else for lack of right."""
    page.again()
    row.prepare(page)
    offered = row.offered and row.tag in page.may
    codes = [await page.say(message) for message in row.say(page)]
    if not codes:
        return None
    return Answered(code=min(codes, key=lambda code: (code is not None, code in LACK_OF_RIGHT)), offered=offered)


def printed(cells: Cells) -> str:
    return "\n".join(itertools.chain.from_iterable(_table(name, situations, cells) for name, situations in TABLES.items()))


def _table(name: str, situations: tuple[Situation, ...], cells: Cells) -> Iterator[str]:
    width = max(len(row.name) for row in ROWS) + 2
    yield from ("", f"== {name} ==", "")
    yield from (f"{situation.key:>{CELL}}  {situation.meaning}" for situation in situations)
    yield ""
    yield "".ljust(width) + "".join(situation.key.ljust(CELL) for situation in situations).rstrip()
    for row in ROWS:
        yield (row.name.ljust(width) + "".join(_cell(cells, row, situation).ljust(CELL) for situation in situations)).rstrip()
    if others := list(_other_refusals(situations, cells)):
        yield from ("", "Small letters: not refused for lack of right, but", *others)


def _cell(cells: Cells, row: Row, situation: Situation) -> str:
    asked = {letter: cells[row.name, situation.key, letter] for letter in LETTERS if (row.name, situation.key, letter) in cells}
    return "".join(letter if answered.code is None else letter.lower() for letter, answered in asked.items() if answered.rights) or "."


def _other_refusals(situations: Iterable[Situation], cells: Cells) -> Iterator[str]:
    keys = {situation.key for situation in situations}
    found: dict[tuple[str, str], dict[str, str]] = {}
    for (row, situation, letter), answered in cells.items():
        if situation in keys and answered.code and answered.rights:
            places = found.setdefault((row, answered.code), {})
            places[situation] = places.get(situation, "") + letter.lower()
    for (row, code), places in sorted(found.items()):
        yield f"  {row}  {code}: " + ", ".join(f"{situation} {letters}" for situation, letters in places.items())


def outside() -> str:
    """Messages that are not asked of the session."""
    width = max(map(len, NOT_OF_THE_SESSION)) + 2
    lines = (name.ljust(width) + how for name, how in NOT_OF_THE_SESSION.items())
    return "\n".join(("", "== not asked of the session ==", "", *lines))


def sections(text: str) -> dict[str, tuple[list[str], list[str]]]:
    """By heading, the lines that are compared and those that only people read."""
    found: dict[str, tuple[list[str], list[str]]] = {"": ([], [])}
    heading = ""
    for line in text.splitlines():
        if line.startswith("== "):
            heading = line
            found[heading] = ([], [])
        found[heading][line.startswith("#")].append(line)
    return found


def compared(text: str) -> list[str]:
    """Without what is written beside the tables, and without empty lines."""
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def renewed(kept: str, cells: Cells) -> str:
    """The file with new tables and the old words beside them."""
    beside = {heading: notes for heading, (_, notes) in sections(kept).items()}
    lines = list(beside.get("", ()))
    for heading, (table, _) in sections(printed(cells) + "\n" + outside()).items():
        body = "\n".join(table).strip("\n")
        lines += ["", body, ""] if body else []
        lines += beside.get(heading, []) if heading else []
    return "\n".join(lines).strip("\n") + "\n"


if __name__ == "__main__":
    everything = asyncio.run(all_cells())
    if "--write" in sys.argv[1:]:
        FILE.write_text(renewed(FILE.read_text() if FILE.exists() else "", everything))
    else:
        print(printed(everything), outside(), sep="\n")
