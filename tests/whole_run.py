"""The whole run of `tasks.py test --full`: all tests in two lanes, and what raced with others once more alone (docs/decisions/0012)."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".cache"
PR_CAPBSET_DROP, CAP_SYS_NICE = 24, 23
# inside pytest warnings are errors; in the processes that tests start they are shown and not fatal
ENVIRONMENT = {**os.environ, "PYTHONWARNINGS": "default"}

# What needs no browser and no exact time, and pages and films on which nothing hurries
QUIET = (
    *("unit", "rules", "fuzz", "faults"),
    *(f"integration/{name}" for name in "blobs bots doctor packing server".split()),
)
STILL_PAGES = (
    "behind_caddy consultant consultation costs doors every_screen facilitators_desk formats notes nothing_in_the_way own_time own_view "
    "permission_ended player privacy products seldom_states sign_in studio_keyboard who_spoke who_teaches withdrawal words_kept"
).split()
STILL = (
    *(f"browser/test_{name}.py" for name in STILL_PAGES),
    *(f"integration/recorder/test_{name}.py" for name in ("an_hour", "lip_sync", "produce")),
)
FEW = 4

# Where processes race with others for the processor, so that what fails is looked at once more when all is still
RACING = ("tests/browser", "tests/network", "tests/integration")
MOST_LOOKED_AT_AGAIN = 8


def run() -> int:
    """Two lanes beside each other: what needs an exact time, and what takes only what that leaves of the processor. Whichever is through
    first takes the next few of what is left, until nothing is.

    What failed where processes race runs once more, alone, and is named in the end whatever came of it.
    """
    for folder in CACHE.glob("lane-*"):
        shutil.rmtree(folder)
    aside = [f"tests/{name}" for name in (*QUIET, *STILL)]
    folders = {path.parent.relative_to(ROOT) for path in (ROOT / "tests").rglob("test_*.py")}
    exact = sorted(str(folder) for folder in folders if not any(folder.is_relative_to(path) for path in aside))
    exact.sort(key=lambda folder: folder == "tests/browser")
    left = deque((f"still-{at}", STILL[at : at + FEW]) for at in range(0, len(STILL), FEW))

    def run_what_is_left() -> int:
        failed = 0
        with contextlib.suppress(IndexError):
            while True:
                lane, names = left.popleft()
                failed = max(failed, run_aside(lane, 5, names))
        return failed

    with ThreadPoolExecutor(1) as beside:
        yielding = beside.submit(lambda: max(run_aside("quiet", 15, QUIET), run_what_is_left()))
        failed = pytest([*exact, *(f"--ignore={path}" for path in aside), "--durations=30", *noting("exact")])
        failed = max(failed, run_what_is_left(), yielding.result())
    for output in sorted(CACHE.glob("lane-*/output")):
        print(output.read_text(), flush=True)
    return look_again(failed)


def noting(lane: str) -> list[str]:
    """Options that make pytest note what failed in this lane."""
    folder = CACHE / f"lane-{lane}"
    folder.mkdir(parents=True)
    return ["-o", f"cache_dir={folder}"]


def look_again(failed: int) -> int:
    """Run what failed once more, now that nothing else runs. More than a few, or what races with nobody, stays failed."""
    if not failed:
        return failed
    notes = [folder / "v" / "cache" / "lastfailed" for folder in CACHE.glob("lane-*")]
    names = sorted(name for note in notes if note.exists() for name in json.loads(note.read_text()))
    print(f"\nFailed beside others (exit {failed}):", *names, sep="\n  ", flush=True)
    racing = [name for name in names if name.startswith(RACING)]
    if not 0 < len(racing) <= MOST_LOOKED_AT_AGAIN:
        return failed
    print("\nNow alone:", *racing, sep="\n  ", flush=True)
    again = pytest(racing)
    return again if failed == 1 and racing == names else failed


def run_aside(lane: str, niceness: int, names: Sequence[str]) -> int:
    tests = [f"tests/{name}" for name in names]
    command = [sys.executable, "-m", "pytest", *tests, "--timeout=900", "--durations=20", *noting(lane)]
    with (CACHE / f"lane-{lane}" / "output").open("w") as output:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=ENVIRONMENT,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            preexec_fn=lambda: yield_to_others(niceness),
        )
    return done.returncode


def yield_to_others(niceness: int) -> None:
    """For good: a browser that is run by root would otherwise take its priority back."""
    os.nice(niceness)
    with contextlib.suppress(OSError):
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_SYS_NICE)


def pytest(args: list[str]) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *args], cwd=ROOT, env=ENVIRONMENT, check=False).returncode


if __name__ == "__main__":
    sys.exit(run())
