"""Static files: read once at the start, so that a request can never name a file of its own choosing.

A page names each of them at an address that changes when any file does, so a browser keeps it and does not ask again. All scripts
that a page's script imports stand in the page's head, so they come together and not one import after the other.
"""

from __future__ import annotations

import hashlib
import mimetypes
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from aiohttp import ETag, web

from server.languages import ENGLISH
from server.pages.modules import all_imported

WEB = Path(__file__).parents[2] / "web"
WORDS = "js/words.js"

mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("image/svg+xml", ".svg")

_FOREVER = "public, max-age=31536000, immutable"
_ADDRESS = re.compile(r"([0-9a-f]{12})/([a-z]{2})/(.+)")
_NAMED = re.compile(r'((?:href|src)=")/static/([^"]+)"')
_SCRIPT = re.compile(r'<script type="module" src="/static/([^"]+)"></script>')
_AHEAD = re.compile(r'<link rel="(prefetch|modulepreload)" href="/static/([^"]+\.js)">')
_WORDS_OF = re.compile(rb"\./words/[a-z]{2}/")
_WORTH_PACKING_BYTES = 512


@dataclass(frozen=True)
class StaticFile:
    body: bytes
    kind: str

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(self.body).hexdigest()[:32]

    @cached_property
    def packed(self) -> bytes | None:
        """Gzip's, where that is shorter."""
        if len(self.body) < _WORTH_PACKING_BYTES or not self.kind.startswith(("text/", "image/svg")):
            return None
        packer = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
        return packer.compress(self.body) + packer.flush()


class StaticFiles:
    """GET /static/NAME: the browser asks each time whether it is still the same; /static/VERSION/LANGUAGE/NAME: it keeps it."""

    def __init__(self, folder: Path = WEB / "static") -> None:
        self._files: dict[str, StaticFile] = {}
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                self._files[path.relative_to(folder).as_posix()] = StaticFile(path.read_bytes(), kind)
        digests = "".join(f"{name} {file.digest}\n" for name, file in self._files.items())
        self.version = hashlib.sha256(digests.encode()).hexdigest()[:12]
        self._heads: dict[tuple[str, str, str], str] = {}
        self._words: dict[str, StaticFile] = {}

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/static/{name:.+}", self.get)]

    async def get(self, request: web.Request) -> web.Response:
        name, kept, language = request.match_info["name"], False, None
        if address := _ADDRESS.fullmatch(name):
            version, language, name = address.groups()
            kept = version == self.version  # a page of an earlier version gets what there is now, and does not keep it
        found = self.file(name, language)
        if found is None:
            raise web.HTTPNotFound
        known = {tag.value for tag in request.if_none_match or ()}
        if found.digest in known:
            response = web.Response(status=304)
        elif found.packed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
            response = web.Response(body=found.packed, content_type=found.kind, charset=_charset(found.kind))
            response.headers["Content-Encoding"] = "gzip"
        else:
            response = web.Response(body=found.body, content_type=found.kind, charset=_charset(found.kind))
        response.etag = ETag(found.digest, is_weak=True)
        response.headers["Cache-Control"] = _FOREVER if kept else "no-cache"
        response.headers["Vary"] = "Accept-Encoding"
        return response

    def file(self, name: str, language: str | None = None) -> StaticFile | None:
        """With a language, the words are asked for in that one alone."""
        found = self._files.get(name)
        if name != WORDS or language is None or found is None:
            return found
        spoken = language if f"js/words/{language}/common.js" in self._files else ENGLISH
        if spoken not in self._words:
            self._words[spoken] = StaticFile(_WORDS_OF.sub(f"./words/{spoken}/".encode(), found.body), found.kind)
        return self._words[spoken]

    def addressed(self, page: str, language: str) -> str:
        """The page with each file at its address, and with all that its scripts import."""
        page = _AHEAD.sub(lambda found: self._head(found[2], language, found[1]), page)
        page = _SCRIPT.sub(lambda found: self._head(found[1], language, "modulepreload") + found[0], page)
        return _NAMED.sub(lambda found: f'{found[1]}/static/{self.version}/{language}/{found[2]}"', page)

    def _head(self, entry: str, language: str, relation: str) -> str:
        key = entry, language, relation
        if key not in self._heads:
            names = all_imported(entry, self._text_in(language))
            self._heads[key] = "".join(f'<link rel="{relation}" href="/static/{name}">\n  ' for name in names)
        return self._heads[key]

    def _text_in(self, language: str) -> Callable[[PurePosixPath], str]:
        def text(name: PurePosixPath) -> str:
            found = self.file(str(name), language)
            return found.body.decode() if found else ""

        return text


def _charset(kind: str) -> str | None:
    return "utf-8" if kind.startswith("text/") else None
