"""Addresses that the worker names to browsers: as they are given, names looked up once."""

from __future__ import annotations

import socket

import pytest

from server.addresses import resolved
from server.cli import Places, _children
from server.settings import Settings, SettingsError

NAMES = {"school.example": ("203.0.113.5", "2001:db8::5"), "other.example": ("203.0.113.5", "203.0.113.6"), "wrong.example": ("0.0.0.0",)}


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(name: str, port: object, type: int = 0) -> list[tuple[object, ...]]:
        if name not in NAMES:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [(socket.AF_INET, type, 0, "", (address, 0)) for address in NAMES[name]]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def test_addresses_and_names_in_their_order_and_each_once() -> None:
    assert resolved(["2001:db8::1", "school.example", "192.0.2.1", "other.example"]) == (
        *("2001:db8::1", "203.0.113.5", "2001:db8::5", "192.0.2.1", "203.0.113.6"),
    )
    assert resolved([]) == ()


@pytest.mark.parametrize("name", ["0.0.0.0", "::", "224.0.0.1", "ff02::1", "fe80::1%eth0", "nowhere.example", "wrong.example", ""])
def test_what_no_browser_can_send_to_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=f"advertise: {name}"):
        resolved(["192.0.2.1", name])


def test_the_worker_is_told_all_of_them() -> None:
    children = _children(Settings(), ("192.0.2.1", "2001:db8::1"), Places(Settings()), None, verbose=False)
    worker = next(child for child in children if child.name == "media worker")
    words = worker.arguments
    at = words.index("--advertise")
    assert words[at + 1 : at + 3] == ["192.0.2.1", "2001:db8::1"]
    assert words.count("--advertise") == 1, "a second one would replace the first"
