"""An answer belongs to its question, and whatever stands in Redis, or calls itself one, does no harm."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import os
import random
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from server.cluster.coordination import News, Unreachable
from server.cluster.redis import NEWS, NODES, RedisCoordination
from tests.fakes.coordinations import member
from tests.fakes.product import free_port
from tests.fakes.redis import RedisServer, redis_server

SECRET = "s" * 32
CANCELLED = int(os.environ.get("MT_CANCELLED", "2000"))
AT_ONCE = 10
GARBAGE = (b"", b"\x00\xff\xfe", b"{", b"null", b"[]", b'"x"', b"1e999", b'{"node":1}', b"\xf0\x9f", b"9" * 400, b"{}" * 5000)


@pytest.fixture
async def redis() -> AsyncIterator[RedisServer]:
    async with redis_server() as server:
        yield server


@pytest.fixture
async def coordination(redis: RedisServer) -> AsyncIterator[RedisCoordination]:
    coordination = RedisCoordination(redis.url, "a", SECRET)
    yield coordination
    await coordination.close()


@pytest.mark.full
async def test_commands_cancelled_at_any_point_never_leave_an_answer_for_another(coordination: RedisCoordination) -> None:
    """CVE-2023-28859. Those that are not cancelled, or too late, get their own answer."""
    answered = cancelled = 0

    async def ask(number: int) -> None:
        assert await coordination._ask("ECHO", f"answer {number}") == f"answer {number}".encode()

    async def ask_and_cancel(number: int) -> None:
        nonlocal answered, cancelled
        asking = asyncio.create_task(ask(number))
        for _ in range(random.randint(1, 4)):
            await asyncio.sleep(0)
        must_end = random.random() < 0.9 and asking.cancel()
        try:
            await asking
            assert not must_end, "a cancellation was swallowed"
            answered += 1
        except asyncio.CancelledError:
            cancelled += 1
        except Unreachable:
            assert not must_end

    async def many(first: int) -> None:
        number = first
        while cancelled < CANCELLED:
            await ask_and_cancel(number)
            number += AT_ONCE

    async with asyncio.TaskGroup() as tasks:
        for first in range(AT_ONCE):
            tasks.create_task(many(first))
    print(answered, cancelled)
    assert answered > CANCELLED / 20
    for number in range(2 * AT_ONCE):
        await ask(number)


async def test_what_stands_in_redis_is_ignored_unless_it_makes_sense(redis: RedisServer, coordination: RedisCoordination) -> None:
    await coordination.beat(member("a"))
    far = 9_999_999_999_999
    for number, garbage in enumerate(GARBAGE):
        await coordination._ask("HSET", NODES, f"bad{number}", b"%d run %s" % (far, garbage))
        await coordination._ask("HSET", NODES, f"worse{number}", garbage)
    bad_url = b'{"node":"b","run":"r","url":"http://b/path?x"}'
    bad_load = b'{"node":"b","run":"r","url":"","load":1e300}'
    newer = b'{"node":"c","run":"r","url":"","from_a_later_release":[1]}'
    for number, text in enumerate((bad_url, bad_load, newer)):
        await coordination._ask("HSET", NODES, f"other{number}", b"%d r %s" % (far, text))
    assert sorted(one.node for one in await coordination.members()) == ["a", "c"]
    assert coordination.ignored == len(GARBAGE) + 2
    assert await coordination.beat(member("a")) == "kept"
    assert "worse" not in await redis.ask("HKEYS", NODES), "a beat takes them away"


@pytest.mark.parametrize("command", [("SET", NODES, "text"), ("RPUSH", NODES, "a")])
async def test_a_key_of_another_kind_is_no_answer(coordination: RedisCoordination, command: tuple[str, ...]) -> None:
    await coordination._ask(*command)
    for call in (coordination.beat(member("a")), coordination.leave(member("a")), coordination.members()):
        with pytest.raises(Unreachable):
            await call


async def test_news_that_make_no_sense_are_ignored(redis: RedisServer, coordination: RedisCoordination) -> None:
    heard: list[News] = []

    async def listen() -> None:
        async for news in coordination.heard():
            heard.append(news)  # noqa: PERF401 -- what came so far is looked at

    listening = asyncio.create_task(listen())
    other = RedisCoordination(redis.url, "b", SECRET)
    async with asyncio.timeout(10):
        while not heard:
            await other.tell(None, News(kind="first"))
            await asyncio.sleep(0.01)
        for garbage in (*GARBAGE, b'{"sender":"b","news":{"kind":""}}', b"x" * 1_000_000):
            await other._ask("PUBLISH", NEWS, garbage)
        await other.tell("a", News(kind="last"))
        while heard[-1].kind != "last":
            await asyncio.sleep(0.01)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await other.close()
    assert {news.kind for news in heard} == {"first", "last"}
    assert coordination.ignored == len(GARBAGE) + 2


@pytest.mark.parametrize("seed", range(12))
async def test_a_server_that_is_no_redis_is_unreachable_and_nothing_else(seed: int) -> None:
    """Its answers look more or less like those of a Redis."""
    draw = random.Random(seed)
    begins = (
        b"+OK\r\n",
        b"-ERR x\r\n",
        b":1\r\n",
        b"$3\r\nab",
        b"$-1\r\n",
        b"*2\r\n",
        b"*-1\r\n",
        b"$x\r\n",
        b":\r\n",
        b"HTTP/1.1 400\r\n",
        b"",
    )

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4096):
            writer.write(draw.choice(begins) + draw.randbytes(draw.randint(0, 60)) + draw.choice((b"\r\n", b"")))
            if draw.random() < 0.3:
                break
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    coordination = RedisCoordination(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}", "a", SECRET)
    async with server:
        for _ in range(5):
            calls = (coordination.beat(member("a")), coordination.members(), coordination.tell("b", News(kind="x")))
            for given in await asyncio.gather(*calls, return_exceptions=True):
                assert given is None or given == [] or isinstance(given, Unreachable | list), given
        await coordination.close()


async def test_tls_is_asked_for_a_certificate_that_is_known(tmp_path: Path) -> None:
    cert, key = _certificate(tmp_path)
    options = ("--tls-port", "0", "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert, "--tls-auth-clients", "no")
    async with redis_server(*options) as redis:
        port = free_port(socket.SOCK_STREAM)
        assert await redis.ask("CONFIG", "SET", "tls-port", str(port)) == "+OK"
        known = RedisCoordination(f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={cert}", "a", SECRET)
        async with asyncio.timeout(10):
            while not await _beats(known):  # a handshake takes long on a busy machine
                pass
        await known.close()
        unknown = RedisCoordination(f"rediss://127.0.0.1:{port}/0", "a", SECRET)
        assert not await _beats(unknown)
        await unknown.close()


async def _beats(coordination: RedisCoordination) -> bool:
    try:
        await coordination.beat(member("a"))
    except Unreachable:
        return False
    return True


def _certificate(folder: Path) -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "redis")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 7, now - datetime.timedelta(days=1), now + datetime.timedelta(days=1))
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = made.add_extension(address, critical=False).sign(key, hashes.SHA256())
    (folder / "cert.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return str(folder / "cert.pem"), str(folder / "key.pem")
