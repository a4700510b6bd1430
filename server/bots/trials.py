"""The server's end of "Try it": starts a niced process for each trial and ends it when the server stops.

After a kill of the server its trials go on with the next one, as long as the server's parent runs; the next one counts only
its own. A trial that fails hurts nobody. This module must not import aiortc, whose cost is the process's.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Iterator

import msgspec

from server.bots.door import Address
from server.bots.visit import Visit
from server.errors import UserError

log = logging.getLogger(__name__)

MOST_TRIALS = 4
COUNT = 3
ENDS_S = 3.0

Invite = Callable[[str, str], Awaitable[None]]
"""Brings simulated colleagues into a session, who speak a language. Raises UserError when they cannot come."""


class SimulatedColleagues:
    """`address` is where the own server listens; `invitation` makes the token of a session's link for simulated colleagues."""

    def __init__(self, address: Address, invitation: Callable[[str], str], command: tuple[str, ...] = ()) -> None:
        self._address = address
        self._invitation = invitation
        self._command = command or (sys.executable, "-m", "server.bots.main")
        self._trials: dict[asyncio.Task[None], asyncio.subprocess.Process] = {}
        self._promised = 0

    @property
    def running(self) -> int:
        return len(self._trials)

    @contextlib.contextmanager
    def place(self) -> Iterator[Invite]:
        """A place for one trial, kept while a session is made for it. Raises UserError while too many are going on."""
        if self.running + self._promised >= MOST_TRIALS:
            raise UserError(
                "too_many_trials",
                "Others are trying it at the moment, and this computer can do no more at once. Please try again in a few minutes.",
                503,
            )
        self._promised += 1
        try:
            yield self._invite
        finally:
            self._promised -= 1

    async def _invite(self, session: str, language: str) -> None:
        """They are on their way when this returns."""
        invitation = self._invitation(session)
        plan = Visit(address=self._address, invitation=invitation, language=language, count=COUNT, stays_with=os.getppid())
        try:
            process = await asyncio.create_subprocess_exec(*self._command, stdin=asyncio.subprocess.PIPE, start_new_session=True)
        except OSError as error:
            log.error("simulated colleagues could not be started: %s", error.strerror)
            raise UserError("no_trial", "The simulated colleagues cannot come just now. Please try again in a moment.", 503) from error
        trial = asyncio.create_task(_follow(process, session, msgspec.json.encode(plan) + b"\n"), name=f"trial {session}")
        self._trials[trial] = process
        trial.add_done_callback(lambda done: self._trials.pop(done, None))

    async def close(self) -> None:
        """Ends all trials."""
        for process in self._trials.values():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        trials = dict(self._trials)
        if trials:
            await asyncio.wait(trials, timeout=ENDS_S)
        for trial, process in trials.items():
            if not trial.done():
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
        await asyncio.gather(*trials, return_exceptions=True)


async def _follow(process: asyncio.subprocess.Process, session: str, plan: bytes) -> None:
    assert process.stdin
    log.info("simulated colleagues come, session=%s pid=%d", session, process.pid)
    with contextlib.suppress(ConnectionError):
        process.stdin.write(plan)
        await process.stdin.drain()
    code = await process.wait()
    process.stdin.close()
    log.info("simulated colleagues left, session=%s code=%d", session, code)
