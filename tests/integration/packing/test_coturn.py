"""The project's coturn.conf in a real coturn: it relays to the address that the operator allows and to no other."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aioice.stun
import aioice.turn
import pytest

from server.relay import Relays
from tests.fakes.image import ROOT
from tests.fakes.relay import SECRET, RelayServer, running_relay

pytestmark = pytest.mark.full
INSIDE = ("127.0.0.2", "10.0.0.1", "169.254.169.254", "192.168.1.1", "0.0.0.0")


async def test_only_the_allowed_address_is_relayed_to(tmp_path: Path) -> None:
    more = ("--allowed-peer-ip=127.0.0.1",)
    async with running_relay(tmp_path / "relay", config=ROOT / "config" / "coturn.conf", more=more) as relay:
        assert await permitted(relay, "127.0.0.1")
        for address in INSIDE:
            assert not await permitted(relay, address), address
        assert not await permitted(relay, "127.0.0.1", secret="another")


async def test_without_an_allowed_address_it_relays_to_nobody(tmp_path: Path) -> None:
    async with running_relay(tmp_path / "relay", config=ROOT / "config" / "coturn.conf") as relay:
        assert not await permitted(relay, "127.0.0.1")


async def permitted(relay: RelayServer, peer: str, *, secret: str = SECRET) -> bool:
    """Whether coturn binds a channel to this address (RFC 8656, section 12)."""
    given = Relays(relay.urls, secret, 600).give("room", "seat")
    assert given is not None
    try:
        transport, _ = await aioice.turn.create_turn_endpoint(
            asyncio.DatagramProtocol, server_addr=("127.0.0.1", relay.port), username=given.username, password=given.credential
        )
    except aioice.stun.TransactionFailed:
        return False
    inner = transport._TurnTransport__inner_protocol  # type: ignore[attr-defined]
    try:
        async with asyncio.timeout(5):
            await inner.channel_bind(0x4000, (peer, 9))
        return True
    except (aioice.stun.TransactionError, TimeoutError):
        return False
    finally:
        transport.close()
        await asyncio.sleep(0.2)  # it says goodbye to the relay
