"""What `microteach doctor` wants to know of a bucket: all that the product does with it, done once with a file for trial."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from server.blobs.blobs import Blobs
from server.blobs.s3 import S3
from server.blobs.signed import NoVersions, Place, Signed

PREFIX = "doctor/"


@dataclass(frozen=True, slots=True)
class BucketFound:
    """`versioned`: what is replaced is kept. `left`: so many versions were still there after the erasure."""

    versioned: bool
    left: int


async def look_at_bucket(place: Place) -> BucketFound:
    """Raises Failed, Missing (there is no such bucket), Damaged, SettingsError without the library."""
    blobs: Blobs = S3(place)
    key = f"{PREFIX}{secrets.token_hex(8)}"
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "trial"
            path.write_text("once")
            await blobs.put(key, path)
            try:
                path.write_text("again")
                await blobs.put(key, path)
                await blobs.get(key, Path(folder) / "back")
                kept = await asyncio.to_thread(_count, place, key)
            finally:
                await blobs.erase(key)
    finally:
        await blobs.close()
    return BucketFound(versioned=kept > 1, left=await asyncio.to_thread(_count, place, key))


def _count(place: Place, key: str) -> int:
    try:
        return sum(1 for _ in Signed(place).versions(key))
    except NoVersions:
        return 0
