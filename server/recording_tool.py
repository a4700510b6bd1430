"""`microteach recording verify|repair|export`: hands over to the recorder's own tool, which alone may open journals and keys."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from server.settings import Settings


def add_recording_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    recording = commands.add_parser("recording", help="look whether recordings are whole, build them anew, or take one out as a file")
    actions = recording.add_subparsers(dest="action", required=True)
    verify = actions.add_parser("verify", help="read every byte and say what is damaged")
    repair = actions.add_parser("repair", help="build anew what is damaged, from the journal; Microteach must not run")
    export = actions.add_parser("export", help="write one recording as a WebM file, in plain")
    for action in (verify, repair):
        action.add_argument("take", nargs="?", default="", help="the recording's id, the last part of its address; all, if left out")
    export.add_argument("take", help="the recording's id, the last part of its address")
    export.add_argument("--out", type=Path, required=True, help="the file, which must not exist")
    export.add_argument("--screen", action="store_true", help="the film of the screen instead of the face")
    for action in (verify, repair, export):
        action.add_argument("--settings", type=Path, help="settings file (default: microteach.toml if there is one)")


def run_recording_tool(settings: Settings, arguments: argparse.Namespace) -> int:
    words = ["--data", str(settings.data_path / "recordings"), "--keys", str(settings.keys_path), arguments.action]
    if arguments.take:
        words.append(arguments.take)
    if arguments.action == "export":
        words += ["--out", str(arguments.out), *(["--screen"] if arguments.screen else [])]
    return subprocess.run([sys.executable, "-m", "recorder.tool", *words], check=False).returncode
