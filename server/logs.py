"""How every process writes its log: lines for people, or one JSON object a line; the same walls before both.

The walls: other libraries say only what went wrong, never what they carry (a driver tells the values of each statement, ICE tells
addresses); and whatever looks like a secret or an address is covered as the very last thing, also in tracebacks. What people wrote cannot
be recognised: no caller may give it. Standard library only. `python -m server.logs [options] MODULE …` starts a module that must not
import this one, with its log set up.
"""

from __future__ import annotations

import argparse
import ipaddress
import json
import logging
import re
import runpy
import sys
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal
from urllib.parse import unquote, urlsplit

Format = Literal["text", "json"]

COVER = "***"
OURS = ("server", "recorder", "__main__")
IDS = ("session", "room", "seat", "take", "job")
SHORTEST_SECRET = 4  # a shorter one would cover half of the words
LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"

_ID = re.compile(rf"\b({'|'.join(IDS)})[ =]([\w-]{{16,}})")
_IN_URL = re.compile(r"(?<=://)[^\s/@]+(?=@)")
_INVITATION = re.compile(r"([\w-]{20,})\.[\w-]{24}(?![\w-])")
_TOKEN = re.compile(r"(?<![\w-])[\w-]{43}(?![\w-])")  # of a device, a link, a claim: 32 bytes
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
_FOUR = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\w)")
_SIX = re.compile(r"(?<![\w:.])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?:\d{0,3}(?:\.\d{1,3}){3})?(?![\w:])")
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), 127, 0x85, 0x2028, 0x2029)} | {10: "\\n", 13: "\\r", 9: "\t"}


def set_up(log_format: Format, *, node: str = "", verbose: bool = False, secrets: Collection[str] = ()) -> None:
    """Of this process, once."""
    cover = Cover(secrets)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(node, cover) if log_format == "json" else Lines(cover))
    handler.addFilter(lets_pass)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    for name in ("alembic", "asyncio", "aiohttp", "aiosqlite", "aioice", "aiortc", "sqlalchemy", "redis", "mail"):
        logging.getLogger(name).setLevel(logging.WARNING)  # so that they do not even make the text
    sys.excepthook = _ended_by
    if log_format == "json":
        logging.captureWarnings(True)


def lets_pass(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or record.name.split(".")[0] in OURS


class Cover:
    """`covered(text)` is the text without secrets and addresses; `secrets` are the operator's own."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        known = sorted({each for each in secrets if len(each) >= SHORTEST_SECRET}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def covered(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(COVER, text)
        text = _IN_URL.sub(COVER, text)
        text = _INVITATION.sub(rf"\1.{COVER}", text)
        text = _TOKEN.sub(COVER, text)
        text = _MAIL.sub(COVER, text)
        return _SIX.sub(_unless_no_address, _FOUR.sub(_unless_no_address, text))


class Lines(logging.Formatter):
    """One line a message, whatever is in it; a traceback below."""

    def __init__(self, cover: Cover) -> None:
        super().__init__(LINE)
        self._cover = cover

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = record.message.translate(_CONTROLS)
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None
        return self._cover.covered(super().format(record))


class JsonLines(logging.Formatter):
    def __init__(self, node: str, cover: Cover) -> None:
        super().__init__()
        self._node = node
        self._cover = cover

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        message = self._cover.covered(record.getMessage())
        told: dict[str, object] = {"time": moment, "level": record.levelname.lower(), "logger": record.name, "message": message}
        if self._node:
            told["node"] = self._node
        told["pid"] = record.process
        told |= ids_in(message) | {name: str(value) for name in IDS if (value := getattr(record, name, None)) is not None}
        if record.exc_info and record.exc_info[0] is not None:
            told["exception"] = record.exc_info[0].__name__
            told["stack"] = self._cover.covered("".join(traceback.format_exception(*record.exc_info)))
        return json.dumps(told, ensure_ascii=False)


def ids_in(message: str) -> dict[str, str]:
    """What a message says it is about: a room is a session."""
    return {{"room": "session"}.get(name, name): id_ for name, id_ in _ID.findall(message)}


def secrets_in(settings: Mapping[str, object]) -> Iterator[str]:
    """The values that nobody may read, of settings by their names."""
    for name, value in settings.items():
        if not isinstance(value, str) or not value:
            continue
        if name.endswith(("password", "secret")):
            yield from value.split()
        elif "://" in value and (password := urlsplit(value).password):
            yield password
            yield unquote(password)


def _unless_no_address(found: re.Match[str]) -> str:
    if found[0] == "::":  # as in a slice of a source line
        return found[0]
    try:
        ipaddress.ip_address(found[0])
    except ValueError:
        return found[0]
    return COVER


def _ended_by(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        logging.getLogger("server.logs").critical("the process ends: %s", kind.__name__, exc_info=(kind, error, trace))


def launched(module: str, arguments: Sequence[str], log_format: Format, *, node: str = "", verbose: bool = False) -> list[str]:
    """What to put behind the Python executable so that `module` runs with its log set up."""
    options = ["--format", log_format, *(["--node", node] if node else []), *(["--verbose"] if verbose else [])]
    return ["-m", "server.logs", *options, module, *arguments]


def main(words: Iterable[str], run: Callable[..., object] = runpy.run_module) -> None:
    parser = argparse.ArgumentParser(prog="python -m server.logs")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--node", default="")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("module")
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    arguments = parser.parse_args(list(words))
    set_up(arguments.format, node=arguments.node, verbose=arguments.verbose)
    sys.argv[:] = [arguments.module, *arguments.rest]
    run(arguments.module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
