"""Whether a node is well, with a worker that is there, a recorder that is not or whose disk is full, and a database that is locked."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from recorder.control import StorageChanged, Takes
from server.health import look
from server.media.control import encode_frame
from server.settings import Settings
from tests.fakes.media_worker import ALL_IS_WELL, SpokenFor, server_and_worker
from tests.fakes.product import ROOT


class RecorderSaysSo:
    writer: asyncio.StreamWriter | None = None

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        writer.write(encode_frame(Takes(takes=())))
        while await reader.read(65536):
            pass
        writer.close()


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[SpokenFor]:
    async with server_and_worker(tmp_path) as running:
        running.say(ALL_IS_WELL)
        yield running


async def asked(node: SpokenFor, path: str) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as client, client.get(f"{node.numbers_url}{path}") as answer:
        return answer.status, await answer.json()


async def health(node: SpokenFor, *words: str, folder: Path) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server.health", *words),
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "MT_METRICS_LISTEN": node.numbers_url.removeprefix("http://")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, told.decode()


async def test_it_is_ready_when_all_its_parts_are(node: SpokenFor, tmp_path: Path) -> None:
    assert await asked(node, "/healthz") == (200, {"alive": True})
    status, told = await asked(node, "/readyz")
    assert (status, told["ready"], told["parts"]["recorder"]) == (503, False, {"ok": False, "why": "the recorder is not there"})
    assert told["parts"]["database"] == told["parts"]["media"] == {"ok": True}
    assert await health(node, folder=tmp_path) == (0, "alive\n")
    assert await health(node, "--ready", folder=tmp_path) == (1, "recorder: the recorder is not there\n")

    recorder = RecorderSaysSo()
    async with await asyncio.start_unix_server(recorder.connected, tmp_path / "recorder.sock") as listening:
        async with asyncio.timeout(60):
            while (await asked(node, "/readyz"))[0] != 200:
                await asyncio.sleep(0.02)
        assert recorder.writer
        recorder.writer.write(encode_frame(StorageChanged(state="full", free_bytes=5)))
        async with asyncio.timeout(60):
            while (await asked(node, "/readyz"))[0] == 200:
                await asyncio.sleep(0.02)
        _, told = await asked(node, "/readyz")
        assert told["parts"]["disk"]["why"] == "the disk is full: nothing is recorded"
        recorder.writer.close()
        listening.close()
        (tmp_path / "recorder.sock").unlink()


async def test_a_database_that_takes_no_writes_is_named_and_the_process_lives(node: SpokenFor, tmp_path: Path) -> None:
    path = tmp_path / "data" / "microteach.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")  # the server may be writing now, on this loop
        _, told = await asked(node, "/readyz")
        assert told["parts"]["database"]["why"] == "does not answer within 2 s"
        assert (await asked(node, "/healthz"))[0] == 200
        other.execute("ROLLBACK")
    async with asyncio.timeout(60):
        while not (await asked(node, "/readyz"))[1]["parts"]["database"]["ok"]:
            await asyncio.sleep(0.05)


async def test_without_a_listener_of_its_own_the_pages_are_asked(node: SpokenFor) -> None:
    settings = Settings(listen=node.url.removeprefix("http://"))
    assert await asyncio.to_thread(look, settings) == (True, "pages are served")
    well, words = await asyncio.to_thread(look, settings, ready=True)
    assert not well
    assert "metrics_listen" in words
    assert await asyncio.to_thread(look, Settings(listen="127.0.0.1:1")) == (False, "pages are not served (no answer)")


async def test_numbers_of_the_node_stand_beside_those_of_its_rooms(node: SpokenFor) -> None:
    async with aiohttp.ClientSession() as client, client.get(f"{node.numbers_url}/metrics") as answer:
        text = await answer.text()
    assert "microteach_ready 0.0" in text
    assert "microteach_database_write_seconds" in text
    assert 'microteach_stored_sessions{state="open"} 0.0' in text
    assert 'microteach_duty{duty="audit"} 1.0' in text
    assert 'microteach_duty{duty="reminders"} 1.0' in text
    assert "microteach_members" not in text, "there is no cluster"
