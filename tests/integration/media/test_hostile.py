"""Strangers and broken peers on the UDP port and the control socket disturb nobody and learn nothing."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.media import control, stun
from server.media.control import PersonPolicy, RoomPolicy
from server.media.worker import MediaWorker
from tests.fakes.aiortc_peer import ROOM, AiortcPeer, ControlClient, running_worker

OPEN = PersonPolicy(microphone=True, camera=True, hears=("anna",), sees=("anna",))
CLIENT_HELLO = bytes.fromhex("16feff0000000000000000002a010000 1e000000000000001efefd".replace(" ", "")) + bytes(32)


@pytest.fixture
async def worker(tmp_path: Path) -> AsyncIterator[MediaWorker]:
    async with running_worker(tmp_path) as running:
        yield running


@pytest.fixture
async def server(tmp_path: Path, worker: MediaWorker) -> AsyncIterator[ControlClient]:
    client = await ControlClient.connect(tmp_path / "control")
    yield client
    await client.close()


class Stranger:
    def __init__(self, port: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.connect(("127.0.0.1", port))

    def send(self, data: bytes) -> None:
        self.socket.send(data)

    async def heard_nothing(self) -> bool:
        await asyncio.sleep(0.2)
        try:
            self.socket.recv(2048)
        except BlockingIOError:
            return True
        return False

    def close(self) -> None:
        self.socket.close()


def stray_datagrams(ufrag: str) -> list[bytes]:
    chance = random.Random(1)
    stray = [b"", CLIENT_HELLO, CLIENT_HELLO[:13], bytes(65_507)]
    stray += [bytes([first]) + chance.randbytes(chance.randrange(60)) for first in range(256)]
    stray += [chance.randbytes(chance.randrange(1, 1_500)) for _ in range(500)]
    good = stun.binding_request(bytes(12), f"{ufrag}:abcd", "not the password")
    stray += [good, good[:20], good[:40], stun.binding_request(bytes(12), "who:me", "x")]
    return stray


async def test_strangers_change_nothing_and_hear_nothing(worker: MediaWorker, server: ControlClient) -> None:
    server.send(control.SetRoom(room=ROOM, policy=RoomPolicy(version=1, people={"anna": OPEN, "ben": OPEN})))
    anna, ben, stranger = AiortcPeer(server, "anna"), AiortcPeer(server, "ben"), Stranger(worker.port)
    anna.start()
    ben.start()
    for data in stray_datagrams("early"):
        stranger.send(data)
    await anna.publish()
    offer = await ben.answer()
    ufrag = offer.sdp.partition("a=ice-ufrag:")[2].partition("\r")[0]
    for _ in range(3):
        stranger.send(CLIENT_HELLO)
    await ben.decoded("audio")
    for data in stray_datagrams(ufrag):
        stranger.send(data)
        await asyncio.sleep(0)
    await ben.decoded("video")
    await ben.decoded("audio", 30)
    assert await stranger.heard_nothing()
    stranger.close()
    await anna.close()
    await ben.close()


async def test_junk_in_front_of_the_handshake_from_the_verified_address(worker: MediaWorker, server: ControlClient) -> None:
    server.send(control.SetRoom(room=ROOM, policy=RoomPolicy(version=1, people={"anna": OPEN, "ben": OPEN})))
    ben = AiortcPeer(server, "ben")
    ben.start()
    await ben.publish()
    await server.take(control.PeerState, lambda s: s.report.publish == "connected")
    server.heard.clear()
    connection = next(iter(ben.publishing._RTCPeerConnection__iceTransports))._connection  # type: ignore[attr-defined]
    for data in [CLIENT_HELLO, *[bytes([first]) + bytes(30) for first in range(20, 256)]]:
        await connection.sendto(data, 1)
    await asyncio.sleep(0.3)
    assert all(state.report.publish == "connected" for state in server.heard if isinstance(state, control.PeerState))
    await ben.close()


async def test_unknown_rooms_peers_and_sessions_are_refused(server: ControlClient) -> None:
    def offer(room: str, peer: str) -> control.PublishOffer:
        return control.PublishOffer(room=room, peer=peer, session="s", offer=3, sdp="")

    server.send(offer("nowhere", "anna"))
    assert (await server.take(control.MediaRefused)).code == "unknown_room"
    server.send(control.SetRoom(room=ROOM, policy=RoomPolicy(version=1, people={})))
    server.send(offer(ROOM, "nobody"))
    assert (await server.take(control.MediaRefused)).code == "unknown_peer"
    server.send(control.StartPeer(room=ROOM, peer="anna", session="other"))
    server.send(offer(ROOM, "anna"))
    assert (await server.take(control.MediaRefused)).code == "unknown_session"
    server.send(control.StartPeer(room=ROOM, peer="a\r\nb", session="other"))
    assert (await server.take(control.MediaRefused)).code == "bad_peer"
    for message in (
        control.CloseRoom(room="nowhere"),
        control.StopPeer(room="nowhere", peer="x"),
        control.StopPeer(room=ROOM, peer="x"),
        control.CloseRoom(room=ROOM),
        control.SetRoom(room=ROOM, policy=RoomPolicy(version=9, people={})),
    ):
        server.send(message)
    await server.take(control.PolicyApplied, lambda m: m.version == 9)


async def test_bad_answer_is_refused_and_the_offer_stays(server: ControlClient) -> None:
    server.send(control.SetRoom(room=ROOM, policy=RoomPolicy(version=1, people={"anna": OPEN, "ben": OPEN})))
    anna, ben = AiortcPeer(server, "anna"), AiortcPeer(server, "ben")
    anna.start()
    ben.start()
    await anna.publish()
    offer = await server.take(control.SubscribeOffer)

    def answer(number: int, sdp: str) -> control.SubscribeAnswer:
        return control.SubscribeAnswer(room=ROOM, peer="ben", session=ben.session, offer=number, sdp=sdp)

    server.send(answer(offer.offer, "nonsense"))
    assert (await server.take(control.MediaRefused)).code == "sdp_syntax"
    server.send(answer(offer.offer + 1, "v=0"))
    assert (await server.take(control.MediaRefused)).code == "stale_answer"
    server.heard.append(offer)
    await ben.answer()
    await ben.decoded("audio")
    await anna.close()
    await ben.close()


async def test_broken_frames_end_that_connection_only(tmp_path: Path, worker: MediaWorker, server: ControlClient) -> None:
    server.send_raw(b"\x00\x00\x00\x02\xc1\xc1")
    await server.closed()
    again = await ControlClient.connect(tmp_path / "control")
    again.send_raw(b"\xff\xff\xff\xff")
    await again.closed()
    await again.close()
    last = await ControlClient.connect(tmp_path / "control")
    await last.take(control.Report)
    await last.close()
