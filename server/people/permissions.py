"""Who may watch a recording, as its teacher sees it: each permission with what became of it, and who else could have one.

Pure but for the queries at the end; knows no request.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

import msgspec
import sqlalchemy as sa

from server.errors import UserError
from server.people.grants import Grant
from server.people.openings import Opening
from server.people.seats import Person
from server.store.engine import Store
from server.store.schema import people, seats

Until = Literal["week", "month", "open"]
PermissionState = Literal["may", "waits", "expired", "ended"]

DAY_MS = 24 * 3_600_000
LASTS_MS: dict[Until, int | None] = {"week": 7 * DAY_MS, "month": 30 * DAY_MS, "open": None}
LONGEST_NAME = 60
MOST_AT_ONCE = 50

NOT_HERE = UserError("not_here", "This person has no seat in the session. Use a link instead.", 409)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a teacher sends: a `person` of the session, or a `name` for a link."""

    person: str = ""
    name: str = ""
    until: Until = "open"


class Permission(msgspec.Struct, frozen=True, kw_only=True):
    """`called`: what they call themselves where that is another name. `waits`: a link that nobody has opened."""

    grant: str
    name: str
    called: str
    use: str
    state: PermissionState
    link: bool
    granted_ms: int
    expires_ms: int | None
    ended_ms: int | None
    opened_ms: int | None


def clean_name(name: str) -> str:
    """Raises UserError."""
    plain = " ".join(name.split())[:LONGEST_NAME]
    if not any(character.isalnum() for character in plain):
        raise UserError("no_name", "Please write for whom the link is, so that you recognise it here later.")
    return plain


def expires_ms(until: Until, now_ms: int) -> int | None:
    lasts_ms = LASTS_MS[until]
    return None if lasts_ms is None else now_ms + lasts_ms


def check_room(grants: Collection[Grant], now_ms: int) -> None:
    """Raises UserError when there are as many as there can be."""
    if sum(grant.holds(now_ms) for grant in grants) >= MOST_AT_ONCE:
        raise UserError("too_many", "So many people may watch already. Stop sharing with somebody first.", 409)


def permissions(grants: Sequence[Grant], openings: Sequence[Opening], links: Collection[str], now_ms: int) -> list[Permission]:
    """`links`: those permissions that began as a link."""
    return [_permission(grant, openings, grant.grant in links, now_ms) for grant in grants]


def _permission(grant: Grant, openings: Sequence[Opening], link: bool, now_ms: int) -> Permission:
    theirs = [opening for opening in openings if opening.person == grant.person]
    called = theirs[0].name if theirs else ""
    own = [opening.last_ms for opening in theirs if opening.use == grant.use and grant.granted_ms <= opening.last_ms <= _over_ms(grant)]
    return Permission(
        grant=grant.grant,
        name=grant.name,
        called=called if called.casefold() != grant.name.casefold() else "",
        use=grant.use,
        state=_state(grant, now_ms),
        link=link,
        granted_ms=grant.granted_ms,
        expires_ms=grant.expires_ms,
        ended_ms=grant.ended_ms,
        opened_ms=max(own, default=None),
    )


def _state(grant: Grant, now_ms: int) -> PermissionState:
    if grant.ended_ms is not None:
        return "ended"
    if not grant.holds(now_ms):
        return "expired"
    return "waits" if grant.person is None else "may"


def _over_ms(grant: Grant) -> float:
    return min((ms for ms in (grant.ended_ms, grant.expires_ms) if ms is not None), default=float("inf"))


async def people_in(store: Store, session: str) -> dict[str, Person]:
    """By seat."""
    query = sa.select(seats.c.seat, people.c.person, people.c.name).join(people, people.c.person == seats.c.person)
    async with store.read() as connection:
        found = await connection.execute(query.where(seats.c.session == session).order_by(people.c.name))
        return {row.seat: Person(person=row.person, name=row.name) for row in found}
