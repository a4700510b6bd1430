"""What nodes tell each other: who lives and how busy it is, news for one of them or all, and rates that count on all nodes together.

In memory or in Redis behind one interface, with one set of tests. Nothing here is the truth about anything that must not be lost:
who owns a session stands in the database. Whoever cannot reach Redis goes on with what it has.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Literal, Protocol

import msgspec
from msgspec import Meta

BEAT_S = 1.0
LEASE_S = 5.0
ANSWER_S = 0.5  # P21: no command waits longer for Redis

# "kept": as since my last beat. "anew": there was no lease of mine: this is the first, or it ran out, or Redis has forgotten all.
# "taken": another process called itself this node since my last beat.
Beat = Literal["kept", "anew", "taken"]


class Unreachable(Exception):
    """The coordination did not answer in time, or not as it should. The message says how, without addresses or passwords."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A node as it last told of itself. `run` is another one after every start, `beat` counts in it. `load`: of what it can carry."""

    node: Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,40}$")]
    run: Annotated[str, Meta(pattern=r"^[0-9A-Za-z_-]{1,64}$")]
    url: Annotated[str, Meta(pattern=r"^(https?://[^/?#]{1,255})?$")]
    beat: Annotated[int, Meta(ge=0)] = 0
    load: Annotated[float, Meta(ge=0, le=1)] = 0.0
    rooms: Annotated[int, Meta(ge=0)] = 0
    full: bool = False
    draining: bool = False
    release: Annotated[str, Meta(max_length=64)] = ""


class News(msgspec.Struct, frozen=True, kw_only=True):
    """`kind`: "sessions" are this node's now, look at them; "renamed": a person (`about`) is called otherwise."""

    kind: Annotated[str, Meta(min_length=1, max_length=40)]
    about: tuple[Annotated[str, Meta(max_length=200)], ...] = ()


class Coordination(Protocol):
    """Of one node, whose name it is made with. No call takes longer than ANSWER_S; all but `heard` and `close` raise Unreachable."""

    ignored: int  # what was read and made no sense

    async def beat(self, me: Member) -> Beat:
        """I live, for LEASE_S."""

    async def leave(self, me: Member) -> None:
        """I end."""

    async def members(self) -> list[Member]:
        """Whose lease has not run out."""

    async def tell(self, node: str | None, news: News) -> None:
        """To one node or to all others; heard at most once, perhaps never."""

    def heard(self) -> AsyncIterator[News]:
        """What is told to this node, for as long as it is asked; comes back by itself after an outage."""

    async def take(self, bucket: str, *, burst: float, per_s: float) -> bool:
        """One token of a bucket that all nodes share."""

    async def close(self) -> None: ...
