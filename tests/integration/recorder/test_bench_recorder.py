"""The bench of the recorder still runs: no figure is judged here."""

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
@pytest.mark.timeout(300)
async def test_the_bench_of_the_recorder_prints_its_table_and_writes_its_figures(tmp_path: Path) -> None:
    asked = ["--only", "rooms", "--rooms", "1", "--seconds", "2", "--json", str(tmp_path / "figures.json")]
    bench = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.load.recorder", *asked), cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await bench.communicate()
    assert bench.returncode == 0, output.decode() + errors.decode()
    assert "P3: " in output.decode()
    assert isinstance(json.loads((tmp_path / "figures.json").read_text()), dict)
