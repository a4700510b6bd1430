"""What an operator's settings bound, on a running server."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from server.pages.throttle import COMING_AT_ONCE
from server.plans import CONFIG
from server.session.seating import MOST_SEATS
from tests.fakes.page import Page
from tests.fakes.product import running_product


async def test_an_address_makes_only_so_many_sessions_at_once(tmp_path: Path) -> None:
    async with running_product(tmp_path, sessions_at_once="3") as product, Page(product.url) as ana:
        answers = [await ana.post("/sessions", {"plan": "nothing"}) for _ in range(5)]
        assert answers == [400, 400, 400, 429, 429]
        async with ana._client.post(f"{product.url}/sessions", data={}, headers={"Accept": "application/json"}) as refused:
            assert (await refused.json())["code"] == "too_many_sessions"
        assert (await ana.get("/"))[0] == 200


async def test_a_session_is_made_from_a_format_of_the_operators_own(tmp_path: Path) -> None:
    folder = tmp_path / "plans"
    folder.mkdir()
    text = (CONFIG / "plans" / "try-out.toml").read_text().replace('id = "try-out"', 'id = "ours"', 1)
    (folder / "ours.toml").write_text(text)
    async with running_product(tmp_path, plans=str(folder)) as product, Page(product.url) as ana:
        lead, _ = await ana.make_session("ours")
        await ana.join(lead, "Ana")
        assert (await ana.connect()).phase.part == "before"


async def test_an_address_sends_only_so_many_people_at_once_and_a_full_session_keeps_nothing_of_them(tmp_path: Path) -> None:
    async with running_product(tmp_path, sessions_at_once="3") as product, Page(product.url) as ana:
        lead, _ = await ana.make_session()
        answers = []
        for number in range(COMING_AT_ONCE + 5):
            async with Page(product.url) as somebody:
                answers.append(await somebody.post(lead.removeprefix(product.url), {"name": f"Somebody {number}", "teaches": "no"}))
        assert answers[:MOST_SEATS] == [200] * MOST_SEATS
        assert set(answers[MOST_SEATS:COMING_AT_ONCE]) == {409}
        assert answers[-1] == 429
        with contextlib.closing(sqlite3.connect(tmp_path / "data" / "microteach.db")) as database:
            assert database.execute("select count(*) from people").fetchone() == (MOST_SEATS,)
            assert database.execute("select count(*) from devices").fetchone() == (MOST_SEATS,)
