"""Nothing that is served names another origin, and no code knows an address of somebody else's: what leaves is what the operator set (P23).

`tests/integration/server/test_silence.py` looks at what a running product really sends.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.doors.headers import HEADERS

ROOT = Path(__file__).resolve().parents[2]
SERVED = sorted(
    path for path in (ROOT / "web").rglob("*") if path.suffix in (".html", ".js", ".css", ".svg", ".json", ".webmanifest", ".txt")
)
CODE = sorted(path for package in ("server", "recorder") for path in (ROOT / package).rglob("*.py"))
# with a scheme, or without one as in src="//cdn.school.example/x.js"
FOREIGN = re.compile(
    r"(?:\b(?:https?|wss?|ftp):|(?<=[\"'(=]))//(?!/)([a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)+)|\b(?:stun|turns?):([a-z0-9.-]+\.[a-z]+)", re.I
)
LOOKED_UP_BEFORE = re.compile(r"dns-prefetch|preconnect|@import\s+(?:url\()?[\"']?https?:", re.I)
# names of vocabularies and header extensions, which nobody fetches
NAMES = ("www.w3.org", "purl.org", "www.ietf.org", "www.webrtc.org")
# the operator's own storage, when the settings name a bucket and no endpoint; and the name of a vocabulary
OF_THE_OPERATOR = ("s3.amazonaws.com",)


def foreign(text: str) -> list[str]:
    found = (host or server for host, server in FOREIGN.findall(text))
    return [host for host in found if host not in NAMES and not host.endswith(".example")]


def said_in_code(source: str) -> Iterator[str]:
    """The strings of a program, without its comments."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.STRING:
            yield token.string


def test_what_is_served_names_no_other_origin() -> None:
    found = {f"{path.relative_to(ROOT)}: {host}" for path in SERVED for host in foreign(path.read_text())}
    assert found == set()
    assert [path.name for path in SERVED if LOOKED_UP_BEFORE.search(path.read_text())] == []


def test_no_code_knows_an_address_of_somebody_else() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {host}"
        for path in CODE
        if foreign(path.read_text())
        for string in said_in_code(path.read_text())
        for host in foreign(string)
        if host not in OF_THE_OPERATOR and host.replace(".", "").isdigit() is False
    }
    assert found == set()


def test_browsers_are_told_to_load_nothing_from_elsewhere() -> None:
    policy = HEADERS["Content-Security-Policy"]
    for source in ("default-src 'self'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "form-action 'self'"):
        assert source in policy
    assert foreign(policy) == []
    assert "*" not in policy


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://cdn.school.org/x.js">',
        "<img src=//pixel.school.org/1.gif>",
        "@font-face { src: url(//fonts.school.org/a.woff2) }",
        'new WebSocket("wss://live.school.org/")',
        '{ urls: "stun:stun.school.org:3478" }',
    ],
)
def test_the_rule_finds_them(text: str) -> None:
    assert foreign(text)


@pytest.mark.parametrize(
    "text", ["// a comment.js", "a = b // c.d", "https://microteach.school.example", 'xmlns="http://www.w3.org/2000/svg"']
)
def test_and_nothing_else(text: str) -> None:
    assert foreign(text) == []
