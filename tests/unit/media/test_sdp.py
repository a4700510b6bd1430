"""Offers of browsers are understood, hostile ones refused with a stable code."""

from __future__ import annotations

import pytest

from server.media.control import Source
from server.media.dtls import Fingerprint
from server.media.ice import Credentials
from server.media.negotiation import (
    LEVEL_URI,
    MID_URI,
    Accepted,
    Local,
    OfferedLine,
    published_tracks,
    read_publish_offer,
    read_subscribe_answer,
    write_answer,
    write_subscribe_offer,
)
from server.media.sdp import MAX_SDP_BYTES, MAX_SECTIONS, SdpError, read_sdp

PRINT = ":".join(["AB"] * 32)
LOCAL = Local(Credentials("ufrag", "p" * 32), Fingerprint("sha-256", PRINT), ("192.0.2.1", "2001:db8::1"), 10_000, 7, 1)

TRANSPORT = f"a=rtcp-mux\na=ice-ufrag:abcd\na=ice-pwd:{'x' * 24}\na=fingerprint:sha-256 {PRINT}\na=setup:actpass\n"
AUDIO = (
    "m=audio 9 UDP/TLS/RTP/SAVPF 109 9 0\na=mid:0\na=sendonly\na=rtpmap:109 OPUS/48000/2\na=fmtp:109 maxplaybackrate=48000\n"
    f"a=extmap:1 {LEVEL_URI}\na=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level\na=extmap:3 {MID_URI}\n" + TRANSPORT
)
VIDEO = (
    "m=video 0 UDP/TLS/RTP/SAVPF 120 124 121\na=bundle-only\na=mid:1\na=sendonly\na=rtpmap:120 VP8/90000\na=rtcp-fb:120 nack\n"
    "a=rtcp-fb:120 nack pli\na=rtcp-fb:120 goog-remb\na=rtcp-fb:120 transport-cc\na=rtpmap:124 rtx/90000\na=fmtp:124 apt=120\n"
    f"a=rtpmap:121 VP9/90000\na=extmap:3 {MID_URI}\na=ssrc:77 cname:x\n" + TRANSPORT
)
HEAD = "v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nt=0 0\n"


def offer(*sections: str, bundle: str = "0 1") -> str:
    return (HEAD + f"a=group:BUNDLE {bundle}\n" + "".join(sections)).replace("\n", "\r\n")


def code_of(text: str) -> str:
    with pytest.raises(SdpError) as raised:
        read_publish_offer(text)
    return raised.value.code


def test_firefox_like_offer_is_understood() -> None:
    microphone, camera = published_tracks(read_publish_offer(offer(AUDIO, VIDEO)), {})
    assert (microphone.source, microphone.payload_type, microphone.mid_extension, microphone.level_extension) == ("microphone", 109, 3, 1)
    assert (camera.source, camera.payload_type, camera.rtx_payload_type, camera.ssrcs) == ("camera", 120, 124, (77,))


def test_answer_has_what_browsers_demand() -> None:
    description = read_publish_offer(offer(AUDIO, VIDEO))
    text = write_answer(description, published_tracks(description, {}), LOCAL)
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    head, *sections = text.split("m=")
    assert "a=ice-lite" in head
    assert "a=group:BUNDLE 0 1" in head
    assert len(sections) == 2
    for section in sections:
        for needed in ("a=ice-ufrag:ufrag", "a=ice-pwd:", "a=fingerprint:sha-256", "a=setup:passive", "a=rtcp-mux", "a=recvonly"):
            assert needed in section
        assert "192.0.2.1 10000 typ host" in section
        assert "2001:db8::1 10000 typ host" in section
    assert sections[0].startswith("audio 9 UDP/TLS/RTP/SAVPF 109\r\n")
    assert sections[1].startswith("video 9 UDP/TLS/RTP/SAVPF 120 124\r\n")
    assert "transport-cc" not in text
    assert "ccm fir" not in text, "it was not offered"
    assert "abs-send-time" not in text, "it was not offered"
    assert "csrc-audio-level" not in text


def test_what_we_cannot_use_is_rejected_line_by_line() -> None:
    data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\na=mid:2\n" + TRANSPORT
    description = read_publish_offer(offer(AUDIO, VIDEO.replace("VP8", "VPX"), data, bundle="0 1 2"))
    text = write_answer(description, published_tracks(description, {}), LOCAL)
    assert "m=video 0 " in text
    assert "m=application 0 UDP/DTLS/SCTP webrtc-datachannel" in text
    assert "a=group:BUNDLE 0\r\n" in text


def test_second_camera_is_inactive() -> None:
    second = VIDEO.replace("a=mid:1", "a=mid:2").replace("a=ssrc:77", "a=ssrc:78")
    description = read_publish_offer(offer(AUDIO, VIDEO, second, bundle="0 1 2"))
    assert [track.mid for track in published_tracks(description, {})] == ["0", "1"]
    assert write_answer(description, published_tracks(description, {}), LOCAL).count("a=inactive") == 1


SCREEN = VIDEO.replace("a=mid:1", "a=mid:2").replace("a=ssrc:77", "a=ssrc:78")
SCREEN_SOUND = AUDIO.replace("a=mid:0", "a=mid:3")
FOUR = offer(AUDIO, VIDEO, SCREEN, SCREEN_SOUND, bundle="0 1 2 3")
NAMED: dict[str, Source] = {"2": "screen", "3": "screen_sound"}


def test_named_lines_are_what_they_are_named() -> None:
    description = read_publish_offer(FOUR)
    tracks = published_tracks(description, NAMED)
    assert {track.mid: track.source for track in tracks} == {"0": "microphone", "1": "camera", **NAMED}
    assert [track.mid for track in tracks if track.level_extension] == ["0"], "only a voice has a level"
    sections = write_answer(description, tracks, LOCAL).split("m=")[1:]
    assert ["stereo=1" in section for section in sections] == [False, False, False, True]


