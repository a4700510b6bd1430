"""The process of one visit of simulated colleagues: what it is to do stands in one line of JSON on its standard input.

When that input closes, because the server is gone or wants it, the process ends. It holds nothing that anybody would miss.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys

import aiohttp
import msgspec

from server.bots.company import visit
from server.bots.door import DoorError
from server.bots.peer import use_loopback
from server.bots.visit import Visit

log = logging.getLogger(__name__)

NICENESS = 5


def main() -> int:
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for noisy in ("aioice", "aiortc"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    plan = msgspec.json.decode(sys.stdin.buffer.readline(), type=Visit)
    return run_visit(plan, until_input_closes=True)


def run_visit(plan: Visit, *, until_input_closes: bool = False) -> int:
    """The exit code: 1 when they could not come in."""
    os.nice(NICENESS)
    use_loopback()
    code = 0
    try:
        asyncio.run(_visit(plan, until_input_closes))
    except* (DoorError, aiohttp.ClientError) as errors:
        log.warning("simulated colleagues could not come in: %s", errors.exceptions[0])
        code = 1
    return code


async def _visit(plan: Visit, until_input_closes: bool) -> None:
    visiting = asyncio.create_task(visit(plan), name="visit")
    if until_input_closes:
        await _cancel_at_end_of_input(visiting)
    with contextlib.suppress(asyncio.CancelledError):
        await visiting


async def _cancel_at_end_of_input(visiting: asyncio.Task[None]) -> None:
    loop = asyncio.get_running_loop()

    class Input(asyncio.Protocol):
        def connection_lost(self, exc: Exception | None) -> None:
            visiting.cancel()

    await loop.connect_read_pipe(Input, sys.stdin.buffer)


if __name__ == "__main__":
    sys.exit(main())
