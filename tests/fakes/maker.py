"""Stands in for what makes something from a recording: does what the labels of its order say, and tells what it sees of itself.

`pid`: a file for its process id. `until`: it goes on until this file is there. `fails`: how it ends badly.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path


def main() -> None:
    order = json.loads(sys.stdin.buffer.read())
    wanted = order["labels"]
    if "pid" in wanted:
        path = Path(wanted["pid"])
        path.with_suffix(".new").write_text(str(os.getpid()))
        path.with_suffix(".new").rename(path)
    print(json.dumps({"done": 0.5}), flush=True)
    fails = wanted.get("fails")
    if fails == "silent":
        time.sleep(60)
    elif fails == "babbles":
        print("this is no line of ours")
    elif fails == "crashed":
        os.abort()
    elif fails:
        print(fails, file=sys.stderr)
        sys.exit(1)
    while "until" in wanted and not Path(wanted["until"]).exists():
        print(json.dumps({"done": 0.5}), flush=True)
        time.sleep(0.02)
    print(json.dumps({"made": facts(order)}), flush=True)


def facts(order: dict[str, str]) -> dict[str, int]:
    command_line = Path("/proc/self/cmdline").read_bytes()
    return {
        "nice": os.getpriority(os.PRIO_PROCESS, 0),
        "scheduler": os.sched_getscheduler(0),
        "core_bytes": resource.getrlimit(resource.RLIMIT_CORE)[1],
        "secrets": sum("SECRET" in name for name in os.environ),
        "title_in_sight": int(order["title"].encode() in command_line),
    }


if __name__ == "__main__":
    main()
