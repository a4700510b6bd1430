"""The mail server: connection, encryption, sign-in. No mail is sent unless an address for one is given."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from server.doctor.findings import WAIT_S, About, Finding, fail, ok
from server.settings import Settings

TEXT = "This mail was sent by `microteach doctor`: mails from your Microteach arrive. Nothing needs to be done."


def check_mail(about: About, trust: ssl.SSLContext | None = None) -> Iterator[Finding]:
    """`trust` is for a server whose certificate not everybody trusts."""
    settings = about.settings
    if not settings.smtp_host:
        yield ok("no_mail", "There is no mail server in the settings: pages say what to copy and hand on")
        return
    where = f"{settings.smtp_host}, port {settings.smtp_port}"
    context = trust or ssl.create_default_context()
    try:
        with _connected(settings, context) as server:
            if settings.smtp_security == "starttls":
                server.starttls(context=context)
            yield ok("mail_reachable", f"{where} answers ({settings.smtp_security})")
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password)
                yield ok("mail_login", "It accepts smtp_user and smtp_password")
            if about.send_mail:
                server.send_message(_mail(settings, about.send_mail))
                yield ok("mail_sent", "It took a mail for the address that was given: look whether it arrives, also in spam")
    except ssl.SSLError as error:
        says = getattr(error, "verify_message", "") or error.reason or "TLS failed"
        do = "smtp_host has to be the name in its certificate; 465 goes with tls, 587 with starttls."
        yield fail("mail_tls", f"{where}: no encrypted connection ({says}).", do)
    except smtplib.SMTPAuthenticationError:
        yield fail(
            "mail_password",
            f"{where} does not accept smtp_user and smtp_password.",
            "Correct them; some providers want a password for programs.",
        )
    except smtplib.SMTPNotSupportedError as error:
        do = "Another smtp_security or port; without sign-in leave smtp_user empty."
        yield fail("mail_not_offered", f"{where} does not offer what the settings ask for ({error.args[0]}).", do)
    except smtplib.SMTPRecipientsRefused:
        yield fail(
            "mail_refused",
            f"{where} takes no mail for that address from mail_from.",
            "Look whether it may send for the domain of mail_from.",
        )
    except smtplib.SMTPResponseException as error:
        yield fail("mail_refused", f"{where} refuses ({error.smtp_code}).", "Look whether it may send for the domain of mail_from.")
    except (OSError, smtplib.SMTPException) as error:
        words = (error.strerror if isinstance(error, OSError) else "") or "no answer"
        yield fail(
            "mail_unreachable", f"{where} cannot be reached: {words}.", "Look at smtp_host, smtp_port and smtp_security, and the firewall."
        )


def _connected(settings: Settings, context: ssl.SSLContext) -> smtplib.SMTP:
    name = settings.mail_from.rpartition("@")[2]
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(settings.smtp_host, settings.smtp_port, local_hostname=name, timeout=WAIT_S * 2, context=context)
    return smtplib.SMTP(settings.smtp_host, settings.smtp_port, local_hostname=name, timeout=WAIT_S * 2)


def _mail(settings: Settings, to: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = settings.mail_from, to, "Microteach: a mail to try"
    mail["Date"], mail["Message-ID"] = format_datetime(datetime.now(UTC)), make_msgid(domain=settings.mail_from.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(TEXT)
    return mail
