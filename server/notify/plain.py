"""What comes from people or requests, made fit for a mail: one line of limited length, an address that is one, a link that is one."""

from __future__ import annotations

import re
import unicodedata

MOST_CHARACTERS = 80
MOST_ADDRESS = 254  # RFC 5321, 4.5.3.1.3, less the brackets
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+")
_JOINERS = "\u200c\u200d"  # parts of words in some scripts; other invisible characters could turn a line around
_NEVER = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def single_line(text: str, most: int = MOST_CHARACTERS) -> str:
    """Without anything that ends a line or hides; what is too long ends with an ellipsis."""
    head = text[: 4 * most]  # enough of it, however long it is
    visible = (character if _is_visible(character) else " " for character in head)
    line = " ".join("".join(visible).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def mail_address(text: str) -> str | None:
    """As it is handed to a mail server, the domain in ASCII (IDNA). None: it is no address to which mail could be sent."""
    local, at, domain = text.strip().rpartition("@")
    if not at or len(local) > 64 or not _LOCAL.fullmatch(local):
        return None
    try:
        domain = domain.encode("idna").decode()
    except UnicodeError:
        return None
    labels = domain.split(".")
    if len(labels) < 2 and domain != "localhost":
        return None
    address = f"{local}@{domain}"
    return address if len(address) <= MOST_ADDRESS and all(_LABEL.fullmatch(label) for label in labels) else None


def absolute(path: str, public_url: str, origin: str) -> str:
    """`path` at the address that people open; what the operator says wins over what a request said."""
    return (public_url or (origin if _ORIGIN.fullmatch(origin) else "")) + quoted(path)


def quoted(url: str) -> str:
    """All that could end or hide it in a text as percent signs and digits."""
    return "".join(each if "!" <= each <= "~" else "".join(f"%{byte:02X}" for byte in each.encode(errors="replace")) for each in url)


def _is_visible(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character) not in _NEVER
