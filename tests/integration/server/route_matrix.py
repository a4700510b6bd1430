"""What every address answers to whom, asked of the product as it runs; what is right stands in route_matrix.txt, reviewed line by line.

`python -m tests.integration.server.route_matrix --write` writes down what it answers now; rows of `-` (for everybody) stay as they are.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from server.app import Server
from server.people.invitations import Invitations
from server.settings import Settings
from server.site import Site
from tests.fakes.studio import Studio, now_ms, studio
from tests.integration.server.route_cast import CAST, DAY_MS, Stage, prepare

FILE = Path(__file__).with_name("route_matrix.txt")
PUBLIC = "-"
EVIL = "https://evil.example"
PATIENCE_S = 60.0
RANGES = {"bytes=0-99": 206, "bytes=-50": 206, "bytes=999999999-": 416}
JSON = {"Accept": "application/json"}

# Addresses that are several, one row each.
ACTS = {"/recordings/{take}/reviews/{review}/{act}": ("remind", "agree", "end"), "/recordings/{take}/review/{act}": ("accept", "send")}
# What stands for a part of an address that no row of the stage names.
PARTS = {"claim": "nothing", "deck": "nothing", "page": "1", "plan": "try-out", "question": "worked", "door": "i", "link": "nothing"}
NAMES = {"static": "css/tokens.css", "version": "poster.jpg", "export": "notes.csv"}
# Bodies that change as little as can be; a form where nothing is said.
FORMS: dict[str, dict[str, str]] = {
    "POST /try": {"plan": "practise-alone"},
    "POST /sessions": {"plan": "nothing"},
    "POST /language": {"language": "en"},
    "POST /sessions/{session}/my-voice": {"take": "{second}"},
    "POST /recordings/{take}/withdraw": {"part": "picture"},
    "POST /me/trying/{trying}": {"answer": "yes", "text": "Harmless."},
    "POST /me/name": {"name": "Somebody"},
    "POST /me/addresses": {"address": "cleo@example.org"},
    "POST /me/addresses/remove": {"address": "cleo@example.org"},
    "POST /me/devices/sign-out": {"device": "nothing"},
    "POST /sign-in": {"address": "cleo@example.org"},
    "POST /w/{token}": {"name": "Cleo"},
    "POST /c/{token}": {"name": "Cleo"},
}
SOON_MS = now_ms() + 7 * DAY_MS
NOTE = {"kind": "note", "text": "Harmless.", "version": 0}
BODIES: dict[str, object] = {
    "PUT /recordings/{take}/notes/{note}": NOTE,
    "PUT /sessions/{session}/questions/{note}": NOTE,
    "POST /recordings/{take}/notes/share": {"notes": []},
    "POST /recordings/{take}/notes/unshare": {"notes": []},
    "PUT /recordings/{take}/own-view/{question}": {"text": "Harmless."},
    "POST /recordings/{take}/own-view/share": {"shared": False},
    "POST /recordings/{take}/trying": {"text": "Harmless."},
    "POST /recordings/{take}/permissions": {"name": "Cleo"},
    "POST /recordings/{take}/consultations": {},
    "POST /recordings/{take}/reviews": {"name": "Cleo", "due_ms": SOON_MS},
    "PUT /recordings/{take}/review/summary": {"worked": "Harmless."},
    "POST /recordings/{take}/review/later": {"date_ms": SOON_MS},
    "POST /recordings/{take}/review/decline": {},
    "POST /{door}/{token}/connection": {"sdp": "nothing"},
    "POST /sessions/{session}/film": {"act": "pause", "position_ms": 0, "rate": 1, "version": 0},
    "POST /sessions/{session}/film/watchers": {"seat": "seat of Ben"},
}
# Asked at the end, in this order, of the second try: they destroy something, or come after that.
ONE_BY_ONE = ("GET /me/data.zip",)  # few can have theirs at the same time
AT_THE_END = (
    "POST /sessions/{session}/my-voice",
    "POST /recordings/{take}/withdraw",
    "POST /recordings/{take}/delete",
    "GET /recordings/{take}/deleted",
)


@dataclass(frozen=True)
class Route:
    method: str
    path: str

    @property
    def key(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_socket(self) -> bool:
        return self.method == "GET" and self.path.endswith(("/socket", "/news"))


@dataclass
class Found:
    """`cells` by route and name; the others are sentences about what is wrong."""

    cells: dict[str, dict[str, str]] = field(default_factory=dict)
    leaks: list[str] = field(default_factory=list)
    told: set[tuple[str, str]] = field(default_factory=set)  # who got which canary
    changes: list[str] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    cross_site: list[str] = field(default_factory=list)
    sends_bytes: set[str] = field(default_factory=set)
    log: str = ""


async def routes_of_the_product(folder: Path) -> list[Route]:
    """All of its router's, in order."""
    server = Server(Settings(data=str(folder)), worker_socket=folder / "worker", recorder_socket=folder / "recorder")
    async with server._store:
        application = await Site(server._parts).application()
        resources = [(route.method, route.resource) for route in application.router.routes()]
    paths = [(method, resource.canonical) for method, resource in resources if resource is not None]
    return [Route(method, path.replace("{act}", act)) for method, path in paths for act in ACTS.get(path, ("",))]


