"""The bench of sessions still runs: no figure is judged here."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tests.requirements import long

ROOT = Path(__file__).parents[3]


@long
@pytest.mark.full
async def test_the_bench_of_sessions_prints_its_table_and_writes_its_figures(tmp_path: Path) -> None:
    asked = ["--rooms", "2", "--people", "3", "--seconds", "2", "--json", str(tmp_path / "figures.json")]
    bench = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.load.session", *asked), cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await bench.communicate()
    assert bench.returncode == 0, errors.decode()
    said = output.decode()
    assert "2 rooms of 3 people" in said
    for row in ("append", "fan-out", "spread", "ping", "server", "driver"):
        assert f"\n{row}" in said
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert {"append_p99_ms", "fanout_p99_ms", "cpu_per_room_percent"} <= figures["session"].keys()
