"""`microteach capacity`."""

from __future__ import annotations

import argparse


def add_capacity_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    commands.add_parser("capacity", help="how much machine so many rooms need")


def run_capacity(arguments: argparse.Namespace) -> int:
    return 2
