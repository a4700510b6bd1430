"""Copies in a bucket of an S3-compatible storage, through obstore. Its attempts and times are bounded; what it kept is checked."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from server.blobs.blobs import Arriving, Blob, Damaged, Failed, Missing, digest_of
from server.blobs.signed import NoVersions, Place, Signed, Version

if TYPE_CHECKING:
    from obstore.store import S3Store

PIECE_BYTES = 8 * 1024 * 1024
CONNECT_S, ASK_S = 3, 20
SLOWEST_BYTES_S = 256 * 1024
RETRIES = 2
DIGEST = "sha256"


class S3:
    """`checks.check_storage` has looked whether the library is there."""

    def __init__(self, place: Place) -> None:
        import obstore
        from obstore.exceptions import BaseError
        from obstore.store import S3Store

        self._obstore: Any = obstore
        self._errors: tuple[type[Exception], ...] = (BaseError, ValueError)
        self._store: S3Store = S3Store(
            place.bucket,
            endpoint=place.endpoint,
            region=place.region,
            access_key_id=place.key_id,
            secret_access_key=place.secret,
            virtual_hosted_style_request=False,
            client_options={
                "allow_http": urlsplit(place.endpoint).scheme == "http",
                "connect_timeout": timedelta(seconds=CONNECT_S),
                "timeout": timedelta(seconds=ASK_S),
            },
            retry_config={
                "max_retries": RETRIES,
                "retry_timeout": timedelta(seconds=ASK_S),
                "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=2), "base": 2},
            },
        )
        self._signed = Signed(place)

    async def put(self, key: str, path: Path) -> bool:
        digest = await asyncio.to_thread(digest_of, path)
        size_bytes = path.stat().st_size
        async with self._asking(size_bytes):
            if await self._kept(key) == (size_bytes, digest):
                return False
            await self._obstore.put_async(
                self._store, key, path, attributes={DIGEST: digest}, chunk_size=PIECE_BYTES, max_concurrency=2, use_multipart=None
            )
        return True

    async def get(self, key: str, path: Path) -> None:
        async with self._asking(0):
            found = await self._obstore.get_async(self._store, key)
        digest = found.attributes.get(DIGEST)
        if digest is None:
            raise Damaged
        async with self._asking(found.meta["size"]):
            await self._write(found, path, digest)

    async def list(self, prefix: str) -> list[Blob]:
        found: list[Blob] = []
        async with self._asking(0):
            async for page in self._obstore.list(self._store, prefix=prefix.rstrip("/")):
                found += [Blob(each["path"], each["size"]) for each in page if each["path"].startswith(prefix)]
        return found

    async def erase(self, prefix: str, chosen: Callable[[str], bool] | None = None) -> int:
        def take(key: str) -> bool:
            return key.startswith(prefix) and (chosen is None or chosen(key))

        try:
            return await asyncio.to_thread(self._erase, prefix, take)
        except NoVersions:
            plain = [Version(blob.key, "null", True) for blob in await self.list(prefix) if take(blob.key)]
            async with self._asking(0):
                if plain:
                    await self._obstore.delete_async(self._store, [each.key for each in plain])
            return len(plain) + await asyncio.to_thread(self._signed.end_uploads, prefix, take)

    async def close(self) -> None:
        return

    def _erase(self, prefix: str, take: Callable[[str], bool]) -> int:
        gone = [each for each in self._signed.versions(prefix) if take(each.key) or (each.key.startswith(prefix) and not each.is_latest)]
        self._signed.delete(gone)
        return len(gone) + self._signed.end_uploads(prefix, take)

    async def _kept(self, key: str) -> tuple[int, str | None] | None:
        with contextlib.suppress(FileNotFoundError):
            found = await self._obstore.get_async(self._store, key, options={"head": True})
            return found.meta["size"], found.attributes.get(DIGEST)
        return None

    async def _write(self, found: Any, path: Path, digest: str) -> None:
        arriving = await asyncio.to_thread(Arriving, path)
        try:
            async for piece in found.stream(min_chunk_size=PIECE_BYTES):
                await asyncio.to_thread(arriving.write, bytes(piece))
            await asyncio.to_thread(arriving.finish, digest)
        finally:
            await asyncio.to_thread(arriving.close)

    @contextlib.asynccontextmanager
    async def _asking(self, size_bytes: int) -> Any:
        try:
            async with asyncio.timeout(2 * ASK_S + size_bytes / SLOWEST_BYTES_S):
                yield
        except TimeoutError as error:
            raise Failed("it did not answer in time") from error
        except FileNotFoundError as error:
            raise (Missing if not error.filename else error) from error
        except self._errors as error:
            raise Failed(type(error).__name__) from error
