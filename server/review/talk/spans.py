"""Lists of spans of time, each (begin, end) with begin < end: joined, met, measured. Pure."""

from __future__ import annotations

from collections.abc import Sequence

Span = tuple[int, int]
EVER = 1 << 53


def union(spans: Sequence[Span]) -> list[Span]:
    """In order, and none touches the next."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined


def meeting(one: Sequence[Span], two: Sequence[Span]) -> list[Span]:
    """Where both are, of two lists in order."""
    found: list[Span] = []
    left = right = 0
    while left < len(one) and right < len(two):
        start, end = max(one[left][0], two[right][0]), min(one[left][1], two[right][1])
        if start < end:
            found.append((start, end))
        if one[left][1] < two[right][1]:
            left += 1
        else:
            right += 1
    return found


def overlapping(lists: Sequence[Sequence[Span]]) -> list[Span]:
    """Where at least two of the lists are at once; the spans of each do not touch."""
    edges = sorted((at, change) for spans in lists for start, end in spans for at, change in ((start, 1), (end, -1)))
    found: list[Span] = []
    depth = since = 0
    for at, change in edges:
        if depth >= 2 and at > since:
            found.append((since, at))
        depth, since = depth + change, at
    return union(found)


def gaps_between(spans: Sequence[Span]) -> list[Span]:
    """What lies before, between and after them."""
    edges = [0, *(edge for span in spans for edge in span), EVER]
    return [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if start < end]


def length(spans: Sequence[Span]) -> int:
    return sum(end - start for start, end in spans)
