"""Links that are sent to an address: how often, to whom, and that nobody learns which addresses are known here.

Invariant: the link's host is the server's own setting, never what a request says of itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlencode

from aiohttp import web

from server.clock import Clock
from server.doors.identity import fresh_token
from server.errors import UserError
from server.notify.notices import Notice, Notices
from server.notify.plain import mail_address
from server.pages.throttle import address as client_of
from server.people.links import hash_of, id_of, new_link, owner_of
from server.people.seats import Person
from server.rate import Buckets
from server.store.engine import Store

TO_ONE_ADDRESS = 5
TO_ONE_ADDRESS_PER_S = 1 / 300
FROM_ONE_CLIENT = 20  # a whole school may have one
FROM_ONE_CLIENT_PER_S = 1 / 30


class MailLinks:
    """`origin`: scheme and host of every link."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        notices: Notices,
        *,
        origin: str,
        behind_proxy: bool,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._clock = clock
        self._notices = notices
        self.can_send = notices.can_mail
        self._origin = origin
        self._behind_proxy = behind_proxy
        self._clock_s = clock_s
        self._to = Buckets(TO_ONE_ADDRESS, TO_ONE_ADDRESS_PER_S)
        self._from = Buckets(FROM_ONE_CLIENT, FROM_ONE_CLIENT_PER_S)

    async def send(self, request: web.Request, address: str, language: str, *, person: Person | None = None, then: str = "") -> None:
        """To whoever has this address, or else to `person`, who says to have it. Raises UserError `too_many_links`."""
        if not self.can_send:
            raise web.HTTPNotFound
        now_s = self._clock_s()
        if not self._from.take(client_of(request, behind_proxy=self._behind_proxy), now_s) or not self._to.take(address, now_s):
            raise UserError(
                "too_many_links", "Several links were asked for just now. Please look into your mail, or try again in five minutes.", 429
            )
        person = person or await owner_of(self._store, address)
        token = fresh_token()
        await self._store.write(new_link("mail", token, person.person if person else None, address, self._clock.now_ms()))
        if person:
            path = f"/s/{token}" + (f"?{urlencode({'next': then})}" if then else "")
            key = f"sign_in:{id_of(hash_of(token))}"
            await self._notices.tell(Notice(key=key, kind="sign_in", address=address, path=path, origin=self._origin, language=language))


def read_address(text: str) -> str | None:
    """One to which mail can be sent, in lower case; None if it is none."""
    address = mail_address(text)
    return address.lower() if address else None
