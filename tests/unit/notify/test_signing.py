"""Signatures as another program, written from the specification, checks them."""

from __future__ import annotations

import pytest

from server.notify.signing import read_secrets, signatures

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + "A" * 40


def test_the_example_that_is_known() -> None:
    found = signatures(read_secrets(SECRET), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_while_a_secret_is_changed_both_sign() -> None:
    old, new = (signatures(read_secrets(each), "m", 1, b"{}") for each in (SECRET, OTHER))
    assert signatures(read_secrets(f"{OTHER} {SECRET}"), "m", 1, b"{}") == f"{new} {old}"


def test_everything_is_signed() -> None:
    secrets = read_secrets(SECRET)
    assert len({signatures(secrets, *each) for each in (("m", 1, b"a"), ("n", 1, b"a"), ("m", 2, b"a"), ("m", 1, b"b"))}) == 4


@pytest.mark.parametrize("text", ["short", "whsec_", "whsec_c2hvcnQ=", "whsec_!" * 9, SECRET.removeprefix("whsec_"), "whsec_" + "A" * 100])
def test_a_bad_secret_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        read_secrets(text)
    assert read_secrets("") == []
