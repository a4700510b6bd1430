"""P3: six-person rooms, forwarded and recorded and mixed, more and more of them, until something is lost or falls behind.

Judged by what the witnesses of `_peers` got, by what the kernel dropped at the worker's port, and by how far the recorder has come in the
ring. Time on a processor is measured, not time by the clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from recorder.control import ReadFailed, ReadTake, Take, TakeChanged, Takes, from_recorder
from server.media.control import encode_frame, read_frame
from server.media.ring import RingReader
from tests.load._processes import ROOT, Process, running_recorder, running_worker, udp_drops

STEPS: Final = (2, 4, 8, 12, 16, 20, 24)
WINDOW_S: Final = 10.0
ASK_EVERY_S: Final = 0.02
BEHIND_S: Final = 3.0
FULL_SHARE: Final = 0.97
STARVED: Final = 0.05
PATIENCE_S: Final = 30.0


@dataclass(frozen=True)
class Step:
    """Shares are CPU-seconds in a second. `behind_s`: how old what the recorder has not yet made safe is; it holds back 1 s and more.

    `starved`: part of the time that the worker or the recorder stood ready while others had the processors, the worse of both.
    """

    rooms: int
    worker: float
    recorder: float
    load: float
    forwarded_per_s: float
    lost: int
    dropped: int
    behind_s: float
    overrun: bool
    delay_p50_ms: float
    delay_p99_ms: float
    asked_ms: tuple[float, ...]
    worker_mb: float
    recorder_mb: float
    starved: float

    @property
    def is_loss_free(self) -> bool:
        return not self.lost and not self.dropped and not self.overrun and self.behind_s < BEHIND_S

    @property
    def rooms_per_core(self) -> float:
        return self.rooms / (self.worker + self.recorder)


async def measure(folder: Path, ring: Path, material: Path, steps: Sequence[int], window_s: float) -> tuple[list[Step], list[Take]]:
    """All loads up to and including the first one that is not loss-free, and what was recorded."""
    found: list[Step] = []
    async with (
        running_worker(folder, ring) as worker,
        running_recorder(folder, ring) as recorder,
        peers(folder / "worker.sock", material) as ask,
    ):
        for rooms in steps:
            await ask(rooms=rooms)
            found.append(await _step(folder, ring, worker, recorder, ask, rooms, window_s))
            if not found[-1].is_loss_free or max(found[-1].worker, found[-1].recorder) > FULL_SHARE:
                break
        await ask(end=True)
        return found, await _recorded(folder / "recorder.sock", found[-1].rooms)


@contextlib.asynccontextmanager
async def peers(socket: Path, material: Path) -> AsyncIterator[Any]:
    """`await ask(rooms=4)` and `await ask(measure=10)` of a process of `_peers`."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.load._peers", str(socket), str(material)),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )

    async def ask(**order: Any) -> dict[str, Any]:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(order).encode() + b"\n")
        line = await process.stdout.readline()
        if not line:
            raise RuntimeError("the process that makes the load has ended")
        reply: dict[str, Any] = json.loads(line)
        return reply

    try:
        yield ask
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _step(folder: Path, ring: Path, worker: Process, recorder: Process, ask: Any, rooms: int, window_s: float) -> Step:
    port = port_of(folder / "worker.log")
    dropped, processes = udp_drops(port), (worker, recorder)
    cpu_s, starved_s = [each.cpu_s for each in processes], [each.starved_s for each in processes]
    asking = asyncio.create_task(ask_recorder(folder / "recorder.sock", window_s))
    with RingReader(ring) as words:
        written = words.written
        told = await ask(measure=window_s)
        shares = [(each.cpu_s - before) / told["window_s"] for each, before in zip(processes, cpu_s, strict=True)]
        starved = [(each.starved_s - before) / told["window_s"] for each, before in zip(processes, starved_s, strict=True)]
        per_s = (words.written - written) / told["window_s"]
        behind_s = (words.written - words.committed) / per_s if per_s else 0.0
    return Step(
        rooms=rooms,
        worker=shares[0],
        recorder=shares[1],
        load=told["cpu_share"],
        forwarded_per_s=told["arrived_per_s"],
        lost=told["lost"],
        dropped=udp_drops(port) - dropped,
        behind_s=behind_s,
        overrun="overran" in (folder / "recorder.log").read_text(),
        delay_p50_ms=told["delay_p50_ms"],
        delay_p99_ms=told["delay_p99_ms"],
        asked_ms=tuple(await asking),
        worker_mb=worker.own_mb,
        recorder_mb=recorder.own_mb,
        starved=max(starved),
    )


async def ask_recorder(socket: Path, seconds: float) -> list[float]:
    """Milliseconds that the recorder took to say that it does not know a take, again and again: how late its loop is."""
    reader, writer = await asyncio.open_unix_connection(socket)
    found: list[float] = []
    ends = time.monotonic() + seconds
    while (began := time.monotonic()) < ends:
        writer.write(encode_frame(ReadTake(id=1, take="unknown", version="v", start=0, end=1)))
        while not isinstance(await read_frame(reader, from_recorder), ReadFailed):
            pass
        found.append(1000 * (time.monotonic() - began))
        await asyncio.sleep(ASK_EVERY_S)
    writer.close()
    return found


async def _recorded(socket: Path, count: int) -> list[Take]:
    """The takes that are ready, when all are or nobody has patience any more."""
    reader, writer = await asyncio.open_unix_connection(socket)
    takes: dict[str, Take] = {}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            while sum(take.state == "ready" for take in takes.values()) < count:
                message = await read_frame(reader, from_recorder)
                told = message.takes if isinstance(message, Takes) else (message.take,) if isinstance(message, TakeChanged) else ()
                takes |= {take.take: take for take in told}
    writer.close()
    return [take for take in takes.values() if take.state == "ready"]


def port_of(log: Path) -> int:
    said = re.search(r"ready on port (\d+)", log.read_text())
    assert said
    return int(said[1])


def largest(steps: Sequence[Step]) -> Step | None:
    """The largest load without loss."""
    fine = [step for step in steps if step.is_loss_free]
    return fine[-1] if fine else None
