"""What keeps a stream whole: numbers to ask a publisher for, throttled keyframe requests, bounded resends to subscribers.

Pure, time is an argument. Invariant: no peer can make us send more than a fixed share of what it gets anyway.
"""

from __future__ import annotations

from dataclasses import dataclass

MS = 1_000_000

MAX_MISSING = 256
GIVE_UP_AFTER = 18  # in about five seconds: the recording has more patience than those who watch
STUCK_AFTER = 9  # in half a second: whoever watches has stood still for as long
_FIRST_WAIT_NS = 15 * MS  # a reordered packet gets this long
_WAIT_NS, _LONGEST_WAIT_NS = 50 * MS, 500 * MS
_EAGER = 6  # waits before they get longer: a line that loses a fifth loses a third of all questions or their answers

KEYFRAME_INTERVAL_NS = 500 * MS

RESEND_SHARE = 4  # one byte again for 4 bytes sent: 25 % (P17), as much as a line that loses a fifth needs
_CREDIT_START_BYTES = 16_000
_CREDIT_LIMIT_BYTES = 64_000
_REMEMBERED_RESENDS = 1024


@dataclass(slots=True)
class _Want:
    since_ns: int
    due_ns: int
    wait_ns: int = _WAIT_NS
    tries: int = 0


class NackList:
    """The numbers of one source that have not come. Numbers are extended sequence numbers."""

    def __init__(self) -> None:
        self._missing: dict[int, _Want] = {}
        self.stuck_ns = 0  # since when the newest is missing that was asked for in vain, `STUCK_AFTER` times

    def __len__(self) -> int:
        return len(self._missing)

    def gap(self, first: int, end: int, now_ns: int) -> bool:
        """`first` up to `end` (exclusive) were skipped. False when that is too much to repair: all is forgotten."""
        if end - first + len(self._missing) > MAX_MISSING:
            self._missing.clear()
            return False
        for number in range(first, end):
            self._missing[number] = _Want(now_ns, now_ns + _FIRST_WAIT_NS)
        return True

    def arrived(self, number: int) -> None:
        self._missing.pop(number, None)

    def due(self, now_ns: int) -> list[int]:
        """What to ask for now. Each is asked for again each 50 ms, then after 75, 112 … 500 ms, `GIVE_UP_AFTER` times."""
        asked = []
        for number, want in list(self._missing.items()):
            if now_ns < want.due_ns:
                continue
            if want.tries >= GIVE_UP_AFTER:
                del self._missing[number]
                continue
            want.tries += 1
            want.due_ns = now_ns + want.wait_ns
            if want.tries >= _EAGER:
                want.wait_ns = min(want.wait_ns * 3 // 2, _LONGEST_WAIT_NS)
            if want.tries == STUCK_AFTER:
                self.stuck_ns = max(self.stuck_ns, want.since_ns)
            asked.append(number)
        return asked


class KeyframeRequests:
    """At most one request per source in 500 ms; a wish in between is kept, not lost."""

    def __init__(self) -> None:
        self._wanted = False
        self._asked_ns: int | None = None

    def want(self) -> None:
        self._wanted = True

    def came(self) -> None:
        self._wanted = False

    def due(self, now_ns: int) -> bool:
        """True when a PLI must go out now."""
        if not self._wanted or (self._asked_ns is not None and now_ns - self._asked_ns < KEYFRAME_INTERVAL_NS):
            return False
        self._wanted = False
        self._asked_ns = now_ns
        return True


class ResendBudget:
    """What one subscriber may get again: each number once per round trip, all together 25 % of its bytes."""

    def __init__(self) -> None:
        self._credit_bytes = _CREDIT_START_BYTES
        self._resent_ns: dict[tuple[int, int], int] = {}

    def earn(self, size_bytes: int) -> None:
        self._credit_bytes = min(_CREDIT_LIMIT_BYTES, self._credit_bytes + size_bytes // RESEND_SHARE)

    def spend(self, ssrc: int, sequence: int, size_bytes: int, rtt_ns: int, now_ns: int) -> bool:
        """True when this packet may be sent again now."""
        key = (ssrc, sequence)
        last_ns = self._resent_ns.get(key)
        if size_bytes > self._credit_bytes or (last_ns is not None and now_ns - last_ns < rtt_ns):
            return False
        self._credit_bytes -= size_bytes
        self._resent_ns.pop(key, None)
        self._resent_ns[key] = now_ns
        if len(self._resent_ns) > _REMEMBERED_RESENDS:
            del self._resent_ns[next(iter(self._resent_ns))]
        return True
