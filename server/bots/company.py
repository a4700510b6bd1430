"""The simulated colleagues of one session: they come in one after the other and leave when nobody needs them any more."""

from __future__ import annotations

import asyncio
import os
import random
import time

import aiohttp

from server.bots.behaviour import Character
from server.bots.colleague import Colleague
from server.bots.door import Door
from server.bots.faces import LOOKS, encode_face
from server.bots.lines import Lines, read_lines
from server.bots.speech import read_speech
from server.bots.visit import Visit
from server.wire.view import View

MOST = len(read_lines("en"))
COME_IN_EVERY_S = 0.6
LOOK_AROUND_S = 1.0


async def visit(plan: Visit) -> None:
    """Until the session is over or its people have gone. Raises DoorError, aiohttp.ClientError when they cannot come in."""
    seed = plan.seed if plan.seed is not None else random.SystemRandom().randrange(1 << 32)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
        colleagues: list[Colleague] = []
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(_watch(plan, colleagues), name="watch")]
            for index, lines in enumerate(read_lines(plan.language)[: plan.count]):
                door = Door(client, plan.address, plan.invitation)
                colleagues.append(make_colleague(door, lines, plan.language, index, seed))
                running.append(tasks.create_task(colleagues[-1].run(), name=f"colleague {index}"))
                await asyncio.sleep(COME_IN_EVERY_S)
            await running[0]
            for task in running:
                task.cancel()


def make_colleague(door: Door, lines: Lines, language: str, index: int, seed: int) -> Colleague:
    speech = read_speech(lines, language)
    character = Character(index=index, seed=seed, lines=lines, lasts_ms={key: line.duration_ms for key, line in speech.items()})
    return Colleague(door, character, speech, encode_face(LOOKS[lines.key]), "leave_out" if index == 2 else "record")


async def _watch(plan: Visit, colleagues: list[Colleague]) -> None:
    """Returns when it is time to leave."""
    patience = Patience(plan, time.monotonic())
    while plan.stays_with is None or runs(plan.stays_with):
        await asyncio.sleep(LOOK_AROUND_S)
        if patience.ends(colleagues[0].view if colleagues else None, time.monotonic()):
            return


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's, as the init process is
        return True
    return True


class Patience:
    """How long they stay: while somebody real is here, a while longer, and a while after the session's end."""

    def __init__(self, plan: Visit, now_s: float) -> None:
        self._plan = plan
        self._began_s = self._guest_s = self._server_s = now_s
        self._ended_s: float | None = None
        self._had_guest = False

    def ends(self, view: View | None, now_s: float) -> bool:
        """`view` None: the server is not there at present."""
        if view:
            self._server_s = now_s
        if view and any(person.here and not person.simulated for person in view.people):
            self._guest_s, self._had_guest = now_s, True
        if view and view.phase.part == "ended" and self._ended_s is None:
            self._ended_s = now_s
        patience_s = self._plan.guest_away_s if self._had_guest else self._plan.first_guest_s
        over = self._ended_s is not None and now_s - self._ended_s > self._plan.after_end_s
        alone = now_s - self._guest_s > patience_s or now_s - self._server_s > self._plan.server_away_s
        return over or alone or now_s - self._began_s > self._plan.most_s
