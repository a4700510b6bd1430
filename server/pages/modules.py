"""Which scripts a script imports at its start, at first or second hand. What it fetches `import(…)` later does not count.

It reads what this project writes: one import, at the begin of a line, for each name in double quotes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath
from posixpath import normpath

_IMPORT = re.compile(r'^(?:(?:import|export)\b[^;"]*?\bfrom\s*|import\s*)"(\.[^"]+)"', re.MULTILINE)


def all_imported(entry: str, text: Callable[[PurePosixPath], str]) -> list[str]:
    """Names from the same root as `entry`, which comes first; the others in the order in which they are found, nearest first."""
    found = [PurePosixPath(entry)]
    known = set(found)
    for name in found:
        for imported in imported_by(name, text(name)):
            if imported not in known:
                known.add(imported)
                found.append(imported)
    return [str(name) for name in found]


def imported_by(name: PurePosixPath, text: str) -> list[PurePosixPath]:
    return [PurePosixPath(normpath(name.parent / path)) for path in _IMPORT.findall(text)]
