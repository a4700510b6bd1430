"""What is ours among the copies, what of it counts, and what is wanted no more. What a storage says is not trusted."""

from __future__ import annotations

import random
import string

import msgspec
import pytest

from recorder import files
from server.blobs.layout import (
    Copy,
    Manifest,
    Part,
    Track,
    is_ours,
    is_secret,
    is_wanted,
    key_of,
    manifest_name,
    newest,
    plain_name,
    read_key,
    read_manifest,
    take_stem,
)

VERSION = "0123456789abcdef01234567"
TAKE = Manifest(
    take="take",
    room="room",
    state="ready",
    parts=(Part("journals/room/take.0001a1b2c3d4e5f6.journal"), Part("journals/room/0000002a.journal")),
    version=VERSION,
    index=f"takes/take.{VERSION}.index",
    settled=True,
    mix="mix-2",
    withdrawn=(Track("s2", "microphone"),),
)
NAMES = [
    "takes/take.json",
    f"takes/take.{VERSION}.index",
    f"products/take.{VERSION}.film.mp4",
    f"products/take.{VERSION}.sprite.json",
    "journals/room/take.0001a1b2c3d4e5f6.journal",
    "journals/=0123456789012345678901234567890123456789/0000002a.journal",
    "keys/take/teacher.microphone.key",
    "keys/take/recorder.mix-2.key",
    f"keys/take/recorder.product-{VERSION}-film.mp4.key",
    "slides/deck/0.webp",
]


@pytest.mark.parametrize("name", NAMES)
def test_each_of_our_names_is_known_and_comes_back_from_its_key(name: str) -> None:
    assert is_ours(name)
    assert read_key(key_of("session", 7, name)) == Copy("session", 7, name)
    assert is_secret(name) == name.startswith("keys/")


@pytest.mark.parametrize(
    "key",
    [
        "session/0000000001/../../etc/passwd",
        "session/0000000001/takes/../take.json",
        "session/0000000001/takes/take.json/..",
        "session/0000000001//takes/take.json",
        "session/0000000001/takes/.json",
        "session/0000000001/takes/take.json\n",
        "session/0000000001/takes/ta\0ke.json",
        "session/0000000001/takes/take.json.new",
        "session/0000000001/keys/take/../../x.key",
        "session/0000000001/keys/take/.hidden.key",
        "session/0000000001/slides/../0.webp",
        "session/0000000001/slides/deck/0.webp.py",
        "session/0000000001/lock",
        "session/1/takes/take.json",
        "../0000000001/takes/take.json",
        "/0000000001/takes/take.json",
        "takes/take.json",
        "",
    ],
)
def test_anything_else_is_passed_over(key: str) -> None:
    assert read_key(key) is None


def test_whatever_is_made_of_a_key_stays_in_its_folders() -> None:
    letters = string.ascii_letters + string.digits + "./=-_\\\n\0 ~%"
    for _ in range(20_000):
        key = list(key_of("session", 1, random.choice(NAMES)))
        for _ in range(random.randint(1, 4)):
            key[random.randrange(len(key))] = random.choice(letters)
        copy = read_key("".join(key))
        if copy is not None:
            assert all(part not in ("", ".", "..") for part in copy.name.split("/"))
            assert not copy.name.startswith("/") and "\\" not in copy.name and "\0" not in copy.name


def test_whatever_is_made_of_a_manifest_is_read_or_refused() -> None:
    whole = bytearray(msgspec.json.encode(TAKE))
    for _ in range(3_000):
        text = bytearray(whole)
        for _ in range(random.randint(1, 5)):
            text[random.randrange(len(text))] = random.randrange(256)
        try:
            manifest = read_manifest(bytes(text))
        except ValueError:
            continue
        for name in NAMES:
            is_wanted(name, {"take": manifest})


def test_files_are_named_as_the_recorder_names_them() -> None:
    for identifier in ("plain", "a-b_C9", "", "-x", "ä", "a/b", "x" * 200, "\udc80"):
        assert plain_name(identifier) == files.safe_name(identifier)


def test_of_copies_of_one_name_the_newest_owners_counts() -> None:
    assert newest([Copy("s", 2, "a"), Copy("s", 10, "a"), Copy("s", 3, "b")]) == {"a": 10, "b": 3}


def test_a_file_tells_whose_it_is() -> None:
    assert [take_stem(name) for name in NAMES] == ["take", "take", "take", "take", "take", "", "take", "take", "take", ""]
    assert manifest_name("take") == "takes/take.json"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("takes/take.json", True),
        (TAKE.index, True),
        ("takes/take.00000000.index", False),
        (TAKE.parts[0].path, True),
        (TAKE.parts[1].path, True),
        ("journals/room/take.0009a1b2c3d4e5f6.journal", False),
        (f"products/take.{VERSION}.film.mp4", True),
        ("products/take.00000000.film.mp4", False),
        ("keys/take/s1.microphone.key", True),
        ("keys/take/s2.microphone.key", False),
        ("keys/take/s2.camera.key", True),
        ("keys/take/recorder.mix.key", False),
        ("keys/take/recorder.mix-2.key", True),
        ("keys/take/recorder.mix-3.key", True),
        ("keys/take/recorder.index.key", True),
        (f"keys/take/recorder.product-{VERSION}-film.mp4.key", True),
        ("keys/take/recorder.product-00000000-film.mp4.key", False),
        ("keys/other/s1.microphone.key", None),
        ("slides/deck/0.webp", True),
    ],
)
def test_what_is_wanted_is_what_the_manifest_says(name: str, wanted: bool | None) -> None:
    assert is_wanted(name, {"take": TAKE}) is wanted


@pytest.mark.parametrize("name", [*NAMES, "keys/take/s1.microphone.key"])
def test_of_a_deleted_take_nothing_is_wanted_but_that_it_is(name: str) -> None:
    deleted = msgspec.structs.replace(TAKE, state="deleted")
    assert is_wanted(name, {"take": deleted}) is name.startswith(("takes/take.json", "slides/"))


def test_without_a_version_nothing_that_was_made_of_it_is_wanted() -> None:
    withdrawn = msgspec.structs.replace(TAKE, version="", index="")
    for name in (TAKE.index, f"products/take.{VERSION}.film.mp4", "keys/take/recorder.index.key"):
        assert is_wanted(name, {"take": withdrawn}) is False
