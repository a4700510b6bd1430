"""Mails through a real mail server, events to a real receiver that checks them as the Standard Webhooks specification says."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime
import ipaddress
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from server.clock import SystemClock
from server.languages import Languages
from server.notify.channels import notifications
from server.notify.mail import Mailer, Security, Smtp
from server.notify.notices import Notice, Notices
from server.notify.retry import Failed
from server.notify.rows import Message
from server.notify.signing import read_secrets
from server.notify.webhooks import Webhook
from server.settings import Settings
from server.store.engine import Store
from server.store.schema_review import outbox
from tests.fakes.post_office import PostOffice, post_office
from tests.fakes.receiver import Receiver, check, event_receiver
from tests.fakes.still_clock import StillClock

KEY = base64.b64encode(b"0123456789abcdef01234567").decode()
OLD_KEY = base64.b64encode(b"fedcba9876543210fedcba98").decode()
WAIT_S = 60.0


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with event_receiver() as made:
        yield made


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store(tmp_path / "test.db") as opened:
        yield opened


@contextlib.asynccontextmanager
async def sending(store: Store, **values: Any) -> AsyncIterator[tuple[Notices, Callable[[], None]]]:
    """What writes into an outbox that is being sent, and what lets a minute pass."""
    clock = StillClock(time.time_ns() // 1_000_000)
    settings = Settings(mail_from="microteach@school.example", public_url="https://school.example", **values)
    notices, box = notifications(settings, store, clock, Languages())
    task = asyncio.create_task(box.run())

    def minute() -> None:
        clock.ms += 60_000
        box.wake()

    try:
        yield notices, minute
    finally:
        task.cancel()
        await asyncio.wait([task])


async def row_when(store: Store, wanted: sa.ColumnElement[bool]) -> Any:
    """The one row, once it is so."""
    async with asyncio.timeout(WAIT_S):
        while True:
            async with store.read() as connection:
                row = (await connection.execute(sa.select(outbox).where(wanted))).one_or_none()
            if row is not None:
                return row
            await asyncio.sleep(0.01)


def notice() -> Notice:
    return Notice(key="k", kind="may_watch", path="/recordings/a", address="ito@school.example", fields={"who": "Maria"})


def mail_to(office: PostOffice) -> dict[str, Any]:
    return {"smtp_host": office.host, "smtp_port": office.port, "smtp_security": "none"}


def smtp(office: PostOffice, security: Security, password: str = "") -> Smtp:
    user = "microteach" if password else ""
    return Smtp(host=office.host, port=office.port, security=security, sender="microteach@school.example", user=user, password=password)


MAIL = Message(
    message="m", channel="mail", kind="may_watch", address="ito@school.example", body=b"Subject: x\r\n\r\n.\r\n..\r\nFrom here\r\n"
)
EVENT = Message(message="msg_1", channel="webhook", kind="take.ready", body=b'{"type":"take.ready"}')


async def test_a_mail_comes_to_whom_it_is_for_and_leaves_nothing_behind(store: Store) -> None:
    async with post_office() as office, sending(store, **mail_to(office)) as (notices, _):
        await notices.tell(notice())
        (mail,) = await office.wait(1)
        row = await row_when(store, outbox.c.sent_ms.is_not(None))
    assert office.receivers == [["ito@school.example"]]
    assert mail["Subject"] == "Maria lets you watch a recording"
    assert "https://school.example/recordings/a" in mail.get_content()
    assert mail["Message-ID"] == f"<{row.message}@school.example>"
    assert (row.body, row.address) == (b"", "")


async def test_a_refused_receiver_is_noted_and_not_tried_again(store: Store) -> None:
    async with post_office() as office, sending(store, **mail_to(office)) as (notices, _):
        office.answers = ["550 no such user"]
        await notices.tell(notice())
        row = await row_when(store, outbox.c.failed_ms.is_not(None))
    assert (row.error, row.attempts, row.address) == ("refused", 1, "")


async def test_a_busy_mail_server_gets_it_later(store: Store) -> None:
    async with post_office() as office, sending(store, **mail_to(office)) as (notices, minute):
        office.answers = ["data 451 come back"]
        await notices.tell(notice())
        row = await row_when(store, outbox.c.error != "")
        assert (row.error, row.attempts, row.failed_ms) == ("busy", 1, None)
        minute()
        await office.wait(1)
        await row_when(store, outbox.c.sent_ms.is_not(None))


@pytest.mark.parametrize(
    ("answer", "code", "for_good"), [("450 wait", "busy", False), ("550 no", "refused", True), ("", "unreachable", False)]
)
async def test_what_a_mail_server_says_counts(answer: str, code: str, for_good: bool) -> None:
    async with post_office() as office:
        office.answers, office.drops = [answer] * bool(answer), int(not answer)
        with pytest.raises(Failed) as failed:
            await Mailer(smtp(office, "none"))(MAIL)
        assert (failed.value.code, failed.value.for_good) == (code, for_good)
        await Mailer(smtp(office, "none"))(MAIL)
        assert office.raw == [MAIL.body]
    with pytest.raises(Failed, match="unreachable"):
        await Mailer(smtp(office, "none"))(MAIL)


async def test_a_mail_server_that_hangs_up_after_a_mail_has_it_all_the_same() -> None:
    async with post_office() as office:
        office.hangs_up = True
        await Mailer(smtp(office, "none"))(MAIL)
        assert office.raw == [MAIL.body]


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_connection_is_encrypted_with_a_server_that_can_be_trusted_and_with_no_other(tmp_path: Path, security: Security) -> None:
    serving, trusting = certificate(tmp_path)
    async with post_office(serving, from_first_byte=security == "tls") as office:
        await Mailer(smtp(office, security), trusting)(MAIL)
        assert office.encrypted == [True]
        with pytest.raises(Failed, match="tls"):
            await Mailer(smtp(office, security))(MAIL)
        assert len(office.raw) == 1


async def test_to_a_server_without_encryption_nothing_is_said(tmp_path: Path) -> None:
    _, trusting = certificate(tmp_path)
    async with post_office() as plain:
        with pytest.raises(Failed, match="not_offered"):
            await Mailer(smtp(plain, "starttls"), trusting)(MAIL)
        assert plain.raw == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning", "ignore:Session.login_data:DeprecationWarning")
async def test_a_wrong_password_is_a_thing_to_put_right() -> None:
    async with post_office(login=True) as office:
        await Mailer(smtp(office, "none", "right"))(MAIL)
        with pytest.raises(Failed, match="password") as failed:
            await Mailer(smtp(office, "none", "wrong"))(MAIL)
    assert not failed.value.for_good
    assert office.logins[0] == (b"microteach", b"right")
    assert len(office.raw) == 1


async def test_an_event_comes_signed_with_ids_only(store: Store, receiver: Receiver) -> None:
    secrets = f"whsec_{KEY} whsec_{OLD_KEY}"
    async with sending(store, webhook_url=receiver.url, webhook_secret=secrets, webhook_private=True) as (notices, _):
        await notices.report("take.ready", {"recording": "t", "session": "s"}, key="take.ready:t")
        await receiver.wait(lambda types: len(types) >= 1)
        row = await row_when(store, outbox.c.sent_ms.is_not(None))
    ((headers, body),) = receiver.requests
    for key in (KEY, OLD_KEY):
        check(headers, body, key)
    with pytest.raises(AssertionError):
        check(headers, body + b" ", KEY)
    assert headers["webhook-id"] == row.message
    assert headers["content-type"] == "application/json"
    event = json.loads(body)
    assert (event["type"], event["data"]) == ("take.ready", {"recording": "t", "session": "s"})
    assert row.body == b""


async def test_an_event_is_sent_again_with_the_same_id_until_it_is_taken(store: Store, receiver: Receiver) -> None:
    receiver.answers = [web.Response(status=500)]
    async with sending(store, webhook_url=receiver.url, webhook_secret=f"whsec_{KEY}", webhook_private=True) as (notices, minute):
        await notices.report("take.erased", {"recording": "t"})
        await row_when(store, outbox.c.error == "answered_500")
        minute()
        await receiver.wait(lambda types: len(types) >= 2)
        await row_when(store, outbox.c.sent_ms.is_not(None))
    (first, second) = receiver.requests
    assert first[0]["webhook-id"] == second[0]["webhook-id"]
    assert int(second[0]["webhook-timestamp"]) > int(first[0]["webhook-timestamp"])
    assert first[1] == second[1]
    check(*second, KEY)


def hook(url: str, *, private: bool = True) -> Webhook:
    return Webhook(SystemClock(), url, read_secrets(f"whsec_{KEY}"), private=private)


@pytest.mark.parametrize(
    ("answer", "code", "after_ms"),
    [
        (web.Response(status=404), "answered_404", 0),
        (web.Response(status=302, headers={"Location": "/elsewhere"}), "answered_302", 0),
        (web.Response(status=503, headers={"Retry-After": "120"}), "answered_503", 120_000),
        (web.Response(status=429, headers={"Retry-After": "tomorrow"}), "answered_429", 0),
        (web.Response(status=500, body=b"x" * 5_000_000), "answered_500", 0),
    ],
)
async def test_any_other_answer_than_yes_is_a_no(receiver: Receiver, answer: web.Response, code: str, after_ms: int) -> None:
    receiver.answers = [answer]
    with pytest.raises(Failed) as failed:
        await hook(receiver.url)(EVENT)
    assert (failed.value.code, failed.value.for_good, failed.value.after_ms) == (code, False, after_ms)
    assert len(receiver.requests) == 1


async def test_who_says_that_it_is_gone_is_left_alone(receiver: Receiver) -> None:
    receiver.answers = [web.Response(status=410)]
    one = hook(receiver.url)
    for _ in range(2):
        with pytest.raises(Failed, match="gone") as failed:
            await one(EVENT)
        assert failed.value.for_good
    assert len(receiver.requests) == 1


async def test_nothing_inside_this_network_is_reached_unless_the_operator_says_so(receiver: Receiver) -> None:
    port = receiver.url.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost", "2130706433", "127.1", "[::1]", "[::ffff:127.0.0.1]"):
        with pytest.raises(Failed, match=r"address_refused|unreachable"):
            await hook(f"http://{host}:{port}", private=False)(EVENT)
    assert receiver.requests == []


async def test_no_proxy_of_the_environment_is_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    await hook(receiver.url)(EVENT)
    assert len(receiver.requests) == 1


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Of a mail server on 127.0.0.1, and what trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
    path = folder / "mail.pem"
    public = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(public + secret)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(path)
    return serving, ssl.create_default_context(cadata=public.decode())
