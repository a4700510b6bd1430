"""What stands in a mail, and what nobody can make stand in it."""

from __future__ import annotations

import email
import email.policy
import random
import re
import ssl
import sys
from email.message import EmailMessage
from typing import get_args

import aiosmtplib
import icalendar
import pytest

from server.languages import Languages
from server.notify.calendar import Event
from server.notify.mail import Composer, failure
from server.notify.notices import Notice, NoticeKind
from server.notify.words import WORDS

NOW = 1_774_000_000_000
LANGUAGES = Languages()
COMPOSE = Composer(LANGUAGES, "microteach@school.example", "https://school.example")
FIELDS = {"who": "Maria Óbvia", "title": "Brüche", "due": "Friday, 2 April", "when": "Monday at 16:00"}
HEADERS = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"} | {
    "Content-Language"
}


def notice(kind: NoticeKind = "review_sent", **changes: object) -> Notice:
    values: dict[str, object] = {"key": "k", "kind": kind, "address": "ito@school.example", "path": "/recordings/abc", "fields": FIELDS}
    return Notice(**values | changes)  # type: ignore[arg-type]


def read(body: bytes) -> EmailMessage:
    message = email.message_from_bytes(body, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(body: bytes) -> str:
    part = read(body).get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def mail(one: Notice, message: str = "abc", address: str = "ito@school.example") -> bytes:
    return COMPOSE(one, message, address, NOW)


def test_there_are_words_for_every_kind() -> None:
    assert WORDS.keys() == set(get_args(NoticeKind))


@pytest.mark.parametrize("language", list(LANGUAGES.names))
@pytest.mark.parametrize("kind", get_args(NoticeKind))
def test_it_says_who_what_and_where_in_short(kind: NoticeKind, language: str) -> None:
    body = mail(notice(kind, language=language))
    text = text_of(body)
    assert "\nhttps://school.example/recordings/abc\n" in text
    assert ("Brüche" in text) == ("title" in WORDS[kind].facts)
    assert ("Maria Óbvia" in text) == ("{who}" in WORDS[kind].text)
    assert not re.search(r"[{}]", text)
    assert len(text) < 700
    assert len(str(read(body)["Subject"])) < 80
    bare = text_of(mail(notice(kind, language=language, fields={})))
    assert not re.search(r"[{}]|: *\n\n\n|\n{3}", bare)


def test_it_is_in_the_language_of_its_reader_and_else_in_english() -> None:
    assert read(mail(notice(language="de")))["Subject"] == "Maria Óbvia hat Ihnen zu Ihrem Unterricht geschrieben"
    assert read(mail(notice(language="de")))["Content-Language"] == "de"
    assert read(mail(notice(language="xx\r\nBcc: a@b.example")))["Subject"] == "Maria Óbvia has written to you about your lesson"


def test_no_program_answers_to_it_and_it_is_recognised_when_it_comes_twice() -> None:
    one = read(mail(notice(), message="0123abcd"))
    assert one["Auto-Submitted"] == "auto-generated"
    assert one["Message-ID"] == "<0123abcd@school.example>"
    assert one["From"] == "Microteach <microteach@school.example>"
    assert one["To"] == "ito@school.example"
    assert one["Date"].datetime.timestamp() == NOW // 1000
    assert mail(notice(), message="0123abcd") == mail(notice(), message="0123abcd")


def test_nothing_that_people_write_becomes_a_header_or_a_line() -> None:
    traps = [
        "\r\nBcc: evil@evil.example",
        "\n\nhttps://evil.example",
        "=?utf-8?q?x?=\r\n",
        "\x00\x1b[2J",
        "\u2028To: x",
        "{who}{0}%(x)s",
        "ü" * 9,
    ]
    lines = len(text_of(mail(notice())).splitlines())
    for _ in range(40):
        noise = "".join(chr(random.choice((random.randrange(256), random.randrange(sys.maxunicode)))) for _ in range(random.randrange(60)))
        fields = {name: f"{noise}{random.choice(traps)}{noise}" for name in FIELDS}
        body = mail(notice(fields=fields, language=noise, path="/" + noise, origin=noise))
        found = read(body)
        assert set(found.keys()) <= HEADERS
        assert body.isascii()
        assert max(map(len, body.split(b"\r\n"))) <= 998
        assert b"\n" not in body.replace(b"\r\n", b"")
        assert len(text_of(body).splitlines()) == lines


def test_ten_thousand_characters_are_cut() -> None:
    body = mail(notice(fields=dict.fromkeys(FIELDS, "Ä" * 10_000)))
    assert len(body) < 5_000


def test_an_address_that_is_none_is_no_receiver() -> None:
    with pytest.raises(ValueError, match="address"):
        mail(notice(), address="ito@school.example\r\nBcc: evil@evil.example")


def test_a_date_is_attached_as_a_file_that_calendars_read() -> None:
    event = Event(uid="c@microteach", sequence=2, made_ms=NOW, starts_ms=NOW, minutes=35, title="Brüche", url="/sessions/c")
    found = read(mail(notice("consultation_set", event=event)))
    (attached,) = found.iter_attachments()
    assert attached.get_content_type() == "text/calendar"
    assert attached.get_filename() == "microteach.ics"
    (read_back,) = icalendar.Calendar.from_ical(str(attached.get_content())).events
    assert (read_back["UID"], read_back["SEQUENCE"], str(read_back["SUMMARY"])) == ("c@microteach", 2, "Brüche")
    assert read_back["URL"] == "https://school.example/sessions/c"
    assert "attached" in text_of(mail(notice("consultation_set", event=event)))
    assert "attached" not in text_of(mail(notice("consultation_set")))


def test_a_date_that_calendars_do_not_have_is_not_attached() -> None:
    event = Event(uid="c@microteach", sequence=2, made_ms=NOW, starts_ms=10**18, minutes=35, title="Brüche", url="/sessions/c")
    body = mail(notice("consultation_set", event=event))
    assert not list(read(body).iter_attachments())
    assert "attached" not in text_of(body)


@pytest.mark.parametrize(
    ("error", "code", "for_good"),
    [
        (aiosmtplib.SMTPRecipientsRefused([aiosmtplib.SMTPRecipientRefused(550, "no such user", "ito@school.example")]), "refused", True),
        (aiosmtplib.SMTPRecipientsRefused([aiosmtplib.SMTPRecipientRefused(451, "come back", "ito@school.example")]), "busy", False),
        (aiosmtplib.SMTPDataError(554, "spam"), "refused", True),
        (aiosmtplib.SMTPDataError(452, "full"), "busy", False),
        (aiosmtplib.SMTPSenderRefused(550, "who are you", "microteach@school.example"), "sender", False),
        (aiosmtplib.SMTPAuthenticationError(535, "wrong"), "password", False),
        (aiosmtplib.SMTPNotSupported("no STARTTLS"), "not_offered", False),
        (ssl.SSLError("certificate"), "tls", False),
        (aiosmtplib.SMTPConnectResponseError(554, "go away"), "busy", False),
        (aiosmtplib.SMTPServerDisconnected("gone"), "unreachable", False),
        (ConnectionRefusedError(), "unreachable", False),
        (TimeoutError(), "unreachable", False),
    ],
)
def test_what_the_operator_can_put_right_is_tried_again(error: Exception, code: str, for_good: bool) -> None:
    found = failure(error)
    assert (found.code, found.for_good) == (code, for_good)
    assert "ito" not in repr(found)
