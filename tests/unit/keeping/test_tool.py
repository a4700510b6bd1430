"""What the operator reads of what was noted and of what is used."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from server.keeping.audit import key_of, noted, seal
from server.keeping.commands import add_keeping_commands
from server.keeping.tool import run_keeping_command
from server.store.engine import Store, statement
from server.store.schema_keeping import audit
from tests.fakes.filled import ANA, BEN
from tests.fakes.installation import make_installation

pytestmark = pytest.mark.full
DAY_MS = 24 * 3_600_000
Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MT_KEYS", str(tmp_path / "keys"))

    def run_command(*words: str) -> int:
        parser = argparse.ArgumentParser()
        add_keeping_commands(parser.add_subparsers(dest="command"))
        return run_keeping_command(parser.parse_args(words))

    return run_command


async def noted_days(folder: Path, days: int) -> None:
    settings = await make_installation(folder)
    async with Store(settings.data_path / "microteach.db") as store:
        await store.write(statement(sa.delete(audit)))
        for day in range(days):
            await store.write(noted("film", BEN if day % 2 else ANA, day * DAY_MS, session="s", take="t"))
        await seal(store, key_of((settings.data_path / "secret").read_bytes()), days * DAY_MS)


async def in_thread(run: Run, *words: str) -> int:
    return await asyncio.to_thread(run, *words)


async def test_all_of_it_or_a_part_as_lines_or_a_table(tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    await noted_days(tmp_path, 4)
    assert await in_thread(run, "audit", "export") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["n"] for line in lines] == [1, 2, 3, 4]
    assert lines[0] == {
        "n": 1,
        "at": "1970-01-01T00:00:00.000+00:00",
        "act": "film",
        "actor": ANA,
        "session": "s",
        "take": "t",
        "about": "",
    }
    assert await in_thread(run, "audit", "export", "--since", "1970-01-02", "--person", BEN, "--format", "csv") == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert (head, len(rows)) == ("n,at,act,actor,session,take,about", 2)
    assert await in_thread(run, "audit", "export", "--since", "yesterday") == 1
    assert "2026-03-31" in capsys.readouterr().err


async def test_a_head_that_was_noted_shows_what_was_taken_away(tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    await noted_days(tmp_path, 4)
    assert await in_thread(run, "audit", "verify") == 0
    head = capsys.readouterr().out.split("Head: ")[1].strip()
    assert await in_thread(run, "audit", "verify", "--head", head) == 0
    async with Store(tmp_path / "data" / "microteach.db") as store:
        await store.write(statement(sa.delete(audit).where(audit.c.n == 4)))
    assert await in_thread(run, "audit", "verify") == 0
    assert await in_thread(run, "audit", "verify", "--head", head) == 1
    async with Store(tmp_path / "data" / "microteach.db") as store:
        await store.write(statement(sa.update(audit).where(audit.c.n == 2).values(actor="somebody")))
    assert await in_thread(run, "audit", "verify") == 1
    assert "Row 2 is changed" in capsys.readouterr().out


async def test_what_is_used_stands_beside_what_is_allowed(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await make_installation(tmp_path)
    monkeypatch.setenv("MT_RECORDINGS_GB", "20")
    monkeypatch.setenv("MT_KEEP_SESSIONS_DAYS", "400")
    assert await in_thread(run, "usage") == 0
    out = capsys.readouterr().out
    assert "of 20 GB (recordings_gb)" in out
    assert out.split()[:2] == ["recordings", "2"]
    assert "sessions 400 days" in out
    monkeypatch.setenv("MT_DATA", str(tmp_path / "elsewhere"))
    assert await in_thread(run, "usage") == 1
