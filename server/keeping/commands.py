"""The words of `microteach backup|restore|move|audit|usage`. What they do is loaded only when one of them is asked for."""

from __future__ import annotations

import argparse
from pathlib import Path

MARKER = "restoring"  # in the data folder, while a restore has begun and not ended


def add_keeping_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    backup = commands.add_parser("backup", help="copy everything but the keys of recordings to another place, also while it runs")
    places = backup.add_mutually_exclusive_group(required=True)
    places.add_argument("--to", type=Path, metavar="FOLDER|FILE.tar", help="a folder (only what has changed is copied), or a new tar file")
    places.add_argument(
        "--check", type=Path, metavar="FOLDER|FILE.tar", help="read a backup to the last byte and say what is wrong with it"
    )
    backup.add_argument("--keys-to", type=Path, metavar="FOLDER", help="copy the keys, too, to a place of their own")
    back = commands.add_parser("restore", help="bring a backup back into an empty installation that does not run")
    back.add_argument("--from", dest="source", type=Path, required=True, metavar="FOLDER|FILE.tar")
    back.add_argument(
        "--keys-from", type=Path, metavar="FOLDER", help="the copy of the keys; leave it out if the keys folder is still there"
    )
    back.add_argument(
        "--erased", type=Path, action="append", default=[], metavar="FILE", help="a newer erased.jsonl: what it names stays deleted"
    )
    move = commands.add_parser("move", help="carry everything from the file of one machine over into the PostgreSQL of the settings")
    log = commands.add_parser("audit", help="who opened, shared, deleted what: ids and times")
    actions = log.add_subparsers(dest="action", required=True)
    export = actions.add_parser("export", help="all of it, or a part, as JSON lines or CSV")
    export.add_argument("--since", default="", metavar="DAY", help="such as 2026-03-31")
    export.add_argument("--session", default="", metavar="ID")
    export.add_argument("--person", default="", metavar="ID", help="by whom, or to whom")
    export.add_argument("--format", choices=("jsonl", "csv"), default="jsonl")
    verify = actions.add_parser("verify", help="look whether something was changed or taken out")
    verify.add_argument(
        "--head", default="", metavar="NUMBER:SEAL", help="what an earlier look has printed: nothing up to there may be missing"
    )
    used = commands.add_parser("usage", help="how much there is, and what it is limited to")
    for parser in (backup, back, move, export, verify, used):
        parser.add_argument("--settings", type=Path, help="settings file (default: microteach.toml if there is one)")


def run_keeping(arguments: argparse.Namespace) -> int:
    from server.keeping.tool import run_keeping_command  # the database is not the supervisor's business

    return run_keeping_command(arguments)


def is_restoring(data: Path) -> bool:
    return (data / MARKER).exists()
