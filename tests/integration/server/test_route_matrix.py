"""Every address of the product, asked by everybody: it answers what the reviewed table says, and tells nobody what is not theirs."""

from __future__ import annotations

import pytest
import pytest_asyncio

from tests.integration.server.route_matrix import PUBLIC, Found, ask_everything, expected_cells

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300), pytest.mark.full]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return await ask_everything(tmp_path_factory.mktemp("matrix"))


async def test_every_address_has_a_reviewed_row(found: Found) -> None:
    """What is new is written down by `python -m tests.integration.server.route_matrix --write`, and then read by a person."""
    assert sorted(found.cells) == sorted(expected_cells())


async def test_everybody_gets_what_was_reviewed(found: Found) -> None:
    expected = expected_cells()
    wrong = [
        f"{route} to {name}: {cell}, reviewed {expected[route][name]}"
        for route, cells in found.cells.items()
        for name, cell in cells.items()
        if route in expected and (cell.startswith("5") or expected[route][name] not in (cell, PUBLIC))
    ]
    assert wrong == []


async def test_nobody_reads_what_is_not_theirs(found: Found) -> None:
    assert found.leaks == []


async def test_nobody_changes_what_is_not_theirs(found: Found) -> None:
    assert found.changes == []


async def test_who_may_read_does(found: Found) -> None:
    """Or the canaries would prove nothing."""
    assert found.told >= {
        ("Maria", "canary-note-of-Ana-shared"),
        ("Ana", "canary-note-of-Maria-shared"),
        ("Ito", "canary-note-of-Maria-private"),
        ("Ito", "canary-reflection"),
        ("Uma", "canary-question-to-Uma"),
        ("phone", "canary-note-of-Ana-before-lesson"),
    }


async def test_parts_of_films_and_pictures_go_where_the_whole_goes(found: Found) -> None:
    assert found.sends_bytes >= {"GET /recordings/{take}/{version}/film.webm", "GET /recordings/{take}/{version}/{name}"}
    assert (found.ranges, found.heads) == ([], [])


async def test_no_other_site_can_do_anything(found: Found) -> None:
    assert found.cross_site == []
