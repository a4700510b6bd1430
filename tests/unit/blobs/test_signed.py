"""Requests that are signed by hand: against the example in Amazon's own documentation."""

from __future__ import annotations

from datetime import UTC, datetime

from server.blobs.signed import Place, signature

# "Signature Calculations for the Authorization Header", GET Bucket (List Objects)
EXAMPLE = Place(
    "https://examplebucket.s3.amazonaws.com", "", "us-east-1", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)
SIGNATURE = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"


def test_a_signature_is_that_of_the_example() -> None:
    now = datetime(2013, 5, 24, tzinfo=UTC)
    headers = signature(EXAMPLE, "GET", "examplebucket.s3.amazonaws.com", "/", "max-keys=2&prefix=J", b"", now)
    assert headers["authorization"].endswith(f"Signature={SIGNATURE}")


def test_a_place_does_not_show_its_secret() -> None:
    assert "EXAMPLEKEY" not in repr(EXAMPLE)
