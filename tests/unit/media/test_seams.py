"""What aiortc and pylibsrtp do under the names of test_private_names.py is what we lean on; an upgrade that changes it fails here."""

from __future__ import annotations

import asyncio

import pylibsrtp
import pytest
from aiortc.rtcdtlstransport import RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport, State

from server.media.dtls import DtlsServer, Fingerprint, SrtpPair, fingerprint_of, new_certificate
from server.media.rtp import write_rtp
from server.media.srtp import Srtp

PROFILES = [
    (pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 28),
    (pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 30),
]


def session(profile: int, size: int, direction: int) -> pylibsrtp.Session:
    policy = pylibsrtp.Policy(key=bytes(range(size)), ssrc_type=direction, srtp_profile=profile)
    policy.allow_repeat_tx = True
    policy.window_size = 1024
    return pylibsrtp.Session(policy)


@pytest.mark.parametrize(("profile", "size"), PROFILES)
def test_binding_gives_the_bytes_of_the_public_session(profile: int, size: int) -> None:
    raw = session(profile, size, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
    public = session(profile, size, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
    back = Srtp(session(profile, size, pylibsrtp.Policy.SSRC_ANY_INBOUND))
    ours = Srtp(raw)
    assert ours._handle is not None, "the fast path is in use"
    for length in (0, 1, 100, 1200):
        packet = write_rtp(96, True, 7 + length, 8, 9, bytes(length))
        sealed = ours.protect_rtp(packet)
        assert sealed == public.protect(packet)
        assert back.unprotect_rtp(sealed or b"") == packet
    rtcp = b"\x80\xc9\x00\x01\x00\x00\x00\x09"
    sealed = ours.protect_rtcp(rtcp)
    assert back.unprotect_rtcp(sealed or b"") == rtcp


@pytest.mark.parametrize(("profile", "size"), PROFILES)
def test_fallback_does_the_same(profile: int, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = Srtp(session(profile, size, pylibsrtp.Policy.SSRC_ANY_OUTBOUND))
    monkeypatch.setattr("server.media.srtp.lib", None)
    slow = Srtp(session(profile, size, pylibsrtp.Policy.SSRC_ANY_OUTBOUND))
    back = Srtp(session(profile, size, pylibsrtp.Policy.SSRC_ANY_INBOUND))
    packet = write_rtp(96, True, 7, 8, 9, b"x" * 50)
    monkeypatch.undo()
    sealed = fast.protect_rtp(packet)
    assert slow.protect_rtp(packet) == sealed
    assert back.unprotect_rtp(sealed or b"") == packet
    assert back.unprotect_rtp(sealed or b"") is None, "a replay"
    assert slow.unprotect_rtp(bytes(3000)) is None


def test_forged_and_short_packets_are_none() -> None:
    profile, size = PROFILES[0]
    back = Srtp(session(profile, size, pylibsrtp.Policy.SSRC_ANY_INBOUND))
    for data in (b"", b"\x80", bytes(11), b"\x80" + bytes(60), bytes(5000)):
        assert back.unprotect_rtp(data) is None
        assert back.unprotect_rtcp(data) is None


def test_resend_of_an_old_number_is_byte_identical() -> None:
    profile, size = PROFILES[0]
    out = Srtp(session(profile, size, pylibsrtp.Policy.SSRC_ANY_OUTBOUND))
    packets = [write_rtp(96, False, 65_000 + n, n, 9, bytes([n % 256])) for n in range(1000)]
    sealed = [out.protect_rtp(packet) for packet in packets]
    for age in (1, 300, 511):
        assert out.protect_rtp(packets[-age]) == sealed[-age]


def test_a_forgotten_ssrc_takes_no_room_and_disturbs_no_other() -> None:
    profile, size = PROFILES[0]
    out = Srtp(session(profile, size, pylibsrtp.Policy.SSRC_ANY_OUTBOUND))
    back = Srtp(session(profile, size, pylibsrtp.Policy.SSRC_ANY_INBOUND))
    before = write_rtp(96, False, 65_535, 0, 9, b"before")
    assert back.unprotect_rtp(out.protect_rtp(before) or b"") == before
    assert out.protect_rtp(write_rtp(96, False, 5, 0, 10, b"x"))
    for ssrc in (10, 10, 77):
        out.forget(ssrc)
    with pytest.raises(pylibsrtp.Error):
        out._session.remove_stream(10)
    after = write_rtp(96, False, 0, 0, 9, b"after the wrap")
    assert back.unprotect_rtp(out.protect_rtp(after) or b"") == after


class Wire:
    role = "controlling"

    def __init__(self) -> None:
        self.queue: asyncio.Queue[bytes] = asyncio.Queue()
        self.server: DtlsServer

    async def _recv(self) -> bytes:
        return await self.queue.get()

    async def _send(self, data: bytes) -> None:
        self.server.feed(data)


async def handshake(*, right: bool, junk: int = 0) -> SrtpPair | None:
    wire = Wire()
    done: asyncio.Future[SrtpPair | None] = asyncio.get_running_loop().create_future()
    ours, certificate = new_certificate(), new_certificate()
    wire.server = DtlsServer(ours, wire.queue.put_nowait, done.set_result)
    for _ in range(junk):
        wire.server.feed(b"\x16" + bytes(40))
    client = RTCDtlsTransport(wire, [certificate])  # type: ignore[arg-type]
    client._set_role("client")
    expected = fingerprint_of(certificate)
    wire.server.expect([expected if right else Fingerprint("sha-256", ":".join(["00"] * 32))])
    known = fingerprint_of(ours)
    start = asyncio.create_task(client.start(RTCDtlsParameters([RTCDtlsFingerprint(known.algorithm, known.value)])))
    try:
        async with asyncio.timeout(10):
            pair = await done
            if pair is not None:
                await start
                assert client._state is State.CONNECTED
                packet = write_rtp(96, False, 1, 2, 3, b"hello")
                assert pair.inbound.unprotect_rtp(client._tx_srtp.protect(packet)) == packet
                assert client._ssl is not None
                assert client._ssl.get_selected_srtp_profile() == b"SRTP_AEAD_AES_128_GCM"
            return pair
    finally:
        start.cancel()
        await asyncio.gather(start, return_exceptions=True)
        await client.stop()
        await wire.server.close()


async def test_handshake_yields_keys_and_the_preferred_cipher() -> None:
    assert await handshake(right=True) is not None


async def test_wrong_certificate_yields_nothing() -> None:
    assert await handshake(right=False) is None


async def test_junk_before_the_handshake_does_not_hurt() -> None:
    assert await handshake(right=True, junk=3) is not None
