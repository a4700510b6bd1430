"""What was made of a take can be read while the take is as it was, and by nobody after that."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from recorder.control import Take
from recorder.keys import KeyName
from recorder.manifest import load_manifests, save_manifest
from recorder.products import (
    PRODUCTS_FOLDER,
    Unwanted,
    destroy_products,
    open_product,
    remove_unfinished,
    store_product,
    wanted_manifest,
)
from recorder.sealed import BrokenFile
from recorder.take import ReadRefused
from tests.unit.recorder.test_recording import Stage

POSTER = b"a picture of somebody " * 9_000


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    made = Stage(tmp_path)
    made.mark("take", 0)
    made.speak(0.5)
    made.mark(None, 0.5)
    return made


def take_of(stage: Stage) -> Take:
    return stage.takes[-1]


def store(stage: Stage, pieces: Iterator[bytes] | tuple[bytes, ...] = (POSTER,)) -> int:
    return store_product(stage.folder / "data", stage.keys, "take", take_of(stage).version, "poster.jpg", pieces)


def read(stage: Stage) -> bytes:
    opened = open_product(stage.folder / "data", stage.keys, "take", take_of(stage).version, "poster.jpg")
    return b"".join(opened.chunks(0, opened.size_bytes))


def files(stage: Stage) -> list[Path]:
    return sorted((stage.folder / "data" / PRODUCTS_FOLDER).glob("*"))


def product_keys(stage: Stage) -> list[KeyName]:
    return [name for name in stage.keys.made_by_recorder("take") if name.source.startswith("product-")]


def give_another_version(stage: Stage) -> None:
    [manifest] = load_manifests(stage.folder / "data")[0]
    save_manifest(stage.folder / "data", msgspec.structs.replace(manifest, version="other"))


def test_what_was_stored_is_served_by_range(stage: Stage) -> None:
    assert store(stage) == len(POSTER)
    opened = stage.library.open_product("take", take_of(stage).version, "poster.jpg")
    assert opened.size_bytes == len(POSTER)
    assert b"".join(opened.chunks(70_000, 140_000)) == POSTER[70_000:140_000]
    with pytest.raises(ReadRefused, match="range"):
        list(opened.chunks(0, len(POSTER) + 1))
    with pytest.raises(ReadRefused, match="missing"):
        stage.library.open_product("take", take_of(stage).version, "film.mp4")
    with pytest.raises(ReadRefused, match="gone"):
        stage.library.open_product("take", "other", "poster.jpg")
    [path] = files(stage)
    assert b"somebody" not in path.read_bytes()
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ReadRefused, match="damaged"):
        stage.library.open_product("take", take_of(stage).version, "poster.jpg")


def test_a_copy_of_what_was_made_before_cannot_be_put_back(stage: Stage) -> None:
    store(stage)
    [path] = files(stage)
    earlier = path.read_bytes()
    store(stage, (b"made again",))
    assert read(stage) == b"made again"
    path.write_bytes(earlier)
    with pytest.raises(BrokenFile):
        read(stage)


def test_a_job_whose_take_is_deleted_meanwhile_leaves_nothing(stage: Stage) -> None:
    def pieces() -> Iterator[bytes]:
        yield POSTER
        assert stage.recording.delete("take")
        yield POSTER

    with pytest.raises(Unwanted, match="deleted"):
        store(stage, pieces())
    assert files(stage) == []
    assert not (stage.folder / "keys" / "take").exists()
    with pytest.raises(Unwanted, match="deleted"):
        store(stage)
    assert not (stage.folder / "keys" / "take").exists()


def test_a_job_whose_take_gets_another_version_meanwhile_leaves_nothing(stage: Stage) -> None:
    def pieces() -> Iterator[bytes]:
        yield POSTER
        give_another_version(stage)

    with pytest.raises(Unwanted, match="gone"):
        store(stage, pieces())
    assert files(stage) == []
    assert product_keys(stage) == []


def test_a_key_that_is_destroyed_between_two_looks_opens_nothing_later(stage: Stage) -> None:
    """As when a withdrawal comes while the file is written: keys first, then files."""

    def pieces() -> Iterator[bytes]:
        yield POSTER
        destroy_products(stage.folder / "data", stage.keys, "take")

    with pytest.raises(FileNotFoundError):
        store(stage, pieces())
    assert (files(stage), product_keys(stage)) == ([], [])


def test_a_job_that_fails_leaves_nothing(stage: Stage) -> None:
    def pieces() -> Iterator[bytes]:
        yield POSTER
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        store(stage, pieces())
    assert (files(stage), product_keys(stage)) == ([], [])


def test_products_are_destroyed_but_for_those_of_the_version_to_keep(stage: Stage) -> None:
    data, version = stage.folder / "data", take_of(stage).version
    store(stage)
    destroy_products(data, stage.keys, "take", keep_version=version)
    assert read(stage) == POSTER
    destroy_products(data, stage.keys, "take", keep_version="other")
    assert (files(stage), product_keys(stage)) == ([], [])
    with pytest.raises(FileNotFoundError):
        read(stage)
    destroy_products(data, stage.keys, "take")
    assert stage.keys.find(KeyName("take", "", "index")) is not None, "the take itself stays"


def test_what_a_killed_job_left_is_removed_but_not_what_another_one_writes(stage: Stage) -> None:
    store(stage)
    folder = stage.folder / "data" / PRODUCTS_FOLDER
    (folder / "take.v.film.mp4.new").write_bytes(b"left")
    writing = os.open(folder / "take.v.poster.jpg.new", os.O_WRONLY | os.O_CREAT)
    fcntl.flock(writing, fcntl.LOCK_EX)
    remove_unfinished(stage.folder / "data")
    assert sorted(path.name for path in files(stage) if path.name.endswith(".new")) == ["take.v.poster.jpg.new"]
    assert read(stage) == POSTER
    os.close(writing)
    remove_unfinished(stage.folder / "data")
    assert len(files(stage)) == 1


def test_nothing_is_made_of_a_take_that_is_not_there_or_not_ready(stage: Stage) -> None:
    data = stage.folder / "data"
    assert wanted_manifest(data, "take", take_of(stage).version).take == "take"
    stage.mark("running", 1)
    for take, version in (("nothing", ""), ("running", ""), ("take", "other")):
        with pytest.raises(Unwanted, match="gone"):
            wanted_manifest(data, take, version)
