"""Time-limited credentials for the operator's relay (TURN), as coturn's `use-auth-secret` checks them; nothing without settings.

A seat keeps its name there, so that the relay can count what one person uses; it tells nobody whose seat it is.
"""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from server.settings import Settings
from server.wire.messages import Relay

_NAME_BYTES = 9


@dataclass(frozen=True, slots=True)
class Relays:
    """`wall_s` is the clock of the machine, not the sessions' own: the relay is another machine and compares with its own."""

    urls: tuple[str, ...] = ()
    secret: str = field(default="", repr=False)
    lasts_s: int = 0
    wall_s: Callable[[], float] = time.time

    @classmethod
    def of(cls, settings: Settings) -> Relays:
        return cls(settings.turn_urls, settings.turn_secret, settings.turn_minutes * 60)

    def give(self, room: str, seat: str) -> Relay | None:
        """None when the operator has no relay."""
        if not self.urls:
            return None
        name = self._digest(f"{room} {seat}", "sha256")[:_NAME_BYTES]
        username = f"{int(self.wall_s()) + self.lasts_s}:{base64.urlsafe_b64encode(name).decode()}"
        credential = base64.b64encode(self._digest(username, "sha1")).decode()
        return Relay(urls=self.urls, username=username, credential=credential, lasts_s=self.lasts_s)

    def _digest(self, text: str, algorithm: str) -> bytes:
        return hmac.new(self.secret.encode(), text.encode(), algorithm).digest()
