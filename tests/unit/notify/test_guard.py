"""Which addresses this server connects to because a setting names them, or a name that somebody else answers for."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from server.notify.guard import Pinned, Refused, is_public, look_up


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_the_public_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "192.0.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1"),
        *("240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe"),
        *("64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:10::1", "2001:db8::1", "2002:7f00:1::"),
        *("2002:a00:1::1", "3fff::1", "5f00::1", "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1"),
        *("", "localhost", "2130706433", "0x7f000001", "127.1"),
    ],
)
def test_everything_else(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "2130706433", "0x7f.1", "127.1", "localhost", "169.254.169.254", "::ffff:10.0.0.1"])
async def test_no_way_of_writing_it_leads_inside(host: str) -> None:
    with pytest.raises((Refused, OSError)):
        await look_up(host, 443, private=False)


async def test_inside_is_allowed_where_the_operator_says_so() -> None:
    (found, *_) = await look_up("127.0.0.1", 443, private=True)
    assert (found["host"], found["port"]) == ("127.0.0.1", 443)


async def test_of_a_name_only_the_public_addresses_are_used_and_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [["10.0.0.1", "93.184.216.34"], ["127.0.0.1"]]

    async def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answers.pop(0)]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    found = await look_up("hooks.school.example", 443, private=False)
    assert [each["host"] for each in found] == ["93.184.216.34"]
    assert await Pinned(found).resolve("hooks.school.example", 443) == found
    assert len(answers) == 1
    with pytest.raises(Refused):
        await look_up("hooks.school.example", 443, private=False)
