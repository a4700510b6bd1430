"""Whether a process that says nothing is stuck, or has only had no chance: the last in line may wait long on a busy machine.

Where there is no /proc nobody is starving.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

FAIR_SHARE = 0.1  # of one processor; whoever had that much and said nothing is stuck
_WAITS = b"RD"  # for a processor or a disk


def processor_s(pid: int) -> float:
    """What all of its threads have used since it began."""
    with contextlib.suppress(OSError, IndexError):
        fields = _fields(Path(f"/proc/{pid}/stat"))
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def is_starving(pid: int, used_s: float, for_s: float) -> bool:
    """Whether it wants to go on, and had less than a fair share. `used_s`: what `processor_s` said when it last spoke, `for_s` ago."""
    wants = False
    with contextlib.suppress(OSError, IndexError):
        wants = any(_fields(task / "stat")[0] in _WAITS for task in Path(f"/proc/{pid}/task").iterdir())
    return wants and processor_s(pid) - used_s < FAIR_SHARE * for_s


def _fields(path: Path) -> list[bytes]:
    """From the state on: a name in parentheses stands before it."""
    return path.read_bytes().rpartition(b")")[2].split()
