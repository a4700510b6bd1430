"""A proxy on another machine says for whom it asks."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from server.pages.proxies import said_by
from server.pages.throttle import address


class From:
    """A transport with an address at the other end."""

    def __init__(self, host: str) -> None:
        self._host = host

    def get_extra_info(self, name: str, default: object = None) -> object:
        return (self._host, 1) if name == "peername" else default


@pytest.mark.parametrize(
    ("remote", "forwarded", "expected"),
    [
        ("10.0.0.7", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.7", "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        ("::ffff:10.0.0.7", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.7", "2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("10.0.0.7", "", "10.0.0.7"),
        ("10.0.1.7", "198.51.100.1", "10.0.1.7"),
        ("2001:db8:9::1", "198.51.100.1", "198.51.100.1"),
        ("not an address", "198.51.100.1", "0.0.0.0"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
    ],
)
async def test_only_a_proxy_that_is_named_is_believed(remote: str, forwarded: str, expected: str) -> None:
    headers = CIMultiDict({"X-Forwarded-For": forwarded} if forwarded else {})
    asked = make_mocked_request("POST", "/sessions", headers=headers, transport=From(remote))
    seen: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.append(address(request, behind_proxy=True))
        return web.Response()

    await said_by(["10.0.0.0/24", "2001:db8:9::1"])(asked, handler)
    assert seen == [expected]
