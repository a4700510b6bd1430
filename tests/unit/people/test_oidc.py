"""Who the school's provider says somebody is: what is believed of it, and what is not. The provider is real and speaks HTTP."""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
import pytest_asyncio
from joserfc import jwt
from joserfc.jwk import RSAKey

from server.people.oidc import Attempt, Provider, ProviderDown, Refused
from tests.fakes.provider import CLIENT, SECRET, FakeProvider, running_provider

BACK = "https://school.example/sign-in/oidc/back"
WRONG: list[dict[str, Any]] = [
    {"iss": "https://evil.example"},
    {"aud": "somebody-else"},
    {"aud": [CLIENT, "somebody-else"]},
    {"aud": [CLIENT, "somebody-else"], "azp": "somebody-else"},
    {"azp": "somebody-else"},
    {"exp": 1_000},
    {"exp": None},
    {"exp": "tomorrow"},
    {"iat": 10**12},
    {"nonce": "of another attempt"},
    {"nonce": None},
    {"sub": ""},
    {"sub": None},
    {"sub": 7},
    {"sub": "x" * 256},
]


class Now:
    """The machine's time, some seconds on."""

    ahead_s = 0

    def now_ms(self) -> int:
        return int(time.time() + self.ahead_s) * 1000


@pytest_asyncio.fixture
async def school() -> AsyncIterator[FakeProvider]:
    async with running_provider() as provider:
        yield provider


def client(school: FakeProvider, clock: Now | None = None) -> Provider:
    return Provider(school.issuer, CLIENT, SECRET, BACK, clock or Now())


async def sign_in(provider: Provider, attempt: Attempt, **changed: str) -> Any:
    """Go there, sign in at once, and come back with the query with which the provider sends people back."""
    async with aiohttp.ClientSession() as browser, browser.get(await provider.way_there(attempt), allow_redirects=False) as answer:
        back = urlsplit(answer.headers["Location"])
    assert answer.headers["Location"].startswith(BACK)
    query = {key: values[0] for key, values in parse_qs(back.query).items()} | changed
    return await provider.come_back(attempt, query)


async def test_who_signs_in_there_is_known_by_issuer_and_subject(school: FakeProvider) -> None:
    provider = client(school)
    who = await sign_in(provider, Attempt("one"))
    assert (who.issuer, who.subject, who.name) == (school.issuer, "1", "Maria Muster")
    await sign_in(provider, Attempt("two"))
    assert school.asked.count("/keys") == 1, "keys and description are kept"
    assert school.asked.count("/.well-known/openid-configuration") == 1


async def test_the_secret_stays_in_the_browser_and_differs_for_each_purpose() -> None:
    attempt = Attempt("secret")
    shown = {attempt.state, attempt.nonce, attempt.challenge, attempt.verifier}
    assert len(shown) == 4
    assert all(len(each) == 43 and "secret" not in each for each in shown)


async def test_a_token_that_is_not_for_this_attempt_signs_nobody_in(school: FakeProvider) -> None:
    provider = client(school)
    for wrong in WRONG:
        school.wrong = wrong
        with pytest.raises(Refused):
            assert await sign_in(provider, Attempt("one")) is wrong


async def test_several_audiences_are_fine_when_it_was_made_for_us(school: FakeProvider) -> None:
    school.wrong = {"aud": [CLIENT, "somebody-else"], "azp": CLIENT}
    assert (await sign_in(client(school), Attempt("one"))).subject == "1"


@pytest.mark.parametrize(("ahead_s", "believed"), [(300 + 50, True), (300 + 70, False), (-50, True), (-70, False)])
async def test_clocks_may_differ_by_a_minute(school: FakeProvider, ahead_s: int, believed: bool) -> None:
    clock = Now()
    clock.ahead_s = ahead_s
    if believed:
        assert await sign_in(client(school, clock), Attempt("one"))
    else:
        with pytest.raises(Refused):
            await sign_in(client(school, clock), Attempt("one"))


