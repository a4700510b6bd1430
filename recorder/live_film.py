"""A lesson that runs, as one WebM without an end for those who watch it now: everything in order of time up to the newest mixed voice.

What has gone out is never changed. A picture that comes too late is shown at the next possible moment. Players wait for a picture as for
a voice, so between pictures stand frames that change nothing; where there is none for long, it is black. Knows no clock and no disk.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from recorder import vp8
from recorder.mixer import PACKET_MS
from recorder.still_frame import profile_of, still_frame
from recorder.take import ReadRefused
from recorder.webm import AUDIO, CLUSTER_SPAN_MS, VIDEO, block_header, endless_cluster, endless_head

STILL_AFTER_MS = 150
BLACK_AFTER_MS = 2_000
BLACK_EVERY_MS = 4_000
MAX_EDGE_PIXELS = 4096
MAX_CLUSTER_MS = 32_000  # a block's time has 16 bits
MOST_HELD_BYTES = 16 * 1024 * 1024  # since the newest key frame, for who comes next
MOST_UNREAD_BYTES = 16 * 1024 * 1024  # of one watcher; then it must begin anew, for no player can leave something out


@dataclass(frozen=True, slots=True)
class _Picture:
    at_ms: int
    payload: bytes
    key: bool
    joins: bool


class LiveFilm:
    """Pictures and voices are handed over as they come, then `end`. `width` and `height` hold until a key frame has others."""

    def __init__(self, width: int, height: int) -> None:
        self._head = endless_head(width, height)
        self._size = width, height
        self._profile = 0
        self._coming: deque[_Picture] = deque()  # later than the newest voice
        self._voice_ms = -1  # the newest that has gone out, as below
        self._picture_ms = -1
        self._seen_ms = -1  # a real picture
        self._black_ms = -BLACK_EVERY_MS
        self._cluster_ms = 0
        self._needs_key = True
        self._held: list[bytes] = []  # from the newest key frame on
        self._held_bytes = 0
        self._ended = False
        self._watchers: set[LiveWatcher] = set()

    def picture(self, at_ms: int, payload: bytes, key: bool, *, joins: bool = True) -> None:
        """Captured at that time of the take, as far as is known by now. `joins`: what it builds on was handed over just before it."""
        if self._ended:
            return
        newest_ms = self._coming[-1].at_ms if self._coming else self._picture_ms
        self._coming.append(_Picture(max(at_ms, newest_ms + 1, self._voice_ms + 1), payload, key, joins))

    def voices(self, first_packet: int, packets: Sequence[bytes]) -> None:
        """Mixed packets of 20 ms each, from the take's start on or from where an earlier recorder stopped."""
        for number, packet in enumerate(packets, first_packet):
            self._voice(number * PACKET_MS, packet)
        for watcher in list(self._watchers):
            watcher.wake()

    def end(self) -> None:
        """The take is over."""
        self._ended = True
        for watcher in list(self._watchers):
            watcher.close()

    def cut(self) -> None:
        """The take goes on, but what is held of it may not be watched any more."""
        for watcher in list(self._watchers):
            watcher.cut()
        self.end()

    def subscribe(self) -> LiveWatcher:
        """From the newest key frame on."""
        watcher = LiveWatcher(self._head, self._held, self._watchers)
        if self._ended:
            watcher.close()
        return watcher

    def _voice(self, at_ms: int, packet: bytes) -> None:
        while self._coming and self._coming[0].at_ms <= at_ms:
            self._show(self._coming.popleft())
        if self._seen_ms < 0 or at_ms - self._seen_ms > BLACK_AFTER_MS:
            self._blacken(at_ms)
        if at_ms - self._picture_ms > STILL_AFTER_MS:
            self._put(VIDEO, at_ms, still_frame(*self._size, self._profile), False)
        self._put(AUDIO, at_ms, packet, True)

    def _show(self, picture: _Picture) -> None:
        if picture.key:
            self._needs_key = not self._take_size(picture.payload)
        if self._needs_key or not picture.joins:
            self._needs_key = True
            return
        self._seen_ms = picture.at_ms
        self._profile = profile_of(picture.payload)
        self._put(VIDEO, picture.at_ms, picture.payload, picture.key)

    def _take_size(self, key_frame: bytes) -> bool:
        width, height = vp8.key_size(key_frame)
        if not (0 < width <= MAX_EDGE_PIXELS and 0 < height <= MAX_EDGE_PIXELS):
            return False
        self._size = width, height
        return True

    def _blacken(self, at_ms: int) -> None:
        if self._black_ms > self._seen_ms and at_ms - self._black_ms < BLACK_EVERY_MS:
            return
        black = vp8.black_key_frame(*self._size)
        self._black_ms, self._profile, self._needs_key = at_ms, profile_of(black), True
        self._put(VIDEO, at_ms, black, True)

    def _put(self, track: int, at_ms: int, payload: bytes, key: bool) -> None:
        begins = track == VIDEO and key
        if begins or at_ms - self._cluster_ms >= (CLUSTER_SPAN_MS if track == AUDIO else MAX_CLUSTER_MS):
            self._cluster_ms = at_ms
            opening = endless_cluster(at_ms)
        else:
            opening = b""
        if track == VIDEO:
            self._picture_ms = at_ms
        else:
            self._voice_ms = at_ms
        piece = opening + block_header(track, at_ms - self._cluster_ms, key, len(payload)) + payload
        self._hold(piece, begins)
        for watcher in list(self._watchers):
            watcher.put(piece, begins)

    def _hold(self, piece: bytes, begins: bool) -> None:
        if begins:
            self._held, self._held_bytes = [], 0
        if self._held or begins:
            self._held.append(piece)
            self._held_bytes += len(piece)
        if self._held_bytes > MOST_HELD_BYTES:
            self._held, self._held_bytes = [], 0


class LiveWatcher:
    """One who watches: what has gone out since the last `read`, at first the head and what is held."""

    def __init__(self, head: bytes, held: Sequence[bytes], watchers: set[LiveWatcher]) -> None:
        self._unread = [head, *held]
        self._unread_bytes = sum(map(len, self._unread))
        self._begun = bool(held)
        self._is_cut = False
        self._watchers = watchers
        self._due = asyncio.Event()
        self._due.set()
        watchers.add(self)

    @property
    def is_over(self) -> bool:
        """Nothing more will come: the take is over, or too much was left unread."""
        return self not in self._watchers

    def put(self, piece: bytes, begins: bool) -> None:
        """`begins`: it can be shown without anything before it."""
        self._begun = self._begun or begins
        if not self._begun:
            return
        self._unread.append(piece)
        self._unread_bytes += len(piece)
        if self._unread_bytes > MOST_UNREAD_BYTES:
            self.cut()

    def wake(self) -> None:
        if self._unread:
            self._due.set()

    def read(self) -> bytes:
        data = b"".join(self._unread)
        self._unread, self._unread_bytes = [], 0
        if not self.is_over:
            self._due.clear()
        return data

    async def wait(self) -> None:
        """Until there is something to read, or nothing more will come."""
        await self._due.wait()

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Until the take is over. Raises `ReadRefused` where it goes on without this watcher."""
        try:
            while True:
                await self.wait()
                over = self.is_over
                if data := self.read():
                    yield data
                if self._is_cut:
                    raise ReadRefused("gone")
                if over:
                    return
        finally:
            self.close()

    def cut(self) -> None:
        self._unread, self._unread_bytes = [], 0
        self._is_cut = True
        self.close()

    def close(self) -> None:
        self._watchers.discard(self)
        self._due.set()
