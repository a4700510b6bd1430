"""The command `microteach rehearse`, without what it needs: every other command starts without that."""

from __future__ import annotations

import argparse

FASTEST = 60.0
MOST = 12  # as many as there are names in cast.py


def add_rehearse_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("rehearse", help="play a format with simulated people and see how the time goes")
    command.add_argument("plan", metavar="PLAN", help="the name of a format, or a file")
    command.add_argument("--people", type=int, default=4, metavar="N", help=f"how many are there, 2 to {MOST} (default: 4)")
    command.add_argument("--teachers", type=int, default=1, metavar="N", help="how many of them teach (default: 1)")
    command.add_argument("--speed", type=float, default=FASTEST, metavar="X", help="how many times as fast, at most 60 (default: 60)")
    command.add_argument("--at-once", action="store_true", help="without waiting at all")
    command.add_argument("--seed", type=int, help="the same number plays the same rehearsal")


def run_rehearse_command(arguments: argparse.Namespace) -> int:
    from server.rehearsal.main import run_rehearsal

    return run_rehearsal(arguments)
