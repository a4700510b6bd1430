"""What only one node may do at a time: a lease in the database that runs out when its holder is gone or forgets it.

Whoever holds a duty must renew it well before HOLD_MS; what is done under it must bear that two do it for a moment, as the clocks
of two machines are not one.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.engine import Store, statement
from server.store.schema import duties
from server.store.upsert import insert_ignore

HOLD_MS = 15_000


class Duty:
    """`holder` names one process: two of them never share a name."""

    def __init__(self, store: Store, name: str, holder: str) -> None:
        self._store = store
        self._name = name
        self._holder = holder

    async def hold(self, now_ms: int) -> bool:
        """Take it if nobody has it, or renew it. Whether it is this holder's for HOLD_MS from now. Raises OperationalError."""
        values = {"duty": self._name, "holder": self._holder, "until_ms": now_ms + HOLD_MS}
        free = sa.or_(duties.c.holder == self._holder, duties.c.until_ms <= now_ms)
        take = sa.update(duties).where(duties.c.duty == self._name, free).values(holder=self._holder, until_ms=now_ms + HOLD_MS)
        is_ours = False

        async def work(connection: AsyncConnection) -> None:
            nonlocal is_ours
            is_ours = (await connection.execute(insert_ignore(duties, values))).rowcount == 1
            is_ours = is_ours or (await connection.execute(take)).rowcount == 1

        await self._store.write(work)
        return is_ours

    async def give_up(self) -> None:
        """So that another need not wait."""
        mine = (duties.c.duty == self._name, duties.c.holder == self._holder)
        await self._store.write(statement(sa.delete(duties).where(*mine)))
