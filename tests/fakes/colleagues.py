"""Simulated colleagues beside a running product, in a process of their own: a browser journey needs fewer browsers with them."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from server.bots.door import Address
from server.bots.visit import Visit
from server.people.invitations import Invitations, load_secret

ROOT = Path(__file__).parents[2]
ENDS_S = 10.0


@contextlib.asynccontextmanager
async def simulated_colleagues(
    url: str, data: Path, link: str, *, count: int = 3, seed: int = 1, language: str = "en"
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Lina, Omar and Greta, or the first `count` of them, come into the session of this invitation (or leader's link).

    `url` is the product's, `data` its folder of data. Lina asks with a raised hand, Omar taps and writes a chat line, Greta taps,
    answers and leaves her voice out of the recording; all of them write and speak in their turn.
    """
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "server.bots.main", cwd=ROOT, stdin=asyncio.subprocess.PIPE)
    assert process.stdin
    try:
        session = link.rstrip("/").rpartition("/")[2].partition(".")[0]
        invitation = Invitations(load_secret(data / "secret")).make(session, "simulated")
        plan = Visit(address=Address(url), invitation=invitation, language=language, count=count, seed=seed)
        process.stdin.write(msgspec.json.encode(plan) + b"\n")
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(ENDS_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