async def ask_everything(folder: Path) -> Found:
    routes = await routes_of_the_product(_made(folder / "empty"))
    stages: list[Stage] = []
    async with studio(folder / "studio", before=lambda copy: stages.append(prepare(copy))) as running:
        asking = Asking(running, stages[0])
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=PATIENCE_S)) as client:
            await asking.everything(client, routes)
        asking.found.log = running.product.log
    return asking.found


class Asking:
    def __init__(self, running: Studio, stage: Stage) -> None:
        self._studio = running
        self._url = running.product.url
        self._stage = stage
        self._version = ""
        self.found = Found()

    async def everything(self, client: aiohttp.ClientSession, routes: list[Route]) -> None:
        self._client = client
        await self._of_zoe()
        async with client.get(f"{self._url}/recordings/{self._studio.first}/data", headers=self._headers("Maria")) as answer:
            self._version = (await answer.json())["film"].split("/")[3]
        self._stage.remember()
        heads = {route.path for route in routes if route.method == "HEAD"}
        for route in sorted((route for route in routes if route.method != "HEAD"), key=_order):
            if route.method == "GET":
                await self._get(route, head=route.path in heads)
            else:
                await self._write(route)

    async def _of_zoe(self) -> None:
        """She has made a session and sits in it."""
        headers = self._headers("Zoe")
        async with self._client.post(f"{self._url}/sessions", data={"plan": "try-out"}, headers=headers) as answer:
            lead = answer.url
        async with self._client.post(lead, data={"name": "Zoe", "teaches": "yes", "recording": "record"}, headers=headers) as answer:
            assert "/sessions/" in answer.url.path

    async def _get(self, route: Route, *, head: bool) -> None:
        if route.key in ONE_BY_ONE:
            cells = [await self._cell(route, name) for name in CAST]
        else:
            cells = await asyncio.gather(*(self._cell(route, name) for name in CAST))
        self.found.cells[route.key] = dict(zip(CAST, cells, strict=True))
        if route.is_socket:
            status = await self._socket(route, "Maria", EVIL)
            if status != 403 and cells[0] == "101":
                self.found.cross_site.append(f"{route.key}: {status}")
        elif head:
            await asyncio.gather(*(self._head(route, name) for name in CAST))
        if route.key in self.found.sends_bytes:
            await asyncio.gather(*(self._ranges(route, name) for name in CAST))

    async def _write(self, route: Route) -> None:
        """First from elsewhere, when nothing may happen, then those who may least."""
        for headers in ({"Origin": EVIL, "Sec-Fetch-Site": "cross-site"}, {"Origin": EVIL}, {}):
            status, _ = await self._send(route, self._stage.cookie("Maria") | headers)
            if status != 403:
                self.found.cross_site.append(f"{route.key} {headers}: {status}")
        cells = {}
        for name in reversed(CAST):
            self._stage.restore()
            cells[name] = await self._cell(route, name)
            self.found.changes += [f"{route.key} by {name} changes {what}" for what in self._stage.changed_by(name)]
        self.found.cells[route.key] = {name: cells[name] for name in CAST}

    async def _cell(self, route: Route, name: str) -> str:
        if route.is_socket:
            return str(await self._socket(route, name, self._url))
        status, body = await self._send(route, self._headers(name) | JSON, name=name)
        text = _words(body)
        for word, readers in self._stage.readers.items():
            if word in text:
                self.found.told.add((name, word))
                if name not in readers:
                    self.found.leaks.append(f"{route.key} tells {name}: {word}")
        return str(status)

    async def _send(self, route: Route, headers: Mapping[str, str], *, name: str = "") -> tuple[int, bytes]:
        data, json = FORMS.get(route.key), BODIES.get(route.key)
        if data is not None:
            data = {key: value.replace("{second}", self._studio.second) for key, value in data.items()}
        if json == {"seat": "seat of Ben"}:
            json = {"seat": self._studio.people["Ben"].seat}
        url = self._address(route)
        async with self._client.request(route.method, url, data=data, json=json, headers=headers, allow_redirects=False) as answer:
            if name == "Maria" and answer.headers.get("Accept-Ranges") == "bytes":
                self.found.sends_bytes.add(route.key)
            return answer.status, await answer.read()

    async def _socket(self, route: Route, name: str, origin: str) -> int:
        """101: it opened."""
        headers = self._headers(name) | {"Origin": origin}
        try:
            async with self._client.ws_connect(self._address(route), headers=headers):
                return 101
        except aiohttp.WSServerHandshakeError as refused:
            return refused.status

    async def _head(self, route: Route, name: str) -> None:
        expected = self.found.cells[route.key][name]
        async with self._client.head(self._address(route), headers=self._headers(name) | JSON, allow_redirects=False) as answer:
            if str(answer.status) != expected:
                self.found.heads.append(f"HEAD {route.path} to {name}: {answer.status}, and GET {expected}")

    async def _ranges(self, route: Route, name: str) -> None:
        whole = self.found.cells[route.key][name]
        for wanted, status in RANGES.items():
            headers = self._headers(name) | JSON | {"Range": wanted}
            async with self._client.get(self._address(route), headers=headers) as answer:
                body = await answer.read()
            expected = str(status) if whole == "200" else whole
            length = {"bytes=0-99": 100, "bytes=-50": 50}.get(wanted)
            if str(answer.status) != expected or (expected == "206" and len(body) != length):
                self.found.ranges.append(f"{route.key} {wanted} to {name}: {answer.status} with {len(body)} bytes")

    def _headers(self, name: str) -> dict[str, str]:
        return {"Origin": self._url} | self._stage.cookie(name)

    def _address(self, route: Route) -> str:
        take = self._studio.second if route.key in AT_THE_END else self._studio.first
        invitation = Invitations((self._studio.data / "secret").read_bytes()).make(self._studio.session, "invitation")
        values = PARTS | self._stage.ids
        values |= {"take": take, "session": self._studio.session, "version": self._version, "review": self._stage.ids["review of Ito"]}
        values["token"] = invitation if "{door}" in route.path else f"link-{route.path[1:2]}"
        values["name"] = next((name for part, name in NAMES.items() if part in route.path), "nothing")
        if "/questions/" in route.path:
            values["note"] = self._stage.ids["question note"]
        try:
            return self._url + route.path.format(**values)
        except KeyError as missing:
            raise KeyError(f"{route.key}: say in PARTS what {missing} is") from None


