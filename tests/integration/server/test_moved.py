"""A school that has grown: a session begun on the file goes on in PostgreSQL, on the same links, after `microteach move`."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from server.wire.messages import Accepted
from tests.fakes.page import Page
from tests.fakes.postgres import new_database
from tests.fakes.product import ROOT, running_product

pytestmark = pytest.mark.full


def microteach(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **{f"MT_{key.upper()}": value for key, value in settings.items()}}
    command = [sys.executable, "-m", "server.cli", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


async def test_a_session_goes_on_after_the_move(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    async with new_database() as database, Page("") as ana:
        async with running_product(tmp_path) as product:
            await ana.goes_to(product.url)
            lead, _ = await ana.make_session()
            await ana.join(lead, "Ana", teaches=True)
            await ana.connect()
            await ana.ask(type="advance", decision=0)
            assert isinstance(await ana.ask(type="start_lesson", decision=1), Accepted)
            before = await ana.until_seen(lambda view: view.phase.status == "running")
            refused = await asyncio.to_thread(microteach, "move", data=data, database=database)
            assert refused.returncode == 1
            assert "stop it first" in refused.stderr
        moved = await asyncio.to_thread(microteach, "move", data=data, database=database)
        assert moved.returncode == 0, moved.stderr
        assert "microteach.db.moved" in moved.stderr
        async with running_product(tmp_path, database=database) as product:
            await ana.goes_to(product.url)
            after = await ana.connect()
            assert (after.phase, after.people) == (before.phase, before.people)
            assert isinstance(await ana.ask(type="advance", decision=after.phase.decision), Accepted)
            assert "is not used" not in product.log


async def test_who_forgets_the_move_is_told(tmp_path: Path) -> None:
    async with running_product(tmp_path):
        pass
    async with new_database() as database, running_product(tmp_path, database=database) as product:
        assert "microteach move carries it over" in product.log
