"""Every name of somebody else's library that is not promised to stay: still there, of the same form, and on one list.

An upgrade that moves one fails here first, with what is to be done; test_seams.py says whether what they do is still the same.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import aioice.ice
import av
import pylibsrtp
import pytest
from aiortc.rtcdtlstransport import SRTP_AEAD_AES_128_GCM, SRTP_PROFILES, RTCCertificate, RTCDtlsTransport, State
from OpenSSL import SSL
from pylibsrtp import _binding

from server.media.dtls import new_certificate

ROOT = Path(__file__).parents[3]
SOURCES = sorted(path for folder in ("server", "recorder") for path in (ROOT / folder).rglob("*.py"))

DTLS = "Look how RTCDtlsTransport makes its SRTP sessions now and follow it in server/media/dtls.py, the only place that knows."
BINDING = "server/media/srtp.py falls back to the public Session by itself, at twice the cost; find the new names there."
NATIVE = "The compiled loop calls it by address: change protect_fn and VERSION in server/media/native."
ADDRESSES = "server/media/worker.py (own_addresses) and server/bots/peer.py ask for the machine's addresses with it: ifaddr does the same."
ARGPARSE = "Only an annotation; any type will do, since argparse promises add_parser on what add_subparsers returns."

SESSION = "struct srtp_ctx_t_ *"
PROTECT = f"srtp_err_status_t(*)({SESSION}, void *, int *)"
SUSPECT = re.compile(r"(?<!\bself)(?<!\bcls)\._[a-z]")


class Pipe:
    """What RTCDtlsTransport takes for its ICE transport, as in server/media/dtls.py."""

    role = "controlled"


def transport() -> RTCDtlsTransport:
    return RTCDtlsTransport(Pipe(), [new_certificate()])  # type: ignore[arg-type]


def session() -> pylibsrtp.Session:
    policy = pylibsrtp.Policy(
        key=bytes(28),
        ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND,
        srtp_profile=pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    )
    return pylibsrtp.Session(policy)


def asks(function: Any, *names: str) -> bool:
    """Whether it awaits or calls these by name."""
    source = inspect.getsource(function)
    return all(name in source for name in names)


def starts_as(name: str, value: object) -> Callable[[], bool]:
    return lambda: bool(getattr(transport(), name) == value)


def binds(function: Callable[..., Any], *names: str) -> bool:
    return [*inspect.signature(function).parameters] == [*names]


def verifies_by_helper() -> bool:
    context = SSL.Context(SSL.DTLS_METHOD)
    context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
    return hasattr(SSL.Connection(context).get_context()._verify_helper, "callback")


# what is leaned on, whether it is so, what to do when it is not
SEAMS: Final[dict[str, tuple[Callable[[], bool], str]]] = {
    "aiortc: RTCDtlsTransport(transport, certificates)": (lambda: binds(RTCDtlsTransport, "transport", "certificates"), DTLS),
    "aiortc: _set_role('server')": (lambda: binds(RTCDtlsTransport._set_role, "self", "role"), DTLS),
    "aiortc: _srtp_profiles is asked when it starts": (lambda: asks(RTCDtlsTransport.start, "self._srtp_profiles"), DTLS),
    "aiortc: SRTP_PROFILES has what we prefer": (lambda: SRTP_AEAD_AES_128_GCM in SRTP_PROFILES, DTLS),
    "aiortc: _state begins as NEW": (starts_as("_state", State.NEW), DTLS),
    "aiortc: State has CONNECTED, CLOSED, FAILED": (lambda: {"CONNECTED", "CLOSED", "FAILED"} <= State.__members__.keys(), DTLS),
    "aiortc: _rx_srtp": (starts_as("_rx_srtp", None), DTLS),
    "aiortc: _tx_srtp": (starts_as("_tx_srtp", None), DTLS),
    "aiortc: _task": (starts_as("_task", None), DTLS),
    "aiortc: _ssl": (starts_as("_ssl", None), DTLS),
    "pyOpenSSL: _verify_helper of a context, with its callback": (verifies_by_helper, DTLS),
    "aiortc: 'statechange' is told": (lambda: asks(RTCDtlsTransport._set_state, '"statechange"'), DTLS),
    "aiortc: reads by _recv of its ICE transport": (lambda: asks(RTCDtlsTransport._recv_next, "self.transport._recv()"), DTLS),
    "aiortc: writes by _send of its ICE transport": (lambda: asks(RTCDtlsTransport._write_ssl, "self.transport._send("), DTLS),
    "aiortc: lets a number be protected twice": (lambda: asks(RTCDtlsTransport._setup_srtp, "allow_repeat_tx = True"), DTLS),
    "aiortc: RTCCertificate": (lambda: callable(RTCCertificate.generateCertificate), DTLS),
    "pylibsrtp: _binding has ffi and lib": (lambda: hasattr(_binding, "ffi") and hasattr(_binding, "lib"), BINDING),
    "pylibsrtp: Session._srtp[0] is the session": (lambda: ctype(session()._srtp[0]) == SESSION, BINDING),
    "pylibsrtp: lib.srtp_err_status_ok": (lambda: _binding.lib.srtp_err_status_ok == 0, BINDING),
    "pylibsrtp: lib.srtp_unprotect": (lambda: ctype(_binding.lib.srtp_unprotect) == PROTECT, BINDING),
    "pylibsrtp: lib.srtp_protect_rtcp": (lambda: ctype(_binding.lib.srtp_protect_rtcp) == PROTECT, BINDING),
    "pylibsrtp: lib.srtp_unprotect_rtcp": (lambda: ctype(_binding.lib.srtp_unprotect_rtcp) == PROTECT, BINDING),
    "pylibsrtp: lib.srtp_protect": (lambda: ctype(_binding.lib.srtp_protect) == PROTECT, NATIVE),
    "pylibsrtp: lib.srtp_protect has an address": (lambda: bool(_binding.ffi.addressof(_binding.lib, "srtp_protect")), NATIVE),
    "pylibsrtp: Session.remove_stream(ssrc)": (lambda: binds(pylibsrtp.Session.remove_stream, "self", "ssrc"), BINDING),
    "aioice: ice.get_host_addresses": (lambda: binds(aioice.ice.get_host_addresses, "use_ipv4", "use_ipv6"), ADDRESSES),
    "aioice: asks by the name that the bots replace": (lambda: asks(aioice.ice, " get_host_addresses("), ADDRESSES),
    "argparse: _SubParsersAction": (lambda: isinstance(argparse._SubParsersAction, type), ARGPARSE),
}

LISTED = {name.split(":")[1].split("(")[0].split("[")[0].split()[0].split(".")[-1] for name in SEAMS}


def ctype(value: Any) -> str:
    return str(_binding.ffi.typeof(value).cname)


@pytest.mark.parametrize("seam", SEAMS)
def test_a_name_that_nobody_promised_is_still_there(seam: str) -> None:
    holds, what_to_do = SEAMS[seam]
    try:
        found = holds()
    except (AttributeError, TypeError, ValueError) as error:
        pytest.fail(f"{seam}: {error}. {what_to_do}", pytrace=False)
    if not found:
        pytest.fail(f"{seam}: not any more. {what_to_do}", pytrace=False)


def test_no_private_name_of_others_is_used_that_is_not_on_the_list() -> None:
    texts = {path: path.read_text() for path in SOURCES}
    suspects = {path: text for path, text in texts.items() if SUSPECT.search(text)}
    used = {name: f"{path.relative_to(ROOT)}:{line}" for path, text in suspects.items() for name, line in private_names(ast.parse(text))}
    missing = {name: place for name, place in used.items() if name not in LISTED}
    assert not missing, "put them on the list above, with what to do when they go, or do without"
    assert {"_rx_srtp", "_srtp", "_binding"} <= used.keys(), "this test finds nothing any more"


def private_names(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """`x._name` unless x is the object itself or a plain name in a file that defines `_name`; and private modules."""
    own = set(own_names(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and "._" in (node.module or ""):
            yield (node.module or "").rpartition(".")[2], node.lineno
        if not isinstance(node, ast.Attribute) or not node.attr.startswith("_") or node.attr.startswith("__"):
            continue
        if isinstance(node.value, ast.Name) and (node.value.id in ("self", "cls") or node.attr in own):
            continue
        yield node.attr, node.lineno


def own_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            yield node.attr
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


@pytest.mark.parametrize("name", ["uvloop", "av"])
def test_what_is_used_of_them_is_public(name: str) -> None:
    """They are leaned on by their documented names alone; this names those without which nothing starts."""
    if name == "uvloop":
        uvloop = pytest.importorskip("uvloop")
        assert callable(uvloop.new_event_loop), "server/media/worker.py and recorder/main.py run on asyncio's own loop without it"
    else:
        assert callable(av.CodecContext.create)
        assert callable(av.open)
