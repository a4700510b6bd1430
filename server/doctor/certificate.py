"""`tls_cert` and `tls_key`: dates, names, chain, whether they belong together, and who may read the key."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from server.doctor.findings import About, Finding, fail, ok, warn

SOON = timedelta(days=14)


def check_certificate(about: About) -> Iterator[Finding]:
    settings = about.settings
    if not settings.tls_cert:
        return
    try:
        chain = x509.load_pem_x509_certificates(Path(settings.tls_cert).read_bytes())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    except ssl.SSLError as error:
        words = "do not belong together" if error.reason == "KEY_VALUES_MISMATCH" else "cannot be used together"
        yield fail(
            "key_mismatch",
            f"tls_cert and tls_key {words}.",
            "Give the key that the certificate was asked for with, in PEM, without a password.",
        )
        return
    except OSError as error:
        yield fail(
            "certificate_unreadable", f"{error.filename}: {error.strerror}.", "Give the account that runs Microteach the right to read it."
        )
        return
    except ValueError:
        yield fail("certificate_wrong", f"{settings.tls_cert} holds no certificate.", "It begins with -----BEGIN CERTIFICATE-----.")
        return
    yield from _dates(chain[0], datetime.now(UTC))
    if settings.public_url:
        yield _names(chain[0], urlsplit(settings.public_url).hostname or "")
    yield _chain(chain)
    if Path(settings.tls_key).stat().st_mode & 0o007:
        yield warn("key_readable", f"Everybody on this machine may read {settings.tls_key}.", f"chmod 640 {settings.tls_key}")


def _dates(leaf: x509.Certificate, now: datetime) -> Iterator[Finding]:
    begins, ends = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    if now > ends:
        yield fail(
            "certificate_ended", f"The certificate ended on {ends:%d %B %Y}: browsers refuse it.", "Renew it, and restart the server."
        )
    elif now < begins:
        yield fail("certificate_not_yet", f"The certificate begins on {begins:%d %B %Y}.", "Look at this machine's clock, or wait.")
    elif ends - now < SOON:
        yield warn("certificate_ends", f"The certificate ends on {ends:%d %B %Y}.", "Renew it, and restart the server.")
    else:
        yield ok("certificate_dates", f"The certificate holds until {ends:%d %B %Y}")


def _names(leaf: x509.Certificate, host: str) -> Finding:
    found = names_of(leaf)
    if covers(found, host):
        return ok("certificate_name", f"The certificate is for {host}")
    listed = ", ".join(found) or "no name at all"
    return fail(
        "certificate_other_name", f"The certificate is for {listed}, not for {host}.", "Ask for one with that name, or correct public_url."
    )


def _chain(chain: Sequence[x509.Certificate]) -> Finding:
    leaf = chain[0]
    if leaf.issuer == leaf.subject:
        return warn(
            "certificate_self_made",
            "The certificate has signed itself: every browser warns, and phones often refuse.",
            "Get one from Let's Encrypt, from your organisation, or make an authority of your own that devices are told to trust.",
        )
    for below, above in pairwise(chain):
        try:
            below.verify_directly_issued_by(above)
        except (ValueError, TypeError, InvalidSignature):
            return fail(
                "certificate_chain_order",
                "The certificates in tls_cert do not follow each other.",
                "First the server's own, then its issuer, and so on.",
            )
    if len(chain) == 1:
        return warn(
            "certificate_chain_short",
            "tls_cert holds the server's certificate alone; phones and Firefox often need its issuer too.",
            "Use the file with the whole chain (fullchain.pem), unless the issuer is an authority that devices know.",
        )
    return ok("certificate_chain", f"The chain has {len(chain)} certificates in the right order")


def names_of(leaf: x509.Certificate) -> list[str]:
    try:
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [*found.get_values_for_type(x509.DNSName), *map(str, found.get_values_for_type(x509.IPAddress))]


def covers(names: Sequence[str], host: str) -> bool:
    """A star stands for one label, as browsers read it."""
    try:
        return str(ip_address(host)) in names
    except ValueError:
        pass
    host = host.lower()
    above = host.partition(".")[2]
    return any(name.lower() in (host, f"*.{above}") for name in names)
