"""How a simulated colleague comes through a server's door, with TLS and without: the form, the cookie, the certificate."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from server.bots.door import Door, DoorError, local_address


def write_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate for some other name, which its own server uses all the same; (certificate, key) as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    certificate = builder.sign(key, hashes.SHA256())
    paths = folder / f"{name}.crt", folder / f"{name}.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    unlocked = serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unlocked))
    return paths


class House:
    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.app = web.Application()
        self.app.add_routes([web.post("/b/{token}", self.enter)])

    async def enter(self, request: web.Request) -> web.Response:
        form = {key: str(value) for key, value in (await request.post()).items()}
        self.asked.append((request.headers.get("Origin", ""), request.headers.get("Cookie", ""), form))
        if request.match_info["token"] != "good":
            raise web.HTTPNotFound
        response = web.HTTPSeeOther("/sessions/s1")
        response.set_cookie("__Host-mt_device", "secret", secure=True, httponly=True, path="/")
        raise response


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
        yield client


async def test_somebody_who_comes_a_second_time_is_known(client: aiohttp.ClientSession) -> None:
    house = House()
    async with TestServer(house.app, host="127.0.0.1") as server:
        assert server.port
        door = Door(client, local_address("127.0.0.1", server.port, ""), "good")
        await door.enter("Lina", teaches=False, recording="record")
        await door.enter("Lina", teaches=True, recording="record")
        url = f"http://127.0.0.1:{server.port}"
    (origin, no_cookie, form), (_, cookie, again) = house.asked
    assert origin == url
    assert (no_cookie, cookie) == ("", "__Host-mt_device=secret")
    assert form == {"name": "Lina", "teaches": "no", "recording": "record"}
    assert again["teaches"] == "yes"


async def test_a_door_that_stays_closed_is_an_error(client: aiohttp.ClientSession) -> None:
    async with TestServer(House().app, host="127.0.0.1") as server:
        assert server.port
        with pytest.raises(DoorError, match="404"):
            await Door(client, local_address("127.0.0.1", server.port, ""), "bad").enter("Lina", teaches=False, recording="record")


async def test_with_tls_the_servers_own_certificate_is_taken_and_no_other(tmp_path: Path, client: aiohttp.ClientSession) -> None:
    own, key = write_certificate(tmp_path, "own.example")
    other, _ = write_certificate(tmp_path, "other.example")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(own, key)
    house = House()
    server = TestServer(house.app, scheme="https", host="127.0.0.1", port=unused_port())
    await server.start_server(ssl=context)
    try:
        assert server.port
        await Door(client, local_address("127.0.0.1", server.port, str(own)), "good").enter("Lina", teaches=False, recording="record")
        stranger = Door(client, local_address("127.0.0.1", server.port, str(other)), "good")
        with pytest.raises(aiohttp.ServerFingerprintMismatch):
            await stranger.enter("Lina", teaches=False, recording="record")
        assert len(house.asked) == 1
    finally:
        await server.close()
