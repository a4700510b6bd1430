"""A manifest is whole or the one before; foreign ids cannot leave the folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from recorder.control import Hole, Take
from recorder.files import lock_folder, make_folder, replace_file, safe_name
from recorder.keys import KeyName, KeyStore
from recorder.manifest import Manifest, PartRef, load_manifests, manifest_path, save_manifest

MANIFEST = Manifest(
    take="take",
    room="room",
    teacher="teacher",
    state="ready",
    started_ms=5,
    parts=(PartRef(part=1, path="journals/room/1.journal", origin_ns=7),),
    version="abc",
    index="takes/x.index",
    duration_ms=100,
    size_bytes=900,
    holes=(Hole(start_ms=1, end_ms=2),),
)


def test_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    save_manifest(tmp_path, MANIFEST)
    assert load_manifests(tmp_path) == ([MANIFEST], [])
    assert MANIFEST.as_take() == Take(
        take="take",
        room="room",
        state="ready",
        version="abc",
        started_ms=5,
        duration_ms=100,
        size_bytes=900,
        holes=(Hole(start_ms=1, end_ms=2),),
    )


def test_unreadable_manifest_hides_no_other(tmp_path: Path) -> None:
    save_manifest(tmp_path, MANIFEST)
    (tmp_path / "takes" / "broken.json").write_bytes(b"{")
    manifests, unreadable = load_manifests(tmp_path)
    assert manifests == [MANIFEST]
    assert [path.name for path in unreadable] == ["broken.json"]


def test_half_written_replacement_leaves_the_old_file(tmp_path: Path) -> None:
    replace_file(tmp_path / "file", b"old")
    (tmp_path / "file.new").write_bytes(b"ha")
    assert (tmp_path / "file").read_bytes() == b"old"
    replace_file(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"


@pytest.mark.parametrize("identifier", ["..", "../x", "a/b", ".hidden", "", "ä", "a" * 300, "=x", "a b", "a\n"])
def test_odd_ids_become_harmless_names(identifier: str, tmp_path: Path) -> None:
    name = safe_name(identifier)
    assert name.startswith("=")
    assert "/" not in name
    assert manifest_path(tmp_path, identifier).parent == tmp_path / "takes"
    keys = KeyStore(tmp_path / "keys")
    keys.find_or_make(KeyName(identifier, identifier, "microphone"))
    assert [path.relative_to(tmp_path / "keys").parts[0] for path in (tmp_path / "keys").rglob("*.key")] == [name]


def test_plain_ids_stay_readable_and_distinct() -> None:
    assert safe_name("Take_7-b") == "Take_7-b"
    assert len({safe_name(identifier) for identifier in ("..", ".", "/", "")}) == 4


def test_every_folder_that_is_made_is_durable_in_its_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    monkeypatch.setattr("recorder.files.sync_folder", synced.append)
    make_folder(tmp_path / "a" / "b" / "c")
    assert set(synced) == {tmp_path, tmp_path / "a", tmp_path / "a" / "b"}


def test_only_one_recorder_owns_a_data_folder(tmp_path: Path) -> None:
    lock_folder(tmp_path / "data")
    with pytest.raises(BlockingIOError):
        lock_folder(tmp_path / "data")
