"""The command `microteach doctor`, without what it needs: every other command starts without that."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_doctor_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    doctor = commands.add_parser(
        "doctor",
        help="look whether everything is as it should be, and say what to do (exit code 0 well, 1 warnings, 2 failures)",
        description="Changes nothing that stays, and asks only addresses that stand in the settings.",
    )
    doctor.add_argument("--settings", type=Path, help="settings file (default: microteach.toml if there is one)")
    doctor.add_argument("--json", action="store_true", help="print one JSON object at the end instead of lines")
    doctor.add_argument("--send-mail", default="", metavar="ADDRESS", help="really send a mail there")


def run_doctor_command(arguments: argparse.Namespace) -> int:
    from server.doctor.main import run_doctor

    return run_doctor(arguments)
