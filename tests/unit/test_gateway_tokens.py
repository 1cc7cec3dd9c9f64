from __future__ import annotations

import base64
import json
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from gateway.problems import Unauthorized
from gateway.tokens import ACCESS_SECONDS, PinnedAlgorithms, TokenExpired, Tokens, digest

USER, SESSION = str(uuid4()), str(uuid4())


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


def test_access_token_round_trip_and_claims() -> None:
    clock = Clock()
    tokens = Tokens("key", now=clock)
    token = tokens.issue_access(USER, SESSION)
    header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])
    assert header["alg"] == "EdDSA"
    assert header["kid"]
    assert claims == {
        "iss": "pavilion",
        "aud": "pavilion-gateway",
        "sub": USER,
        "sid": SESSION,
        "typ": "access",
        "iat": 1_800_000_000,
        "exp": 1_800_000_600,
    }
    access = tokens.read_access(token)
    assert (access.user_id, access.session_id) == (USER, SESSION)
    assert tokens.seconds_left(access) == ACCESS_SECONDS
    # Another gateway with the same service key accepts it, one with another key does not.
    assert Tokens("key", now=clock).read_access(token) == access
    with pytest.raises(Unauthorized):
        Tokens("other", now=clock).read_access(token)


def test_access_token_expires() -> None:
    clock = Clock()
    tokens = Tokens("key", now=clock)
    token = tokens.issue_access(USER, SESSION)
    clock.seconds += ACCESS_SECONDS - 1
    tokens.read_access(token)
    clock.seconds += 1
    with pytest.raises(TokenExpired):
        tokens.read_access(token)


def test_claims_are_all_checked() -> None:
    tokens = Tokens("key")
    good: dict[str, object] = {"iss": "pavilion", "aud": "pavilion-gateway", "sub": USER, "sid": SESSION}
    good |= {"typ": "access", "iat": 1, "exp": 9_999_999_999}

    def signed(claims: dict[str, object], **header: str) -> str:
        kid, key = tokens.keys.current()
        registry = PinnedAlgorithms(algorithms=["EdDSA"])
        return jwt.encode({"alg": "EdDSA", "kid": kid, **header}, claims, key, registry=registry)

    tokens.read_access(signed(good))
    for claim in good:
        with pytest.raises(Unauthorized):
            tokens.read_access(signed({name: value for name, value in good.items() if name != claim}))
    for claim, value in (("iss", "x"), ("aud", "x"), ("typ", "refresh"), ("sub", "x"), ("sid", 5), ("exp", "soon")):
        with pytest.raises(Unauthorized):
            tokens.read_access(signed({**good, claim: value}))
    with pytest.raises(Unauthorized):
        tokens.read_access(signed(good, kid="another"))


def test_the_algorithm_is_pinned() -> None:
    tokens = Tokens("key")
    claims: dict[str, object] = {"iss": "pavilion", "aud": "pavilion-gateway", "sub": USER, "sid": SESSION}
    claims |= {"typ": "access"}
    claims |= {"iat": 1, "exp": 9_999_999_999}
    kid, key = tokens.keys.current()
    public = key.as_dict(private=False)["x"]
    forged = [
        jwt.encode({"kid": kid, "alg": "HS256"}, claims, OctKey.import_key(str(public) * 2)),
        jwt.encode({"kid": kid, "alg": "Ed25519"}, claims, key, algorithms=["Ed25519"]),
        jwt.encode({"kid": kid, "alg": "Ed25519"}, claims, OKPKey.generate_key("Ed25519"), ["Ed25519"]),
    ]
    header, payload, _ = forged[0].split(".")
    none = base64.urlsafe_b64encode(json.dumps({"kid": kid, "alg": "none"}).encode()).decode().rstrip("=")
    for token in (*forged, f"{none}.{payload}.", f"{header}.{payload}."):
        with pytest.raises(Unauthorized):
            tokens.read_access(token)


@given(st.text() | st.from_regex(r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*"))
def test_no_text_is_an_access_or_refresh_token(text: str) -> None:
    tokens = Tokens("key")
    with pytest.raises(Unauthorized):
        tokens.read_access(text)
    with pytest.raises(Unauthorized):
        tokens.read_refresh(text)


HEADERS = st.sampled_from(["alg", "kid", "typ", "b64", "crit", "jku"])


@given(st.dictionaries(HEADERS, st.none() | st.text() | st.lists(st.text())))
def test_no_header_makes_it_fail_otherwise(header: dict[str, object]) -> None:
    encoded = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
    with pytest.raises(Unauthorized):
        Tokens("key").read_access(f"{encoded}.e30.AAAA")


def test_refresh_tokens() -> None:
    tokens = Tokens("key")
    first = tokens.first_refresh(SESSION)
    assert first.startswith(f"{SESSION}.")
    assert tokens.read_refresh(first) == SESSION
    assert tokens.first_refresh(SESSION) != first
    second = tokens.successor(first)
    assert second == Tokens("key").successor(first)
    assert tokens.read_refresh(second) == SESSION
    assert len({digest(token) for token in (first, second, tokens.successor(second))}) == 3
    # Known session ids do not help anybody to make one, whatever they do to a token of their own session.
    mine = tokens.first_refresh(str(uuid4()))
    for forged in (f"{SESSION}.{mine.partition('.')[2]}", first[:-1] + ("A" if first[-1] != "A" else "B"), first + "="):
        with pytest.raises(Unauthorized):
            tokens.read_refresh(forged)
    with pytest.raises(Unauthorized):
        Tokens("other").read_refresh(first)
