"""What we answer to a publisher and offer to a subscriber (RFC 8829), as text.

Facts about browsers, some of them fatal: ICE, fingerprint and setup stand in every m-section (Firefox crashes without), only extensions
and payload types that were offered come back, the last line ends with CRLF. Candidates stand in the first m-section of the bundle
(RFC 9143 7.1.3) and in the last, the only one whose candidates aiortc reads; in all of them a full room would not fit.
It must not know transports beyond `Local`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from server.media.control import Source
from server.media.dtls import Fingerprint
from server.media.ice import Credentials
from server.media.ingress import TrackSetup
from server.media.rtp import CODECS, RTX_PAYLOAD_TYPE
from server.media.sdp import Description, Format, SdpError, Section, check_bundled, read_sdp

MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid"
LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
SEND_TIME_URI = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
RID_URI = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
RRID_URI = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
CC_URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

_VIDEO_FEEDBACK = ("nack", "nack pli", "ccm fir", "goog-remb")
_CC_FEEDBACK = "transport-cc"
_CC_ID = 3  # of what we offer; one header extension id means the same on all lines of a bundle
_UNNAMED: dict[str, Source] = {"audio": "microphone", "video": "camera"}
_MAX_ADDRESSES = 16
_OPUS_PARAMETERS = "minptime=10;useinbandfec=1"
_VOICE_BPS = 28_000  # five open microphones with all their headers come to 250 kbit/s
_PICTURE_START_KBPS = 1_500  # what an upper layer needs at once; without it a browser starts at 300 kbit/s and creeps
_STEREO_PARAMETERS = f"{_OPUS_PARAMETERS};stereo=1;sprop-stereo=1"


@dataclass(frozen=True, slots=True)
class Local:
    """Our end of a connection as it stands in the SDP. `session` is the number of the o-line, `version` counts up."""

    credentials: Credentials
    fingerprint: Fingerprint
    addresses: tuple[str, ...]
    port: int
    session: int
    version: int


@dataclass(frozen=True, slots=True)
class OfferedLine:
    """One m-line of a subscribe offer; no `peer` means that nothing is sent on it at present."""

    mid: str
    source: Source
    peer: str | None
    ssrc: int
    rtx_ssrc: int = 0


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a subscriber takes on a line beside the media itself; `cc_extension` is 0 where it counts nothing transport-wide."""

    cc_extension: int
    rtx: bool


def read_publish_offer(text: str) -> Description:
    """Raises `SdpError` unless it can be answered with an ICE-lite, passive, bundled answer."""
    description = read_sdp(text)
    if check_bundled(description).setup not in ("actpass", "active"):
        raise SdpError("sdp_bad_setup", "the offer must allow us to be DTLS server")
    if not any(_usable(section) for section in description.live):
        raise SdpError("sdp_no_codec", "neither Opus nor VP8 is offered")
    return description


def published_tracks(offer: Description, sources: Mapping[str, Source]) -> tuple[TrackSetup, ...]:
    """What is sent on which line: what `sources` says by mid; beside it the first audio is the microphone, the first video the camera.

    Raises `SdpError` for a mid that is not there, a source of the other kind, and a source that is named twice.
    """
    check_sources(offer, sources)
    taken: dict[Source, TrackSetup] = {}
    for section in sorted(offer.live, key=lambda section: section.mid not in sources):
        usable = _usable(section)
        source = sources.get(section.mid) or _UNNAMED.get(section.kind)
        if usable is None or source is None or source in taken or section.direction not in ("sendonly", "sendrecv"):
            continue
        codec, rtx = usable
        taken[source] = TrackSetup(
            mid=section.mid,
            source=source,
            payload_type=codec.payload_type,
            rtx_payload_type=rtx.payload_type if rtx else None,
            mid_extension=section.extensions.get(MID_URI, 0),
            level_extension=section.extensions.get(LEVEL_URI, 0) if source == "microphone" else 0,
            ssrcs=section.ssrcs,
            rids=_layers(section),
            rid_extension=section.extensions.get(RID_URI, 0),
            rrid_extension=section.extensions.get(RRID_URI, 0),
            cc_extension=section.extensions[CC_URI] if _counts_transport_wide(section, codec) else 0,
        )
    return tuple(taken.values())


def check_sources(offer: Description, sources: Mapping[str, Source]) -> None:
    kinds = {section.mid: section.kind for section in offer.sections}
    sending = {section.mid for section in offer.live if section.direction in ("sendonly", "sendrecv")}
    for mid, source in sources.items():
        if mid not in kinds:
            raise SdpError("source_unknown_mid", "a source is named for an m-line that is not there")
        if kinds[mid] != CODECS[source].kind:
            raise SdpError("source_wrong_kind", f"{source} cannot be on an m-line of {kinds[mid]}")
    named = [source for mid, source in sources.items() if mid in sending]
    if len(set(named)) != len(named):
        raise SdpError("source_twice", "one track of each source")


