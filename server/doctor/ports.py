"""The ports: free or ours, and whether a datagram arrives at each address that browsers are told.

While Microteach runs, its worker is asked as a browser asks it: a connection for trial (from the operator's own listener), then
authenticated checks. Else a socket of our own stands in for it.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import json
import secrets
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from server.addresses import resolved
from server.doctor.address import is_own
from server.doctor.findings import WAIT_S, About, Finding, fail, ok, warn
from server.doctor.holders import holder_of
from server.media.stun import BINDING_SUCCESS, binding_request
from server.settings import SettingsError

TRIES, TRY_S = 3, 0.4
FIREWALL = "Open it: nft add rule inet filter input udp dport {port} accept (or ufw allow {port}/udp, firewall-cmd --add-port={port}/udp)."


@dataclass(frozen=True)
class Trial:
    """A connection that the worker has answered to: where it says it is, and what a check has to prove."""

    addresses: tuple[tuple[str, int], ...]
    username: str
    password: str


def check_ports(about: About) -> Iterator[Finding]:
    settings = about.settings
    listening = {"listen": settings.listen, "metrics_listen": settings.metrics_listen, "node_listen": settings.node_listen}
    for key, value in listening.items():
        if value:
            host, _, port = value.rpartition(":")
            yield from _tcp(key, host.strip("[]"), int(port), runs=about.runs)
    yield from _media(about)


def _tcp(key: str, host: str, port: int, *, runs: bool) -> Iterator[Finding]:
    if runs:
        at = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
        try:
            socket.create_connection((at, port), WAIT_S).close()
        except OSError as error:
            yield fail(
                "port_silent", f"Microteach runs, and {key} ({port}) does not answer: {error.strerror or 'too late'}.", "Look into its log."
            )
        else:
            yield ok("port_answers", f"{key}: port {port} answers")
        return
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
            trial.listen()
    except OSError as error:
        yield _refused(key, "tcp", port, error)
    else:
        yield ok("port_free", f"{key}: port {port} is free")


def _refused(key: str, kind: str, port: int, error: OSError) -> Finding:
    if error.errno == errno.EADDRINUSE:
        by = holder_of(kind, port)
        return fail(
            "port_taken",
            f"{key}: port {port} is used by {by or 'another program'}.",
            f"End that program, or choose another port for {key}.",
        )
    if error.errno == errno.EACCES:
        do = "Choose one above 1023 behind a proxy, or give the right: setcap cap_net_bind_service, AmbientCapabilities= of systemd."
        return fail("port_forbidden", f"{key}: port {port} needs special rights.", do)
    if error.errno == errno.EADDRNOTAVAIL:
        return fail("address_not_here", f"{key}: its address is none of this machine's.", "Use 0.0.0.0, or one of its addresses.")
    return fail("port_unusable", f"{key}: port {port} cannot be used: {error.strerror}.", f"Correct {key}.")


def _media(about: About) -> Iterator[Finding]:
    settings = about.settings
    try:
        advertised = resolved(settings.advertise)
    except SettingsError as error:
        yield fail("advertise_unknown", f"{error}.", "Write the address itself, or enter the name in the name service (DNS).")
        return
    if about.runs:
        yield from _running_worker(about)
        return
    shown = settings.advertise_port or settings.media_port
    try:
        with contextlib.ExitStack() as stack:
            sockets = [stack.enter_context(each) for each in _bound(settings.media_port)]
            yield ok("media_port_free", f"media_port: UDP port {settings.media_port} is free")
            for address in advertised or own_addresses():
                yield _arrival(about, address, shown, arrives(sockets, (address, shown)))
    except OSError as error:
        yield _refused("media_port", "udp", settings.media_port, error)


def _running_worker(about: About) -> Iterator[Finding]:
    settings = about.settings
    if not settings.metrics_listen:
        tip = "Set metrics_listen, or run this again while Microteach is stopped."
        yield ok(
            "media_not_tried", "Whether sound and picture arrive was not tried: the running worker can be asked at metrics_listen only", tip
        )
        return
    trial = ask_for_trial(settings.metrics_listen)
    if trial is None:
        yield fail("media_no_answer", "The media worker gives no connection to try.", "Look into the log: the media worker may not run.")
        return
    for address in trial.addresses:
        yield _arrival(about, *address, answers(trial, address))


def _arrival(about: About, address: str, port: int, arrived: bool) -> Finding:
    if arrived:
        return ok("media_arrives", f"Sound and picture arrive at {address}, UDP port {port}")
    if is_own(address):
        return fail("media_blocked", f"Nothing arrives at {address}, UDP port {port}.", FIREWALL.format(port=about.settings.media_port))
    return warn(
        "media_not_from_here",
        f"Nothing comes back from {address}, UDP port {port}. Address translation often hides that from the machine itself.",
        "Open an invitation on a phone without Wi-Fi: the page before the room tries it. "
        + FIREWALL.format(port=about.settings.media_port),
    )


def own_addresses() -> tuple[str, ...]:
    """As the worker finds them when none are advertised."""
    from server.media.worker import own_addresses as found

    return found()


def arrives(sockets: Sequence[socket.socket], to: tuple[str, int]) -> bool:
    """Whether a datagram to that address comes out of one of the sockets."""
    family = socket.AF_INET6 if ":" in to[0] else socket.AF_INET
    word = secrets.token_bytes(16)
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        for _ in range(TRIES):
            with contextlib.suppress(OSError):
                sender.sendto(word, to)
            if any(_received(each, word) for each in sockets if each.family == family):
                return True
    return False


def _received(bound: socket.socket, word: bytes) -> bool:
    until_s = time.monotonic() + TRY_S
    while (left_s := until_s - time.monotonic()) > 0:
        bound.settimeout(left_s)
        try:
            if bound.recv(2048) == word:
                return True
        except TimeoutError:
            return False
        except OSError:
            return False
    return False


def answers(trial: Trial, to: tuple[str, int]) -> bool:
    """Whether the running worker answers an authenticated check there."""
    family = socket.AF_INET6 if ":" in to[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as line:
        for _ in range(TRIES):
            transaction = secrets.token_bytes(12)
            try:
                line.settimeout(TRY_S)
                line.sendto(binding_request(transaction, trial.username, trial.password), to)
                answer = line.recv(2048)
            except OSError:
                continue
            if answer[:2] == BINDING_SUCCESS.to_bytes(2, "big") and answer[8:20] == transaction:
                return True
    return False


def ask_for_trial(metrics_listen: str) -> Trial | None:
    host, _, port = metrics_listen.rpartition(":")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host.strip("[]"), host.strip("[]"))
    ufrag, password = secrets.token_hex(4), secrets.token_hex(12)
    connection = http.client.HTTPConnection(host, int(port), timeout=WAIT_S)
    try:
        connection.request("POST", "/connection", json.dumps({"sdp": _offer(ufrag, password)}), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        told: Any = json.loads(answer.read(100_000)) if answer.status == 200 else {}
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return read_trial(str(told.get("sdp", "")), ufrag)


def read_trial(sdp: str, own_ufrag: str) -> Trial | None:
    values = dict(line[2:].partition(":")[::2] for line in reversed(sdp.splitlines()) if line.startswith("a=ice-"))
    fields = [line.split() for line in sdp.splitlines() if line.startswith("a=candidate:")]
    addresses = tuple(dict.fromkeys((each[4], int(each[5])) for each in fields if len(each) > 5 and each[2].lower() == "udp"))
    if not (addresses and "ice-ufrag" in values and "ice-pwd" in values):
        return None
    return Trial(addresses, f"{values['ice-ufrag']}:{own_ufrag}", values["ice-pwd"])


def _offer(ufrag: str, password: str) -> str:
    """Of a connection that sends nothing; nobody will go on with it, so its fingerprint is any."""
    fingerprint = ":".join(f"{byte:02X}" for byte in secrets.token_bytes(32))
    lines = (
        "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0", "a=rtcp-mux", "a=mid:0", "a=inactive",
        f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{password}", f"a=fingerprint:sha-256 {fingerprint}", "a=setup:actpass",
        "a=rtpmap:111 opus/48000/2",
    )  # fmt: skip
    return "\r\n".join(lines) + "\r\n"


def _bound(port: int) -> Iterator[socket.socket]:
    """Both families, as the worker does; without IPv6 on the machine IPv4 alone. Raises OSError when the port is taken."""
    for family, host in ((socket.AF_INET, ""), (socket.AF_INET6, "::")):
        try:
            bound = socket.socket(family, socket.SOCK_DGRAM)
        except OSError:
            continue
        try:
            if family == socket.AF_INET6:
                bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            bound.bind((host, port))
        except OSError as error:
            bound.close()
            if family == socket.AF_INET or error.errno == errno.EADDRINUSE:
                raise
            continue
        yield bound
