"""`microteach doctor` and `microteach health` as an operator calls them, beside the product that runs and after it has ended."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from server.doctor.main import examine
from server.health import look
from server.settings import read_settings
from tests.fakes.product import ROOT, free_port, running_product


async def called(*words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server.cli", *words), cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    told, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, told.decode()


async def examined(file: Path) -> dict[str, str]:
    """Code → level, or the last of several."""
    return {finding.code: finding.level for finding in await asyncio.to_thread(examine, file, None)}


@pytest.mark.full
async def test_beside_the_product_that_runs_and_after_its_end(tmp_path: Path) -> None:
    numbers = f"127.0.0.1:{free_port(socket.SOCK_STREAM)}"
    file = tmp_path / "microteach.toml"
    async with running_product(tmp_path, metrics_listen=numbers, advertise="127.0.0.1") as product:
        file.write_text(
            f'listen = "{product.url.removeprefix("http://")}"\nmedia_port = {product.media_port}\ndata = "{tmp_path / "data"}"\n'
            f'metrics_listen = "{numbers}"\nadvertise = ["127.0.0.1"]\npublic_url = "{product.url}"\n'
        )
        code, told = await called("doctor", "--settings", str(file), "--json")
        report = json.loads(told)
        assert code == ["ok", "warn", "fail"].index(report["worst"])
        found = {finding["code"]: finding["level"] for finding in report["findings"]}
        assert found["port_answers"] == found["address_answers"] == found["media_arrives"] == "ok"
        assert found["database_whole"] == found["schema"] == found["data_rights"] == "ok"
        assert "fail" not in found.values(), found
        assert await asyncio.to_thread(look, read_settings(file), ready=True) == (True, "ready")
        os.kill(product.pid("media worker"), signal.SIGSTOP)
        assert (await examined(file))["media_no_answer"] == "fail"
        os.kill(product.pid("media worker"), signal.SIGCONT)
    found = await examined(file)
    assert found["port_free"] == found["media_port_free"] == found["media_arrives"] == "ok"
    assert await called("health", "--settings", str(file)) == (1, "not well (no answer)\n")
