"""Whose request it is, for limits."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from server.errors import UserError
from server.pages.throttle import address, throttle


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


class Elsewhere:
    """Counts for all nodes. `answer` None: it cannot be reached."""

    def __init__(self, answer: bool | None) -> None:
        self.answer = answer
        self.asked: list[tuple[str, float]] = []

    async def take(self, bucket: str, *, burst: float, per_s: float) -> bool | None:
        self.asked.append((bucket, burst))
        return self.answer


async def make(shared: Elsewhere | None, times: int) -> list[bool]:
    """Whether each request to make a session was let through, at one moment."""
    middleware = throttle(2, behind_proxy=False, shared=shared, clock_s=lambda: 0)
    application = web.Application()
    application.router.add_post("/sessions", _answer)
    request = make_mocked_request("POST", "/sessions", transport=From("192.0.2.7"), app=application)
    request._match_info = await application.router.resolve(request)
    passed = []
    for _ in range(times):
        try:
            await middleware(request, _answer)
            passed.append(True)
        except UserError as refused:
            assert refused.code == "too_many_sessions"
            passed.append(False)
    return passed


async def _answer(_: web.Request) -> web.StreamResponse:
    return web.Response()


async def test_a_node_that_is_alone_counts_itself() -> None:
    assert await make(None, 3) == [True, True, False]


async def test_what_all_nodes_count_decides() -> None:
    refusing, letting = Elsewhere(False), Elsewhere(True)
    assert await make(refusing, 1) == [False]
    assert refusing.asked == [("making 192.0.2.7", 2)]
    assert await make(letting, 3) == [True, True, True]


async def test_a_node_counts_itself_while_it_is_cut_off() -> None:
    assert await make(Elsewhere(None), 3) == [True, True, False]
