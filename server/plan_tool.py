"""`microteach plan check FILE…` and `microteach plan list`: formats looked at without starting anything.

Owns what these print. What makes a format wrong is decided elsewhere.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from server.plans import forms_of, load_plans, read_plan
from server.session.plan import Plan
from server.settings import SettingsError


def add_plan_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    plan = commands.add_parser("plan", help="check formats of your own, or list all there are")
    actions = plan.add_subparsers(dest="action", required=True)
    check = actions.add_parser("check", help="say of each file whether a session can be made from it")
    check.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a format; its forms stand in forms/ beside it")
    listing = actions.add_parser("list", help="all formats with their minutes")
    listing.add_argument("--plans", type=Path, metavar="FOLDER", help="formats of your own, as in the settings")


def run_plan_command(arguments: argparse.Namespace) -> int:
    return check_plans(arguments.files) if arguments.action == "check" else list_plans(arguments.plans)


def check_plans(files: Iterable[Path]) -> int:
    """One line for each file; 1 if one of them is wrong."""
    wrong = 0
    for file in files:
        try:
            plan = read_plan(file, forms_of(file.parent))
        except SettingsError as error:
            print(error, file=sys.stderr)
            wrong = 1
        else:
            print(f"{plan.id}, version {plan.version}: {_minutes(plan)}, ok")
    return wrong


def list_plans(own: Path | None) -> int:
    try:
        plans = load_plans(own)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    width = max(map(len, plans))
    for plan in plans.values():
        print(f"{plan.id:{width}}  {_minutes(plan)}: {plan.title}")
    return 0


def _minutes(plan: Plan) -> str:
    return f"{plan.round_s / 60:g} minutes{'' if plan.alone else ' for each teacher'}"
