"""The cookies that say who a browser is: what they are given with, and that all of them can be taken away."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from server.doors.identity import Identity
from server.store.engine import Store


def asked_with(cookies: dict[str, str]) -> web.Request:
    return make_mocked_request("GET", "/", headers={"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())})


def given(response: web.Response) -> dict[str, str]:
    """Each cookie as the browser reads it."""
    return {name: morsel.OutputString() for name, morsel in response.cookies.items()}


def test_with_https_no_other_host_can_set_the_cookie_and_no_script_reads_it(tmp_path: Path) -> None:
    response = web.Response()
    Identity(Store(tmp_path / "unused.db"), secure=True).give(response, "token")
    cookie = given(response)["__Host-mt_device"]
    assert {"__Host-mt_device=token", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_everything_that_a_browser_is_can_be_taken_away_and_nothing_else(tmp_path: Path) -> None:
    identity = Identity(Store(tmp_path / "unused.db"), secure=True)
    request = asked_with({"__Host-mt_device": "own", "__Host-mt_device.s1": "scoped", "mt_language": "de", "mt_device": "planted"})
    response = web.Response()
    assert sorted(identity.take_away(request, response)) == ["own", "scoped"]
    assert sorted(response.cookies) == ["__Host-mt_device", "__Host-mt_device.s1"]
    assert all("Max-Age=0" in cookie and "Secure" in cookie for cookie in given(response).values()), "else the browser keeps it"
    identity.give(response, "fresh")
    assert "__Host-mt_device=fresh" in given(response)["__Host-mt_device"]
