"""`microteach rehearse PLAN`: a format played with simulated people, up to 60 times as fast, and how the time went."""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

from server.plans import forms_of, load_plans, read_plan
from server.rehearsal.cast import MOST, cast
from server.rehearsal.show import now_line, phase_line, report
from server.rehearsal.stage import Stage
from server.session.plan import Plan
from server.settings import SettingsError

FASTEST = 60.0
DRAW_EVERY_S = 0.1
MOST_MS = 24 * 3_600_000


def add_rehearse_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("rehearse", help="play a format with simulated people and see how the time goes")
    command.add_argument("plan", metavar="PLAN", help="the name of a format, or a file")
    command.add_argument("--people", type=int, default=4, metavar="N", help=f"how many are there, 2 to {MOST} (default: 4)")
    command.add_argument("--teachers", type=int, default=1, metavar="N", help="how many of them teach (default: 1)")
    command.add_argument("--speed", type=float, default=FASTEST, metavar="X", help="how many times as fast, at most 60 (default: 60)")
    command.add_argument("--at-once", action="store_true", help="without waiting at all")
    command.add_argument("--seed", type=int, help="the same number plays the same rehearsal")


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
