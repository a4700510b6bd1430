"""What feedback has said of one link, kept and added up in C: `Account`, `Results` and `TrendLine`, without Python for each packet."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Any

from server.media.batch import Link, ffi
from server.media.results import Digest, Result
from server.media.transport_cc import TransportFeedback

_LOST_US = -1


class NativeAccount:
    """Its own `results`: they are what lies in `c`, an mt_told (feedback.h), until `settle`."""

    def __init__(self, library: Any, link: Link) -> None:
        self._library = library
        self._link = link  # that `c` points at
        self.c: Any = ffi.new("mt_told *", {"link": link.c, "next": -1})
        self._digest: Any = ffi.new("mt_digest *")
        self.untold_bytes = 0

    def __len__(self) -> int:
        return int(self.c.count)

    def __iter__(self) -> Iterator[Result]:
        c = self.c
        for at in range(c.count):
            arrived_us = c.arrived_us[at]
            yield c.sent_ns[at], None if arrived_us == _LOST_US else arrived_us, c.bytes[at], c.probe[at]

    @property
    def results(self) -> NativeAccount:
        return self

    def new_line(self) -> NativeLine:
        return NativeLine(self._library)

    def take(self, feedback: TransportFeedback, begin: int = 0) -> int:
        told_us: tuple[Any, ...] = feedback.arrivals_us
        arrivals_us = array("q", [_LOST_US if each is None else each for each in told_us] if None in told_us else told_us)
        count = len(arrivals_us)
        taken = self._library.mt_take(self.c, feedback.base_sequence, ffi.from_buffer("int64_t[]", arrivals_us), count, begin)
        if not begin:
            self.untold_bytes += self.c.untold_bytes
        return int(taken)

    def settle(self) -> None:
        self.c.count = self.untold_bytes = 0

    def digest(self, newest_before_ns: int) -> Digest:
        found = self._digest
        self._library.mt_judge(self.c, newest_before_ns, found)
        return Digest(
            found.told, found.came, found.late, bool(found.all_probes), found.came_bytes, found.lost_bytes, found.first_us, found.latest_us,
            found.last_sent_ns,
        )  # fmt: skip


class NativeLine:
    """See `TrendLine`; takes a `NativeAccount` only."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self._c: Any = ffi.new("mt_trend *")
        self._fastest: Any = ffi.new("int64_t *")

    @property
    def points(self) -> int:
        return int(self._c.points)

    @property
    def deltas(self) -> int:
        return int(self._c.deltas)

    def feed(self, results: NativeAccount, wraps_us: int) -> int | None:
        return int(self._fastest[0]) if self._library.mt_feed(self._c, results.c, wraps_us, self._fastest) else None

    def slope(self) -> float:
        return float(self._library.mt_slope(self._c))
