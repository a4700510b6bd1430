"""People whose network lets no UDP through: a real coturn with time-limited credentials, over UDP, TCP and TLS, in real browsers."""

from __future__ import annotations

import asyncio
import socket
import time
from pathlib import Path

import aioice.stun
import aioice.turn
import pytest

from server.relay import Relays
from tests.browser.driver import Browser, Page
from tests.browser.people import Human, come_in, set_up
from tests.browser.steps import all_here, no_loud_problems
from tests.browser.test_connection_check import outcome
from tests.fakes.product import free_port, running_product
from tests.fakes.relay import SECRET, RelayServer, running_relay

# Beside what the browser tests pass: a certificate that the test made itself.
FLAGS = ("--ignore-certificate-errors",)
TAKES_S = 60.0
# As docs/reach.md has it: to the worker and to nobody else.
ONLY_THE_WORKER = (
    *("--denied-peer-ip=0.0.0.0-255.255.255.255", "--denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    *("--allowed-peer-ip=127.0.0.1", "--no-multicast-peers", "--no-tcp-relay", "--user-quota=12", "--stale-nonce=600"),
)

# By this relay or not at all, as in a network that blocks the rest. A connection that is given no relay finds no way.
ONLY_BY = """(() => {
    const Real = window.RTCPeerConnection;
    if (!Real) return;
    const only = (options) => ({
        ...options,
        iceTransportPolicy: "relay",
        iceServers: (options?.iceServers ?? []).map((server) => ({ ...server, urls: [server.urls].flat().filter((url) => url === %r) })),
    });
    window.RTCPeerConnection = class extends Real {
        constructor(options) { super(only(options)); }
        setConfiguration(options) { super.setConfiguration(only(options)); }
    };
})()"""
# Of both connections: how they go, and what has come and gone through them so far.
PATHS_JS = """async () => {
    const found = [];
    const { publisher, subscriber } = window.microteach.media.connections ?? {};
    for (const pc of publisher ? [publisher, subscriber] : []) {
        const stats = [...(await pc.getStats()).values()];
        const chosen = stats.find((each) => each.type === "transport")?.selectedCandidatePairId;
        const pair = stats.find((each) => each.id === chosen);
        const local = stats.find((each) => each.id === pair?.localCandidateId);
        const inbound = stats.filter((each) => each.type === "inbound-rtp");
        const outbound = stats.filter((each) => each.type === "outbound-rtp");
        found.push({ type: local?.candidateType, protocol: local?.relayProtocol, state: pc.connectionState,
            pictures: inbound.reduce((sum, each) => sum + (each.framesDecoded ?? 0), 0),
            voices: inbound.filter((each) => each.kind === "audio").reduce((sum, each) => sum + each.packetsReceived, 0),
            sent: outbound.reduce((sum, each) => sum + each.packetsSent, 0) });
    }
    return found;
}"""


@pytest.mark.timeout(240)
async def test_people_meet_over_udp_tcp_and_tls_of_the_relay(tmp_path: Path) -> None:
    """Ana by UDP, Maria by TCP, Ben by TLS. Each sees and hears both others; nothing of it goes past the relay."""
    async with running_relay(tmp_path / "relay", more=ONLY_THE_WORKER) as relay, Browser(flags=FLAGS) as browser:
        settings = {"turn_urls": ",".join(relay.urls), "turn_secret": SECRET, "advertise": "127.0.0.1"}
        async with running_product(tmp_path, **settings) as product:
            people = [Human(name, await browser.page(person=name), browser) for name in ("Ana", "Maria", "Ben")]
            for person, url in zip(people, relay.urls, strict=True):
                await person.page.preload(ONLY_BY % url)
            ana, maria, ben = people
            invitation = await set_up(ana, product)
            assert await outcome(ana.page) == "detour"
            assert "by a detour" in await ana.page.text("#connection-check")
            await come_in(ana, None, teaches=False, recording="leave-out")
            for person in (maria, ben):
                await come_in(person, invitation, teaches=False, recording="leave-out")
            await all_here(people)
            for person, protocol in zip(people, ("udp", "tcp", "tls"), strict=True):
                await _goes_by(person.page, protocol)
            await _is_renewed(ana.page, relay.urls[0])
            assert SECRET not in product.log
            for url in relay.urls:
                assert url not in product.log
            no_loud_problems(*people)


async def test_who_is_refused_by_the_relay_is_told_so_in_words(tmp_path: Path) -> None:
    """The operator has written down another secret than the relay's, and no UDP gets through."""
    async with running_relay(tmp_path / "relay") as relay, Browser(flags=FLAGS) as browser:
        dead = str(free_port(socket.SOCK_DGRAM))
        settings = {"turn_urls": relay.urls[0], "turn_secret": "another", "advertise": "127.0.0.1", "advertise_port": dead}
        async with running_product(tmp_path, **settings) as product:
            ana = Human("Ana", await browser.page(), browser)
            await set_up(ana, product)
            assert await outcome(ana.page) == "refused"
            assert "does not accept this page" in await ana.page.text("#connection-check")
            await come_in(ana, None, teaches=False, recording="leave-out")
            await ana.until("does not accept this page", where="#blocked", timeout_s=40)
            no_loud_problems(ana)


async def test_credentials_end_and_lead_to_the_worker_only(tmp_path: Path) -> None:
    async with running_relay(tmp_path / "relay", more=ONLY_THE_WORKER) as relay:
        assert await _relays(relay, Relays(relay.urls, SECRET, 600), "127.0.0.1")
        assert not await _relays(relay, Relays(relay.urls, SECRET, 600), "127.0.0.2"), "into the operator's network"
        assert not await _relays(relay, Relays(relay.urls, SECRET, 600, wall_s=lambda: time.time() - 601), "127.0.0.1"), "they have ended"
        assert not await _relays(relay, Relays(relay.urls, "another", 600), "127.0.0.1")


async def _is_renewed(page: Page, url: str) -> None:
    """Credentials that are about to end are replaced on the connections that there are, which go on."""
    old = {"type": "relay", "urls": [url], "username": "old", "credential": "old", "lasts_s": 1}
    await page.eval("(relay) => window.microteach.media.relay.take(relay)", old)
    js = "Object.values(window.microteach.media.connections).flatMap((pc) => pc.getConfiguration?.().iceServers ?? [])"
    name = f"{js}.map((server) => server.username)"
    assert await page.eval(name) == ["old", "old"]
    await page.wait_for(f"{name}.every((name) => name.includes(':'))", what="new credentials")
    assert await page.eval("window.microteach.media.condition") == "connected"


async def _goes_by(page: Page, protocol: str) -> None:
    async with asyncio.timeout(TAKES_S):
        while True:
            paths = await page.eval(PATHS_JS)
            known = len(paths) == 2 and all("type" in path for path in paths)
            flows = known and paths[0]["sent"] > 20 and paths[1]["pictures"] > 10 and paths[1]["voices"] > 20
            if flows:
                break
            await asyncio.sleep(0.3)
    assert [(path["type"], path["protocol"]) for path in paths] == [("relay", protocol)] * 2


async def _relays(relay: RelayServer, relays: Relays, peer: str) -> bool:
    """Whether it takes something to this address."""
    given = relays.give("room", "seat")
    assert given is not None
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as target:
        target.setblocking(False)
        target.bind((peer, 0))
        try:
            transport, _ = await aioice.turn.create_turn_endpoint(
                asyncio.DatagramProtocol, server_addr=("127.0.0.1", relay.port), username=given.username, password=given.credential
            )
        except aioice.stun.TransactionFailed:
            return False
        try:
            transport.sendto(b"a word", target.getsockname())
            async with asyncio.timeout(2):
                return await loop.sock_recv(target, 100) == b"a word"
        except TimeoutError:
            return False
        finally:
            transport.close()
            await asyncio.sleep(0.2)  # it says goodbye to the relay
