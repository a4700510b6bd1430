"""An identity provider as a school has one: OpenID Connect with discovery, PKCE, rotating keys, and whatever a test makes it do wrong."""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import secrets
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

CLIENT, SECRET = "microteach", "a secret: with/odd+characters"


class FakeProvider:
    """`somebody` signs in there at once. `wrong` overrides claims of the next tokens; None takes one away."""

    def __init__(self) -> None:
        self.issuer = ""
        self.somebody: dict[str, Any] = {"sub": "1", "name": "Maria Muster"}
        self.wrong: dict[str, Any] = {}
        self.down = False
        self.asked: list[str] = []
        self.key: RSAKey | ECKey = _first_key()
        self.published: list[RSAKey | ECKey] = [self.key]
        self.header: dict[str, Any] = {}
        self._codes: dict[str, dict[str, str]] = {}

    def application(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.get("/.well-known/openid-configuration", self._describe),
                web.get("/keys", self._keys),
                web.get("/authorize", self._authorize),
                web.post("/token", self._token),
            ]
        )
        return app

    def rotate(self) -> None:
        """From RSA to an elliptic curve."""
        self.key = ECKey.generate_key("P-256", {"kid": "second"})
        self.published = [self.key]

    async def _describe(self, request: web.Request) -> web.Response:
        self._ask(request)
        described = {"issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize", "token_endpoint": f"{self.issuer}/token"}
        return web.json_response(described | {"jwks_uri": f"{self.issuer}/keys"})

    async def _keys(self, request: web.Request) -> web.Response:
        self._ask(request)
        return web.json_response({"keys": [key.as_dict(private=False) for key in self.published]})

    async def _authorize(self, request: web.Request) -> web.Response:
        query = dict(request.query)
        assert (query["response_type"], query["code_challenge_method"], query["client_id"]) == ("code", "S256", CLIENT)
        assert "openid" in query["scope"].split()
        code = secrets.token_urlsafe(8)
        self._codes[code] = query
        raise web.HTTPSeeOther(f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}")

    async def _token(self, request: web.Request) -> web.Response:
        self._ask(request)
        form = await request.post()
        query = self._codes.pop(str(form["code"]), None)
        verifier = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        if query is None or query["code_challenge"] != challenge or query["redirect_uri"] != form["redirect_uri"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        if request.headers["Authorization"] != "Basic bWljcm90ZWFjaDphJTIwc2VjcmV0JTNBJTIwd2l0aCUyRm9kZCUyQmNoYXJhY3RlcnM=":
            return web.json_response({"error": "invalid_client"}, status=401)
        return web.json_response({"access_token": "x", "token_type": "Bearer", "id_token": self.token(query["nonce"])})

    def token(self, nonce: str) -> str:
        now_s = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now_s, "exp": now_s + 300, "nonce": nonce} | self.somebody | self.wrong
        claims = {claim: value for claim, value in claims.items() if value is not None}
        header = {"alg": "RS256" if isinstance(self.key, RSAKey) else "ES256", "kid": self.key.kid} | self.header
        return jwt.encode(header, claims, self.key)

    def _ask(self, request: web.Request) -> None:
        if self.down:
            raise web.HTTPServiceUnavailable
        self.asked.append(request.path)


@functools.cache
def _first_key() -> RSAKey:
    """Making one takes longer than all the rest."""
    return RSAKey.generate_key(2048, {"kid": "first"})


@contextlib.asynccontextmanager
async def running_provider() -> AsyncIterator[FakeProvider]:
    provider = FakeProvider()
    runner = web.AppRunner(provider.application(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    provider.issuer = f"http://{host}:{port}"
    try:
        yield provider
    finally:
        await runner.cleanup()
