"""Browser pages of another origin call REST if they are allowed to, and nobody else's page does."""

from __future__ import annotations

import httpx
import pytest

from schemas.settings import GatewaySettings
from tests.integration.gateway.harness import Platform, Running, running

PAGE, FOREIGN = "https://app.example.com", "https://evil.example.com"


async def preflight(
    server: Running, origin: str, method: str = "PATCH", headers: str = "authorization"
) -> httpx.Response:
    asked = {"access-control-request-method": method, "access-control-request-headers": headers}
    return await server.http.options("/v1/notifications/x", headers={"origin": origin, **asked})


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_pages_of_allowed_origins_may_send_tokens(server: Running, method: str) -> None:
    answer = await preflight(server, PAGE, method, "authorization,content-type,last-event-id")
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert method in answer.headers["access-control-allow-methods"].split(", ")
    assert int(answer.headers["access-control-max-age"]) > 0
    # Tokens are in a header: no cookie has any meaning here, and none is asked for.
    assert "access-control-allow-credentials" not in answer.headers


async def test_answers_can_be_read_by_allowed_pages_errors_and_limits_too(server: Running, user: str) -> None:
    for headers, status in ((await server.bearer(user), 200), ({}, 401)):
        answer = await server.http.get("/v1/counts", headers={"origin": PAGE, **headers})
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert "Origin" in answer.headers["vary"]
        exposed = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
        assert exposed >= {"ratelimit", "ratelimit-policy", "retry-after"}


@pytest.mark.parametrize("origin", [FOREIGN, "null", "http://app.example.com", f"{PAGE}.x", f"{PAGE}:8443"])
async def test_foreign_pages_are_not_let_in(server: Running, user: str, origin: str) -> None:
    refused = await preflight(server, origin)
    assert refused.status_code == 400
    assert "access-control-allow-origin" not in refused.headers
    answer = await server.http.get("/v1/counts", headers={"origin": origin, **await server.bearer(user)})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(("method", "headers"), [("TRACE", "authorization"), ("GET", "x-operator")])
async def test_a_preflight_asks_for_no_more_than_the_routes_take(server: Running, method: str, headers: str) -> None:
    assert (await preflight(server, PAGE, method, headers)).status_code == 400


async def test_without_origins_there_is_no_sharing(platform: Platform) -> None:
    async with running(platform, settings={"gateway": GatewaySettings(port=0)}) as server:
        assert (await preflight(server, PAGE)).status_code == 405
        answer = await server.http.get("/v1/counts", headers={"origin": PAGE})
        assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_json_is_nothing_else(server: Running, user: str) -> None:
    for headers in (await server.bearer(user), {}):
        answer = await server.http.get("/v1/counts", headers=headers)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
