"""Which bytes an HTTP request asks for: RFC 9110 section 14, one range, as browsers' players send it."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.IGNORECASE)
_LONGEST_NUMBER = 15


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Send bytes `start` up to, not including, `end` with this status."""

    status: Literal[200, 206, 304, 412, 416]
    start: int = 0
    end: int = 0


def plan_answer(size: int, etag: str, *, range_: str = "", if_range: str = "", if_none_match: str = "", if_match: str = "") -> Answer:
    """`etag` is the strong one of the bytes, with its quotes. Headers that were not sent are empty."""
    if if_match and if_match != "*" and etag not in _tags(if_match):
        return Answer(status=412)
    if if_none_match and (if_none_match == "*" or etag in {tag.removeprefix("W/") for tag in _tags(if_none_match)}):
        return Answer(status=304)
    whole = Answer(status=200, start=0, end=size)
    if not range_ or (if_range and if_range != etag):
        return whole
    match = _RANGE.fullmatch(range_.strip())
    if match is None or max(map(len, match.groups())) > _LONGEST_NUMBER:
        return whole
    first, last = match.groups()
    if not first:
        if not last:
            return whole
        return _partial(max(0, size - int(last)), size, size) if int(last) else Answer(status=416)
    if last and int(last) < int(first):
        return whole
    return _partial(int(first), min(size, int(last) + 1) if last else size, size)


def _partial(start: int, end: int, size: int) -> Answer:
    return Answer(status=206, start=start, end=end) if start < size else Answer(status=416)


def _tags(header: str) -> set[str]:
    return {tag.strip() for tag in header.split(",")}
