"""A Chromium process and its DevTools connection: one WebSocket, one session per page. Knows nothing of what pages do."""

import asyncio
import contextlib
import itertools
import json
import os
import shutil
import signal
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, Final

import aiohttp

START_DEADLINE_S: Final = 20.0
CALL_DEADLINE_S: Final = 30.0

Json = dict[str, Any]


class BrowserError(Exception):
    """The browser, a page or a script in it failed; the message says what and where."""


class ContextLostError(BrowserError):
    """The page went to another document, or the element left it, while we dealt with it."""


class CrashedError(BrowserError):
    """The page's or the browser's process is gone."""


# What DevTools says when a document or an element went away in the meantime.
CONTEXT_LOST: Final = (
    "context was destroyed",
    "find context",
    "navigated or closed",
    "Could not find",
    "No node",
    "not belong to the document",
)


class DevTools:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse, pid: int, last_words: deque[str]) -> None:
        self.pid = pid
        self._socket = socket
        self._last_words = last_words
        self._numbers = itertools.count(1)
        self._pending: dict[int, tuple[str, asyncio.Future[Json]]] = {}
        self._listeners: dict[str, Callable[[str, Json], None]] = {}
        self._crashed: dict[str, CrashedError] = {}
        self._sending: set[asyncio.Task[None]] = set()

    async def call(self, method: str, params: Json | None = None, *, session: str = "", timeout_s: float = CALL_DEADLINE_S) -> Json:
        if error := self._crashed.get(session) or self._crashed.get(""):
            raise error
        number = next(self._numbers)
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._pending[number] = session, answer
        try:
            await self._socket.send_str(_message(number, method, params, session))
            async with asyncio.timeout(timeout_s):
                return await answer
        except TimeoutError:
            raise BrowserError(f"no answer to {method} after {timeout_s:g} s: {str(params)[:500]}") from None
        except (ConnectionError, aiohttp.ClientError) as error:
            raise CrashedError(f"the browser is gone: {error}; {self._stderr()}") from None
        finally:
            del self._pending[number]

    def tell(self, method: str, params: Json, *, session: str) -> None:
        """Sends without waiting for the answer."""
        sending = asyncio.create_task(self._socket.send_str(_message(next(self._numbers), method, params, session)))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)

    def listen(self, session: str, listener: Callable[[str, Json], None]) -> None:
        self._listeners[session] = listener

    def ignore(self, session: str) -> None:
        self._listeners.pop(session, None)

    def fail(self, session: str, error: CrashedError) -> None:
        """Every open and every later call of the session (of all sessions for "") raises `error`."""
        self._crashed[session] = error
        for whose, answer in self._pending.values():
            if session in ("", whose) and not answer.done():
                answer.set_exception(error)

    async def read(self) -> None:
        async for message in self._socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                self._receive(json.loads(message.data))
        self.fail("", CrashedError(f"the browser is gone; {self._stderr()}"))

    def _receive(self, message: Json) -> None:
        if "id" not in message:
            listener = self._listeners.get(message.get("sessionId", ""))
            if listener:
                listener(message["method"], message["params"])
            return
        _, answer = self._pending.get(message["id"], ("", None))
        if answer is None or answer.done():
            return
        if "error" in message:
            text = message["error"]["message"]
            lost = any(words in text for words in CONTEXT_LOST)
            answer.set_exception((ContextLostError if lost else BrowserError)(text))
        else:
            answer.set_result(message["result"])

    def _stderr(self) -> str:
        return "its last words: " + " | ".join(self._last_words)


def _message(number: int, method: str, params: Json | None, session: str) -> str:
    return json.dumps({"id": number, "method": method, "params": params or {}} | ({"sessionId": session} if session else {}))


@contextlib.asynccontextmanager
async def started(executable: Path, flags: Sequence[str]) -> AsyncIterator[DevTools]:
    """A running Chromium with a new profile; on leaving, its whole process group is gone and so is the profile."""
    async with contextlib.AsyncExitStack() as closing:
        profile = tempfile.mkdtemp(prefix="microteach-chromium-")
        closing.callback(shutil.rmtree, profile, ignore_errors=True)
        process = await _spawn(executable, [*flags, f"--user-data-dir={profile}", "--remote-debugging-port=0", "about:blank"], profile)
        closing.push_async_callback(_kill_group, process)
        last_words: deque[str] = deque(maxlen=8)
        address = asyncio.get_running_loop().create_future()
        ears = asyncio.create_task(_read_stderr(process, last_words, address), name="chromium stderr")
        closing.push_async_callback(_cancel, ears)
        async with asyncio.timeout(START_DEADLINE_S):
            url = await address
        http = await closing.enter_async_context(aiohttp.ClientSession())
        socket = await closing.enter_async_context(http.ws_connect(url, max_msg_size=0, proxy=None))
        devtools = DevTools(socket, process.pid, last_words)
        reader = asyncio.create_task(devtools.read(), name="devtools")
        closing.push_async_callback(_cancel, reader)
        yield devtools
        with contextlib.suppress(BrowserError):
            await devtools.call("Browser.close", timeout_s=3)


async def _spawn(executable: Path, flags: Sequence[str], home: str) -> asyncio.subprocess.Process:
    # setpriv: a test runner that is killed takes its browsers with it.
    tied = [setpriv, "--pdeathsig", "KILL"] if (setpriv := shutil.which("setpriv")) else []
    return await asyncio.create_subprocess_exec(
        *tied,
        str(executable),
        *flags,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "HOME": home, "TMPDIR": home, "TZ": os.environ.get("TZ", "UTC")},
    )


async def _read_stderr(process: asyncio.subprocess.Process, last_words: deque[str], address: asyncio.Future[str]) -> None:
    assert process.stderr is not None
    async for line in process.stderr:
        text = line.decode(errors="replace").strip()
        if text.startswith("DevTools listening on ") and not address.done():
            address.set_result(text.removeprefix("DevTools listening on "))
        last_words.append(text[:300])
    if not address.done():
        address.set_exception(BrowserError(f"Chromium ended at its start: {' | '.join(last_words)}"))


async def _kill_group(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
