"""Where teacher, colleagues and consultant point at the same place of a film. Pure; who may see which point is asked before.

Points that lie within ten seconds are one place. Places where at least two of the three point say more than others; none is ranked.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

Row = Literal["teacher", "colleagues", "consultant"]
WITHIN_MS = 10_000
ROWS: tuple[Row, ...] = ("teacher", "colleagues", "consultant")


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A note or a moment. `person` and `name` are whose it is; `person` is empty where only the name is known."""

    key: str
    row: Row
    at_ms: int
    end_ms: int | None = None
    name: str = ""
    person: str = ""
    kind: str = "note"
    text: str = ""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """`points` in order of time, all of them within ten seconds."""

    at_ms: int
    end_ms: int
    rows: tuple[Row, ...]
    points: tuple[Point, ...]

    @property
    def joined(self) -> bool:
        return len(self.rows) > 1


def places(points: Iterable[Point]) -> list[Place]:
    """In order of time; each point is in one of them."""
    found: list[list[Point]] = []
    for point in sorted(points, key=lambda each: (each.at_ms, ROWS.index(each.row), each.key)):
        if found and point.at_ms - found[-1][0].at_ms <= WITHIN_MS:
            found[-1].append(point)
        else:
            found.append([point])
    return [_place(group) for group in found]


def _place(points: list[Point]) -> Place:
    rows = {point.row for point in points}
    return Place(
        at_ms=points[0].at_ms,
        end_ms=max(point.at_ms if point.end_ms is None else point.end_ms for point in points),
        rows=tuple(row for row in ROWS if row in rows),
        points=tuple(points),
    )
