"""Copies in a folder and in a bucket keep the same promises; a storage that fails says so in time and loses nothing."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.blobs.blobs import Blob, Blobs, Damaged, Failed, Missing
from server.blobs.folder import Folder
from server.blobs.s3 import S3
from tests.fakes.s3 import Mode, Storage, storage

pytestmark = pytest.mark.full

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def s3() -> Iterator[Storage]:
    with storage() as running:
        yield running


class Bucket:
    """A bucket of its own for a test, and the product's client of it."""

    def __init__(self, s3: Storage, *, versions: bool = True) -> None:
        self.storage = s3
        self.name = f"bucket{next(_numbers)}"
        self.blobs = S3(s3.make_bucket(self.name, versions=versions))


@pytest.fixture
def bucket(s3: Storage) -> Iterator[Bucket]:
    yield Bucket(s3)
    s3.be("fine")


@pytest.fixture(params=["folder", "bucket", "bucket without versions"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "folder":
        return Folder(tmp_path / "blobs")
    return Bucket(request.getfixturevalue("s3"), versions=request.param == "bucket").blobs


async def test_what_was_put_comes_back_as_it_was(blobs: Blobs, tmp_path: Path) -> None:
    for size in (0, 1, 100_000, 9_000_000):
        path, back = tmp_path / "file", tmp_path / "somewhere" / "back"
        path.write_bytes(os.urandom(size))
        assert await blobs.put("s1/0001/takes/a=b.json", path)
        assert not await blobs.put("s1/0001/takes/a=b.json", path)
        await blobs.get("s1/0001/takes/a=b.json", back)
        assert back.read_bytes() == path.read_bytes()
        assert await blobs.list("s1/") == [Blob("s1/0001/takes/a=b.json", size)]
    assert [each.name for each in back.parent.iterdir()] == ["back"]
    assert back.stat().st_mode & 0o077 == 0


async def test_a_list_has_what_begins_so_and_nothing_else(blobs: Blobs, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    for key in ("s1/a/b", "s1/c", "s10/a", "s2/a"):
        await blobs.put(key, tmp_path / "file")
    assert [blob.key for blob in sorted(await blobs.list("s1/"))] == ["s1/a/b", "s1/c"]
    assert await blobs.list("s3/") == []


async def test_what_is_not_there_is_missing(blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(Missing):
        await blobs.get("s1/nothing", tmp_path / "back")
    with pytest.raises(FileNotFoundError):
        await blobs.put("s1/nothing", tmp_path / "no file")
    assert not (tmp_path / "back").exists()


async def test_only_what_was_chosen_is_erased(blobs: Blobs, tmp_path: Path) -> None:
    for text in ("one", "two"):
        (tmp_path / "file").write_text(text)
        for key in ("s1/a", "s1/b", "s10/a"):
            await blobs.put(key, tmp_path / "file")
    assert await blobs.erase("s1/", lambda key: key.endswith("a")) > 0
    assert [blob.key for blob in [*await blobs.list("s1/"), *await blobs.list("s10/")]] == ["s1/b", "s10/a"]
    assert await blobs.erase("s1/") == 1
    assert await blobs.erase("s1/") == 0


async def test_no_version_is_left_of_what_was_erased(bucket: Bucket, tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / "file").write_bytes(b"canary" + bytes([number]))
        await bucket.blobs.put("s1/a", tmp_path / "file")
    (tmp_path / "file").write_bytes(b"other")
    await bucket.blobs.put("s2/a", tmp_path / "file")
    client = bucket.storage.client
    client.delete_object(Bucket=bucket.name, Key="s1/a")  # as a lifecycle rule would: it is still there
    client.create_multipart_upload(Bucket=bucket.name, Key="s1/b")
    assert len(bucket.storage.everything(bucket.name)) == 6
    await bucket.blobs.erase("s1/")
    assert list(bucket.storage.everything(bucket.name).values()) == [b"other"]


async def test_what_was_replaced_goes_too_where_something_is_erased(bucket: Bucket, tmp_path: Path) -> None:
    for text in (b"older", b"newer"):
        (tmp_path / "file").write_bytes(text)
        await bucket.blobs.put("s1/kept", tmp_path / "file")
    await bucket.blobs.erase("s1/", lambda _: False)
    assert list(bucket.storage.everything(bucket.name).values()) == [b"newer"]


async def test_more_than_fits_into_one_answer_is_erased(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.blobs.signed.AT_ONCE", 10)
    for number in range(25):
        bucket.storage.client.put_object(Bucket=bucket.name, Key=f"s1/{number}", Body=b"x")
    assert await bucket.blobs.erase("s1/") == 25
    assert bucket.storage.everything(bucket.name) == {}


async def test_what_was_changed_there_is_damaged(bucket: Bucket, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"as it was")
    await bucket.blobs.put("s1/a", tmp_path / "file")
    found = bucket.storage.client.head_object(Bucket=bucket.name, Key="s1/a")
    bucket.storage.client.put_object(Bucket=bucket.name, Key="s1/a", Body=b"as it is!", Metadata=found["Metadata"])
    with pytest.raises(Damaged):
        await bucket.blobs.get("s1/a", tmp_path / "back")
    bucket.storage.client.put_object(Bucket=bucket.name, Key="s1/a", Body=b"by somebody else")
    with pytest.raises(Damaged):
        await bucket.blobs.get("s1/a", tmp_path / "back")
    assert not list(tmp_path.glob("back*"))


@pytest.mark.parametrize("mode", ["refused", "fails", "cut"])
async def test_a_storage_that_fails_says_so_and_what_is_there_stays(bucket: Bucket, tmp_path: Path, mode: Mode) -> None:
    (tmp_path / "file").write_bytes(os.urandom(200_000))
    await bucket.blobs.put("s1/a", tmp_path / "file")
    kept = (tmp_path / "file").read_bytes()
    (tmp_path / "file").write_bytes(os.urandom(200_000))
    bucket.storage.be(mode)
    began = time.monotonic()
    with pytest.raises(Failed):
        await bucket.blobs.put("s1/a", tmp_path / "file")
    if mode != "cut":
        with pytest.raises(Failed):
            await bucket.blobs.get("s1/a", tmp_path / "back")
        with pytest.raises(Failed):
            await bucket.blobs.list("s1/")
        with pytest.raises(Failed):
            await bucket.blobs.erase("s1/")
    assert time.monotonic() - began < 100
    bucket.storage.be("fine")
    await bucket.blobs.get("s1/a", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == kept


async def test_whoever_does_not_wait_for_a_storage_that_hangs_goes_on(bucket: Bucket, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    bucket.storage.be("hangs")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await bucket.blobs.put("s1/a", tmp_path / "file")
    bucket.storage.be("fine")
    assert await bucket.blobs.put("s1/a", tmp_path / "file")


async def test_a_slow_storage_is_waited_for(bucket: Bucket, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    bucket.storage.be("slow")
    assert await bucket.blobs.put("s1/a", tmp_path / "file")
    await bucket.blobs.get("s1/a", tmp_path / "back")