def _order(route: Route) -> int:
    """What only reads comes first."""
    return AT_THE_END.index(route.key) + 2 if route.key in AT_THE_END else int(route.method != "GET")


def expected_cells() -> dict[str, dict[str, str]]:
    """The reviewed file."""
    return {f"{method} {path}": dict(zip(CAST, cells, strict=True)) for method, path, *cells in _lines()}


def written(cells: Mapping[str, Mapping[str, str]]) -> str:
    known = expected_cells() if FILE.exists() else {}
    kept = {key: known[key] if set(known.get(key, {}).values()) == {PUBLIC} else found for key, found in cells.items()}
    width = max(len(key) for key in kept)
    who = "".join(f"# {name}: {words}\n" for name, words in CAST.items())
    head = f"# {'':{width - 2}} " + " ".join(f"{name:>6}" for name in CAST)
    rows = (f"{key:{width}} " + " ".join(f"{cells[name]:>6}" for name in CAST) for key, cells in sorted(kept.items(), key=_by_path))
    return HEADING + who + "\n".join((head, *rows)) + "\n"


HEADING = """\
# What each address answers to whom; reviewed by hand, and never read by the product. 101: a line was opened. `-`: is for everybody.
# The recording is Maria's first try. What is new is added by `python -m tests.integration.server.route_matrix --write`; then read it.
#
"""


def _by_path(row: tuple[str, object]) -> tuple[str, str]:
    method, path = row[0].split()
    return path, method


def _lines() -> Iterator[list[str]]:
    for line in FILE.read_text().splitlines():
        if line and not line.startswith("#"):
            yield line.split()


def _words(body: bytes) -> str:
    """Also of what an archive holds."""
    if body.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            body = b"\n".join(archive.read(name) for name in archive.namelist())
    return body.decode(errors="replace")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description="What every address answers to whom.")
    parser.add_argument("--write", action="store_true", help="write it into the file; without it, print it")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(ask_everything(Path(folder)))
    text = written(found.cells)
    print(
        found.log,
        text,
        *found.leaks,
        *found.changes,
        *found.ranges,
        *found.heads,
        *found.cross_site,
        *(f"{name} told {word}" for name, word in sorted(found.told)),
        sep="\n",
    )
    if asked.write:
        FILE.write_text(text)


if __name__ == "__main__":
    main()
