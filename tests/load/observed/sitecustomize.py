"""Python loads this at its start where a soak puts its folder into PYTHONPATH: a process then says each 10 s what it holds.

One line of JSON in the folder that MT_OBSERVED names, in a file with the process's id; each tenth with the commonest kinds of objects.
Nothing of the product knows of it.
"""

from __future__ import annotations

import asyncio
import collections
import gc
import json
import os
import sys
import threading
import time
from pathlib import Path

EVERY_S = float(os.environ.get("MT_OBSERVED_S", "10"))
KINDS_EACH = 10
KINDS = 60
WHO = ("server.media.worker", "recorder.main", "serve")


def _observe(folder: Path) -> None:
    count = 0
    while True:
        time.sleep(EVERY_S)
        seen: dict[str, object] = {"at": time.time(), "tasks": _tasks(), "blocks": sys.getallocatedblocks()}
        if count % KINDS_EACH == 0:
            seen["kinds"] = collections.Counter(_kind(each) for each in gc.get_objects()).most_common(KINDS)
        with (folder / f"{os.getpid()}.jsonl").open("a") as file:
            file.write(json.dumps(seen) + "\n")
        count += 1


def _kind(each: object) -> str:
    kind = type(each)
    return f"{kind.__module__}.{kind.__qualname__}"


def _tasks() -> int:
    known = getattr(asyncio.tasks, "_all_tasks", None) or getattr(asyncio.tasks, "_scheduled_tasks", None) or ()
    for _ in range(100):
        try:
            return sum(not task.done() for task in list(known))
        except RuntimeError:  # it changed meanwhile
            continue
    return -1


if (_folder := os.environ.get("MT_OBSERVED")) and any(word in WHO for word in sys.orig_argv):
    threading.Thread(target=_observe, args=(Path(_folder),), daemon=True, name="observer").start()