def write_answer(offer: Description, tracks: Sequence[TrackSetup], local: Local) -> str:
    receiving = {track.mid: track.source for track in tracks}
    bundled = [section.mid for section in offer.live if _usable(section) and section.mid in offer.bundle]
    lines = _session_lines(local, bundled)
    answered = [section for section in offer.live if _usable(section)]
    for section in offer.sections:
        usable = None if section.rejected else _usable(section)
        if usable is None:
            lines += _rejected_section(section, local)
        else:
            lines += _answered_section(section, usable, receiving.get(section.mid))
            lines += _transport_lines(local, "passive", with_candidates=section in (answered[0], answered[-1]))
    return _text(lines)


def write_subscribe_offer(offered: Sequence[OfferedLine], local: Local) -> str:
    lines = _session_lines(local, [line.mid for line in offered])
    for line in offered:
        lines += _offered_section(line)
        lines += _transport_lines(local, "actpass", with_candidates=line in (offered[0], offered[-1]))
    return _text(lines)


def read_subscribe_answer(text: str, offered: Sequence[OfferedLine]) -> tuple[Description, dict[str, Accepted]]:
    """The answer, and the mids on which the subscriber wants to receive. Raises `SdpError` when it does not fit the offer."""
    description = read_sdp(text)
    if [section.mid for section in description.sections] != [line.mid for line in offered]:
        raise SdpError("sdp_mismatch", "the m-lines are not those of the offer")
    if check_bundled(description).setup != "active":
        raise SdpError("sdp_bad_setup", "the answer must be DTLS client")
    wanted: dict[str, Accepted] = {}
    for section, line in zip(description.sections, offered, strict=True):
        receives = not section.rejected and section.direction in ("recvonly", "sendrecv")
        codec = section.format(CODECS[line.source].payload_type)
        if receives and codec is not None:
            counts = _CC_ID if section.extensions.get(CC_URI) == _CC_ID and _CC_FEEDBACK in codec.feedback else 0
            wanted[section.mid] = Accepted(counts, section.format(RTX_PAYLOAD_TYPE) is not None)
    return description, wanted


def _usable(section: Section) -> tuple[Format, Format | None] | None:
    """The Opus or VP8 format of the section, and its RTX."""
    for item in section.formats:
        if 64 <= item.payload_type <= 95:  # with a marker bit it would look like RTCP (RFC 5761 section 4)
            continue
        if section.kind == "audio" and item.name == "opus" and item.clock_rate_hz == 48_000 and item.channels == 2:
            return item, None
        if section.kind == "video" and item.name == "vp8" and item.clock_rate_hz == 90_000:
            apt = str(item.payload_type)
            return item, next((rtx for rtx in section.formats if rtx.name == "rtx" and rtx.parameter("apt") == apt), None)
    return None


def _layers(section: Section) -> tuple[str, ...]:
    """The lowest and the highest, where the packets can say which they are of."""
    names = section.layers
    named = RID_URI in section.extensions and MID_URI in section.extensions
    return (names[0], names[-1]) if section.kind == "video" and named and len(names) > 1 else ()


def _counts_transport_wide(section: Section, codec: Format) -> bool:
    """Only with both: a browser that numbers its packets and hears nothing of them sends the lowest layer for ever."""
    return CC_URI in section.extensions and _CC_FEEDBACK in codec.feedback


def _opus_parameters(source: Source | None) -> str:
    return _STEREO_PARAMETERS if source and CODECS[source].stereo else _OPUS_PARAMETERS


def _session_lines(local: Local, bundled: Iterable[str]) -> list[str]:
    group = " ".join(bundled)
    return [
        "v=0",
        f"o=- {local.session} {local.version} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        *([f"a=group:BUNDLE {group}"] if group else []),
        "a=msid-semantic: WMS *",
    ]


def _answered_section(section: Section, usable: tuple[Format, Format | None], source: Source | None) -> list[str]:
    codec, rtx = usable
    numbers = f"{codec.payload_type} {rtx.payload_type}" if rtx else f"{codec.payload_type}"
    lines = [f"m={section.kind} 9 UDP/TLS/RTP/SAVPF {numbers}", "c=IN IP4 0.0.0.0", f"a=mid:{section.mid}"]
    lines.append("a=recvonly" if source else "a=inactive")
    lines += _answered_codec(section, codec, source)
    if rtx:
        lines += [f"a=rtpmap:{rtx.payload_type} rtx/90000", f"a=fmtp:{rtx.payload_type} apt={codec.payload_type}"]
    layers = _layers(section)
    wanted = [MID_URI, SEND_TIME_URI]
    wanted += [CC_URI] if _counts_transport_wide(section, codec) else []
    wanted += [LEVEL_URI] if section.kind == "audio" else []
    wanted += [RID_URI, RRID_URI] if layers else []
    lines += [f"a=extmap:{section.extensions[uri]} {uri}" for uri in wanted if uri in section.extensions]
    if layers:  # on a line that rests too, else a browser forgets the upper one for good; and `~` as offered, else it wakes it
        names = ";".join(f"~{rid}" if rid in section.paused else rid for rid in layers)
        lines += [*(f"a=rid:{rid} recv" for rid in layers), f"a=simulcast:recv {names}"]
    return lines


