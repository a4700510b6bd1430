"""Debian's Caddy with the project's own Caddyfile, on this machine's loopback address, with a certificate of its own authority."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.image import ROOT
from tests.fakes.product import free_port
from tests.requirements import require

READY_S = 20.0


@dataclass(frozen=True)
class Caddy:
    url: str
    http_port: int
    process: subprocess.Popen[bytes]
    root: Path
    _log: Path

    @property
    def log(self) -> str:
        return self._log.read_text()

    def trust(self) -> ssl.SSLContext:
        """As a device on which the authority's root was installed."""
        return ssl.create_default_context(cafile=self.root)


@contextlib.contextmanager
def running_caddy(folder: Path, nodes: Sequence[str], *, port: int, health_port: int) -> Iterator[Caddy]:
    program = require("caddy")
    http_port, log = free_port(socket.SOCK_STREAM), folder / "caddy.txt"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "files"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "SITE": "localhost",
        "TLS": "internal",
        "NODES": " ".join(nodes),
        "HTTPS_PORT": str(port),
        "HTTP_PORT": str(http_port),
        "HEALTH_PORT": str(health_port),
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, "run", "--config", ROOT / "config" / "Caddyfile", "--adapter", "caddyfile"],
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    root = folder / "files" / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    caddy = Caddy(f"https://localhost:{port}", http_port, process, root, log)
    try:
        _until_ready(caddy, port)
        yield caddy
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until_ready(caddy: Caddy, port: int) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        assert caddy.process.poll() is None, caddy.log
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port), 1) as raw,
            caddy.trust().wrap_socket(raw, server_hostname="localhost"),
        ):
            return
        time.sleep(0.05)
    raise AssertionError(caddy.log)
