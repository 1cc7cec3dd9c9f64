"""Tokens of outside issuers, and their keys: fetched apart from requests, kept while the issuer is away."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import warnings
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from gateway.issuers import Issuers
from gateway.policy import Role
from gateway.problems import Unauthorized
from gateway.remote_keys import Pace, lifetime, usable_keys
from gateway.tokens import Access, TokenExpired
from schemas.errors import ConnectionFailed
from schemas.settings import IssuerSettings

USER = str(uuid4())
NOW = 1_800_000_000.0
URL = "https://issuer.example/keys"
ED, EC, RSA = (
    OKPKey.generate_key("Ed25519", {"kid": "ed"}),
    ECKey.generate_key("P-256", {"kid": "ec"}),
    RSAKey.generate_key(2048, {"kid": "rsa"}),
)


def public(*keys: Key, **more: Any) -> bytes:
    return json.dumps({"keys": [{**key.as_dict(private=False), **more} for key in keys]}).encode()


def settings(**changes: Any) -> IssuerSettings:
    values = {"issuer": "https://issuer.example", "jwks_url": URL, "audience": "pavilion-inbox"}
    return IssuerSettings(**{**values, "algorithms": ["EdDSA", "ES256", "RS256"], **changes})


def claims(**changes: Any) -> dict[str, Any]:
    good = {"iss": "https://issuer.example", "aud": "pavilion-inbox", "sub": USER, "iat": NOW - 5, "exp": NOW + 300}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def signed(claims: dict[str, Any], key: Key = RSA, alg: str = "RS256", **header: Any) -> str:
    header = {"alg": alg, "kid": key.kid, **header}
    given = {name: value for name, value in header.items() if value is not None}
    registry = JWSRegistry(algorithms=[alg], strict_check_header=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # joserfc would have EdDSA called Ed25519
        return jwt.encode(given, claims, key, registry=registry)


def unsigned(segment: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(segment).encode()).decode().rstrip("=")


class Issuer:
    """What its URL answers; ``fetches`` counts."""

    def __init__(self, body: bytes = b"", max_age: str = "") -> None:
        self.body = body or public(ED, EC, RSA)
        self.max_age = max_age
        self.away = False
        self.fetches = 0
        self.open = asyncio.Event()
        self.open.set()

    async def fetch(self, url: str) -> tuple[bytes, Mapping[str, str]]:
        assert url == URL
        self.fetches += 1
        await self.open.wait()
        if self.away:
            raise ConnectionFailed("fetch keys", "away")
        return self.body, {"cache-control": self.max_age}


QUICK = Pace(retry=(0.001, 0.01), wait=0.1)


@asynccontextmanager
async def started(issuer: Issuer, given: IssuerSettings | None = None, pace: Pace = QUICK) -> AsyncIterator[Issuers]:
    issuers = Issuers([given or settings()], lambda: NOW, fetch=issuer.fetch, pace=pace)
    issuers.start()
    yield issuers
    await issuers.stop()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(("key", "alg"), [(ED, "EdDSA"), (EC, "ES256"), (RSA, "RS256")])
async def test_a_token_of_each_algorithm_is_accepted(key: Key, alg: str) -> None:
    async with started(Issuer()) as issuers:
        token = signed(claims(), key, alg, typ="at+jwt", x="what only the issuer knows")
        assert await issuers.read_access(token) == Access(USER, "", round(NOW + 300), Role.USER)


async def test_tokens_of_nobody_configured_are_not_its_affair() -> None:
    async with started(Issuer()) as issuers:
        for token in ("", "x", "a.b.c", "....", signed(claims(iss="https://other.example")), signed(claims(iss=None))):
            assert await issuers.read_access(token) is None


@pytest.mark.guarantee("G9")
@pytest.mark.parametrize(
    "changes",
    [
        {"aud": None},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": []},
        {"exp": None},
        {"exp": "soon"},
        {"exp": 10**30},
        {"iat": None},
        {"iat": NOW + 3600},
        {"nbf": NOW + 3600},
        {"nbf": "later"},
        {"sub": None},
        {"sub": "ada"},
        {"sub": 5},
        {"iss": ["https://issuer.example"]},
    ],
    ids=str,
)
async def test_claims_are_checked(changes: dict[str, Any]) -> None:
    async with started(Issuer()) as issuers:
        if "iss" in changes:
            assert await issuers.read_access(signed(claims(**changes))) is None
            return
        with pytest.raises(Unauthorized) as refused:
            await issuers.read_access(signed(claims(**changes)))
        assert not isinstance(refused.value, TokenExpired)


async def test_clocks_may_differ_a_little_and_audiences_be_several() -> None:
    async with started(Issuer()) as issuers:
        for changes in ({"iat": NOW + 20}, {"nbf": NOW + 20}, {"aud": ["another", "pavilion-inbox"]}):
            assert await issuers.read_access(signed(claims(**changes)))


async def test_a_token_is_good_until_it_ends_or_is_too_old() -> None:
    """Nobody can revoke it here."""
    given = settings(max_age=timedelta(minutes=20))
    async with started(Issuer(), given) as issuers:
        day = await issuers.read_access(signed(claims(iat=NOW - 60, exp=NOW + 86_400)))
        assert day is not None
        assert day.expires == NOW - 60 + 20 * 60
        for changes in ({"exp": NOW}, {"exp": NOW - 5}, {"iat": NOW - 20 * 60, "exp": NOW + 86_400}):
            with pytest.raises(TokenExpired):
                await issuers.read_access(signed(claims(**changes)))


@pytest.mark.guarantee("G9")
async def test_forged_signatures() -> None:
    other = RSAKey.generate_key(2048, {"kid": "rsa"})
    forged = [
        signed(claims(), other),
        signed(claims(), RSA, kid=None),
        signed(claims(), RSA, kid="unknown"),
        signed(claims(), RSA, kid="../../dev/null"),
        signed(claims(), RSA, kid="ec"),
        signed(claims(), EC, "ES256", kid="rsa"),
        signed(claims(), RSA, "RS512"),
        signed(claims(), RSA, "PS256"),
        signed(claims(), other, jwk=other.as_dict(private=False)),
        signed(claims(), other, jku="https://evil.example/keys"),
    ]
    good = signed(claims())
    header, payload, signature = good.split(".")
    none, hs256 = (unsigned({"alg": alg, "kid": "rsa"}) for alg in ("none", "HS256"))
    forged += [f"{none}.{payload}.", f"{none}.{payload}.{signature}", f"{header}.{payload}."]
    # The public key as the secret: whoever lets the header choose the algorithm accepts this.
    code = hmac.digest(RSA.as_bytes(private=False), f"{hs256}.{payload}".encode(), "sha256")
    forged += [f"{hs256}.{payload}.{base64.urlsafe_b64encode(code).decode().rstrip('=')}"]
    forged += [f"{header}.{payload}.{signature[:-4]}AAAA", f"{header}.{unsigned(claims(exp=NOW + 900))}.{signature}"]
    forged += [f"{unsigned({'alg': 'RS256', 'kid': ['rsa']})}.{payload}.{signature}"]
    async with started(Issuer()) as issuers:
        assert await issuers.read_access(good)
        for token in forged:
            with pytest.raises(Unauthorized):
                await issuers.read_access(token)


@pytest.mark.guarantee("G9")
async def test_a_key_signs_as_it_says_and_as_is_configured() -> None:
    async with started(Issuer(), settings(algorithms=["ES256"])) as issuers:
        assert await issuers.read_access(signed(claims(), EC, "ES256"))
        with pytest.raises(Unauthorized):
            await issuers.read_access(signed(claims()))


async def test_the_user_may_stand_in_another_claim() -> None:
    async with started(Issuer(), settings(user_claim="pavilion_user")) as issuers:
        access = await issuers.read_access(signed(claims(sub="ada", pavilion_user=USER.upper())))
        assert access is not None
        assert access.user_id == USER
        with pytest.raises(Unauthorized):
            await issuers.read_access(signed(claims()))


@pytest.mark.guarantee("G9")
async def test_roles_from_outside_only_where_they_are_configured() -> None:
    async def role(given: IssuerSettings, value: Any) -> Role:
        async with started(Issuer(), given) as issuers:
            access = await issuers.read_access(signed(claims(roles=value)))
            assert access is not None
            return access.role

    assert await role(settings(), ["admin"]) is Role.USER
    configured = settings(role_claim="roles")
    for value, expected in (
        ("support", Role.SUPPORT),
        (["operator", "x"], Role.OPERATOR),
        (["support", "admin"], Role.ADMIN),
        ("service", Role.USER),
        (["anyone"], Role.USER),
        ({"admin": True}, Role.USER),
        (None, Role.USER),
        (["ADMIN", 5, None], Role.USER),
    ):
        assert await role(configured, value) is expected, value


class TestKeys:
    async def test_what_came_last_stays_while_the_issuer_is_away(self) -> None:
        issuer = Issuer()
        async with started(issuer, pace=Pace(lifetime=(0.01, 0.01), default=0.01, retry=(0.001, 0.005))) as issuers:
            assert await issuers.read_access(signed(claims()))
            issuer.away = True
            seen = issuer.fetches
            await until(lambda: issuer.fetches > seen + 5)
            assert await issuers.read_access(signed(claims()))
            issuer.away = False
            for broken in (b"", b"no json", b"[]", b"{}", b'{"keys": []}', b'{"keys": 5}', b"[" * 100_000):
                issuer.body, seen = broken, issuer.fetches
                await until(lambda seen=seen: issuer.fetches > seen + 1)  # type: ignore[misc]
                assert await issuers.read_access(signed(claims())), broken

    async def test_they_are_fetched_again_before_they_end(self) -> None:
        issuer = Issuer(public(RSA))
        async with started(issuer, pace=Pace(lifetime=(0.05, 0.05), default=0.05)) as issuers:
            with pytest.raises(Unauthorized):
                await issuers.read_access(signed(claims(), EC, "ES256"))
            issuer.body = public(EC)
            seen = issuer.fetches
            await until(lambda: issuer.fetches > seen + 1)
            assert await issuers.read_access(signed(claims(), EC, "ES256"))
            with pytest.raises(Unauthorized):  # the old key was taken back
                await issuers.read_access(signed(claims()))

    async def test_an_unknown_key_is_looked_for_at_once_but_once_a_minute(self) -> None:
        issuer = Issuer(public(RSA))
        async with started(issuer) as issuers:
            assert await issuers.read_access(signed(claims()))
            issuer.body = public(RSA, EC)
            assert await issuers.read_access(signed(claims(), EC, "ES256")), "a rotation is seen by the first token"
            assert issuer.fetches == 2
            for number in range(50):
                with pytest.raises(Unauthorized):
                    await issuers.read_access(signed(claims(), RSA, kid=f"made up {number}"))
            assert issuer.fetches == 2

    async def test_no_request_waits_long_for_an_issuer_that_hangs(self) -> None:
        issuer = Issuer()
        issuer.open.clear()
        async with started(issuer, pace=Pace(wait=0.05)) as issuers:
            tokens = [issuers.read_access(signed(claims())) for _ in range(20)]
            answers = await asyncio.gather(*tokens, return_exceptions=True)
            assert all(isinstance(answer, ConnectionFailed) for answer in answers), "not 401: it may be good"
            # It has not answered yet, and everybody here has gone on.
            issuer.open.set()
            assert await issuers.read_access(signed(claims()))

    async def test_an_issuer_that_is_away_at_the_start_is_asked_until_it_is_there(self) -> None:
        issuer = Issuer()
        issuer.away = True
        async with started(issuer) as issuers:
            with pytest.raises(ConnectionFailed):
                await issuers.read_access(signed(claims()))
            issuer.away = False
            await until(lambda: bool(issuers._issuers["https://issuer.example"].keys._keys))
            assert await issuers.read_access(signed(claims()))


@pytest.mark.guarantee("G9")
def test_keys_that_are_not_taken() -> None:
    allowed = ["EdDSA", "ES256", "RS256"]
    with pytest.warns():
        small = RSAKey.generate_key(1024, {"kid": "small"})
    wrong = [
        {**RSA.as_dict(private=False), "use": "enc"},
        {**RSA.as_dict(private=False), "key_ops": ["encrypt"]},
        {**RSA.as_dict(private=False), "alg": "RS512"},
        {**RSA.as_dict(private=False), "kid": 5},
        {**RSA.as_dict(private=False), "n": "?"},
        {name: value for name, value in RSA.as_dict(private=False).items() if name != "kid"},
        small.as_dict(private=False),
        OctKey.generate_key(256, {"kid": "shared"}).as_dict(),
        OKPKey.generate_key("X25519", {"kid": "x"}).as_dict(private=False),
        OKPKey.generate_key("Ed448", {"kid": "448"}).as_dict(private=False),
        {"kty": "EC", "kid": "ec", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "none", "kid": "none"},
        "text",
        None,
    ]
    body = json.dumps({"keys": [*wrong, ED.as_dict(private=False)]}).encode()
    assert list(usable_keys(body, allowed)) == ["ed"]
    with pytest.raises(ValueError, match="no key that could be used"):
        usable_keys(json.dumps({"keys": wrong}).encode(), allowed)
    assert not usable_keys(public(ED), allowed)["ed"].is_private
    private = json.dumps({"keys": [ED.as_dict(private=True)]}).encode()
    assert not usable_keys(private, allowed)["ed"].is_private


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 3600),
        ("max-age=600", 600),
        ("public, max-age=600, must-revalidate", 600),
        ("Public,Max-Age=600", 600),
        ("max-age=0", 60),
        ("max-age=99999999", 86_400),
        ("s-maxage=5", 3600),
        ("max-age=x", 3600),
        ("no-store", 3600),
    ],
)
def test_how_long_an_answer_is_good(header: str, seconds: float) -> None:
    assert lifetime(header, Pace()) == seconds
