"""One port for both families: a worker that is reached over IPv6, and one that names addresses which lead nowhere as well."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from server.media import control
from server.media.control import PersonPolicy, RoomPolicy
from tests.fakes.aiortc_peer import ROOM, AiortcPeer, ControlClient, running_worker

OPEN = PersonPolicy(microphone=True, hears=("anna",))


def has_ipv6() -> bool:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as trial:
        try:
            trial.bind(("::1", 0))
        except OSError:
            return False
    return True


@pytest.mark.parametrize(
    ("own", "advertised"),
    [("::1", ("::1",)), ("::1", ("192.0.2.1", "2001:db8::1", "::1")), ("127.0.0.1", ("2001:db8::1", "192.0.2.1", "127.0.0.1", "::1"))],
)
async def test_sound_arrives_over_the_address_that_leads_there(tmp_path: Path, own: str, advertised: tuple[str, ...]) -> None:
    if own == "::1" and not has_ipv6():
        pytest.skip("this machine has no IPv6")
    async with running_worker(tmp_path, addresses=advertised, gathered=own):
        server = await ControlClient.connect(tmp_path / "control")
        server.send(control.SetRoom(room=ROOM, policy=RoomPolicy(version=1, people={"anna": OPEN, "ben": OPEN})))
        anna, ben = AiortcPeer(server, "anna"), AiortcPeer(server, "ben")
        anna.start()
        ben.start()
        await anna.publish(camera=False)
        offer = await ben.answer()
        named = [line.split()[4] for line in offer.sdp.splitlines() if line.startswith("a=candidate:")]
        assert tuple(named[: len(advertised)]) == advertised
        await ben.decoded("audio")
        await anna.close()
        await ben.close()
        await server.close()
