"""A real mail server in this process. It keeps what it accepted, and behaves as badly as it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import ssl
from collections.abc import AsyncIterator
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

WAIT_S = 60.0


class PostOffice:
    """`answers` are given to the next mails, one each, instead of accepting them: to RCPT, or to DATA when it begins with "data "."""

    def __init__(self) -> None:
        self.host = "127.0.0.1"
        self.port = 0
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.receivers: list[list[str]] = []
        self.encrypted: list[bool] = []
        self.answers: list[str] = []
        self.drops = 0  # so many connections end in the middle
        self.hangs_up = False  # it ends each as soon as it has accepted a mail
        self.logins: list[tuple[bytes, bytes]] = []
        self._news = asyncio.Condition()

    async def wait(self, count: int) -> list[EmailMessage]:
        """Until so many have come."""
        async with asyncio.timeout(WAIT_S), self._news:
            await self._news.wait_for(lambda: len(self.mails) >= count)
        return self.mails

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if self.drops:
            self.drops -= 1
            assert server.transport is not None
            server.transport.abort()  # type: ignore[attr-defined]
            return "421 gone"
        if self.answers and not self.answers[0].startswith("data "):
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answers:
            return self.answers.pop(0).removeprefix("data ")
        content = envelope.original_content or b""
        async with self._news:
            self.raw.append(content)
            message = email.message_from_bytes(content, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            self.mails.append(message)
            self.receivers.append(list(envelope.rcpt_tos))
            self.encrypted.append(server.transport is not None and server.transport.get_extra_info("sslcontext") is not None)
            self._news.notify_all()
        return "250 OK"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.hangs_up:
            assert server.transport is not None
            server.transport.abort()  # type: ignore[attr-defined]
        return "221 Bye"

    def login(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        right = data.password == b"right"
        return AuthResult(success=right, handled=False)


@contextlib.asynccontextmanager
async def post_office(
    tls: ssl.SSLContext | None = None, *, from_first_byte: bool = False, login: bool = False
) -> AsyncIterator[PostOffice]:
    """With `tls` it offers STARTTLS and demands it, or speaks TLS `from_first_byte`."""
    office = PostOffice()
    handlers: list[asyncio.Task[None]] = []

    class Protocol(SMTP):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            assert self._handler_coroutine is not None
            handlers.append(self._handler_coroutine)  # it goes on waiting for a line when the connection has failed

    def protocol() -> SMTP:
        return Protocol(
            office,
            hostname="mail.school.example",
            tls_context=None if from_first_byte else tls,
            require_starttls=tls is not None and not from_first_byte,
            auth_required=login,
            auth_require_tls=False,
            authenticator=office.login if login else None,
        )

    server = await asyncio.get_running_loop().create_server(protocol, office.host, 0, ssl=tls if from_first_byte else None)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
        for handler in handlers:
            handler.cancel()
        if handlers:
            await asyncio.wait(handlers)
        await server.wait_closed()
