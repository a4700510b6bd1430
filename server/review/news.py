"""That something has changed, told to the pages that look at it. Only a word and perhaps a small value: pages ask for the rest themselves.

A topic is `recording/TAKE`, `person/PERSON` or `session/SESSION`. Nothing is kept: a page that comes asks for everything anyway. It never
waits for a page that is slow: of news of one name the newest counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class News:
    """`others`: on other nodes are pages too; what they are told by a value is told on one node only."""

    def __init__(self, others: Callable[[str, str], None] = lambda topic, name: None) -> None:
        self._others = others
        self._subscribed: dict[str, set[Subscription]] = {}

    @contextmanager
    def subscribe(self, *topics: str) -> Iterator[Subscription]:
        subscription = Subscription()
        for topic in topics:
            self._subscribed.setdefault(topic, set()).add(subscription)
        try:
            yield subscription
        finally:
            for topic in topics:
                self._subscribed[topic].discard(subscription)
                if not self._subscribed[topic]:
                    del self._subscribed[topic]

    def tell(self, topic: str, name: str, value: object = None) -> None:
        """`value` is anything that JSON can say."""
        self.heard(topic, name, value)
        if value is None:
            self._others(topic, name)

    def heard(self, topic: str, name: str, value: object = None) -> None:
        for subscription in self._subscribed.get(topic, ()):
            subscription.put(name, value)


class Subscription:
    def __init__(self) -> None:
        self._waiting: dict[str, object] = {}
        self._something = asyncio.Event()

    def put(self, name: str, value: object) -> None:
        self._waiting.pop(name, None)
        self._waiting[name] = value
        self._something.set()

    async def next(self) -> tuple[str, object]:
        while not self._waiting:
            self._something.clear()
            await self._something.wait()
        name = next(iter(self._waiting))
        return name, self._waiting.pop(name)


def about_recording(take: str) -> str:
    return f"recording/{take}"


def about_person(person: str) -> str:
    return f"person/{person}"


def about_session(session: str) -> str:
    """Of the film that those in it watch together."""
    return f"session/{session}"
