"""`microteach rehearse PLAN`: a format played with simulated people, up to 60 times as fast, and how the time went."""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

from server.plans import forms_of, load_plans, read_plan
from server.rehearsal.cast import MOST, cast
from server.rehearsal.command import FASTEST
from server.rehearsal.show import now_line, phase_line, report
from server.rehearsal.stage import Stage
from server.session.plan import Plan
from server.settings import SettingsError

DRAW_EVERY_S = 0.1
MOST_MS = 24 * 3_600_000


def run_rehearsal(arguments: argparse.Namespace) -> int:
    people, teachers, speed = arguments.people, arguments.teachers, arguments.speed
    if not 2 <= people <= MOST or not 1 <= teachers <= people or not 0 < speed <= FASTEST:
        print(f"microteach: from 2 to {MOST} people, of whom at least one teaches, and a speed up to {FASTEST:g}", file=sys.stderr)
        return 2
    try:
        plan = find_plan(arguments.plan)
    except SettingsError as error:
        print(f"microteach: {error}", file=sys.stderr)
        return 2
    seed = random.SystemRandom().randrange(1 << 32) if arguments.seed is None else arguments.seed
    stage = Stage(plan, cast(plan, people, teachers, seed), began_ms=round(time.time() * 1000))
    print(f"{plan.title}: {', '.join(player.name + (' (leads)' if player.leads else '') for player in stage.players)}")
    try:
        _play(stage, None if arguments.at_once else speed)
    except KeyboardInterrupt:
        print("\nmicroteach: broken off", file=sys.stderr)
        return 130
    print(report(stage))
    return 0 if stage.over else 1


def find_plan(name: str) -> Plan:
    """Of a shipped format, or from a file. Raises SettingsError."""
    plans = load_plans()
    if name in plans:
        return plans[name]
    file = Path(name)
    if not file.is_file():
        raise SettingsError(f"there is no format {name!r}; there are: {', '.join(sorted(plans))}")
    return read_plan(file, forms_of(file.parent))


def _play(stage: Stage, speed: float | None) -> None:
    """`speed` None: as fast as it goes. On a terminal the last line shows where it is."""
    shown = sys.stdout.isatty() and speed is not None
    began_s, decision = time.monotonic(), -1
    while not stage.over and stage.now_ms - stage.began_ms < MOST_MS:
        if speed is None:
            stage.play(stage.now_ms + 1000)
        else:
            stage.play(stage.began_ms + round((time.monotonic() - began_s) * 1000 * speed))
        position = stage.state.position
        place = hash((position.part, position.round, position.index))
        if place != decision:
            decision = place
            print(f"{_clear() if shown else ''}{phase_line(stage)}", flush=True)
        if shown:
            print(f"{_clear()}{now_line(stage)}", end="", flush=True)
        if speed is not None and not stage.over:
            time.sleep(DRAW_EVERY_S)
    if shown:
        print(_clear(), end="")


def _clear() -> str:
    return "\r\033[K"
