"""How many requests pass, what clients are told of it, and whom a proxy speaks for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from starlette.requests import HTTPConnection
from websockets.exceptions import InvalidStatus

from gateway.addresses import Addresses
from infra.stores.rates import Standing
from schemas.durations import Rate
from schemas.errors import ConnectionFailed
from schemas.settings import GatewaySettings, LimitSettings
from tests.integration.gateway.harness import ADMIN, OPERATOR, SERVICE, Platform, Running, assert_problem, running

SMALL = {"user": "5/1h", "service": "8/1h", "operator": "4/1h", "address": "3/1h", "handshakes": "2/1h"}


@pytest_asyncio.fixture
async def limited(platform: Platform) -> AsyncIterator[Running]:
    gateway = GatewaySettings(port=0, drain="300ms", trusted_proxies=["127.0.0.0/8", "10.0.0.0/8"])
    settings = {"limits": LimitSettings.model_validate(SMALL), "gateway": gateway}
    async with running(platform, settings=settings) as server:
        yield server


async def statuses(server: Running, count: int, **options: Any) -> list[int]:
    path = options.pop("path", "/v1/counts")
    return [(await server.http.get(path, **options)).status_code for _ in range(count)]


def seen_from(address: str) -> dict[str, str]:
    return {"x-forwarded-for": address}


async def test_each_user_has_a_rate_and_is_told_of_it(limited: Running, user: str) -> None:
    hers, his = await limited.bearer(user), await limited.bearer(str(uuid4()))
    for left in (4, 3, 2, 1, 0):
        answer = await limited.http.get("/v1/counts", headers=hers)
        assert answer.status_code == 200
        assert answer.headers["ratelimit-policy"] == '"user";q=5;w=3600'
        assert answer.headers["ratelimit"].startswith(f'"user";r={left};t=')
        assert "retry-after" not in answer.headers
    refused = await limited.http.get("/v1/notifications", headers=hers)
    assert_problem(refused, 429)
    assert refused.json()["type"] == "urn:pavilion:too-many-requests"
    assert refused.headers["ratelimit"].startswith('"user";r=0;t=')
    assert 3600 / 5 - 60 < int(refused.headers["retry-after"]) <= 3600 / 5
    assert await statuses(limited, 5, headers=his) == [200] * 5


async def test_the_keys_of_services_and_operators_have_rates_of_their_own(limited: Running) -> None:
    assert await statuses(limited, 9, path="/v1/none", headers=SERVICE) == [404] * 9  # no route, nothing to count
    for _ in range(8):
        await limited.session(str(uuid4()))
    refused = await limited.http.post("/v1/sessions", json={"user_id": str(uuid4())}, headers=SERVICE)
    assert_problem(refused, 429)
    assert await statuses(limited, 5, path="/stats/streams", headers=OPERATOR) == [200] * 4 + [429]


async def test_a_batch_of_events_counts_as_one_request(limited: Running) -> None:
    answer = await limited.http.post("/v1/events", json=[], headers=SERVICE)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 0})
    assert answer.headers["ratelimit"].startswith('"service";r=7;')


@pytest.mark.parametrize("credentials", [{}, {"authorization": "Bearer nonsense"}])
async def test_guesses_count_by_address(limited: Running, user: str, credentials: dict[str, str]) -> None:
    headers = credentials | seen_from("192.0.2.1")
    assert await statuses(limited, 5, headers=headers) == [401] * 3 + [429] * 2
    # Others at the same address are not kept out, as long as they have credentials.
    session = await limited.session(user)
    good = {"authorization": f"Bearer {session['access_token']}"} | seen_from("192.0.2.1")
    assert await statuses(limited, 2, headers=good) == [200, 200]
    refreshed = await limited.http.post(
        "/v1/sessions/refresh", json={"refresh_token": session["refresh_token"]}, headers=seen_from("192.0.2.1")
    )
    assert refreshed.status_code == 200
    assert refreshed.headers["ratelimit"].startswith('"user";r=4;')


async def test_refresh_tokens_that_were_made_up_count_by_address(limited: Running) -> None:
    async def refresh() -> httpx.Response:
        body = {"refresh_token": f"{uuid4()}.AAAA"}
        return await limited.http.post("/v1/sessions/refresh", json=body, headers=seen_from("192.0.2.2"))

    answers = [await refresh() for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401] * 3 + [429] * 2
    assert answers[0].headers["ratelimit"].startswith('"address";r=2;')
    assert int(answers[4].headers["retry-after"]) > 0


async def test_one_refresh_token_is_used_at_the_rate_of_a_user(limited: Running, user: str) -> None:
    body = {"refresh_token": (await limited.session(user))["refresh_token"]}
    found = [(await limited.http.post("/v1/sessions/refresh", json=body)).status_code for _ in range(6)]
    assert found == [200] * 5 + [429]


async def test_probes_and_expired_tokens_are_not_counted(limited: Running, user: str) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert await statuses(limited, 5, path=path) == [200] * 5
    assert "ratelimit" not in (await limited.http.get("/healthz")).headers
    session = (await limited.session(user))["session_id"]
    tokens = type(limited.gateway.tokens)("service-key-of-the-tests", now=lambda: 1_700_000_000)
    expired = {"authorization": f"Bearer {tokens.issue_access(user, session)}"}
    assert await statuses(limited, 5, headers=expired) == [401] * 5


async def test_handshakes_count_by_address(limited: Running) -> None:
    for _ in range(2):
        async with limited.open(additional_headers=seen_from("192.0.2.3")):
            pass
    with pytest.raises(InvalidStatus) as refused:
        async with limited.open(additional_headers=seen_from("192.0.2.3")):
            pass
    response = refused.value.response
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) > 0
    async with limited.open(additional_headers=seen_from("192.0.2.4")):
        pass


async def test_gateways_share_what_is_counted(platform: Platform, user: str) -> None:
    given = {"settings": {"limits": LimitSettings.model_validate(SMALL)}, "rates": platform.stores.rates}
    async with running(platform, **given) as one, running(platform, **given) as two:
        bearer = await one.bearer(user)
        assert await statuses(one, 3, headers=bearer) == [200] * 3
        assert await statuses(two, 3, headers=bearer) == [200] * 2 + [429]


async def test_without_its_store_a_gateway_counts_alone(platform: Platform, user: str) -> None:
    class Away:
        async def take(self, key: str, rate: Rate) -> Standing:
            raise ConnectionFailed("limit", "refused", dependency="redis")

    settings = {"limits": LimitSettings.model_validate(SMALL)}
    async with running(platform, settings=settings, rates=Away()) as server:
        bearer = await server.bearer(user)
        assert await statuses(server, 6, headers=bearer) == [200] * 5 + [429]
        assert b'pavilion_gateway_limits_unshared_total{limit="rates"}' in (await server.http.get("/metrics")).content


# -- addresses


def connection(peer: str | None, *forwarded: str) -> HTTPConnection:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return HTTPConnection({"type": "http", "client": None if peer is None else (peer, 1), "headers": headers})


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.9", [], "192.0.2.9"),
        ("192.0.2.9", ["198.51.100.1"], "192.0.2.9"),  # not a proxy of ours
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.7, 198.51.100.1"], "198.51.100.1"),  # what stands left of it, the client claimed
        ("10.0.0.1", ["198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.7", "198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", ["198.51.100.1, nonsense"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.1", ["[2001:db8:1:2:3::4]:4711"], "2001:db8:1:2::/64"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", [], "2001:db8:1:2::/64"),
        ("fe80::1%eth0", [], "fe80::/64"),
        (None, ["198.51.100.1"], "unknown"),
        ("a socket", [], "unknown"),
    ],
)
def test_addresses(peer: str | None, forwarded: list[str], expected: str) -> None:
    assert Addresses(["10.0.0.0/8"]).limited(connection(peer, *forwarded)) == expected


def test_no_proxy_is_trusted_unasked() -> None:
    assert Addresses([]).limited(connection("127.0.0.1", "198.51.100.1")) == "127.0.0.1"


def test_addresses_are_shown_whole() -> None:
    addresses = Addresses(["10.0.0.0/8"])
    assert addresses.shown(connection("10.0.0.1", "2001:db8:1:2:3::4")) == "2001:db8:1:2:3::4"
    assert addresses.shown(connection(None)) == ""


async def test_the_audit_has_the_clients_address(limited: Running, user: str) -> None:
    headers = {**SERVICE, **seen_from("198.51.100.77")}
    assert (await limited.http.post("/v1/sessions", json={"user_id": user}, headers=headers)).status_code == 201
    lines = (await limited.http.get("/v1/audit", params={"user": user}, headers=ADMIN)).json()["data"]
    assert [line["address"] for line in lines] == ["198.51.100.77"]


async def test_the_demo_is_for_this_machine_whatever_a_header_says(limited: Running) -> None:
    for claimed in ("198.51.100.1", "127.0.0.1"):
        answer = await limited.http.post("/demo/session", headers=seen_from(claimed))
        assert answer.status_code == 201
