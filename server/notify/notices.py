"""What people are told when they are not here, and what other programs are told: written into the outbox, sent from there.

Invariant: news has a key, and the same key is written once. A mail says who, what and where; never what was written or recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from server.clock import Clock
from server.notify import rows
from server.notify.calendar import Event
from server.notify.plain import mail_address
from server.notify.rows import Message, identify
from server.notify.webhooks import event_body
from server.people.seats import fresh_id
from server.store.engine import Store

NoticeKind = Literal[
    "review_asked",
    "review_opened",
    "review_accepted",
    "review_declined",
    "review_offered",
    "review_due",
    "review_sent",
    "review_ended",
    "question_asked",
    "question_answered",
    "note_added",
    "may_watch",
    "recording_ends",
    "did_you_try",
    "sign_in",
    "consultation_set",
]


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """To all proven addresses of `person`, or to `address`. `path` is where its link leads.

    `fields`, all of them plain text and none of them needed: `who` did it, `title` of the lesson, `due` the day until which, `when`
    something takes place or is offered instead. `event` goes with it as a calendar file.
    """

    key: str
    kind: NoticeKind
    path: str
    person: str = ""
    address: str = ""
    origin: str = ""  # scheme://host of the request, for a server without a public_url
    fields: Mapping[str, str] = {}
    language: str = "en"
    event: Event | None = None


Compose = Callable[[Notice, str, str, int], bytes]


class Notices:
    """`compose` makes a mail of a notice, its message's id, one address and the time; None: no mail is sent.

    `wake` is called when something new waits.
    """

    def __init__(self, store: Store, clock: Clock, *, compose: Compose | None, can_report: bool, wake: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._compose = compose
        self.can_report = can_report
        self._wake = wake

    @property
    def can_mail(self) -> bool:
        """Pages of a server without mail say what to copy and hand on instead."""
        return self._compose is not None

    async def tell(self, *notices: Notice) -> None:
        """On disk when it returns. Somebody without an address that mail can be sent to is not told; that is no error."""
        if self._compose is None:
            return
        now_ms = self._clock.now_ms()
        messages = []
        for notice in notices:
            for address in await self._addresses(notice):
                message = identify(notice.key, address)
                person = "" if notice.address else notice.person
                body = self._compose(notice, message, address, now_ms)
                messages.append(Message(message=message, channel="mail", kind=notice.kind, person=person, address=address, body=body))
        await self._add(messages, now_ms)

    async def report(self, type_: str, ids: Mapping[str, str], *, key: str = "") -> None:
        """An event for the webhook: ids only, never names or texts. With a `key` it is reported once, whatever happens."""
        if not self.can_report:
            return
        now_ms = self._clock.now_ms()
        message = identify(key, type_) if key else fresh_id()
        await self._add([Message(message=message, channel="webhook", kind=type_, body=event_body(type_, ids, now_ms))], now_ms)

    async def _add(self, messages: list[Message], now_ms: int) -> None:
        if messages:
            await rows.add(self._store, messages, now_ms)
            self._wake()

    async def _addresses(self, notice: Notice) -> list[str]:
        if notice.address:
            return [notice.address] if mail_address(notice.address) else []
        known = await rows.addresses_of(self._store, notice.person) if notice.person else []
        return [address for address in known if mail_address(address)]
