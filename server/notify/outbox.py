"""Sends what stands in the outbox, each channel by itself, so that one that does not answer holds up no other.

Nothing is lost with this process: it notes what became of a message before it forgets it. A message may be sent twice when the process
dies between the two, with the same id.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy.exc import SQLAlchemyError

from server.clock import Clock
from server.notify import rows
from server.notify.retry import MOST_ATTEMPTS, Failed, after, useful
from server.notify.rows import Channel, Message
from server.store.engine import Store

log = logging.getLogger(__name__)

Send = Callable[[Message], Awaitable[None]]
"""Returns when the other side has taken it; raises Failed."""

AT_ONCE = 4
LONGEST_S = rows.LEASE_MS / 2000  # nobody else has it meanwhile
LONGEST_WAIT_S = 60.0
SHORTEST_WAIT_S = 0.05
RETRY_S = 5.0
GRACE_S = 1.0
SWEEP_S = 24 * 3600.0


class Outbox:
    """`channels` says how each is sent; what waits for another one goes on waiting."""

    def __init__(self, store: Store, clock: Clock, channels: Mapping[Channel, Send]) -> None:
        self._store = store
        self._clock = clock
        self._lines = [Line(store, clock, channel, send) for channel, send in channels.items()]

    async def run(self) -> None:
        """For ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._sweep(), name="old messages")
            for line in self._lines:
                tasks.create_task(line.run(), name=f"outbox {line.channel}")

    def wake(self) -> None:
        """Something new waits."""
        for line in self._lines:
            line.news.set()

    async def _sweep(self) -> None:
        while True:
            try:
                await rows.sweep(self._store, self._clock.now_ms())
            except Exception as error:  # noqa: BLE001 -- no lesson may suffer from what goes wrong here
                _complain("old messages cannot be forgotten", error)
            await asyncio.sleep(SWEEP_S)


class Line:
    """One channel."""

    def __init__(self, store: Store, clock: Clock, channel: Channel, send: Send) -> None:
        self.channel: Channel = channel
        self.news = asyncio.Event()
        self._store = store
        self._clock = clock
        self._send = send
        self._dice = random.Random()
        self._under_way: set[str] = set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            while True:
                self.news.clear()
                try:
                    wait_s = await self._begin(tasks)
                except Exception as error:  # noqa: BLE001 -- as above
                    _complain("what waits to be sent cannot be looked up", error)
                    wait_s = RETRY_S
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await self.news.wait()

    async def _begin(self, tasks: asyncio.TaskGroup) -> float:
        """Begin as many as may be under way. For how long there is nothing more to do."""
        while len(self._under_way) < AT_ONCE:
            now_ms = self._clock.now_ms()
            message = await rows.lease(self._store, self.channel, now_ms)
            if message is None:
                due_ms = await rows.next_due_ms(self._store, self.channel)
                return LONGEST_WAIT_S if due_ms is None else min(LONGEST_WAIT_S, max(SHORTEST_WAIT_S, (due_ms - now_ms) / 1000))
            self._under_way.add(message.message)
            tasks.create_task(self._deliver(message), name=f"message {message.message}")
        return LONGEST_WAIT_S

    async def _deliver(self, message: Message) -> None:
        attempt = asyncio.create_task(self._attempt(message), name=f"attempt at {message.message}")
        try:
            await self._note(message, await asyncio.shield(attempt))
        except asyncio.CancelledError:
            await self._last_word(message, attempt)
            raise
        except Exception as error:  # noqa: BLE001 -- as above; its lease runs out, and it is sent again
            _complain(f"message {message.message} cannot be sent", error)
        finally:
            self._under_way.discard(message.message)
            self.news.set()

    async def _last_word(self, message: Message, attempt: asyncio.Task[Failed | None]) -> None:
        """Of a server that stops in order: what is almost sent is not sent again by the next one."""
        await asyncio.wait([attempt], timeout=GRACE_S)
        if not attempt.cancel() and not attempt.cancelled() and attempt.exception() is None:
            await self._note(message, attempt.result())

    async def _attempt(self, message: Message) -> Failed | None:
        if not useful(message.kind, message.created_ms, self._clock.now_ms()):
            return Failed("too_late", for_good=True)
        if message.attempts > MOST_ATTEMPTS:  # it took its sender with it every time
            return Failed("lost", for_good=True)
        if not await rows.still_theirs(self._store, message):
            return Failed("address_gone", for_good=True)
        try:
            async with asyncio.timeout(LONGEST_S):
                await self._send(message)
        except TimeoutError:
            return Failed("unreachable")
        except Failed as failure:
            return failure
        return None

    async def _note(self, message: Message, failure: Failed | None) -> None:
        now_ms = self._clock.now_ms()
        if failure is None:
            await rows.sent(self._store, message, now_ms)
            log.info("message %s was sent: %s by %s, attempt %d", message.message, message.kind, self.channel, message.attempts)
            return
        again = after(failure, message.kind, message.created_ms, message.attempts, now_ms, self._dice)
        if again is None:
            await rows.failed(self._store, message, failure.code, now_ms)
            log.error("message %s is given up after attempt %d: %s", message.message, message.attempts, failure.code)
        else:
            await rows.later(self._store, message, failure.code, again.at_ms)
            log.warning("message %s was not sent, attempt %d: %s", message.message, message.attempts, failure.code)


def _complain(what: str, error: Exception) -> None:
    log.error("%s: %s", what, type(error).__name__, exc_info=None if isinstance(error, SQLAlchemyError) else error)
