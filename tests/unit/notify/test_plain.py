"""What people and requests bring is one line, one address, one link, whatever they try."""

from __future__ import annotations

import random
import sys

import pytest

from server.notify.plain import MOST_CHARACTERS, absolute, mail_address, single_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Maria", "Maria"),
        ("  Ana\tMaria  ", "Ana Maria"),
        ("Maria\r\nBcc: everybody@school.example", "Maria Bcc: everybody@school.example"),
        ("a\u2028b\u2029c\x85d\x0be", "a b c d e"),
        ("\u202eevil\u202c", "evil"),
        ("क्\u200dष", "क्\u200dष"),
        ("\ud800x", "x"),
        ("", ""),
        ("x" * 10_000, "x" * (MOST_CHARACTERS - 1) + "…"),
    ],
)
def test_a_name_is_one_line(text: str, line: str) -> None:
    assert single_line(text) == line


def test_whatever_it_is_it_is_one_line_of_limited_length_and_can_be_written() -> None:
    for _ in range(100):
        text = "".join(chr(random.choice((random.randrange(0x3000), random.randrange(sys.maxunicode)))) for _ in range(100))
        line = single_line(text)
        assert len(line) <= MOST_CHARACTERS
        assert len(line.splitlines()) <= 1
        line.encode()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ito@school.example", "ito@school.example"),
        (" ito+x@school.example ", "ito+x@school.example"),
        ("ito@schüle.example", "ito@xn--schle-mva.example"),
        ("root@localhost", "root@localhost"),
        ("ito", None),
        ("@school.example", None),
        ("ito@", None),
        ("ito@school", None),
        ("ito@-school.example", None),
        ("ito@school..example", None),
        ("i to@school.example", None),
        ("ito@school.example, ana@school.example", None),
        ("<ito@school.example>", None),
        ('"ito"@school.example', None),
        ("ito@school.example\r\nBcc: ana@school.example", None),
        ("ito\r\n@school.example", None),
        ("itö@school.example", None),
        ("x" * 65 + "@school.example", None),
        ("ito@" + "school." * 50 + "example", None),
        ("ito@" + "x" * 300, None),
    ],
)
def test_an_address_is_one_or_none(text: str, address: str | None) -> None:
    assert mail_address(text) == address


def test_a_link_leads_where_the_operator_says() -> None:
    assert absolute("/recordings/a", "https://school.example", "https://evil.example") == "https://school.example/recordings/a"
    assert absolute("/recordings/a", "", "http://192.0.2.1:8080") == "http://192.0.2.1:8080/recordings/a"
    assert absolute("/a b\r\nc/ä", "https://school.example", "") == "https://school.example/a%20b%0D%0Ac/%C3%A4"
    assert absolute("/a", "", "https://school.example/\r\nx") == "/a"
