"""A process that is killed while it migrates leaves the database as it was; the next one migrates it.

`MT_MIGRATION_STEP=1` kills it before every single statement.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path

import pytest

from server.store.engine import Store
from tests.fakes.postgres import new_database
from tests.fakes.stores import ENGINES, Engine
from tests.unit.store.test_migrations import down_to

ROOT = Path(__file__).parents[2]
STEP = os.environ.get("MT_MIGRATION_STEP", "9")

pytestmark = [pytest.mark.full, pytest.mark.timeout(300)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("since", ["nothing", "0006"])
async def test_killed_at_any_statement(engine: Engine, since: str, tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        place: Path | str = tmp_path / "old.db" if engine == "sqlite" else await stack.enter_async_context(new_database())
        if since != "nothing":
            async with Store(place) as store:
                await store.write(down_to(since))
        command = (sys.executable, "-m", "tests.faults.killed_migration", str(place), STEP)
        child = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
        output, _ = await child.communicate()
    *killed, last = [json.loads(line) for line in output.splitlines()]
    assert last["status"] == 0
    before = {"none, 0 tables"} if since == "nothing" else {since}
    assert len(killed) >= 2
    assert {each["revision"] for each in killed} <= before | {last["revision"]}
    assert last["revision"] > "0007"
