"""Coordination in Redis 7 or Valkey. All keys begin with mt: and run out by themselves; what is read there is not trusted.

Each question is one script or command, on connections of their own, never retried: an unanswered one is asked again at the next beat.
News comes on another connection that may wait. Imported only when the setting `redis` is given.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, BusyLoadingError, OutOfMemoryError, ReadOnlyError, RedisError

from server.cluster.coordination import ANSWER_S, BEAT_S, LEASE_S, Beat, Member, News, Unreachable

log = logging.getLogger(__name__)

NODES: Final = "mt:nodes"  # a hash: node -> "UNTIL_MS RUN JSON", by the clock of Redis
RATE: Final = "mt:rate:"
NEWS: Final = "mt:news"
MOST_CONNECTIONS: Final = 50
MOST_NEWS_BYTES: Final = 64 * 1024
# What comes out of redis-py when the other end is not a Redis, or half of an answer came.
BROKEN: Final = (RedisError, OSError, TimeoutError, ValueError, EOFError, IndexError, TypeError, AttributeError)
WORDS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (AuthenticationError, "it does not accept the password"),
    (OutOfMemoryError, "it is full"),
    (ReadOnlyError, "it is a replica, which takes no writes"),
    (BusyLoadingError, "it is still loading"),
)

_NOW = "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"
_BEAT = (
    _NOW
    + """
local found, gone = 'anew', {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local till, run = string.match(all[i + 1], '^(%d+) (%S+) ')
  local living = till and tonumber(till) > now
  if all[i] ~= ARGV[1] then if not living then gone[#gone + 1] = all[i] end
  elseif living then found = run == ARGV[2] and 'kept' or 'taken' end
end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', now + ARGV[3]) .. ' ' .. ARGV[2] .. ' ' .. ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
for _, node in ipairs(gone) do redis.call('HDEL', KEYS[1], node) end
return found"""  # the first write is the one that a full Redis refuses: after another, a script may write whatever it likes
)
_LEAVE = """
local mine = redis.call('HGET', KEYS[1], ARGV[1])
if mine and string.match(mine, '^%d+ (%S+) ') == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
return 1"""
_MEMBERS = (
    _NOW
    + """
local living = {}
for _, value in ipairs(redis.call('HVALS', KEYS[1])) do
  local till, member = string.match(value, '^(%d+) %S+ (.*)$')
  if till and tonumber(till) > now then living[#living + 1] = member end
end
return living"""
)
_TAKE = (
    _NOW
    + """
local burst, per_s = tonumber(ARGV[1]), tonumber(ARGV[2])
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(kept[1]) or burst, tonumber(kept[2]) or now
tokens = math.min(burst, tokens + math.max(0, now - at) / 1000 * per_s)
local taken = tokens >= 1 and 1 or 0
tokens = tokens - taken
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) / per_s * 1000) + 1000)
return taken"""
)


class _Told(msgspec.Struct, frozen=True):
    sender: str
    news: News


class RedisCoordination:
    """`secret` is the nodes' own: Redis is not told whose buckets it keeps. Raises ValueError for an address that is none."""

    def __init__(self, url: str, node: str, secret: str) -> None:
        self.ignored = 0
        self._node = node
        self._key = hashlib.blake2b(secret.encode(), digest_size=32).digest()
        self._commands = _client(url, max_connections=MOST_CONNECTIONS)
        self._news = _client(url)

    async def beat(self, me: Member) -> Beat:
        lease_ms = int(LEASE_S * 1000)
        found = await self._ask("EVAL", _BEAT, 1, NODES, me.node, me.run, lease_ms, msgspec.json.encode(me))
        match found:
            case b"kept":
                return "kept"
            case b"anew":
                return "anew"
            case b"taken":
                return "taken"
        raise Unreachable("it answered something else")

    async def leave(self, me: Member) -> None:
        await self._ask("EVAL", _LEAVE, 1, NODES, me.node, me.run)

    async def members(self) -> list[Member]:
        answer = await self._ask("EVAL", _MEMBERS, 1, NODES)
        if not isinstance(answer, list):
            raise Unreachable("it answered something else")
        return [member for member in map(self._member, answer) if member]

    async def tell(self, node: str | None, news: News) -> None:
        channel = NEWS if node is None else f"{NEWS}:{node}"
        await self._ask("PUBLISH", channel, msgspec.json.encode(_Told(self._node, news)))

    async def heard(self) -> AsyncIterator[News]:
        while True:
            subscription = self._news.pubsub(ignore_subscribe_messages=True)
            try:
                async for channel, data in _published(subscription, NEWS, f"{NEWS}:{self._node}"):
                    told = self._read_news(data)
                    if told and (told.sender != self._node or channel != NEWS.encode()):
                        yield told.news
            except BROKEN as error:
                log.debug("news of other nodes: %s", _words(error))
            finally:
                await subscription.aclose()  # type: ignore[no-untyped-call]
            await asyncio.sleep(BEAT_S)

    async def take(self, bucket: str, *, burst: float, per_s: float) -> bool:
        name = hashlib.blake2b(bucket.encode(), key=self._key, digest_size=16).hexdigest()
        return bool(await self._ask("EVAL", _TAKE, 1, RATE + name, burst, per_s) == 1)

    async def close(self) -> None:
        await self._commands.aclose()
        await self._news.aclose()

    async def _ask(self, *command: Any) -> Any:
        """A command that is cancelled closes its connection: its answer cannot be taken for another's (CVE-2023-28859)."""
        try:
            async with asyncio.timeout(ANSWER_S):
                return await self._commands.execute_command(*command)  # type: ignore[no-untyped-call]
        except BROKEN as error:
            raise Unreachable(_words(error)) from None

    def _member(self, data: object) -> Member | None:
        try:
            return _decode_member(data) if isinstance(data, bytes) else None
        except msgspec.MsgspecError:
            self.ignored += 1
            return None

    def _read_news(self, data: bytes) -> _Told | None:
        try:
            if len(data) <= MOST_NEWS_BYTES:
                return _decode_told(data)
        except msgspec.MsgspecError:
            pass
        self.ignored += 1
        return None


async def _published(subscription: PubSub, *channels: str) -> AsyncIterator[tuple[bytes, bytes]]:
    """Raises what `BROKEN` lists when nothing came for three beats, not even the answer to a question."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(2 * ANSWER_S):
        await subscription.subscribe(*channels)
    heard_s = loop.time()
    while True:
        message = await subscription.get_message(timeout=BEAT_S)
        if message is not None:
            heard_s = loop.time()
            if message["type"] == "message":
                yield message["channel"], message["data"]
        elif loop.time() - heard_s > 3 * BEAT_S:
            raise TimeoutError
        else:
            async with asyncio.timeout(ANSWER_S):
                await subscription.ping()


def _client(url: str, max_connections: int | None = None) -> Redis:
    """Without a timeout of its own: with one it writes by `asyncio.wait_for`, which may swallow a cancellation before Python 3.12."""
    return Redis.from_url(
        url,
        protocol=2,  # the newer one begins with commands that Redis 7.0 and Valkey do not know
        retry=Retry(NoBackoff(), 0),
        socket_timeout=None,
        socket_connect_timeout=ANSWER_S,
        max_connections=max_connections,
        driver_info=None,
    )


def _words(error: BaseException) -> str:
    for kind, words in WORDS:
        if isinstance(error, kind):
            return words
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return f"no answer in {ANSWER_S} s"
    return type(error).__name__


_decode_member = msgspec.json.Decoder(Member).decode
_decode_told = msgspec.json.Decoder(_Told).decode
