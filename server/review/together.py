"""One film at one place for all who talk about it: where it is, whether it plays and how fast, and who moved it last. Pure.

Invariant: who acts names the version that they saw; whoever saw an older one has lost to somebody who was quicker, and changes nothing.
Where the film is follows from the time, so nothing has to be told while it plays.
"""

from __future__ import annotations

from typing import Literal

import msgspec

ActKind = Literal["play", "pause", "seek", "rate"]
SLOWEST, FASTEST = 0.25, 4.0
LONGEST_MS = 24 * 3_600_000


class Playhead(msgspec.Struct, frozen=True, kw_only=True):
    """At `changed_ms` the film was at `position_ms`. `leader` is the seat that moved it last, "" as long as nobody has.

    `version` grows with each act, also across a restart of the server, which knows version 0 only.
    """

    position_ms: int = 0
    playing: bool = False
    rate: float = 1.0
    changed_ms: int = 0
    leader: str = ""
    version: int = 0


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """`position_ms` is where the film was on the page of whoever did this, `rate` how fast it is to be."""

    act: ActKind
    position_ms: int
    rate: float = 1.0
    version: int


def position_at(playhead: Playhead, now_ms: int) -> int:
    """The end of the film is for pages to know."""
    if not playhead.playing:
        return playhead.position_ms
    return playhead.position_ms + round(max(0, now_ms - playhead.changed_ms) * playhead.rate)


def after(playhead: Playhead, act: Act, seat: str, now_ms: int) -> Playhead | None:
    """None: the act is about an older version."""
    if act.version != playhead.version:
        return None
    playing = act.act == "play" or (act.act != "pause" and playhead.playing)
    return Playhead(
        position_ms=min(max(act.position_ms, 0), LONGEST_MS),
        playing=playing,
        rate=min(max(act.rate, SLOWEST), FASTEST) if act.act in ("rate", "play") else playhead.rate,
        changed_ms=now_ms,
        leader=seat,
        version=max(playhead.version + 1, now_ms),
    )
