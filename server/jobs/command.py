"""The command `microteach worker`, without what it needs: the database is not every command's business."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_worker_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    worker = commands.add_parser("worker", help="make films and pictures of a cluster's recordings on this machine")
    worker.add_argument("--settings", type=Path, help="settings file (default: microteach.toml if there is one)")
    worker.add_argument("--verbose", action="store_true", help="say more in the log")


def run_worker_command(arguments: argparse.Namespace) -> int:
    from server.jobs.worker import run_worker

    return run_worker(arguments)
