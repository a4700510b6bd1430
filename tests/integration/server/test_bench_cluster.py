"""The benches of hours and of several nodes still run: no figure is judged here."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.requirements import long, require

ROOT = Path(__file__).parents[3]
pytestmark = [pytest.mark.full, pytest.mark.timeout(180)]


async def run(bench: str, figures: Path, *asked: str) -> tuple[str, dict[str, Any]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"tests.load.{bench}", *asked, "--json", str(figures)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()[-3000:]
    return output.decode(), json.loads(figures.read_text())


@long
async def test_a_soak_of_half_a_minute_looks_at_everything(tmp_path: Path) -> None:
    said, told = await run("soak", tmp_path / "figures.json", "--hours", "0.009")
    assert "P20:" in said
    assert told["done"]["come"]
    assert {f"{name} {what}" for name in ("server", "media worker", "recorder") for what in ("rss_mb", "tasks")} <= told["figures"].keys()


@long
async def test_two_nodes_are_measured_and_projected(tmp_path: Path) -> None:
    require("redis-server")
    require("postgresql")
    said, told = await run("cluster", tmp_path / "figures.json", "--nodes", "2", "--rooms", "2", "--seconds", "3")
    assert "takeover" in said
    assert "10,000 rooms" in said
    assert told["cluster"][0]["acts_per_s"] > 0
