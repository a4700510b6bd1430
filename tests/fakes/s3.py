"""A storage as of S3 (moto's server) in a process of its own, behind a door that refuses, hangs, fails or cuts off when it is told to.

`python -m tests.fakes.s3` is that process: it prints its port, then takes one word a line on its standard input and repeats it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from server.blobs.signed import Place

Mode = Literal["fine", "refused", "hangs", "fails", "slow", "cut"]
CUT_BYTES = 40_000  # of what is sent there, enough for small requests
SLOW_S = 0.4
KEY_ID, SECRET, REGION = "tester", "not-a-secret", "us-east-1"


class Storage:
    """A client of the fake, for tests to look at what is there behind the product's back."""

    def __init__(self, process: subprocess.Popen[str], port: int, straight: int) -> None:
        self._process = process
        self.url = f"http://127.0.0.1:{port}"
        self.client = _client(f"http://127.0.0.1:{straight}")

    def be(self, mode: Mode) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{mode}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline().strip() == mode

    def make_bucket(self, name: str, *, versions: bool = True) -> Place:
        from server.blobs.signed import Place

        self.client.create_bucket(Bucket=name)
        if versions:
            self.client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return Place(self.url, name, REGION, KEY_ID, SECRET)

    def everything(self, bucket: str) -> dict[str, bytes]:
        """All versions of all objects, by key and version; unfinished uploads and marks too, as empty."""
        listed = self.client.list_object_versions(Bucket=bucket)
        found = {}
        for each in listed.get("Versions", []):
            with contextlib.suppress(self.client.exceptions.ClientError):  # gone meanwhile
                got = self.client.get_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])
                found[f"{each['Key']} {each['VersionId']}"] = got["Body"].read()
        found |= {f"{each['Key']} deleted {each['VersionId']}": b"" for each in listed.get("DeleteMarkers", [])}
        uploads = self.client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
        return found | {f"{each['Key']} upload {each['UploadId']}": b"" for each in uploads}


@contextlib.contextmanager
def storage() -> Iterator[Storage]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.s3"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin and process.stdout
    try:
        port, straight = map(int, process.stdout.readline().split())
        found = Storage(process, port, straight)
        yield found
        found.client.close()
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def _client(url: str) -> Any:
    import boto3  # type: ignore[import-untyped]
    from botocore.config import Config  # type: ignore[import-untyped]

    config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1})
    return boto3.client("s3", endpoint_url=url, region_name=REGION, aws_access_key_id=KEY_ID, aws_secret_access_key=SECRET, config=config)


class Door:
    def __init__(self, straight: int) -> None:
        self.mode: Mode = "fine"
        self._straight = straight
        self._server: asyncio.Server | None = None
        self.port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, reuse_address=True)
        self.port = self._server.sockets[0].getsockname()[1]

    async def set(self, mode: Mode) -> None:
        if self._server is not None and mode == "refused":
            self._server.close()
            self._server = None
        elif self._server is None and mode != "refused":
            await self.open()
        self.mode = mode

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", self._straight)
            try:
                back = asyncio.create_task(self._copy(behind_reader, writer, forward=False))
                await self._copy(reader, behind_writer, forward=True, answer=writer)
                back.cancel()
            finally:
                behind_writer.close()
        writer.close()

    async def _copy(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, forward: bool, answer: asyncio.StreamWriter | None = None
    ) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while data := await source.read(16_384):
                if self.mode == "refused":
                    return
                while self.mode == "hangs":
                    await asyncio.sleep(0.05)
                if forward and self.mode == "slow":
                    await asyncio.sleep(SLOW_S)
                if forward and self.mode == "fails" and answer is not None:
                    answer.write(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    await answer.drain()
                    return
                passed += len(data)
                if forward and self.mode == "cut" and passed > CUT_BYTES:
                    return
                sink.write(data)
                await sink.drain()


async def _main() -> None:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    straight = server.get_host_and_port()[1]
    door = Door(straight)
    await door.open()
    print(door.port, straight, flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        mode: Any = line.strip()
        await door.set(mode)
        print(mode, flush=True)


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    asyncio.run(_main())
