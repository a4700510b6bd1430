"""How good a connection is, from what the media worker counts and what the page notices. Pure: the time is an argument.

A level is shown only once it has lasted, so that nothing flickers. docs/quality.md has the thresholds; it must not know who is told.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from server.media.control import PeerQuality
from server.wire.connections import Level, OwnConnection, Pictures, Quality

WORSE_MS = 4_000
BETTER_MS = 10_000
HOLD_MS = 6_000
"""A worse level has to last so long, a better one so long; and what is shown stays so long in any case."""

LOSS = (0.05, 0.15)
RTT_MS = (300, 800)
FROZEN_PERCENT = (10, 30)
GAPS_PERCENT = (5, 15)
LEAST_ESTIMATE_BPS = 100_000
"""Voices alone hardly fit."""
PAGE_MS = 12_000
"""A page repeats trouble; what it has not repeated for so long is over."""

LEVELS: tuple[Level, ...] = ("good", "fair", "poor", "lost")
RANK: Mapping[Level, int] = {level: rank for rank, level in enumerate(LEVELS)}


class Steady(msgspec.Struct, kw_only=True):
    """One level that follows what is heard only when that has lasted."""

    level: Level = "good"
    changed_ms: int = 0
    turning: int = 0
    since_ms: int = 0
    nearest: Level = "good"

    def hear(self, level: Level, now_ms: int) -> None:
        """`nearest`: the mildest change that all of it agrees on since it began to turn that way."""
        turning = (RANK[level] > RANK[self.level]) - (RANK[level] < RANK[self.level])
        if turning == 0 or turning != self.turning:
            self.turning, self.since_ms, self.nearest = turning, now_ms, level
        elif abs(RANK[level] - RANK[self.level]) < abs(RANK[self.nearest] - RANK[self.level]):
            self.nearest = level
        patience_ms = WORSE_MS if turning > 0 else BETTER_MS
        if turning and now_ms - self.since_ms >= patience_ms and now_ms - self.changed_ms >= HOLD_MS:
            self.level, self.changed_ms, self.turning = self.nearest, now_ms, 0


class Judged(msgspec.Struct, kw_only=True):
    """One person's connections. `page`: the newest that the page has said, and when."""

    up: Steady = msgspec.field(default_factory=Steady)
    down: Steady = msgspec.field(default_factory=Steady)
    small: Steady = msgspec.field(default_factory=Steady)
    slow: Steady = msgspec.field(default_factory=Steady)
    page: Quality | None = None
    page_ms: int = 0

    def page_says(self, quality: Quality, now_ms: int) -> None:
        self.page, self.page_ms = quality, now_ms

    def hear(self, peer: PeerQuality, weak_up: frozenset[str], pressure: int, now_ms: int) -> None:
        """`weak_up`: whose own sending is weak. What does not come from them is not this person's trouble."""
        said = self.page if self.page and self.page.session == peer.session and now_ms - self.page_ms <= PAGE_MS else None
        self.up.hear(up_of(peer, said), now_ms)
        self.down.hear(down_of(peer, said, weak_up, pressure), now_ms)
        self.small.hear("fair" if reduced(peer) else "good", now_ms)
        self.slow.hear("fair" if said and said.sending == "slow_device" else "good", now_ms)

    def sends_badly(self, peer: PeerQuality) -> bool:
        """Now, or as it is shown: nobody else is blamed for what comes of it, not even before it is shown."""
        return self.up.level != "good" or up_of(peer, None) != "good"

    @property
    def worst(self) -> Level:
        return _worst(self.up.level, self.down.level)

    def own(self, pressure: int) -> OwnConnection:
        small: Pictures = "server_busy" if pressure else "reduced"
        return OwnConnection(
            up=self.up.level,
            down=self.down.level,
            pictures="whole" if self.small.level == "good" else small,
            device="fine" if self.slow.level == "good" else "slow",
        )


def up_of(peer: PeerQuality, said: Quality | None) -> Level:
    """What others get from this person."""
    reduced: Level = "fair" if said and said.sending == "reduced" else "good"
    return _worst(_over(peer.up_loss, LOSS), _over(peer.up_rtt_ms, RTT_MS), reduced)


def down_of(peer: PeerQuality, said: Quality | None, weak_up: frozenset[str], pressure: int) -> Level:
    """What this person gets. Pictures that a busy server holds back are not the line's fault."""
    found = [_over(peer.down_loss, LOSS), _over(peer.down_rtt_ms, RTT_MS)]
    if peer.estimate_bps is not None and peer.estimate_bps < LEAST_ESTIMATE_BPS:
        found.append("poor")
    if pressure == 0 and any(sent.wanted is not None and sent.layer is None for sent in peer.layers):
        found.append("fair")
    if said:
        found.append(_over(said.rtt_ms, RTT_MS))
        found.append(_over(_most(said.frozen, weak_up), FROZEN_PERCENT))
        found.append(_over(_most(said.gaps, weak_up), GAPS_PERCENT))
    return _worst(*found)


def reduced(peer: PeerQuality) -> bool:
    return any(sent.wanted is not None and (sent.layer is None or sent.layer < sent.wanted) for sent in peer.layers)


def _most(shares: Mapping[str, int], but: frozenset[str]) -> int | None:
    return max((share for seat, share in shares.items() if seat not in but), default=None)


def _over(value: float | None, limits: tuple[float, float]) -> Level:
    if value is None or value <= limits[0]:
        return "good"
    return "fair" if value <= limits[1] else "poor"


def _worst(*levels: Level) -> Level:
    return max(levels, key=RANK.__getitem__)
