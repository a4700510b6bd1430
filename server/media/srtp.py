"""SRTP and SRTCP of one direction of one transport, on the sessions that the DTLS handshake made.

Invariant: a packet that fails (forged, replayed, too long) is None, never an exception. Bytes in, bytes out.
The only module that touches pylibsrtp's binding; without it the public Session does the same, a little slower.
"""

from __future__ import annotations

import contextlib
from typing import Any

import cffi
import pylibsrtp

try:
    from pylibsrtp._binding import ffi, lib
except ImportError:  # the public interface stays when the binding is renamed
    ffi = lib = None

_public_ffi = cffi.FFI()
MAX_PACKET_BYTES = 2048
_TRAILER_BYTES = 4 + 16 + 128  # SRTCP index, tag, MKI


class Srtp:
    """One direction. The keys are in `session`; `allow_repeat_tx` must be set so that resends are possible."""

    def __init__(self, session: pylibsrtp.Session) -> None:
        self._session = session
        self._handle: Any = session._srtp[0] if lib is not None and hasattr(session, "_srtp") else None

    @property
    def address(self) -> int:
        """Of libsrtp's session, 0 without the binding."""
        return int(ffi.cast("uintptr_t", self._handle)) if self._handle is not None else 0

    def protect_in_place(self, packet: Any, length: Any) -> bool:
        """`packet` and `length` are memory of cffi (`uint8_t *` with room for the trailer, `int *`). False when it is not sealed."""
        if self._handle is not None:
            return bool(lib.srtp_protect(self._handle, packet, length) == _ok)
        memory = _public_ffi.buffer(packet, length[0] + _TRAILER_BYTES)
        sealed = _publicly(self._session.protect, bytes(memory[: length[0]]))
        if sealed is None:
            return False
        memory[: len(sealed)] = sealed
        length[0] = len(sealed)
        return True

    def forget(self, ssrc: int) -> None:
        """Its counters start anew: nothing may ever be protected under this SSRC again."""
        with contextlib.suppress(pylibsrtp.Error):  # nothing was sent under it
            self._session.remove_stream(ssrc)

    def protect_rtp(self, packet: bytes) -> bytes | None:
        if self._handle is None:
            return _publicly(self._session.protect, packet)
        return _process(lib.srtp_protect, self._handle, packet)

    def unprotect_rtp(self, packet: bytes) -> bytes | None:
        if self._handle is None:
            return _publicly(self._session.unprotect, packet)
        return _process(lib.srtp_unprotect, self._handle, packet)

    def protect_rtcp(self, packet: bytes) -> bytes | None:
        if self._handle is None:
            return _publicly(self._session.protect_rtcp, packet)
        return _process(lib.srtp_protect_rtcp, self._handle, packet)

    def unprotect_rtcp(self, packet: bytes) -> bytes | None:
        if self._handle is None:
            return _publicly(self._session.unprotect_rtcp, packet)
        return _process(lib.srtp_unprotect_rtcp, self._handle, packet)


def protect_address() -> int:
    """Of libsrtp's function for the native loop, 0 without the binding."""
    return int(ffi.cast("uintptr_t", ffi.addressof(lib, "srtp_protect"))) if lib is not None else 0


if lib is not None:
    # one arena for all sessions: the worker has one thread and every call copies its result out
    _arena = ffi.new("char[]", MAX_PACKET_BYTES + _TRAILER_BYTES)
    _arena_bytes = ffi.buffer(_arena)
    _length = ffi.new("int *")
    _ok = lib.srtp_err_status_ok


def _process(function: Any, handle: Any, packet: bytes) -> bytes | None:
    size = len(packet)
    if size > MAX_PACKET_BYTES or size < 8:
        return None
    _arena_bytes[0:size] = packet
    _length[0] = size
    if function(handle, _arena, _length) != _ok:
        return None
    return bytes(_arena_bytes[0 : _length[0]])


def _publicly(function: Any, packet: bytes) -> bytes | None:
    try:
        return bytes(function(packet))
    except (pylibsrtp.Error, ValueError):
        return None