def test_a_name_comes_before_the_order_of_lines() -> None:
    tracks = published_tracks(read_publish_offer(offer(AUDIO, VIDEO)), {"1": "screen"})
    assert [(track.mid, track.source) for track in tracks] == [("1", "screen"), ("0", "microphone")]


def test_a_line_that_ended_may_keep_its_name() -> None:
    ended = SCREEN.replace("a=sendonly", "a=inactive")
    again = SCREEN.replace("a=mid:2", "a=mid:4")
    description = read_publish_offer(offer(AUDIO, VIDEO, ended, again, bundle="0 1 2 4"))
    tracks = published_tracks(description, {"2": "screen", "4": "screen"})
    assert [(track.mid, track.source) for track in tracks] == [("4", "screen"), ("0", "microphone"), ("1", "camera")]


@pytest.mark.parametrize(
    ("sources", "code"),
    [
        ({"9": "screen"}, "source_unknown_mid"),
        ({"0": "screen"}, "source_wrong_kind"),
        ({"1": "microphone"}, "source_wrong_kind"),
        ({"1": "screen", "2": "screen"}, "source_twice"),
    ],
)
def test_sources_that_do_not_fit_are_refused(sources: dict[str, Source], code: str) -> None:
    with pytest.raises(SdpError) as raised:
        published_tracks(read_publish_offer(FOUR), sources)
    assert raised.value.code == code


def test_session_level_transport_counts() -> None:
    bare = AUDIO.replace(TRANSPORT, "a=rtcp-mux\n")
    text = offer(bare, bundle="0").replace("a=group", TRANSPORT.replace("\n", "\r\n") + "a=group")
    assert read_publish_offer(text).sections[0].transport.ufrag == "abcd"


def test_no_group_is_answered_where_none_was_offered() -> None:
    description = read_publish_offer(offer(AUDIO, bundle=""))
    assert "BUNDLE" not in write_answer(description, published_tracks(description, {}), LOCAL)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "sdp_syntax"),
        ("nonsense", "sdp_syntax"),
        ("m=audio", "sdp_syntax"),
        ("x" * (MAX_SDP_BYTES + 1), "sdp_too_large"),
        ("ö" * (MAX_SDP_BYTES // 2 + 1), "sdp_too_large"),
        (offer(*[AUDIO] * (MAX_SECTIONS + 1)), "sdp_too_many_lines"),
        (offer(AUDIO.replace("a=ice-pwd", "a=other")), "sdp_no_ice"),
        (offer(AUDIO.replace("a=ice-ufrag:abcd", "a=ice-ufrag:a b")), "sdp_no_ice"),
        (offer(AUDIO.replace("a=fingerprint", "a=other")), "sdp_no_fingerprint"),
        (offer(AUDIO.replace("sha-256", "md5")), "sdp_no_fingerprint"),
        (offer(AUDIO.replace("a=setup:actpass", "a=setup:passive")), "sdp_bad_setup"),
        (offer(AUDIO.replace("a=setup:actpass", "")), "sdp_bad_setup"),
        (offer(AUDIO.replace("a=rtcp-mux", "")), "sdp_no_rtcp_mux"),
        (offer(AUDIO, AUDIO), "sdp_no_mid"),
        (offer(AUDIO, VIDEO, bundle="0"), "sdp_no_bundle"),
        (offer(AUDIO.replace("OPUS", "PCMU")), "sdp_no_codec"),
        (offer(AUDIO.replace("109", "72")), "sdp_no_codec"),
        (offer(AUDIO.replace("m=audio 9", "m=audio 0")), "sdp_nothing_live"),
    ],
)
def test_refusals_have_stable_codes(text: str, code: str) -> None:
    assert code_of(text) == code


def test_nothing_of_the_offer_can_smuggle_a_line_into_the_answer() -> None:
    with pytest.raises(SdpError):
        read_publish_offer(offer(AUDIO.replace("a=mid:0", "a=mid:0\ra=evil"), bundle="0"))


LINES = (OfferedLine("0", "microphone", "anna", 11), OfferedLine("1", "camera", "anna", 12), OfferedLine("2", "camera", None, 13))


def test_subscribe_offer() -> None:
    text = write_subscribe_offer(LINES, LOCAL)
    offered = read_sdp(text)
    assert [section.mid for section in offered.sections] == ["0", "1", "2"]
    assert [section.direction for section in offered.sections] == ["sendonly", "sendonly", "inactive"]
    assert {section.transport.setup for section in offered.sections} == {"actpass"}
    assert text.count("a=msid:anna ") == 2, "one stream per person keeps lips and sound together"
    assert "a=ssrc:13" not in text
    assert [section.count("a=candidate:") for section in text.split("m=")[1:]] == [2, 0, 2], "the first for browsers, the last for aiortc"


def test_subscribe_answer_tells_which_lines_are_wanted() -> None:
    text = write_subscribe_offer(LINES, LOCAL).replace("actpass", "active").replace("a=sendonly", "a=recvonly", 1)
    _, wanted = read_subscribe_answer(text, LINES)
    assert wanted == {"0": Accepted(cc_extension=0, rtx=False)}
    _, pictures = read_subscribe_answer(text.replace("a=sendonly", "a=recvonly"), LINES)
    assert pictures["1"] == Accepted(cc_extension=3, rtx=True)
    with pytest.raises(SdpError, match="m-lines"):
        read_subscribe_answer(text, LINES[:1])
    with pytest.raises(SdpError, match="DTLS client"):
        read_subscribe_answer(text.replace("active", "passive"), LINES)
