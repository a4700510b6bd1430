"""Two buckets: files, and keys, of which no backup and no older version is ever kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from server.blobs.blobs import Blobs
from server.blobs.layout import Copy, is_secret, prefix_of, read_key


@dataclass(frozen=True, slots=True)
class Store:
    files: Blobs
    keys: Blobs

    def of(self, name: str) -> Blobs:
        return self.keys if is_secret(name) else self.files

    async def copies(self, session: str) -> list[tuple[Copy, int]]:
        """What there is of a session, with sizes. Raises Failed."""
        found = [*await self.files.list(prefix_of(session)), *await self.keys.list(prefix_of(session))]
        return [(copy, blob.size_bytes) for blob in found if (copy := read_key(blob.key)) is not None]

    async def erase(self, session: str, chosen: Callable[[str], bool] | None = None) -> int:
        """Keys first. Raises Failed."""
        return await self.keys.erase(prefix_of(session), chosen) + await self.files.erase(prefix_of(session), chosen)

    async def close(self) -> None:
        await self.files.close()
        await self.keys.close()
