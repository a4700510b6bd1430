"""The simulated colleagues of one session: they come in one after the other and leave when nobody needs them any more."""

from __future__ import annotations

import asyncio
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
    began_s = guest_s = time.monotonic()
    ended_s: float | None = None
    had_guest = False
    while True:
        await asyncio.sleep(LOOK_AROUND_S)
        now_s = time.monotonic()
        view = colleagues[0].view if colleagues else None
        if view and any(person.here and not person.simulated for person in view.people):
            guest_s, had_guest = now_s, True
        if view and view.phase.part == "ended":
            ended_s = ended_s or now_s
        patience_s = plan.guest_away_s if had_guest else plan.first_guest_s
        over = ended_s is not None and now_s - ended_s > plan.after_end_s
        if over or now_s - guest_s > patience_s or now_s - began_s > plan.most_s:
            return
