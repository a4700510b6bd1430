"""Reader for the subset of SDP (RFC 8866, 8829) that we negotiate; whatever else is in there is skipped.

Invariant: any text gives a `Description` or raises `SdpError` with a stable code, nothing else. Size and m-lines are capped.
It must not know transports or policies; what we answer is written in negotiation.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from server.media.dtls import Fingerprint

MAX_SDP_BYTES = 64 * 1024
MAX_SECTIONS = 64  # a session of 30 needs 60: microphone and camera of everybody else, the one screen and its sound
MAX_FORMATS = 64
MAX_SESSION_VALUES = 16
MAX_RIDS = 8

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
Setup = Literal["active", "passive", "actpass", "holdconn"]

_DIRECTIONS: dict[str, Direction] = {"sendrecv": "sendrecv", "sendonly": "sendonly", "recvonly": "recvonly", "inactive": "inactive"}
_SETUPS: dict[str, Setup] = {"active": "active", "passive": "passive", "actpass": "actpass", "holdconn": "holdconn"}
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,64}")
_ICE_WORD = re.compile(r"[A-Za-z0-9+/=_-]{4,256}")  # RFC 8839 has no = _ -, but some clients do
_RID = re.compile(r"[A-Za-z0-9_-]{1,16}")  # as much as fits in an extension of one byte's head
_HEX_PAIRS = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2}){15,63}")


class SdpError(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(slots=True)
class Format:
    """One payload type. `name` is in lower case, because some clients write OPUS."""

    payload_type: int
    name: str = ""
    clock_rate_hz: int = 0
    channels: int = 1
    parameters: str = ""
    feedback: list[str] = field(default_factory=list)

    def parameter(self, key: str) -> str | None:
        for part in self.parameters.split(";"):
            name, _, value = part.strip().partition("=")
            if name.lower() == key:
                return value.strip()
        return None


@dataclass(slots=True)
class Transport:
    ufrag: str = ""
    password: str = ""
    fingerprints: tuple[Fingerprint, ...] = ()
    setup: Setup | None = None


@dataclass(slots=True)
class Section:
    """One m-line. `extensions` maps URI to id, of those that this side may send.

    `rids` are described as sent; `layers` are those of them that the simulcast line names, in its order; `paused` rest for now.
    """

    kind: str
    port: int
    formats: list[Format]
    transport: Transport
    direction: Direction
    mid: str = ""
    bundle_only: bool = False
    rtcp_mux: bool = False
    extensions: dict[str, int] = field(default_factory=dict)
    ssrcs: tuple[int, ...] = ()
    rids: tuple[str, ...] = ()
    simulcast: tuple[str, ...] = ()
    paused: frozenset[str] = frozenset()

    @property
    def layers(self) -> tuple[str, ...]:
        return tuple(rid for rid in self.simulcast if rid in self.rids)

    @property
    def rejected(self) -> bool:
        """Port 0 with bundle-only is no rejection (RFC 9143 6)."""
        return self.port == 0 and not self.bundle_only

    def format(self, payload_type: int) -> Format | None:
        return next((item for item in self.formats if item.payload_type == payload_type), None)


@dataclass(slots=True)
class Description:
    sections: list[Section]
    bundle: tuple[str, ...]

    @property
    def live(self) -> list[Section]:
        return [section for section in self.sections if not section.rejected]


def read_sdp(text: str) -> Description:
    if len(text) > MAX_SDP_BYTES or len(text.encode("utf-8", "replace")) > MAX_SDP_BYTES:
        raise SdpError("sdp_too_large", f"more than {MAX_SDP_BYTES} bytes")
    session: dict[str, list[str]] = {}
    description = Description([], ())
    section: Section | None = None
    for kind, value in _lines(text):
        if kind == "m":
            if len(description.sections) == MAX_SECTIONS:
                raise SdpError("sdp_too_many_lines", f"more than {MAX_SECTIONS} m-lines")
            section = _start_section(value, session)
            description.sections.append(section)
        elif kind == "a":
            name, _, rest = value.partition(":")
            if section is None:
                values = session.setdefault(name, [])
                if len(values) < MAX_SESSION_VALUES:  # each counts for all m-lines
                    values.append(rest)
            else:
                _READERS.get(name, _skip)(section, name, rest.strip())
    if not description.sections:
        raise SdpError("sdp_syntax", "no m-line")
    for group in session.get("group", []):
        words = group.split()
        if words[:1] == ["BUNDLE"]:
            description.bundle = tuple(words[1:])
    return description


def check_bundled(description: Description) -> Transport:
    """The one transport of all live sections. Raises `SdpError` for what cannot be served on one port."""
    live = description.live
    if not live:
        raise SdpError("sdp_nothing_live", "every m-line is rejected")
    mids = [section.mid for section in live]
    if "" in mids or len(set(mids)) != len(mids):
        raise SdpError("sdp_no_mid", "every m-line needs its own mid")
    if len(live) > 1 and not set(mids) <= set(description.bundle):
        raise SdpError("sdp_no_bundle", "all m-lines must be in one BUNDLE group")
    if not all(section.rtcp_mux or section.kind == "application" for section in live):
        raise SdpError("sdp_no_rtcp_mux", "rtcp-mux is required")
    transport = next((s.transport for s in live if s.transport.ufrag and s.transport.password), None)
    if transport is None:
        raise SdpError("sdp_no_ice", "no ICE user name and password")
    if not transport.fingerprints:
        raise SdpError("sdp_no_fingerprint", "no certificate fingerprint that we know")
    return transport


def is_token(text: str) -> bool:
    return _TOKEN.fullmatch(text) is not None


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.replace("\r\n", "\n").split("\n"):
        if not line:
            continue
        if len(line) < 2 or line[1] != "=" or not line[0].isascii() or "\r" in line or "\0" in line:
            raise SdpError("sdp_syntax", "a line is not type=value")
        yield line[0], line[2:]


def _start_section(value: str, session: dict[str, list[str]]) -> Section:
    words = value.split()
    if len(words) < 4 or words[0] not in ("audio", "video", "application", "text", "message", "image"):
        raise SdpError("sdp_syntax", "bad m-line")
    port = _number(words[1], 65_535)
    if port is None:
        raise SdpError("sdp_syntax", "bad port")
    payload_types = [number for word in words[3 : 3 + MAX_FORMATS] if (number := _number(word, 127)) is not None]
    direction: Direction = next((_DIRECTIONS[name] for name in _DIRECTIONS if name in session), "sendrecv")
    section = Section(words[0], port, [Format(number) for number in dict.fromkeys(payload_types)], Transport(), direction)
    for name in ("ice-ufrag", "ice-pwd", "fingerprint", "setup"):
        for rest in session.get(name, []):
            _READERS[name](section, name, rest.strip())
    return section


def _number(text: str, limit: int) -> int | None:
    if text.isascii() and text.isdigit() and len(text) <= 10 and (number := int(text)) <= limit:
        return number
    return None


def _skip(section: Section, name: str, rest: str) -> None:
    pass


def _read_direction(section: Section, name: str, rest: str) -> None:
    section.direction = _DIRECTIONS[name]


def _read_mid(section: Section, name: str, rest: str) -> None:
    if not is_token(rest):
        raise SdpError("sdp_no_mid", "a mid is not a token")
    section.mid = rest


def _read_flag(section: Section, name: str, rest: str) -> None:
    if name == "rtcp-mux":
        section.rtcp_mux = True
    else:
        section.bundle_only = True


def _read_ice(section: Section, name: str, rest: str) -> None:
    if _ICE_WORD.fullmatch(rest) is None:
        raise SdpError("sdp_no_ice", "bad ICE user name or password")
    if name == "ice-ufrag":
        section.transport.ufrag = rest
    else:
        section.transport.password = rest


def _read_fingerprint(section: Section, name: str, rest: str) -> None:
    algorithm, _, digest = rest.partition(" ")
    digest = digest.strip().upper()
    known = section.transport.fingerprints
    if algorithm.lower() in ("sha-256", "sha-384", "sha-512") and _HEX_PAIRS.fullmatch(digest) and len(known) < 4:
        section.transport.fingerprints = (*known, Fingerprint(algorithm.lower(), digest))


def _read_setup(section: Section, name: str, rest: str) -> None:
    section.transport.setup = _SETUPS.get(rest)


def _read_rtpmap(section: Section, name: str, rest: str) -> None:
    found, text = _format_line(section, rest)
    words = text.split("/")
    if found is not None and len(words) >= 2:
        found.name = words[0].strip().lower()
        found.clock_rate_hz = _number(words[1].strip(), 1_000_000) or 0
        found.channels = (_number(words[2].strip(), 255) or 1) if len(words) > 2 else 1


def _read_fmtp(section: Section, name: str, rest: str) -> None:
    found, text = _format_line(section, rest)
    if found is not None:
        found.parameters = text


def _read_feedback(section: Section, name: str, rest: str) -> None:
    target, _, text = rest.partition(" ")
    for item in section.formats:
        if (target == "*" or _number(target, 127) == item.payload_type) and len(item.feedback) < 16:
            item.feedback.append(text.strip())


def _read_extmap(section: Section, name: str, rest: str) -> None:
    words = rest.split()
    number, _, direction = words[0].partition("/") if words else ("", "", "")
    identifier = _number(number, 255)
    if len(words) >= 2 and identifier and direction in ("", "sendrecv", "sendonly") and len(section.extensions) < 32:
        section.extensions.setdefault(words[1], identifier)


def _read_ssrc(section: Section, name: str, rest: str) -> None:
    number = _number(rest.partition(" ")[0], 0xFFFFFFFF)
    if number is not None and number not in section.ssrcs and len(section.ssrcs) < 16:
        section.ssrcs = (*section.ssrcs, number)


def _read_rid(section: Section, name: str, rest: str) -> None:
    rid, _, more = rest.partition(" ")
    sent = more.partition(" ")[0] == "send" and _RID.fullmatch(rid) is not None
    if sent and rid not in section.rids and len(section.rids) < MAX_RIDS:
        section.rids = (*section.rids, rid)


def _read_simulcast(section: Section, name: str, rest: str) -> None:
    """RFC 8853 5.1: `send l;~h`. Of alternatives (with commas) the first counts."""
    words = rest.split()
    for direction, streams in zip(words[::2], words[1::2], strict=False):
        if direction == "send" and not section.simulcast:
            names = [each.partition(",")[0] for each in streams.split(";")[:MAX_RIDS]]
            section.simulcast = tuple(dict.fromkeys(name.removeprefix("~") for name in names))
            section.paused = frozenset(name[1:] for name in names if name.startswith("~"))


def _format_line(section: Section, rest: str) -> tuple[Format | None, str]:
    number, _, text = rest.partition(" ")
    payload_type = _number(number, 127)
    return (section.format(payload_type) if payload_type is not None else None), text.strip()


_READERS = {
    **dict.fromkeys(_DIRECTIONS, _read_direction),
    "mid": _read_mid,
    "rtcp-mux": _read_flag,
    "bundle-only": _read_flag,
    "ice-ufrag": _read_ice,
    "ice-pwd": _read_ice,
    "fingerprint": _read_fingerprint,
    "setup": _read_setup,
    "rtpmap": _read_rtpmap,
    "fmtp": _read_fmtp,
    "rtcp-fb": _read_feedback,
    "extmap": _read_extmap,
    "ssrc": _read_ssrc,
    "rid": _read_rid,
    "simulcast": _read_simulcast,
}