def _answered_codec(section: Section, codec: Format, source: Source | None) -> list[str]:
    number = codec.payload_type
    if section.kind == "audio":
        voice = f";maxaveragebitrate={_VOICE_BPS}" if source == "microphone" else ""
        lines = [f"a=rtpmap:{number} opus/48000/2", f"a=fmtp:{number} {_opus_parameters(source)}{voice}"]
        wanted: tuple[str, ...] = ()
    else:
        lines = [f"a=rtpmap:{number} VP8/90000", f"a=fmtp:{number} x-google-start-bitrate={_PICTURE_START_KBPS}"]
        wanted = _VIDEO_FEEDBACK
    feedback = [name for name in wanted if name in codec.feedback] + ([_CC_FEEDBACK] if _counts_transport_wide(section, codec) else [])
    return lines + [f"a=rtcp-fb:{number} {name}" for name in feedback]


def _rejected_section(section: Section, local: Local) -> list[str]:
    numbers = " ".join(str(item.payload_type) for item in section.formats[:1]) or "0"
    protocol = "UDP/DTLS/SCTP" if section.kind == "application" else "UDP/TLS/RTP/SAVPF"
    body = f"m={section.kind} 0 {protocol} {'webrtc-datachannel' if section.kind == 'application' else numbers}"
    lines = [body, "c=IN IP4 0.0.0.0", "a=inactive"]
    if section.mid:
        lines.append(f"a=mid:{section.mid}")
    return lines + _transport_lines(local, "passive", with_candidates=False)


def _offered_section(line: OfferedLine) -> list[str]:
    kind, number = CODECS[line.source].kind, CODECS[line.source].payload_type
    numbers = f"{number}" if kind == "audio" else f"{number} {RTX_PAYLOAD_TYPE}"
    lines = [f"m={kind} 9 UDP/TLS/RTP/SAVPF {numbers}", "c=IN IP4 0.0.0.0", f"a=mid:{line.mid}"]
    if kind == "audio":
        lines += [f"a=rtpmap:{number} opus/48000/2", f"a=fmtp:{number} {_opus_parameters(line.source)}", f"a=rtcp-fb:{number} nack"]
    else:
        lines += [f"a=rtpmap:{number} VP8/90000", *(f"a=rtcp-fb:{number} {name}" for name in (*_VIDEO_FEEDBACK[:3], _CC_FEEDBACK))]
        lines += [f"a=rtpmap:{RTX_PAYLOAD_TYPE} rtx/90000", f"a=fmtp:{RTX_PAYLOAD_TYPE} apt={number}", f"a=extmap:{_CC_ID} {CC_URI}"]
    if line.peer is None:
        return [*lines, "a=inactive"]
    track = f"{line.peer}-{line.source}"
    repaired = kind != "audio" and line.rtx_ssrc != 0
    ssrcs = [line.ssrc, line.rtx_ssrc] if repaired else [line.ssrc]
    lines += ["a=sendonly", f"a=msid:{line.peer} {track}"]
    if repaired:
        lines.append(f"a=ssrc-group:FID {line.ssrc} {line.rtx_ssrc}")
    for ssrc in ssrcs:
        lines += [f"a=ssrc:{ssrc} cname:{line.peer}", f"a=ssrc:{ssrc} msid:{line.peer} {track}"]
    return lines


def _transport_lines(local: Local, setup: str, *, with_candidates: bool) -> list[str]:
    lines = [
        "a=rtcp-mux",
        f"a=ice-ufrag:{local.credentials.ufrag}",
        f"a=ice-pwd:{local.credentials.password}",
        f"a=fingerprint:{local.fingerprint.algorithm} {local.fingerprint.value}",
        f"a=setup:{setup}",
    ]
    if with_candidates:
        for index, address in enumerate(local.addresses[:_MAX_ADDRESSES]):
            # RFC 8445 5.1.2.1: host type preference 126, one component; earlier addresses are preferred
            priority = 126 << 24 | (65_535 - index) << 8 | 255
            family = ipaddress.ip_address(address).version
            lines.append(f"a=candidate:{family}{index} 1 udp {priority} {address} {local.port} typ host")
        lines.append("a=end-of-candidates")
    return lines


def _text(lines: list[str]) -> str:
    return "\r\n".join(lines) + "\r\n"
