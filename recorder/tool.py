"""What an operator does by hand with recordings: `python -m recorder.tool verify|repair|export`, behind `microteach recording`.

`verify` and `export` only read and may run beside the recorder; `repair` takes its lock. Prints ids and numbers, never names.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from recorder.check import Damage, check_take
from recorder.files import lock_folder
from recorder.keys import KeyStore
from recorder.manifest import Manifest, load_manifests
from recorder.rebuild import found_in_journals, rebuild_take
from recorder.take import Library, ReadRefused

OK, DAMAGED, UNUSABLE = 0, 1, 2


def main() -> int:
    parser = argparse.ArgumentParser(prog="microteach recording", description="Look after recordings.")
    parser.add_argument("--data", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--keys", type=Path, required=True, help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, help_ in (("verify", "read every byte and say what is damaged"), ("repair", "build anew what is damaged, from the journal")):
        command = commands.add_parser(name, help=help_)
        command.add_argument("take", nargs="?", default="", help="its id; all, if left out")
    export = commands.add_parser("export", help="write one recording as a WebM file, in plain")
    export.add_argument("take", help="its id")
    export.add_argument("--out", type=Path, required=True, help="the file, which must not exist")
    export.add_argument("--screen", action="store_true", help="the film of the screen")
    arguments = parser.parse_args()
    if not arguments.data.is_dir() or not arguments.keys.is_dir():
        return _say(UNUSABLE, f"there are no recordings in {arguments.data}")
    keys = KeyStore(arguments.keys)
    if arguments.command == "verify":
        return verify(arguments.data, keys, arguments.take)
    if arguments.command == "repair":
        return repair(arguments.data, keys, arguments.take)
    return export_film(arguments.data, keys, arguments.take, arguments.out, screen=arguments.screen)


def verify(data: Path, keys: KeyStore, take: str = "") -> int:
    damaged = 0
    count = 0
    for manifest, damages in _checked(data, keys, take):
        count += 1
        damaged += bool(damages)
        print(f"{manifest.take}  {_summary(manifest)}  {'; '.join(map(str, damages)) or 'whole'}", flush=True)
    for path in load_manifests(data)[1]:
        damaged += 1
        print(f"{path.name}  cannot be read")
    for lost in found_in_journals(data, keys):
        damaged += 1
        print(f"{lost.take}  has a journal and no manifest")
    if take and not count:
        return _say(UNUSABLE, f"there is no recording {take}")
    print(f"{count} recordings, {damaged} damaged")
    return DAMAGED if damaged else OK


def repair(data: Path, keys: KeyStore, take: str = "") -> int:
    try:
        lock = lock_folder(data)
    except BlockingIOError:
        return _say(UNUSABLE, "the recorder runs: stop Microteach first")
    try:
        left = 0
        for manifest in [*found_in_journals(data, keys), *(found for found, damages in _checked(data, keys, take) if damages)]:
            if take and manifest.take != take:
                continue
            after = rebuild_take(data, keys, manifest)
            damages = check_take(data, keys, after)
            left += bool(damages)
            print(f"{after.take}  {_summary(after)}  {'; '.join(map(str, damages)) or 'built anew'}", flush=True)
    finally:
        os.close(lock)
    print("nothing is left to repair" if not left else f"{left} recordings stay damaged")
    return DAMAGED if left else OK


def export_film(data: Path, keys: KeyStore, take: str, out: Path, *, screen: bool = False) -> int:
    library = Library(data, keys)
    for manifest in load_manifests(data)[0]:
        library.put(manifest)
    found = library.find(take)
    version = "" if found is None else found.screen_version if screen else found.version
    try:
        film = library.open(take, version)
        with out.open("xb") as file:
            for chunk in film.chunks(0, film.size):
                file.write(chunk)
    except ReadRefused as refused:
        return _say(UNUSABLE, f"recording {take} cannot be read: {refused.code}")
    except OSError as error:
        return _say(UNUSABLE, f"{out}: {error.strerror}")
    print(f"{out}: {film.size} bytes")
    return OK


def _checked(data: Path, keys: KeyStore, take: str) -> Iterator[tuple[Manifest, list[Damage]]]:
    for manifest in load_manifests(data)[0]:
        if manifest.state != "deleted" and take in ("", manifest.take):
            yield manifest, check_take(data, keys, manifest)


def _summary(manifest: Manifest) -> str:
    return f"{manifest.state}, revision {manifest.revision}, {manifest.duration_ms / 1000:.1f} s, {len(manifest.parts)} parts"


def _say(code: int, words: str) -> int:
    print(f"microteach: {words}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
