"""Debian's coturn as an operator runs it beside the product, on this machine's loopback address, over UDP, TCP and TLS."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.fakes.product import free_port
from tests.requirements import require

SECRET = "north-wall-7"
READY_S = 15.0
_RELAYED_PORTS = 400


@dataclass(frozen=True)
class RelayServer:
    """`urls` in the order udp, tcp, tls."""

    urls: tuple[str, str, str]
    port: int
    tls_port: int
    process: subprocess.Popen[bytes]
    _log: Path

    @property
    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""


@contextlib.asynccontextmanager
async def running_relay(
    folder: Path, *, secret: str = SECRET, more: Sequence[str] = (), config: Path | None = None
) -> AsyncIterator[RelayServer]:
    program = require("coturn")
    folder.mkdir(parents=True, exist_ok=True)
    certificate, key = _self_made(folder)
    port, tls_port, first = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_STREAM), free_port(socket.SOCK_DGRAM)
    first = min(first, 65_535 - _RELAYED_PORTS)
    log = folder / "relay.txt"
    options = [
        *(("-c", str(config)) if config else ("-n",)),
        *("--no-cli", "--no-dtls", "--fingerprint", "--use-auth-secret", f"--static-auth-secret={secret}", "--realm=school.example"),
        *("--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}", f"--tls-listening-port={tls_port}"),
        *(
            "--allow-loopback-peers",
            f"--cert={certificate}",
            f"--pkey={key}",
            f"--min-port={first}",
            f"--max-port={first + _RELAYED_PORTS}",
        ),
        *(f"--userdb={folder / 'turndb'}", f"--pidfile={folder / 'pid'}", "--no-rfc5780", f"--log-file={log}", "--simple-log", "--verbose"),
        *more,
    ]
    process = subprocess.Popen(  # noqa: ASYNC220 -- starting it takes a millisecond
        [str(program), *options], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    urls = (
        f"turn:127.0.0.1:{port}?transport=udp",
        f"turn:127.0.0.1:{port}?transport=tcp",
        f"turns:127.0.0.1:{tls_port}?transport=tcp",
    )
    relay = RelayServer(urls, port, tls_port, process, log)
    try:
        await _listens(relay)
        yield relay
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def _listens(relay: RelayServer) -> None:
    async with asyncio.timeout(READY_S):
        for port in (relay.port, relay.tls_port):
            while True:
                assert relay.process.poll() is None, relay.log
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    await writer.wait_closed()
                    break
                await asyncio.sleep(0.05)


def _self_made(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay.school.example")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=2)).sign(key, hashes.SHA256())
    certificate, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return certificate, key_file
