"""What nodes tell each other: who lives and how busy it is, news for one of them or all, and rates that count on all nodes together.

In memory or in Redis behind one interface, with one set of tests. Nothing here is the truth about anything that must not be lost:
who owns a session stands in the database. Whoever cannot reach Redis goes on with what it has.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

import msgspec

BEAT_S = 1.5
LEASE_S = 5.0
ANSWER_S = 0.5  # P21: no command waits longer for Redis


class Unreachable(Exception):
    """The coordination did not answer in time, or not as it should."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A node as it last told of itself. `run` is another one after every start. `load` is 0 to 1 of what it can carry."""

    node: str
    run: str
    url: str
    load: float = 0.0
    rooms: int = 0
    full: bool = False
    draining: bool = False
    release: str = ""


class News(msgspec.Struct, frozen=True, kw_only=True):
    """`kind`: "sessions" are this node's now, look at them; "renamed": a person (`about`) is called otherwise."""

    kind: str
    about: tuple[str, ...] = ()


class Coordination(Protocol):
    async def beat(self, me: Member) -> bool:
        """I live, for LEASE_S. False: I was thought dead since my last beat (or this is the first). Raises Unreachable."""

    async def leave(self, me: Member) -> None:
        """I end. Raises Unreachable."""

    async def members(self) -> list[Member]:
        """Who lives. Raises Unreachable."""

    async def tell(self, node: str | None, news: News) -> None:
        """To one node or to all others; heard at most once, perhaps never. Raises Unreachable."""

    def heard(self, node: str) -> AsyncIterator[News]:
        """What is told to this node, for as long as it is asked; comes back by itself after an outage."""

    async def take(self, bucket: str, *, burst: float, per_s: float) -> bool:
        """One token of a bucket that all nodes share. Raises Unreachable."""

    async def close(self) -> None: ...
