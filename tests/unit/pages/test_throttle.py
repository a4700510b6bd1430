"""Whose request it is, for limits."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from server.pages.throttle import address


class From:
    """A transport with an address at the other end."""

    def __init__(self, host: str) -> None:
        self._host = host

    def get_extra_info(self, name: str, default: object = None) -> object:
        return (self._host, 1) if name == "peername" else default


@pytest.mark.parametrize(
    ("remote", "forwarded", "behind_proxy", "expected"),
    [
        ("192.0.2.7", "", False, "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", False, "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", True, "192.0.2.7"),
        ("127.0.0.1", "198.51.100.1", False, "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.1", True, "198.51.100.1"),
        ("::1", "2001:db8:1:2:3::4", True, "2001:db8:1:2::/64"),
        ("127.0.0.1", "nonsense", True, "0.0.0.0"),
        ("2001:db8:1:2::1", "", False, "2001:db8:1:2::/64"),
    ],
)
def test_only_a_proxy_on_this_machine_is_believed(remote: str, forwarded: str, behind_proxy: bool, expected: str) -> None:
    headers = CIMultiDict({"X-Forwarded-For": forwarded} if forwarded else {})
    request = make_mocked_request("POST", "/sessions", headers=headers, transport=From(remote))
    assert address(request, behind_proxy=behind_proxy) == expected
