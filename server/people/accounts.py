"""By what a person is known here: devices, proven addresses, and identities at a provider.

Invariant: nothing is merged. A device is one person's; becoming somebody else on it is a new device, and the old one is gone.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.people.links import hash_of, id_of
from server.people.seats import Person
from server.store.engine import Store, Work, statement
from server.store.schema import devices, emails, identities, people, sessions, sign_in_links
from server.store.upsert import insert_ignore


class IdentityTaken(Exception):
    """Somebody else was connected with it meanwhile."""


class OwnDevice(msgspec.Struct, frozen=True, kw_only=True):
    """`session`: title of the only session in which it is this person's, or ""."""

    id: str
    created_ms: int
    session: str
    this: bool


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """`devices` counts those that are this person's everywhere."""

    person: str
    name: str
    addresses: tuple[str, ...]
    devices: int
    has_identity: bool

    @property
    def lost_without_this_device(self) -> bool:
        """Whether signing out here loses everything: no way leads back to this person."""
        return not self.addresses and not self.has_identity and self.devices <= 1


async def account_of(store: Store, person: Person) -> Account:
    mine = sa.select(emails.c.address).where(emails.c.person == person.person).order_by(emails.c.proven_ms)
    count = sa.select(sa.func.count()).where(devices.c.person == person.person, devices.c.session.is_(None))
    identity = sa.select(identities.c.subject).where(identities.c.person == person.person).limit(1)
    async with store.read() as connection:
        return Account(
            person=person.person,
            name=person.name,
            addresses=tuple((await connection.execute(mine)).scalars()),
            devices=(await connection.execute(count)).scalar_one(),
            has_identity=(await connection.execute(identity)).first() is not None,
        )


async def devices_of(store: Store, person: str, this_token: str) -> list[OwnDevice]:
    """This one first, then the newest."""
    columns = (devices.c.token_hash, devices.c.created_ms, devices.c.session, sessions.c.title)
    query = sa.select(*columns).select_from(devices.outerjoin(sessions)).where(devices.c.person == person)
    this = hash_of(this_token)
    async with store.read() as connection:
        found = [
            OwnDevice(
                id=id_of(row.token_hash),
                created_ms=row.created_ms,
                session=(row.title or "…") if row.session else "",
                this=row.token_hash == this,
            )
            for row in await connection.execute(query)
        ]
    return sorted(found, key=lambda device: (not device.this, -device.created_ms))


def new_own_device(person: str, token: str, now_ms: int) -> Work:
    """A device that is this person's everywhere."""
    return statement(sa.insert(devices).values(token_hash=hash_of(token), person=person, created_ms=now_ms))


def sign_out(tokens: list[str]) -> Work:
    """Devices whose cookies are at hand."""

    return statement(sa.delete(devices).where(devices.c.token_hash.in_([hash_of(token) for token in tokens])))


def sign_out_others(person: str, this_token: str, only: str = "") -> Work:
    """All other devices of this person, or the one with this id; and every link that could still make one."""

    async def work(connection: AsyncConnection) -> None:
        query = sa.select(devices.c.token_hash).where(devices.c.person == person, devices.c.token_hash != hash_of(this_token))
        gone = [each for each in (await connection.execute(query)).scalars() if only in ("", id_of(each))]
        await connection.execute(sa.delete(devices).where(devices.c.token_hash.in_(gone)))
        await _end_links(connection, sign_in_links.c.person == person)

    return work


def remove_address(person: str, address: str) -> Work:
    """With every link that is on its way to it: a mailbox that is no longer theirs must not come back."""

    async def work(connection: AsyncConnection) -> None:
        done = await connection.execute(sa.delete(emails).where(emails.c.address == address, emails.c.person == person))
        if done.rowcount:
            await _end_links(connection, sign_in_links.c.address == address)

    return work


async def _end_links(connection: AsyncConnection, which: sa.ColumnElement[bool]) -> None:
    await connection.execute(sa.delete(sign_in_links).where(which, sign_in_links.c.used_ms.is_(None)))


async def person_with_identity(store: Store, issuer: str, subject: str) -> Person | None:
    query = (
        sa.select(people.c.person, people.c.name)
        .select_from(identities.join(people))
        .where(identities.c.issuer == issuer, identities.c.subject == subject)
    )
    async with store.read() as connection:
        row = (await connection.execute(query)).first()
    return Person(person=row.person, name=row.name) if row else None


def new_identity(issuer: str, subject: str, person: str, now_ms: int) -> Work:
    """Raises IdentityTaken."""
    values = {"issuer": issuer, "subject": subject, "person": person, "made_ms": now_ms}

    async def work(connection: AsyncConnection) -> None:
        if (await connection.execute(insert_ignore(identities, values))).rowcount != 1:
            raise IdentityTaken

    return work


def new_named_person(person: Person, now_ms: int) -> Work:
    """Without a device yet."""
    return statement(sa.insert(people).values(person=person.person, name=person.name, created_ms=now_ms))


def together(*works: Work) -> Work:
    """All of them in one transaction, or none."""

    async def work(connection: AsyncConnection) -> None:
        for each in works:
            await each(connection)

    return work
