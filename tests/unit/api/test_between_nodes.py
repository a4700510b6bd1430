"""What one node believes of another: only what carries the cluster's signature, for this request, made just now."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.api.between_nodes import FRESH_S, PassedOn, Signing

PASSED = PassedOn(address="203.0.113.7", scheme="https")


def test_a_signature_holds_for_its_own_request_only() -> None:
    now_s = [1_000_000.0]
    signing = Signing("s" * 32, lambda: now_s[0])
    value = signing.write("POST", "/sessions/x?y=1", PASSED)
    assert signing.read("POST", "/sessions/x?y=1", value) == PASSED
    assert signing.read("GET", "/sessions/x?y=1", value) is None
    assert signing.read("POST", "/sessions/z", value) is None
    assert Signing("t" * 32, lambda: now_s[0]).read("POST", "/sessions/x?y=1", value) is None
    assert signing.read("POST", "/sessions/x?y=1", value.replace("203.0.113.7", "203.0.113.8")) is None
    now_s[0] += FRESH_S + 1
    assert signing.read("POST", "/sessions/x?y=1", value) is None


@given(st.text(max_size=200))
def test_anything_else_is_nothing(value: str) -> None:
    assert Signing("s" * 32).read("GET", "/", value) is None
