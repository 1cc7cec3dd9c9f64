"""Signing keys: another one in each period, nothing stored, and a service key that is replaced."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from gateway.keys import SigningKeys
from gateway.problems import Unauthorized
from gateway.tokens import ACCESS_SECONDS, TokenExpired, Tokens, digest

USER, SESSION = str(uuid4()), str(uuid4())
DAY = 86_400
PERIOD = 30 * DAY
EDGE = 1_000 * PERIOD
"""A moment at which one period ends and the next begins."""


class Clock:
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        return self.seconds


def keys(now: float, *service_keys: str) -> SigningKeys:
    return SigningKeys(service_keys or ("key",), timedelta(seconds=PERIOD), Clock(now))


def kids(keys: SigningKeys) -> list[str]:
    return [key["kid"] for key in keys.published()]


def test_the_key_of_a_period_is_the_same_everywhere_and_another_one_in_the_next() -> None:
    assert keys(EDGE).current().kid == keys(EDGE + PERIOD - 1).current().kid
    assert keys(EDGE - 1).current().kid != keys(EDGE).current().kid
    assert keys(EDGE).current().kid != keys(EDGE, "other").current().kid


def test_previous_current_and_next_are_published_in_order() -> None:
    before, now, after = kids(keys(EDGE))
    assert keys(EDGE).current().kid == now
    assert kids(keys(EDGE - 1))[1:] == [before, now]
    assert kids(keys(EDGE + PERIOD))[:2] == [now, after]


def test_what_is_published_is_public() -> None:
    for key in keys(EDGE, "key", "old").published():
        assert set(key) == {"kty", "crv", "x", "kid", "use", "alg"}
        assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("OKP", "Ed25519", "sig", "EdDSA")
    private = keys(EDGE).current().key.as_dict(private=True)["d"]
    assert str(private) not in json.dumps(keys(EDGE).published())


@pytest.mark.parametrize("skew", [-3600, -1, 0, 1, 3600])
def test_gateways_whose_clocks_differ_accept_each_other_at_the_edge_of_a_period(skew: float) -> None:
    for at in (EDGE - 1, EDGE, EDGE + 1):
        issued = Tokens("key", now=Clock(at)).issue_access(USER, SESSION)
        checking = Tokens("key", now=Clock(at + skew))
        if skew == 3600:
            with pytest.raises(TokenExpired):
                checking.read_access(issued)
        elif skew == -3600:  # an hour is no skew: its issuer lives in the future
            with pytest.raises(Unauthorized):
                checking.read_access(issued)
        else:
            assert checking.read_access(issued).session_id == SESSION


def test_a_token_lives_its_ten_minutes_past_the_edge_of_its_period() -> None:
    clock = Clock(EDGE - 1)
    tokens = Tokens("key", now=clock)
    token = tokens.issue_access(USER, SESSION)
    clock.seconds += ACCESS_SECONDS - 1
    assert tokens.read_access(token).user_id == USER
    clock.seconds += 1
    with pytest.raises(TokenExpired):
        tokens.read_access(token)


@pytest.mark.guarantee("G9")
def test_a_key_is_good_for_three_periods_only() -> None:
    """Whoever gets hold of an old key makes nothing with it that is accepted, whatever time he writes into it."""
    old = Tokens("key", now=Clock(EDGE))
    for periods, accepted in ((-1, True), (0, True), (1, True), (2, False), (-2, False)):
        clock = Clock(EDGE)
        forging = Tokens("key", now=Clock(EDGE))
        forging.keys = old.keys  # signs with the key of EDGE
        now = EDGE + periods * PERIOD
        forging._now = Clock(now)
        token = forging.issue_access(USER, SESSION)
        clock.seconds = now
        checking = Tokens("key", now=clock)
        if accepted:
            assert checking.read_access(token).user_id == USER
        else:
            with pytest.raises(Unauthorized):
                checking.read_access(token)


def test_a_token_whose_key_has_had_its_time_is_expired_and_not_bad() -> None:
    """Its client refreshes, where "not valid" would make him sign in anew."""
    token = Tokens("key", now=Clock(EDGE)).issue_access(USER, SESSION)
    with pytest.raises(TokenExpired):
        Tokens("key", now=Clock(EDGE + 5 * PERIOD)).read_access(token)


class TestServiceKeys:
    """The old key is replaced by the new one."""

    clock = Clock(EDGE)
    old = Tokens("old", now=clock)
    both = Tokens("new", now=clock, previous="old")
    new = Tokens("new", now=clock)

    def test_tokens_of_the_old_key_are_accepted_while_it_is_configured(self) -> None:
        token = self.old.issue_access(USER, SESSION)
        assert self.both.read_access(token).session_id == SESSION
        with pytest.raises(Unauthorized):
            self.new.read_access(token)

    def test_new_tokens_come_from_the_new_key(self) -> None:
        assert self.new.read_access(self.both.issue_access(USER, SESSION)).session_id == SESSION
        with pytest.raises(Unauthorized):
            self.old.read_access(self.both.issue_access(USER, SESSION))
        assert self.new.read_refresh(self.both.first_refresh(SESSION)) == SESSION

    def test_both_are_published(self) -> None:
        assert kids(self.both.keys) == kids(self.new.keys) + kids(self.old.keys)

    def test_a_refresh_token_of_the_old_key_becomes_one_of_the_new(self) -> None:
        token = self.old.first_refresh(SESSION)
        assert self.both.read_refresh(token) == SESSION
        successor = self.both.successor(token)
        assert self.new.read_refresh(successor) == SESSION
        assert self.both.successors(token) == [successor, self.old.successor(token)]
        with pytest.raises(Unauthorized):
            self.old.read_refresh(successor)
        assert len({digest(one) for one in (token, *self.both.successors(token))}) == 3
