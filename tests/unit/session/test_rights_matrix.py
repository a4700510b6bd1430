"""Who may send which message when is what the reviewed table beside this test says, and a page offers nothing else."""

from __future__ import annotations

import asyncio
import difflib
from typing import get_args

import msgspec
import pytest

from server.session.commands import SeatCommand
from server.session.view import command_name
from server.wire import base
from server.wire import messages as wire
from server.wire.examples import FROM_PAGE
from tests.fakes.one_page import OnePage
from tests.fakes.played_session import PlayedSession
from tests.fakes.situations import TABLES
from tests.unit.session.rights_matrix import FILE, STRANGER, Cells, all_cells, compared, outside, printed
from tests.unit.session.rights_rows import NOT_OF_THE_SESSION, ROWS

RENEW = "python -m tests.unit.session.rights_matrix --write renews the table; then read every cell that has changed"
OTHERWISE_CALLED = {"whose": "seat", "to": "seat"}


@pytest.fixture(scope="module")
def cells() -> Cells:
    return asyncio.run(all_cells())


def test_everybody_may_do_what_the_table_says_and_nothing_else(cells: Cells) -> None:
    expected, now = compared(FILE.read_text()), compared(printed(cells) + "\n" + outside())
    diff = "\n".join(difflib.unified_diff(expected, now, "reviewed", "now", lineterm="", n=0))
    assert expected == now, f"{RENEW}\n{diff}"


def test_every_message_of_a_page_has_a_row() -> None:
    kinds = {row.tag for row in ROWS} | NOT_OF_THE_SESSION.keys()
    assert kinds == {kind.__struct_config__.tag for kind in get_args(wire.FromPage)}


def test_every_row_says_yes_to_somebody_somewhere(cells: Cells) -> None:
    """Else it shows nothing: its messages are not said well, or the place where they help is missing."""
    taken = {row for (row, _, _), answered in cells.items() if answered.code is None}
    assert {row.name for row in ROWS} - taken == {"answer_claim: of one who is here"}


def test_a_page_offers_nothing_that_would_be_refused_for_lack_of_right(cells: Cells) -> None:
    assert {place for place, answered in cells.items() if answered.offered and not answered.rights} == set()


def test_nobody_was_refused_because_the_session_had_moved_on(cells: Cells) -> None:
    assert {place for place, answered in cells.items() if answered.code in ("stale_decision", "costs_minutes", "too_fast")} == set()


def test_somebody_without_a_seat_may_do_nothing_anywhere(cells: Cells) -> None:
    codes = {answered.code for (_, _, letter), answered in cells.items() if letter == "X"}
    assert codes == {"no_seat"}
    assert {row for row, _, letter in cells if letter == "X"} >= {row.name for row in ROWS if row.tag in ASKED_TAGS and not row.of}


def said(message: wire.FromPage) -> list[SeatCommand]:
    page = OnePage(PlayedSession(people=("maria", STRANGER)), STRANGER)
    asyncio.run(page.say(message))
    return page.asked


ASKED_TAGS = {example.__struct_config__.tag for example in FROM_PAGE} - NOT_OF_THE_SESSION.keys()


@pytest.mark.parametrize("message", FROM_PAGE, ids=lambda message: str(message.__struct_config__.tag))
def test_a_message_asks_the_session_for_the_command_of_its_name(message: wire.FromPage) -> None:
    tag = message.__struct_config__.tag
    if tag in NOT_OF_THE_SESSION:
        assert said(message) == []
        return
    assert isinstance(message, base.Command)
    (command,) = said(message)
    assert command_name(type(command)) == tag
    assert command.seat == STRANGER
    asked = {OTHERWISE_CALLED.get(name, name) if name not in message.__struct_fields__ else name: value for name, value in values(command)}
    for name, value in values(message):
        assert name in ("ref", "text") or asked[name] == value, name


def values(struct: msgspec.Struct) -> list[tuple[str, object]]:
    """Without the seat of whoever asks, which no message names."""
    own = isinstance(struct, base.Command)
    return [(name, value) for name, value in msgspec.structs.asdict(struct).items() if own or name != "seat"]


def test_a_situation_has_one_name() -> None:
    keys = [situation.key for situations in TABLES.values() for situation in situations]
    assert len(keys) == len(set(keys))
