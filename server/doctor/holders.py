"""Which program has a port, as far as the system lets us see."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_LISTENS = "0A"


def holder_of(kind: str, port: int) -> str:
    """`kind`: tcp or udp. "redis-server (412)"; "" when it is not ours to see."""
    wanted = {f"socket:[{inode}]" for inode in _inodes(kind, port)}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(os.readlink(entry) in wanted for entry in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text().strip()} ({process.name})"
        except OSError:
            continue
    return ""


def _inodes(kind: str, port: int) -> Iterator[str]:
    for table in (Path(f"/proc/net/{kind}"), Path(f"/proc/net/{kind}6")):
        try:
            lines = table.read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if int(fields[1].rpartition(":")[2], 16) == port and (kind == "udp" or fields[3] == _LISTENS):
                yield fields[9]
