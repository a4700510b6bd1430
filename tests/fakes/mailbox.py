"""The mailboxes of a school, to which a product sends: mails are taken out one by one, by whom they are for."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP

from tests.fakes.post_office import WAIT_S, PostOffice


class Mailboxes(PostOffice):
    """`settings` are those of a product that sends its mail here."""

    def __init__(self) -> None:
        super().__init__()
        self.open = 0

    @property
    def settings(self) -> dict[str, str]:
        return {"smtp_host": self.host, "smtp_port": str(self.port), "smtp_security": "none", "mail_from": "microteach@school.example"}

    async def next_to(self, address: str) -> EmailMessage:
        """Once the line on which it came has been closed."""
        async with asyncio.timeout(WAIT_S), self._news:
            await self._news.wait_for(lambda: [address] in self.receivers and not self.open)
            at = self.receivers.index([address])
            del self.receivers[at]
            return self.mails.pop(at)

    async def count(self, by: int) -> None:
        async with self._news:
            self.open += by
            self._news.notify_all()


def link_in(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    found = re.search(r"https?://\S+/s/\S+", body.get_content() if body else "")
    assert found
    return found[0]


@contextlib.asynccontextmanager
async def mailboxes() -> AsyncIterator[Mailboxes]:
    boxes = Mailboxes()
    loop = asyncio.get_running_loop()
    counting: set[asyncio.Task[None]] = set()

    class Line(SMTP):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            counting.add(loop.create_task(boxes.count(1)))

        def connection_lost(self, error: Exception | None) -> None:
            super().connection_lost(error)
            counting.add(loop.create_task(boxes.count(-1)))

    server = await loop.create_server(lambda: Line(boxes, hostname="mail.school.example"), boxes.host, 0)
    boxes.port = server.sockets[0].getsockname()[1]
    try:
        yield boxes
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.gather(*counting)
