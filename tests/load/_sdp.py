"""What the light peers say of themselves: a microphone and a camera in one or two layers; an answer that takes all that is offered.

With what browsers negotiate: RTX, transport-wide numbers, levels, mid and rid. It must not know connections beyond their own lines.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import Final, Literal

from server.media.control import Source
from server.media.dtls import Fingerprint
from server.media.sdp import Section, read_sdp
from tests.load._connection import Connection, transport_lines

CC_URI: Final = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
LEVEL_URI: Final = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
MID_URI: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID_URI: Final = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
LEVEL_ID, CC_ID, MID_ID, RID_ID = 2, 3, 4, 10
RTX_TYPE: Final = 97
Layer = Literal["microphone", "camera", "camera_low"]
PAYLOAD_TYPES: Final[dict[Layer, int]] = {"microphone": 111, "camera": 96, "camera_low": 96}
MIDS: Final[dict[Layer, str]] = {"microphone": "0", "camera": "1", "camera_low": "1"}
RIDS: Final[dict[Layer, str]] = {"camera": "h", "camera_low": "l"}
SOURCES: Final[dict[Layer, Source]] = {"microphone": "microphone", "camera": "camera", "camera_low": "camera"}
_VIDEO_FEEDBACK: Final = ("nack", "nack pli", "ccm fir", "goog-remb", "transport-cc")
_CNAME: Final = re.compile(r"a=ssrc:(\d+) cname:")


@dataclass(frozen=True)
class Incoming:
    """What will come on one m-line of an offer. `cc_extension` 0: no transport-wide numbers."""

    mid: str
    kind: str
    ssrc: int
    rtx_type: int | None
    cc_extension: int


def new_ssrcs() -> dict[Layer, int]:
    return {layer: random.randrange(1, 1 << 32) for layer in PAYLOAD_TYPES}


def offer(connection: Connection, fingerprint: Fingerprint, ssrcs: dict[Layer, int], *, two_layers: bool = False) -> str:
    """A microphone and a camera, as a page that only sends."""
    common = transport_lines(connection, fingerprint, "active")
    numbers = f"a=extmap:{CC_ID} {CC_URI}\r\na=extmap:{MID_ID} {MID_URI}\r\n"
    sound = f"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n{common}a=mid:0\r\na=sendonly\r\na=rtpmap:111 opus/48000/2\r\n{numbers}"
    sound += f"a=rtcp-fb:111 transport-cc\r\na=extmap:{LEVEL_ID} {LEVEL_URI}\r\na=ssrc:{ssrcs['microphone']} cname:p\r\n"
    picture = f"m=video 9 UDP/TLS/RTP/SAVPF 96 {RTX_TYPE}\r\n{common}a=mid:1\r\na=sendonly\r\na=rtpmap:96 VP8/90000\r\n{numbers}"
    picture += "".join(f"a=rtcp-fb:96 {word}\r\n" for word in _VIDEO_FEEDBACK)
    picture += f"a=rtpmap:{RTX_TYPE} rtx/90000\r\na=fmtp:{RTX_TYPE} apt=96\r\n"
    if two_layers:
        picture += f"a=extmap:{RID_ID} {RID_URI}\r\na=rid:l send\r\na=rid:h send\r\na=simulcast:send l;h\r\n"
    else:
        picture += f"a=ssrc:{ssrcs['camera']} cname:p\r\n"
    return f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n{sound}{picture}"


def answer(offered: str, connection: Connection, fingerprint: Fingerprint) -> str:
    """Takes all that is offered."""
    sections = read_sdp(offered).sections
    common = transport_lines(connection, fingerprint, "active")
    text = f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {' '.join(section.mid for section in sections)}\r\n"
    return text + "".join(_taken(section, common) for section in sections)


def incoming(offered: str) -> list[Incoming]:
    """In the order of the m-lines; of several SSRCs on a line the first is the one that media come under."""
    parts = offered.split("\r\nm=")[1:]
    found = []
    for section, part in zip(read_sdp(offered).sections, parts, strict=True):
        said = _CNAME.search(part)
        rtx = next((item.payload_type for item in section.formats if item.name == "rtx"), None)
        found.append(Incoming(section.mid, section.kind, int(said[1]) if said else 0, rtx, section.extensions.get(CC_URI, 0)))
    return found


def agreed_cc(answered: str) -> bool:
    """Whether the other side wants transport-wide numbers of what we send."""
    return any(CC_URI in section.extensions for section in read_sdp(answered).live)


def _taken(section: Section, common: str) -> str:
    if section.kind not in ("audio", "video"):
        return f"m={section.kind} 0 UDP/DTLS/SCTP webrtc-datachannel\r\n{common}a=mid:{section.mid}\r\na=inactive\r\n"
    codec = section.formats[0]
    taken = [item for item in section.formats if item is codec or item.parameter("apt") == str(codec.payload_type)]
    numbers = " ".join(str(item.payload_type) for item in taken)
    receives = "a=recvonly" if section.direction in ("sendonly", "sendrecv") else "a=inactive"
    text = f"m={section.kind} 9 UDP/TLS/RTP/SAVPF {numbers}\r\n{common}a=mid:{section.mid}\r\n{receives}\r\n"
    for item in taken:
        name = "opus/48000/2" if section.kind == "audio" else "VP8/90000" if item is codec else "rtx/90000"
        text += f"a=rtpmap:{item.payload_type} {name}\r\n"
        text += f"a=fmtp:{item.payload_type} {item.parameters}\r\n" if item.parameters else ""
        text += "".join(f"a=rtcp-fb:{item.payload_type} {word}\r\n" for word in item.feedback)
    return text + "".join(f"a=extmap:{number} {uri}\r\n" for uri, number in section.extensions.items())
