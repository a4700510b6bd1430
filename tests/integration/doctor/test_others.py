"""The doctor before real other programs, and what it says when they are wrong: relay, mail, webhook, provider, PostgreSQL, Redis, S3."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import boto3  # type: ignore[import-untyped,unused-ignore]
import pytest
from moto.server import ThreadedMotoServer

from server.doctor import kept, mail, outside, relay
from server.doctor.findings import About, Check, Finding
from server.settings import Settings
from server.store.engine import Store
from tests.fakes.post_office import post_office
from tests.fakes.postgres import new_database, shared_postgres
from tests.fakes.product import free_port
from tests.fakes.provider import running_provider
from tests.fakes.redis import redis_server
from tests.fakes.relay import SECRET, RelayServer, running_relay
from tests.unit.doctor.test_checks import make_certificate

pytestmark = pytest.mark.full


async def codes(check: Callable[[], Iterator[Finding]]) -> dict[str, str]:
    found = await asyncio.to_thread(lambda: list(check()))
    return {finding.code: finding.level for finding in found}


async def looked(check: Check, settings: Settings, send_mail: str = "") -> dict[str, str]:
    return await codes(lambda: check(About(settings, None, send_mail)))


# the relay --------------------------------------------------------------------------------------------------------------------


@pytest.fixture
async def coturn(tmp_path: Path) -> AsyncIterator[RelayServer]:
    async with running_relay(tmp_path / "relay") as running:
        yield running


def behind(coturn: RelayServer, *urls: str, secret: str = SECRET) -> Settings:
    return Settings(turn_urls=urls or coturn.urls, turn_secret=secret, advertise=("127.0.0.1",), listen="0.0.0.0:80")


async def test_a_relay_over_udp_tcp_and_tls(coturn: RelayServer, tmp_path: Path) -> None:
    trust = ssl.create_default_context(cafile=str(tmp_path / "relay" / "certificate.pem"))
    trust.check_hostname = False
    found = await asyncio.to_thread(lambda: list(relay.check_relay(About(behind(coturn)), trust)))
    assert [finding.code for finding in found if finding.level == "ok"] == ["relay_works", "relay_reaches_us"] * 3
    assert {finding.code for finding in found if finding.level != "ok"} == {"relay_open_inside"}, "this one forbids nothing"
    assert {finding.code for finding in relay.check_relay(About(behind(coturn, coturn.urls[2])))} == {"relay_certificate"}


async def test_a_relay_with_another_secret_one_that_is_not_there_and_one_that_does_not_reach_us(
    coturn: RelayServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await looked(relay.check_relay, behind(coturn, coturn.urls[0], secret="another")) == {"relay_password": "fail"}
    monkeypatch.setattr("server.doctor.turn.WAIT_S", 0.2)
    nowhere = f"turn:127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
    assert await looked(relay.check_relay, behind(coturn, f"{nowhere}?transport=udp")) == {"relay_silent": "fail"}
    assert await looked(relay.check_relay, behind(coturn, f"{nowhere}?transport=tcp")) == {"relay_unreachable": "fail"}
    closed = ("--denied-peer-ip=0.0.0.0-255.255.255.255", "--allowed-peer-ip=192.0.2.1")
    async with running_relay(tmp_path / "closed", more=closed) as strict:
        found = await looked(relay.check_relay, behind(strict, strict.urls[1]))
        assert found == {"relay_works": "ok", "relay_not_to_us": "fail"}
        elsewhere = Settings(turn_urls=strict.urls[:1], turn_secret=SECRET, advertise=("192.0.2.1",))
        assert await looked(relay.check_relay, elsewhere) == {"relay_works": "ok", "relay_reaches_us": "ok"}


async def test_without_a_relay() -> None:
    assert await looked(relay.check_relay, Settings(listen="0.0.0.0:80")) == {"no_relay": "ok"}
    assert await looked(relay.check_relay, Settings()) == {}


# mail -------------------------------------------------------------------------------------------------------------------------


def sends(port: int, **more: str) -> Settings:
    values = {"smtp_security": "none"} | more
    return Settings(smtp_host="127.0.0.1", smtp_port=port, mail_from="microteach@school.example", **values)  # type: ignore[arg-type]


async def test_a_mail_server_without_and_with_a_mail() -> None:
    async with post_office() as office:
        assert await looked(mail.check_mail, sends(office.port)) == {"mail_reachable": "ok"}
        assert office.mails == []
        assert (await looked(mail.check_mail, sends(office.port), "maria@school.example"))["mail_sent"] == "ok"
        assert office.receivers == [["maria@school.example"]]
        office.answers = ["550 no"]
        assert (await looked(mail.check_mail, sends(office.port), "maria@school.example"))["mail_refused"] == "fail"


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning", "ignore:Session.login_data:DeprecationWarning")
async def test_a_mail_server_with_a_wrong_password_without_tls_or_with_a_certificate_of_its_own(tmp_path: Path) -> None:
    async with post_office(login=True) as office:
        assert (await looked(mail.check_mail, sends(office.port, smtp_user="m", smtp_password="wrong")))["mail_password"] == "fail"
        assert (await looked(mail.check_mail, sends(office.port, smtp_user="m", smtp_password="right")))["mail_login"] == "ok"
        assert (await looked(mail.check_mail, sends(office.port, smtp_security="starttls"))) == {"mail_not_offered": "fail"}
    settings = make_certificate(tmp_path, "mail.school.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(settings.tls_cert, settings.tls_key)
    async with post_office(context) as office:
        assert await looked(mail.check_mail, sends(office.port, smtp_security="starttls")) == {"mail_tls": "fail"}
        trust = ssl.create_default_context(cafile=settings.tls_cert)
        trust.check_hostname = False
        encrypted = About(sends(office.port, smtp_security="starttls"))
        assert await codes(lambda: mail.check_mail(encrypted, trust)) == {"mail_reachable": "ok"}
    assert await looked(mail.check_mail, sends(free_port(socket.SOCK_STREAM))) == {"mail_unreachable": "fail"}


# webhook and provider ---------------------------------------------------------------------------------------------------------


async def test_a_webhook_is_connected_to_and_sent_nothing() -> None:
    received = []

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(receive, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    here = Settings(webhook_url=f"http://127.0.0.1:{port}/hook", webhook_private=True)
    assert await looked(outside.check_webhook, here) == {"webhook_reachable": "ok"}
    inside = Settings(webhook_url=f"https://127.0.0.1:{port}/hook")
    assert await looked(outside.check_webhook, inside) == {"webhook_inside": "fail"}
    server.close()
    await server.wait_closed()
    assert received == [b""]
    assert await looked(outside.check_webhook, here) == {"webhook_unreachable": "fail"}


async def test_a_provider_of_sign_ins() -> None:
    async with running_provider() as provider:
        settings = Settings(oidc_issuer=provider.issuer, oidc_client_id="microteach")
        assert await looked(outside.check_provider, settings) == {"provider": "ok"}
        other = Settings(oidc_issuer=f"{provider.issuer}/", oidc_client_id="microteach")
        assert await looked(outside.check_provider, other) == {"provider_other": "fail"}
        provider.published = []
        assert await looked(outside.check_provider, settings) == {"provider_keys": "fail"}
        provider.down = True
        assert await looked(outside.check_provider, settings) == {"provider_unreachable": "fail"}


# the database -----------------------------------------------------------------------------------------------------------------


async def test_postgres_before_and_after_its_first_start_and_after_a_newer_version() -> None:
    async with new_database() as url:
        settings = Settings(database=url)
        found = await looked(kept.check_database, settings)
        assert found | {"postgres_unsafe": "fail"} == found, "the one for tests does not wait for its disk"
        assert (found["postgres"], found["schema_not_yet"], found["database_clock"]) == ("ok", "ok", "ok")
        async with Store(url):
            pass
        assert (await looked(kept.check_database, settings))["schema"] == "ok"
        listening = await asyncio.start_server(lambda _, writer: late(writer), "127.0.0.1", 0)
        node = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        await shared_postgres().run(f"INSERT INTO nodes VALUES ('b', '{node}', 0), ('c', 'http://127.0.0.1:1', 0)", url)
        assert (await looked(kept.check_database, settings))["node_clock"] == "fail", "its answer is of another year"
        listening.close()
        await listening.wait_closed()
        await shared_postgres().run("UPDATE alembic_version SET version_num = '9999'", url)
        assert (await looked(kept.check_database, settings))["schema_newer"] == "fail"
        gone = url.replace("/test", "/gone")
        assert await looked(kept.check_database, Settings(database=gone)) == {"database_unreachable": "fail"}
        nowhere = Settings(database=f"postgresql://m:s3cret@127.0.0.1:{free_port(socket.SOCK_STREAM)}/m")
        said = await asyncio.to_thread(lambda: list(kept.check_database(About(nowhere))))
        assert [finding.code for finding in said] == ["database_unreachable"]
        assert "s3cret" not in said[0].says + said[0].do


async def late(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 404 Not Found\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()
    writer.close()


# Redis and S3 -----------------------------------------------------------------------------------------------------------------


async def test_redis_well_evicting_with_a_password_and_gone() -> None:
    async with redis_server("--requirepass", "north-wall-7") as server:
        settings = Settings(redis=server.url.replace("redis://", "redis://:north-wall-7@"))
        assert await looked(kept.check_redis, settings) == {"redis": "ok", "redis_clock": "ok"}
        assert await looked(kept.check_redis, Settings(redis=server.url)) == {"redis_unreachable": "fail"}
        await server.kill()
        assert await looked(kept.check_redis, settings) == {"redis_unreachable": "fail"}
    async with redis_server("--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru") as server:
        assert (await looked(kept.check_redis, Settings(redis=server.url)))["redis_evicts"] == "warn"


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Settings, object]]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client("s3", endpoint_url=endpoint, aws_access_key_id="k", aws_secret_access_key="s", region_name="us-east-1")
    for bucket in ("files", "keys"):
        client.create_bucket(Bucket=bucket)
    yield Settings(s3_bucket="files", s3_keys_bucket="keys", s3_endpoint=endpoint, s3_key_id="k", s3_secret="s"), client
    client.close()
    server.stop()


async def test_buckets_missing_versioned_and_unreachable(storage: tuple[Settings, object]) -> None:
    settings, client = storage
    assert await looked(kept.check_buckets, settings) == {"bucket": "ok"}
    both = {"Status": "Enabled"}
    for bucket in ("files", "keys"):
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=both)  # type: ignore[attr-defined]
    assert await looked(kept.check_buckets, settings) == {"bucket": "ok", "keys_versioned": "warn"}
    left = client.list_object_versions(Bucket="keys")  # type: ignore[attr-defined]
    assert not left.get("Versions"), "what was put for trial is gone, with all its versions"
    values = {name: getattr(settings, name) for name in settings.__struct_fields__}
    assert (await looked(kept.check_buckets, Settings(**values | {"s3_bucket": "none"})))["bucket_missing"] == "fail"
