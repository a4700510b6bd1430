"""The process of one visit of simulated colleagues: what it is to do stands in one line of JSON on its standard input.

A server that is started again finds them still there. SIGTERM ends the process; it holds nothing that anybody would miss.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
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
    return run_visit(plan)


def run_visit(plan: Visit) -> int:
    """The exit code: 1 when they could not come in."""
    os.nice(NICENESS)
    use_loopback()
    code = 0
    try:
        asyncio.run(_visit(plan))
    except* (DoorError, aiohttp.ClientError) as errors:
        log.warning("simulated colleagues could not come in: %s", errors.exceptions[0])
        code = 1
    return code


async def _visit(plan: Visit) -> None:
    visiting = asyncio.create_task(visit(plan), name="visit")
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, visiting.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await visiting


if __name__ == "__main__":
    sys.exit(main())
