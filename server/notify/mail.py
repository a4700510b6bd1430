"""Mails: written when there is news, whole with all headers, and handed to the operator's mail server later.

Invariant: nothing that people wrote reaches a header or begins a line but through `plain`. Knows no database.
"""

from __future__ import annotations

import asyncio
import contextlib
import email.policy
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

import aiosmtplib
import msgspec

from server.languages import Languages
from server.notify.calendar import Event, calendar_file
from server.notify.notices import Notice
from server.notify.plain import absolute, mail_address, quoted, single_line
from server.notify.retry import Failed
from server.notify.rows import Message
from server.notify.words import sentences

Security = Literal["starttls", "tls", "none"]

TIMEOUT_S = 20.0
QUIT_S = 2.0
POLICY = email.policy.SMTP.clone(cte_type="7bit")  # whatever server it passes through


class Smtp(msgspec.Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """`sender` is the address that mails come from."""

    host: str
    port: int
    security: Security
    sender: str
    user: str = ""
    password: str = ""


class Composer:
    """Makes the mail of a notice for one address."""

    def __init__(self, languages: Languages, sender: str, public_url: str) -> None:
        self._languages = languages
        self._sender = sender
        self._public_url = public_url

    def __call__(self, notice: Notice, message: str, address: str, now_ms: int) -> bytes:
        """Raises ValueError if that is no address."""
        to = mail_address(address)
        if to is None:
            raise ValueError("no mail address")
        link = absolute(notice.path, self._public_url, notice.origin)
        fields = {name: single_line(value) for name, value in notice.fields.items()}
        site = absolute("", self._public_url, notice.origin)
        attached = _calendar(notice.event, self._public_url, notice.origin) if notice.event else ""
        translate = self._languages.translator(notice.language)
        subject, paragraphs, why = sentences(notice.kind, fields, site, translate, attached=bool(attached))
        mail = EmailMessage(POLICY)
        mail["From"] = Address("Microteach", addr_spec=self._sender)
        mail["To"] = Address(addr_spec=to)
        mail["Subject"] = subject
        mail["Date"] = format_datetime(datetime.fromtimestamp(now_ms // 1000, UTC))
        mail["Message-ID"] = f"<{message}@{self._sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nothing answers to it by itself
        mail.set_content("\n\n".join([*paragraphs, link, f"-- \n{why}"]) + "\n", charset="utf-8")
        mail["Content-Language"] = notice.language if notice.language in self._languages else "en"
        if attached:
            params: Mapping[str, str] = {"method": "PUBLISH"}
            mail.add_attachment(attached, subtype="calendar", charset="utf-8", filename="microteach.ics", params=params)
        return mail.as_bytes()


class Mailer:
    """Hands mails to the server of the settings. `tls` is for one whose certificate not everybody trusts."""

    def __init__(self, smtp: Smtp, tls: ssl.SSLContext | None = None) -> None:
        self._smtp = smtp
        self._tls = tls

    async def __call__(self, message: Message) -> None:
        to = mail_address(message.address)
        if to is None:
            raise Failed("no_address", for_good=True)
        try:
            await self._send(to, message.body)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise failure(error) from None  # its text names the address

    async def _send(self, to: str, body: bytes) -> None:
        smtp = self._smtp
        client = aiosmtplib.SMTP(
            hostname=smtp.host,
            port=smtp.port,
            username=smtp.user or None,
            password=smtp.password or None,
            use_tls=smtp.security == "tls",
            start_tls=smtp.security == "starttls",
            tls_context=self._tls,
            local_hostname=smtp.sender.rpartition("@")[2],
            timeout=TIMEOUT_S,
        )
        try:
            await client.connect()
            await client.sendmail(smtp.sender, [to], body)
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):  # it is sent, however this ends
                async with asyncio.timeout(QUIT_S):
                    await client.quit()
        finally:
            client.close()


def failure(error: Exception) -> Failed:
    """What is said about a mail for its receiver is final when it is; what is about the server or its settings can be put right."""
    match error:
        case aiosmtplib.SMTPRecipientsRefused():
            return failure(error.recipients[0])
        case aiosmtplib.SMTPRecipientRefused() | aiosmtplib.SMTPDataError():
            return Failed("refused", for_good=True) if error.code >= 500 else Failed("busy")
        case aiosmtplib.SMTPAuthenticationError():
            return Failed("password")
        case aiosmtplib.SMTPSenderRefused():
            return Failed("sender")
        case ssl.SSLError():
            return Failed("tls")
        case aiosmtplib.SMTPResponseException():
            return Failed("busy")
        case _ if isinstance(error.__cause__, ssl.SSLError):
            return Failed("tls")
        case aiosmtplib.SMTPNotSupported():
            return Failed("not_offered")
        case _ if type(error) is aiosmtplib.SMTPException:  # so it says that there is no STARTTLS, or no way to sign in
            return Failed("not_offered")
        case _:
            return Failed("unreachable")


def _calendar(event: Event, public_url: str, origin: str) -> str:
    """Empty for a year that calendars do not have."""
    url = absolute(event.url, public_url, origin) if event.url.startswith("/") else quoted(event.url)
    try:
        return calendar_file(msgspec.structs.replace(event, url=url))
    except (ValueError, OverflowError, OSError):
        return ""
