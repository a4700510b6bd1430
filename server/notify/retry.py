"""When a message that could not be sent is tried again, and when it is given up. Pure: no clock, no database, no network.

Intervals of the Standard Webhooks specification ("Deliverability and reliability"), with a second early try for mails that are waited for.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

import msgspec

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
PAUSES_MS = (
    5 * SECOND_MS,
    30 * SECOND_MS,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    2 * HOUR_MS,
    5 * HOUR_MS,
    10 * HOUR_MS,
    14 * HOUR_MS,
    20 * HOUR_MS,
    24 * HOUR_MS,
)
MOST_ATTEMPTS = len(PAUSES_MS) + 1
JITTER = 0.2  # of a pause, to either side: those that failed together do not come back together
LONGEST_ASKED_MS = 24 * HOUR_MS
# What is of no use any more after that time is not sent then.
USEFUL_MS: Mapping[str, int] = {"sign_in": 20 * MINUTE_MS}


class Failed(Exception):
    """It was not sent. `code` says why, in a word for the row and the log.

    `for_good`: it never will be. `after_ms`: the other side asked not to be tried before.
    """

    def __init__(self, code: str, *, for_good: bool = False, after_ms: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.for_good = for_good
        self.after_ms = after_ms


class Again(msgspec.Struct, frozen=True):
    at_ms: int


def useful(kind: str, created_ms: int, now_ms: int) -> bool:
    limit_ms = USEFUL_MS.get(kind)
    return limit_ms is None or now_ms < created_ms + limit_ms


def after(failure: Failed, kind: str, created_ms: int, attempts: int, now_ms: int, dice: random.Random) -> Again | None:
    """When it is tried again after `attempts` in all; None: never."""
    if failure.for_good or attempts >= MOST_ATTEMPTS:
        return None
    pause_ms = PAUSES_MS[attempts - 1] * dice.uniform(1 - JITTER, 1 + JITTER)
    at_ms = now_ms + int(max(pause_ms, min(failure.after_ms, LONGEST_ASKED_MS)))
    return Again(at_ms) if useful(kind, created_ms, at_ms) else None
