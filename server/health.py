"""`microteach health`: asks the node that runs on this machine whether it is well, for a container's health check.

By HTTP at the operator's own listener, else at the address of the pages. Quick to start: standard library and settings only.
"""

from __future__ import annotations

import argparse
import http.client
import json
import ssl
import sys
from pathlib import Path

from server.settings import Settings, SettingsError, read_settings

DEFAULT_FILE = Path("microteach.toml")
TIMEOUT_S = 5.0
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "*": "127.0.0.1"}


def add_health_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    _options(commands.add_parser("health", help="ask the node that runs here whether it is well (exit code 0 or 1)"))


def run_health(arguments: argparse.Namespace) -> int:
    """0: it is; 1: it is not, with a line that says why; 2: the settings are wrong."""
    file = arguments.settings or (DEFAULT_FILE if DEFAULT_FILE.exists() else None)
    try:
        settings = read_settings(file)
    except SettingsError as error:
        print(f"microteach: {error}", file=sys.stderr)
        return 2
    well, words = look(settings, ready=arguments.ready)
    print(words, file=sys.stdout if well else sys.stderr)
    return 0 if well else 1


def look(settings: Settings, *, ready: bool = False) -> tuple[bool, str]:
    """`ready`: whether new people can come in, not only whether it lives."""
    if not settings.metrics_listen:
        if ready:
            return False, "metrics_listen is empty: nobody can be asked whether this node is ready"
        status, _ = _ask(settings.host, settings.port, "/", tls=bool(settings.tls_cert))
        return (status == 200, "pages are served" if status == 200 else f"pages are not served ({status or 'no answer'})")
    host, _, port = settings.metrics_listen.rpartition(":")
    status, body = _ask(host.strip("[]"), int(port), "/readyz" if ready else "/healthz", tls=False)
    if status == 200:
        return True, "ready" if ready else "alive"
    return False, "; ".join(_reasons(body)) or f"not well ({status or 'no answer'})"


def _ask(host: str, port: int, path: str, *, tls: bool) -> tuple[int, bytes]:
    """Status 0: nobody answers."""
    host = EVERYWHERE.get(host, host)
    if tls:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # this machine, whatever name the certificate has
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read(65_536)
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def _reasons(body: bytes) -> list[str]:
    try:
        parts = json.loads(body)["parts"]
        return [f"{name}: {part['why']}" for name, part in parts.items() if not part["ok"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ready", action="store_true", help="whether new people can come in, not only whether it lives")
    parser.add_argument("--settings", type=Path, help="settings file (default: microteach.toml if there is one)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="microteach health")
    _options(parser)
    sys.exit(run_health(parser.parse_args()))
