"""Janus with its videoroom plugin, spoken to over one WebSocket: rooms, one who publishes in each, and those who subscribe."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final

import aiohttp

from server.media.worker import own_addresses
from tests.load._processes import Process, running

JANUS: Final = shutil.which("janus")
PLUGINS: Final = Path("/usr/lib/x86_64-linux-gnu/janus")
READY_S: Final = 20.0
NO_SUCH_FEED: Final = 428


class UnknownFeedError(Exception):
    pass


class Videoroom:
    """One session. Whoever publishes or subscribes has a handle of its own, as a browser would."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = aiohttp.ClientSession()
        self._numbers = itertools.count(1)
        self._asked: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._feeds: dict[str, int] = {}
        self._rooms: dict[str, int] = {}
        self._session = 0

    async def __aenter__(self) -> Videoroom:
        async with asyncio.timeout(READY_S):
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    self._socket = await self._client.ws_connect(self._url, protocols=("janus-protocol",))
                    break
                await asyncio.sleep(0.1)
        self._listening = asyncio.create_task(self._listen())
        self._session = (await self._ask(janus="create"))["data"]["id"]
        self._first = await self._handle()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)
        await self._client.close()

    async def open_room(self, room: str, subscribers: int) -> None:
        self._rooms[room] = number = 1000 + len(self._rooms)
        codecs = {"audiocodec": "opus", "videocodec": "vp8", "audiolevel_ext": True, "transport_wide_cc_ext": True}
        await self._message(self._first, {"request": "create", "room": number, "publishers": subscribers, "fir_freq": 0, **codecs})

    async def publish(self, room: str, sdp: str) -> str:
        handle = await self._handle()
        joined = await self._message(handle, {"request": "join", "ptype": "publisher", "room": self._rooms[room]})
        self._feeds[room] = joined["plugindata"]["data"]["id"]
        answered = await self._message(handle, {"request": "configure", "audio": True, "video": True}, {"type": "offer", "sdp": sdp})
        return str(answered["jsep"]["sdp"])

    async def subscribe(self, room: str, number: int, take: Callable[[str], str]) -> None:
        handle = await self._handle()
        join = {"request": "join", "ptype": "subscriber", "room": self._rooms[room], "streams": [{"feed": self._feeds[room]}]}
        async with asyncio.timeout(READY_S):
            while True:
                with contextlib.suppress(UnknownFeedError):  # until Janus has seen the publisher's handshake end
                    offered = await self._message(handle, join)
                    break
                await asyncio.sleep(0.05)
        await self._message(handle, {"request": "start"}, {"type": "answer", "sdp": take(str(offered["jsep"]["sdp"]))})

    async def _handle(self) -> int:
        return int((await self._ask(janus="attach", plugin="janus.plugin.videoroom"))["data"]["id"])

    async def _message(self, handle: int, body: dict[str, Any], jsep: dict[str, str] | None = None) -> dict[str, Any]:
        answer = await self._ask(janus="message", handle_id=handle, body=body, **({"jsep": jsep} if jsep else {}))
        told = answer.get("plugindata", {}).get("data", {})
        if told.get("error_code") == NO_SUCH_FEED:
            raise UnknownFeedError
        if "error" in told:
            raise ConnectionError(f"Janus refused: {told['error']}")
        return answer

    async def _ask(self, **message: Any) -> dict[str, Any]:
        """What comes of it at last: a first `ack` says only that it is being looked at."""
        transaction = f"t{next(self._numbers)}"
        self._asked[transaction] = asyncio.get_running_loop().create_future()
        session = {"session_id": self._session} if self._session else {}
        await self._socket.send_json({"transaction": transaction, **session, **message})
        async with asyncio.timeout(READY_S):
            answer = await self._asked[transaction]
        del self._asked[transaction]
        if answer["janus"] == "error":
            raise ConnectionError(f"Janus refused: {answer['error']}")
        return answer

    async def _listen(self) -> None:
        async for message in self._socket:
            told = message.json()
            waiting = self._asked.get(told.get("transaction", ""))
            if told["janus"] != "ack" and waiting is not None and not waiting.done():
                waiting.set_result(told)


@contextlib.asynccontextmanager
async def running_videoroom(folder: Path, *, event_loops: int) -> AsyncIterator[tuple[Process, Videoroom]]:
    """`event_loops` 0: as packaged, a thread for each handle. Quiet, with nothing loaded that is not needed."""
    folder.mkdir()
    port = _free_port()
    _configure(folder, port, event_loops)
    command = [JANUS or "janus", "-F", str(folder), "-C", str(folder / "janus.jcfg")]
    async with running(command, folder / "log.txt") as janus, Videoroom(f"ws://127.0.0.1:{port}/") as videoroom:
        yield janus, videoroom


def _configure(folder: Path, port: int, event_loops: int) -> None:
    (folder / "janus.jcfg").write_text(
        f"""general: {{
    configs_folder = "{folder}"
    plugins_folder = "{PLUGINS}/plugins"
    transports_folder = "{PLUGINS}/transports"
    events_folder = "{PLUGINS}/events"
    loggers_folder = "{PLUGINS}/loggers"
    debug_level = 3
    session_timeout = 0
    admin_secret = "{secrets.token_hex(8)}"
    {f"event_loops = {event_loops}" if event_loops else ""}
}}
nat: {{ ice_lite = true }}
plugins: {{ disable = "{others("plugins", "videoroom")}" }}
transports: {{ disable = "{others("transports", "websockets")}" }}
events: {{ broadcast = false }}
"""
    )
    (folder / "janus.transport.websockets.jcfg").write_text(
        f'general: {{ json = "compact", ws = true, ws_port = {port}, ws_ip = "127.0.0.1", wss = false }}\nadmin: {{ admin_ws = false }}\n'
    )
    (folder / "janus.plugin.videoroom.jcfg").write_text("general: {}\n")


def own_address() -> str:
    """The machine's own, since Janus leaves the loopback's out; nothing leaves the machine all the same."""
    return next(address for address in own_addresses() if ":" not in address)


def others(kind: str, wanted: str) -> str:
    return ",".join(path.name for path in sorted((PLUGINS / kind).glob("*.so")) if wanted not in path.name)


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
