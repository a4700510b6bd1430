"""Claims: somebody says on a new device to be the person in a seat. The person or the one who leads answers.

Kept in memory, few of them and for minutes. A claim's id is shown to those who answer; only its secret, which stays on the
new device, asks what came of it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Literal

import msgspec

from server.errors import UserError
from server.people.seats import fresh_id
from server.session.state import State
from server.wire import pieces as wire

LASTS_MS = 600_000
MOST_OPEN = 10
MOST_OF_ONE_SEAT = 3

ClaimState = Literal["waiting", "yes", "no", "gone"]


class Made(msgspec.Struct, kw_only=True):
    seat: str
    secret_hash: bytes
    until_ms: int
    state: ClaimState = "waiting"


class Claims:
    """Those of one session."""

    def __init__(self) -> None:
        self._claims: dict[str, Made] = {}

    def __len__(self) -> int:
        return len(self._claims)

    def make(self, seat: str, now_ms: int) -> tuple[str, str]:
        """(claim, its secret). Raises UserError `too_many_claims`; answered ones count until they are over."""
        self.forget_old(now_ms)
        of_seat = sum(claim.seat == seat for claim in self._claims.values())
        if len(self._claims) >= MOST_OPEN or of_seat >= MOST_OF_ONE_SEAT:
            raise UserError("too_many_claims", "This has been asked several times already. Please try again in ten minutes.", 429)
        claim, secret = fresh_id(), secrets.token_urlsafe(32)
        self._claims[claim] = Made(seat=seat, secret_hash=_hash(secret), until_ms=now_ms + LASTS_MS)
        return claim, secret

    def waiting(self, now_ms: int) -> tuple[wire.Claim, ...]:
        """Those that nobody has answered."""
        return tuple(
            wire.Claim(claim=claim, seat=made.seat)
            for claim, made in self._claims.items()
            if made.state == "waiting" and now_ms < made.until_ms
        )

    def seat_of(self, claim: str, now_ms: int) -> str | None:
        """The seat that an open claim is about."""
        return next((open_.seat for open_ in self.waiting(now_ms) if open_.claim == claim), None)

    def answer(self, claim: str, yes: bool) -> None:
        self._claims[claim].state = "yes" if yes else "no"

    def look(self, claim: str, secret: str, now_ms: int) -> ClaimState:
        made = self._claims.get(claim)
        if made is None or now_ms >= made.until_ms or not hmac.compare_digest(made.secret_hash, _hash(secret)):
            return "gone"
        return made.state

    def collect(self, claim: str) -> str:
        """The seat of a claim that was answered with yes; it can be collected once."""
        return self._claims.pop(claim).seat

    def forget_old(self, now_ms: int) -> bool:
        """Whether there was one that is over now."""
        kept = {claim: made for claim, made in self._claims.items() if now_ms < made.until_ms}
        fewer = len(kept) < len(self._claims)
        self._claims = kept
        return fewer

    def deadline_ms(self) -> int | None:
        return min((made.until_ms for made in self._claims.values()), default=None)


def seat_named(state: State, names: Mapping[str, str], name: str) -> str | None:
    """The first seat of a real person with this name."""
    wanted = _plain(name)
    return next((seat for seat, own in state.seats.items() if not own.simulated and _plain(names.get(seat, "")) == wanted), None)


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