async def test_a_new_key_of_the_provider_is_fetched_once_a_minute_at_most(school: FakeProvider) -> None:
    clock = Now()
    provider = client(school, clock)
    await sign_in(provider, Attempt("one"))
    school.rotate()
    with pytest.raises(Refused):
        await sign_in(provider, Attempt("two"))
    clock.ahead_s = 61
    school.wrong = {"exp": int(time.time()) + 3600, "iat": int(time.time())}
    assert (await sign_in(provider, Attempt("three"))).subject == "1"
    assert school.asked.count("/keys") == 2


async def test_a_token_signed_by_somebody_else_or_not_at_all_signs_nobody_in(school: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = school.token
    public = school.key.as_pem(private=False)

    def claims(nonce: str) -> dict[str, Any]:
        return dict(jwt.decode(genuine(nonce), school.key, algorithms=["RS256"]).claims)

    forged = {
        "another key, same name": lambda nonce: jwt.encode({"alg": "RS256", "kid": "first"}, claims(nonce), RSAKey.generate_key(2048)),
        "public key as a shared secret": lambda nonce: signed_with(public, genuine(nonce).split(".")[1]),
        "no signature": lambda nonce: ".".join(("eyJhbGciOiJub25lIn0", genuine(nonce).split(".")[1], "")),
        "no token": lambda _: "nonsense",
    }
    for what, token in forged.items():
        monkeypatch.setattr(school, "token", token)
        with pytest.raises(Refused):
            await sign_in(client(school), Attempt(what))


def signed_with(secret: bytes, claims: str) -> str:
    """By hand, since the library refuses to."""
    header = encoded(b'{"alg":"HS256","kid":"first"}')
    text = f"{header}.{claims}"
    return f"{text}.{encoded(hmac.digest(secret, text.encode(), 'sha256'))}"


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


async def test_keys_that_a_token_names_are_never_fetched(school: FakeProvider) -> None:
    async with running_provider() as evil:
        evil.issuer, evil.somebody = school.issuer, {"sub": "of somebody else"}
        evil.key = RSAKey.generate_key(2048)
        evil.header = {"jku": "http://127.0.0.1:1/keys", "kid": "first"}
        school.token = evil.token  # type: ignore[method-assign]
        with pytest.raises(Refused):
            await sign_in(client(school), Attempt("one"))
        assert evil.asked == []


@pytest.mark.parametrize(
    "changed", [{"state": "another"}, {"state": ""}, {"iss": "https://evil.example"}, {"error": "access_denied"}, {"code": ""}]
)
async def test_coming_back_with_something_else_than_was_sent_signs_nobody_in(school: FakeProvider, changed: dict[str, str]) -> None:
    with pytest.raises(Refused):
        await sign_in(client(school), Attempt("one"), **changed)
    assert "/token" not in school.asked


async def test_a_code_of_another_attempt_or_used_before_is_worth_nothing(school: FakeProvider) -> None:
    provider, mine, other = client(school), Attempt("mine"), Attempt("other")
    async with aiohttp.ClientSession() as browser, browser.get(await provider.way_there(other), allow_redirects=False) as answer:
        code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
    with pytest.raises(Refused):
        await provider.come_back(mine, {"code": code, "state": mine.state})


async def test_a_provider_that_is_down_or_says_nonsense_is_told_apart_from_a_refusal(school: FakeProvider) -> None:
    school.down = True
    with pytest.raises(ProviderDown):
        await client(school).way_there(Attempt("one"))
    school.down, genuine = False, school.issuer
    school.issuer = "https://evil.example"
    with pytest.raises(ProviderDown, match="another issuer"):
        await Provider(genuine, CLIENT, SECRET, BACK, Now()).way_there(Attempt("one"))
    with pytest.raises(ProviderDown):
        await Provider("http://127.0.0.1:1", CLIENT, SECRET, BACK, Now()).way_there(Attempt("one"))


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "  Maria \n Muster "}, "Maria Muster"),
        ({"name": 7, "given_name": "Maria"}, "Maria"),
        ({"preferred_username": "m.muster"}, "m.muster"),
        ({"name": "\u202e\u0007"}, ""),
        ({"name": "x" * 100}, "x" * 60),
    ],
)
async def test_a_name_is_text_of_at_most_60_letters(school: FakeProvider, claims: dict[str, Any], name: str) -> None:
    school.somebody = {"sub": "1"} | claims
    assert (await sign_in(client(school), Attempt("one"))).name == name
