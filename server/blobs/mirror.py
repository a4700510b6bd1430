"""Files of sessions beyond this machine: what the server asks for when a session comes here, goes away, or is destroyed.

A session's files lie on its owner's disk and are copied to the blobs, if there are any (docs/files.md). Here is what everybody
calls; `server.blobs.copying` does it. Nobody outside this folder knows where a file lies.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

FETCH_S = 8.0  # within P21's takeover of 10 s
HAND_OVER_S = 5.0

# The epoch under which this node owns a session, None where another one does: what it copies then counts no more.
EpochOf = Callable[[str], Awaitable[int | None]]


@dataclass(frozen=True, slots=True)
class Behind:
    """What is not copied yet, and for how long the oldest of it waits."""

    files: int = 0
    size_bytes: int = 0
    seconds: float = 0.0


class Mirror(Protocol):
    async def run(self) -> None:
        """Copy what is new, until it is cancelled. Returns at once where there is nowhere to copy to."""

    async def fetch(self, session: str, within_s: float = FETCH_S) -> bool:
        """Before a session that was another node's is loaded here: its files come to the local disk, and the recorder learns of
        its takes. False: not all came in time; what is missing is fetched in the background. Raises nothing for a storage that fails."""

    async def hand_over(self, session: str, within_s: float = HAND_OVER_S) -> bool:
        """Before this node gives up a session, which is still its own: the recorder writes and closes what it has of it and takes
        nothing more of it in, and everything is copied. False: not all was in time."""

    async def forget_local(self, session: str) -> None:
        """It is another node's: the recorder lets go of it and its files leave this disk. The copies stay, and get what only this disk
        has of it. Files of which there are no copies stay too. Done by itself within a minute or two, also after a restart."""

    async def fetch_product(self, take: str, version: str, name: str) -> bool:
        """What a job has made on another machine comes here. False where it cannot be had."""

    async def erase_session(self, session: str) -> bool:
        """All versions of all copies of its files, for good; the files here are for the recorder and the slides to remove, before.
        False: the storage fails; it must be asked again."""

    async def erase_deck(self, session: str, deck: str) -> bool:
        """The same of the pages of one of its slides."""

    async def sessions_here(self) -> list[str]:
        """Of which files are on this disk."""

    def behind(self) -> Behind: ...

    async def close(self) -> None: ...


class NoMirror:
    """Nothing is copied anywhere: files are where they were written, on this machine."""

    async def run(self) -> None:
        return

    async def fetch(self, session: str, within_s: float = FETCH_S) -> bool:
        return True

    async def hand_over(self, session: str, within_s: float = HAND_OVER_S) -> bool:
        return True

    async def forget_local(self, session: str) -> None:
        return

    async def fetch_product(self, take: str, version: str, name: str) -> bool:
        return False

    async def erase_session(self, session: str) -> bool:
        return True

    async def erase_deck(self, session: str, deck: str) -> bool:
        return True

    async def sessions_here(self) -> list[str]:
        return []

    def behind(self) -> Behind:
        return Behind()

    async def close(self) -> None:
        return
