"""Signing in at the school's own provider: OpenID Connect 1.0, code flow with PKCE (RFC 7636), as its client.

Invariant: requests go only to the configured issuer and to the addresses that its own document names; nothing that comes with a
request or in a token is ever fetched. It says who somebody is at the provider, and knows no person of ours.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import quote, urlencode, urlsplit

import aiohttp
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from server.clock import Clock

ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "Ed25519", "EdDSA"]  # signatures only: none of those made with a shared secret
SKEW_S = 60
TIMEOUT = aiohttp.ClientTimeout(total=10)
MOST_BYTES = 256 * 1024
KEPT_MS = 24 * 3_600_000
KEYS_AGAIN_MS = 60_000
MOST_TOKEN = 16 * 1024


class ProviderDown(Exception):
    """It did not answer, or not as the specification says. The message is for the log and holds no text of anybody's."""


class Refused(Exception):
    """Whoever came back was not signed in. The message is for the log."""


class Attempt:
    """One way there and back. All that must come back is derived from one secret, which stays in the browser that began it."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    @property
    def state(self) -> str:
        return self._derive("state")

    @property
    def nonce(self) -> str:
        return self._derive("nonce")

    @property
    def verifier(self) -> str:
        return self._derive("verifier")

    @property
    def challenge(self) -> str:
        return _base64url(hashlib.sha256(self.verifier.encode()).digest())

    def _derive(self, purpose: str) -> str:
        return _base64url(hmac.new(self._secret.encode(), purpose.encode(), hashlib.sha256).digest())


class AtProvider(msgspec.Struct, frozen=True, kw_only=True):
    """Who somebody is there. `name` may be empty; an address is not asked for."""

    issuer: str
    subject: str
    name: str


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """What the client needs of the provider's own description (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Provider:
    def __init__(self, issuer: str, client_id: str, client_secret: str, back: str, clock: Clock) -> None:
        """`back`: the whole address to which the provider sends people."""
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._back = back
        self._clock = clock
        self._addresses: tuple[Addresses, int] | None = None
        self._keys: tuple[KeySet, int] | None = None

    async def way_there(self, attempt: Attempt) -> str:
        """The address at which somebody signs in. Raises ProviderDown."""
        there = (await self._described()).authorization_endpoint
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._back,
            "scope": "openid profile",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        return f"{there}{'&' if '?' in there else '?'}{urlencode(query)}"

    async def come_back(self, attempt: Attempt, query: Mapping[str, str]) -> AtProvider:
        """Whom the provider sends back with this query. Raises ProviderDown and Refused."""
        if not hmac.compare_digest(query.get("state", "").encode(), attempt.state.encode()):
            raise Refused("state")
        described = await self._described()
        if query.get("iss", self._issuer) != self._issuer or (
            described.authorization_response_iss_parameter_supported and "iss" not in query
        ):
            raise Refused("iss")  # RFC 9207: sent by another provider than the one that was asked
        if "error" in query or not query.get("code"):
            raise Refused("no code")
        token = await self._exchange(described, query["code"], attempt.verifier)
        return await self._read(token, attempt.nonce)

    async def _exchange(self, described: Addresses, code: str, verifier: str) -> str:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._back, "code_verifier": verifier}
        headers: dict[str, str] = {}
        if not self._client_secret:
            form["client_id"] = self._client_id
        elif "client_secret_basic" in described.token_endpoint_auth_methods_supported:
            pair = f"{quote(self._client_id, safe='')}:{quote(self._client_secret, safe='')}"  # RFC 6749, section 2.3.1
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": self._client_id, "client_secret": self._client_secret}
        token = (await self._ask(described.token_endpoint, form, headers)).get("id_token")
        if not isinstance(token, str) or len(token) > MOST_TOKEN:
            raise ProviderDown("no id_token")
        return token

    async def _read(self, token: str, nonce: str) -> AtProvider:
        """What an id_token says, checked (OpenID Connect Core 1.0, section 3.1.3.7)."""
        try:
            claims = await self._verified(token)
            now_s = self._clock.now_ms() // 1000
            jwt.JWTClaimsRegistry(
                now=now_s,
                leeway=SKEW_S,
                iss={"essential": True, "value": self._issuer},
                sub={"essential": True},
                aud={"essential": True, "value": self._client_id},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": nonce},
            ).validate(claims)
        except (JoseError, ValueError) as error:
            raise Refused(f"id_token: {type(error).__name__}") from error
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else self._client_id) != self._client_id:
            raise Refused("azp")
        if not 0 < len(claims["sub"]) <= 255:
            raise Refused("sub")
        return AtProvider(issuer=self._issuer, subject=claims["sub"], name=_name_in(claims))

    async def _verified(self, token: str) -> dict[str, Any]:
        """Its keys are asked for again when it signs with one that is not known, once a minute at most."""
        keys, fetched_ms = self._keys or await self._fetch_keys()
        try:
            return jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        except (JoseError, ValueError):
            if self._clock.now_ms() - fetched_ms < KEYS_AGAIN_MS:
                raise
        keys, _ = await self._fetch_keys()
        return jwt.decode(token, keys, algorithms=ALGORITHMS).claims

    async def _fetch_keys(self) -> tuple[KeySet, int]:
        answer = await self._ask((await self._described()).jwks_uri)
        try:
            found = KeySet.import_key_set(cast(Any, answer))
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderDown(f"keys: {type(error).__name__}") from error
        self._keys = (found, self._clock.now_ms())
        return self._keys

    async def _described(self) -> Addresses:
        if self._addresses and self._clock.now_ms() - self._addresses[1] < KEPT_MS:
            return self._addresses[0]
        answer = await self._ask(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            described = msgspec.convert(answer, Addresses)
        except msgspec.ValidationError as error:
            raise ProviderDown(f"description: {error}") from error
        if described.issuer != self._issuer:
            raise ProviderDown("the description is of another issuer")
        for address in (described.authorization_endpoint, described.token_endpoint, described.jwks_uri):
            if urlsplit(address).scheme not in ("https", urlsplit(self._issuer).scheme):
                raise ProviderDown("the description names an address without https")
        self._addresses = (described, self._clock.now_ms())
        return described

    async def _ask(self, url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """A JSON object. No redirect is followed: it could lead anywhere."""
        method, sent = ("GET", None) if form is None else ("POST", form)
        try:
            async with (
                aiohttp.ClientSession(timeout=TIMEOUT, headers={"Accept": "application/json"}) as client,
                client.request(method, url, data=sent, headers=headers, allow_redirects=False) as answer,
            ):
                if answer.status != 200:
                    if form is not None and answer.status in (400, 401):
                        raise Refused(f"token endpoint: {answer.status}")
                    raise ProviderDown(f"{urlsplit(url).path}: {answer.status}")
                body = await _read_at_most(answer.content, MOST_BYTES)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ProviderDown(f"{urlsplit(url).path}: {type(error).__name__}") from error
        try:
            found = json.loads(body)
        except ValueError as error:
            raise ProviderDown(f"{urlsplit(url).path}: no JSON") from error
        if not isinstance(found, dict):
            raise ProviderDown(f"{urlsplit(url).path}: no JSON object")
        return found


async def _read_at_most(stream: aiohttp.StreamReader, most_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in stream.iter_any():
        body += chunk
        if len(body) > most_bytes:
            raise ProviderDown("a very long answer")
    return bytes(body)


def _name_in(claims: Mapping[str, Any]) -> str:
    for claim in ("name", "given_name", "preferred_username"):
        value = claims.get(claim)
        if isinstance(value, str) and (name := _plain(value)):
            return name[:60]
    return ""


def _plain(text: str) -> str:
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
