"""A disk that takes two seconds for every sync: the recorder goes on reading and answering meanwhile, and the film lacks nothing."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fakes.rtp_media import Sender, beeps, film, voice
from tests.integration.recorder.harness import REPOSITORY, TEACHER_CAMERA, TEACHER_VOICE, Studio, watch

pytestmark = pytest.mark.full

SOURCE = Path(__file__).with_name("slow_sync.c")
SECONDS = 8
ASK_EACH_S = 0.05
Span = tuple[float, float]


async def test_syncs_of_two_seconds_hold_up_no_answer_and_cost_no_picture(tmp_path: Path) -> None:
    if shutil.which("gcc") is None:
        pytest.skip("gcc is missing")
    library, slow = tmp_path / "slow.so", tmp_path / "slow"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"], check=True)  # noqa: ASYNC221 -- nothing runs yet
    media = {
        TEACHER_CAMERA: film(SECONDS, Sender(ssrc=1)),
        TEACHER_VOICE: voice(SECONDS, Sender(ssrc=2), beeps(SECONDS, 1000)),
    }
    studio = Studio(tmp_path)
    arguments = [f"--{name}={tmp_path / name}" for name in ("control", "ring", "data", "keys")]
    environment = {**os.environ, "LD_PRELOAD": str(library), "SLOW_SYNC": str(slow)}
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "recorder.main", *arguments, cwd=REPOSITORY, env=environment)
    studio.processes.append(process)
    while not await studio._is_listening():
        await asyncio.sleep(0.02)
    studio.base_ns = time.monotonic_ns()
    playing = asyncio.create_task(studio.play("take", media, until_ns=SECONDS * 1_000_000_000))
    await asyncio.sleep(1.5)
    slow.touch()
    answers = await _ask_until(studio, playing)
    syncs = [(float(began), float(ended)) for _, began, ended in map(str.split, slow.read_text().splitlines())]
    slow.unlink()
    async with studio.connect() as client:
        studio.mark(None, SECONDS * 1_000_000_000)
        take = await client.wait_for("take", "ready")
        watched = watch(await client.read_all(take))
    await studio.close()
    during = [ended - began for began, ended in answers if any(since < began and ended < until for since, until in syncs)]
    assert len(syncs) >= 2, f"the recorder synced {len(syncs)} times while the disk was slow: there was no slow disk to answer beside"
    assert during, f"none of {len(answers)} answers lies within the {len(syncs)} slow syncs: it waited for the disk, or got no processor"
    print(f"{len(syncs)} syncs; {len(during)} answers within them, the slowest after {max(during):.3f} s")
    assert len(during) > 5 * len(syncs), "who waits for the disk answers once within each"
    assert take.holes == ()
    assert SECONDS * 25 <= len(watched.times) <= SECONDS * 25 + 1
    assert len(watched.flashes()) == len(watched.beeps(1000)) == SECONDS


async def _ask_until(studio: Studio, playing: asyncio.Task[None]) -> list[Span]:
    """Begin and end of each question what takes there are."""
    answers = []
    while not playing.done():
        began = time.monotonic()
        async with studio.connect():
            answers.append((began, time.monotonic()))
        await asyncio.sleep(ASK_EACH_S)
    await playing
    return answers
