"""Which file belongs to which session, what it is called among the copies, and whether it is still wanted. Pure: names and manifests in.

A copy's key is `SESSION/EPOCH/NAME`; of copies of one name that of the highest epoch counts, so a node that has lost a session
without knowing it changes nothing. What is read from the storage is not trusted: a name that is none of ours is passed over.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

EPOCH_DIGITS = 10
TAKES, JOURNALS, PRODUCTS, KEYS, SLIDES = "takes", "journals", "products", "keys", "slides"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_WORD = r"=?[A-Za-z0-9][A-Za-z0-9_-]{0,99}"
_NAMES = re.compile(
    rf"{TAKES}/{_WORD}\.json|{TAKES}/{_WORD}\.[0-9a-f]{{8,64}}\.index|{PRODUCTS}/{_WORD}\.[0-9a-f]{{8,64}}\.[a-z]{{1,20}}\.[a-z0-9]{{1,8}}"
    rf"|{JOURNALS}/{_WORD}/(?:{_WORD}\.)?[0-9a-f]{{8,16}}\.journal|{KEYS}/{_WORD}/{_WORD}\.[a-z][a-z0-9_.-]{{0,79}}\.key"
    rf"|{SLIDES}/{_WORD}/\d{{1,3}}\.webp"
)
_KEY = re.compile(rf"({_WORD})/(\d{{{EPOCH_DIGITS}}})/(.+)")


class Part(msgspec.Struct, frozen=True):
    path: str
    mixed: bool = False
    lost: bool = False


class Track(msgspec.Struct, frozen=True):
    peer: str
    source: str


class Manifest(msgspec.Struct, frozen=True):
    """Of one take, as far as files are concerned; the recorder's own has more."""

    take: str
    room: str
    state: str
    parts: tuple[Part, ...] = ()
    version: str = ""
    index: str = ""
    screen_index: str = ""
    settled: bool = False
    mix: str = "mix"
    withdrawn: tuple[Track, ...] = ()


class Copy(NamedTuple):
    """What a key of the storage stands for."""

    session: str
    epoch: int
    name: str


read_manifest = msgspec.json.Decoder(Manifest).decode


def plain_name(identifier: str) -> str:
    """As the recorder names files after ids."""
    if _PLAIN.fullmatch(identifier):
        return identifier
    return "=" + hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def prefix_of(session: str) -> str:
    return f"{plain_name(session)}/"


def key_of(session: str, epoch: int, name: str) -> str:
    assert is_ours(name)
    return f"{plain_name(session)}/{epoch:0{EPOCH_DIGITS}}/{name}"


def read_key(key: str) -> Copy | None:
    """None for what is no copy of ours."""
    found = _KEY.fullmatch(key)
    return Copy(found[1], int(found[2]), found[3]) if found and is_ours(found[3]) else None


def is_ours(name: str) -> bool:
    return _NAMES.fullmatch(name) is not None


def is_secret(name: str) -> bool:
    """It goes to the bucket for keys."""
    return name.startswith(f"{KEYS}/")


def newest(copies: Iterable[Copy]) -> dict[str, int]:
    """The epoch that counts, by name."""
    found: dict[str, int] = {}
    for copy in copies:
        found[copy.name] = max(copy.epoch, found.get(copy.name, 0))
    return found


def is_manifest(name: str) -> bool:
    return name.startswith(f"{TAKES}/") and name.endswith(".json")


def manifest_name(take: str) -> str:
    return f"{TAKES}/{plain_name(take)}.json"


def take_stem(name: str) -> str:
    """The take that a file is named after; "" for slides and old parts."""
    kind, _, rest = name.partition("/")
    if kind == KEYS:
        return rest.partition("/")[0]
    if kind == JOURNALS:
        stem = rest.rpartition("/")[2]
        return stem.partition(".")[0] if stem.count(".") == 2 else ""
    return rest.partition(".")[0] if kind in (TAKES, PRODUCTS) else ""


def is_wanted(name: str, manifests: Mapping[str, Manifest]) -> bool | None:
    """None where no manifest of `manifests` (by stem) tells. All of the session's have to be there."""
    kind, _, rest = name.partition("/")
    if kind == SLIDES or is_manifest(name):
        return True
    if kind == JOURNALS:
        return any(part.path == name for each in manifests.values() if each.state != "deleted" for part in each.parts)
    manifest = manifests.get(take_stem(name))
    if manifest is None:
        return None
    if manifest.state == "deleted":
        return False
    if kind == TAKES:
        return name in (manifest.index, manifest.screen_index)
    if kind == PRODUCTS:
        return bool(manifest.version) and rest.split(".")[1] == manifest.version
    peer, _, source = rest.partition("/")[2].removesuffix(".key").partition(".")
    return _is_key_wanted(manifest, peer, source)


def _is_key_wanted(manifest: Manifest, peer: str, source: str) -> bool:
    if peer != "recorder":
        return not any((plain_name(track.peer), track.source) == (peer, source) for track in manifest.withdrawn)
    if source == "index":
        return bool(manifest.version) or manifest.state != "ready"
    if source.startswith("product-"):
        return bool(manifest.version) and source.startswith(f"product-{manifest.version}-")
    return _mix_number(source) >= _mix_number(manifest.mix)


def _mix_number(mix: str) -> int:
    number = mix.partition("-")[2]
    return int(number) if number.isdecimal() else 0
