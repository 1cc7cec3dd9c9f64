"""The client that docs/protocol.md ends with, as it stands there, against a real gateway that goes away under it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.tokens import Tokens
from schemas.settings import GatewaySettings
from tests.integration.gateway.harness import Platform, as_json, eventually, running
from tests.integration.gateway.test_python_client import free_port
from tests.snippets import snippets

PATH = Path(__file__).parents[3] / "docs" / "protocol.md"


@pytest.fixture
def client_of_the_document() -> Any:
    [source] = [one.text for one in snippets(PATH) if one.language == "python"]
    names: dict[str, Any] = {}
    exec(compile(source, "docs/protocol.md", "exec"), names)
    return names["Inbox"]


@pytest.mark.guarantee("G3")
async def test_it_keeps_the_inbox_right(platform: Platform, user: str, client_of_the_document: Any) -> None:
    gateway = GatewaySettings(port=free_port(), drain="200ms")
    settings = {"gateway": gateway}
    first = await platform.deliver(user, 3)
    async with running(platform, settings=settings) as server:
        session = await server.session(user)
        session["access_token"] = expired(user, session["session_id"])  # so 4005, refreshed, connected again
        client = client_of_the_document(server.url, session)
        following = asyncio.create_task(client.follow())
        await eventually(lambda: len(client.inbox) == 3)
        assert client.counts == (3, 3)
        second = await platform.deliver(user, 2)
        client.mark("one", "read", notifications=[first[0].notification.id])
        await eventually(lambda: client.counts == (4, 4) and client.marks == {})
    await eventually(lambda: client.socket.close_code == 1012)
    third = await platform.deliver(user, 2)
    client.mark("two", "archived", up_to=first[1].notification.id)
    async with running(platform, settings=settings) as server:
        fourth = await platform.deliver(user, 1, fan_out=False)
        await eventually(lambda: client.counts == (6, 6) and client.marks == {}, 20.0)
        bearer = {"authorization": f"Bearer {client.session['access_token']}"}
        listed = (await server.http.get("/v1/notifications", headers=bearer)).json()["data"]
        assert sorted(client.inbox.values(), key=lambda one: one["id"], reverse=True) == listed
        assert {one["id"] for one in listed} == {one.notification.id for one in (first[2], *second, *third, *fourth)}
        far = await platform.deliver(user, 310, fan_out=False)
        await client.socket.close()  # as if it were lost: more was missed than is replayed, so it reloads
        await eventually(lambda: client.position == as_json(far[-1].position), 20.0)
        assert (await server.http.delete(f"/v1/sessions/{session['session_id']}", headers=bearer)).status_code == 204
        async with asyncio.timeout(20):
            await following  # ends by itself


def expired(user: str, session: str) -> str:
    return Tokens("service-key-of-the-tests", now=lambda: 1_700_000_000).issue_access(user, session)


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many of the client's next requests to a path fail."""
    failing: dict[str, int] = {}
    request = httpx.AsyncClient.request

    async def fail_or(http: httpx.AsyncClient, method: str, url: str, **more: Any) -> httpx.Response:
        if failing.get(path := url.partition("?")[0]):
            failing[path] -= 1
            raise httpx.ConnectError("away")
        return await request(http, method, url, **more)

    monkeypatch.setattr(httpx.AsyncClient, "request", fail_or)
    return failing


@pytest.mark.guarantee("G3")
async def test_a_list_that_could_not_be_loaded_is_not_taken_for_loaded(
    platform: Platform, user: str, client_of_the_document: Any, away: dict[str, int]
) -> None:
    """It comes back, is not recovered, its load fails, and that connection is lost as well."""
    first = await platform.deliver(user, 1)
    async with running(platform) as server:
        client = client_of_the_document(server.url, await server.session(user))
        following = asyncio.create_task(client.follow())
        await eventually(lambda: len(client.inbox) == 1)
        before = client.position
        missed = await platform.deliver(user, 310, fan_out=False)
        away["/v1/notifications"] = 1
        await client.socket.close()
        await eventually(lambda: away["/v1/notifications"] == 0)
        assert client.position == before
        await client.socket.close()
        newest = {one.notification.id for one in (*first, *missed)[-200:]}
        await eventually(lambda: set(client.inbox) == newest, 20.0)
        assert client.position == as_json(missed[-1].position)
        following.cancel()


async def test_a_gateway_that_is_away_when_the_token_expired_is_waited_for(
    platform: Platform, user: str, client_of_the_document: Any, away: dict[str, int]
) -> None:
    await platform.deliver(user, 1)
    async with running(platform) as server:
        session = await server.session(user)
        session["access_token"] = expired(user, session["session_id"])
        away["/v1/sessions/refresh"] = 2
        client = client_of_the_document(server.url, session)
        following = asyncio.create_task(client.follow())
        await eventually(lambda: len(client.inbox) == 1, 20.0)
        assert away["/v1/sessions/refresh"] == 0
        following.cancel()


async def test_a_mark_before_the_first_connection_is_sent_on_it(
    platform: Platform, user: str, client_of_the_document: Any
) -> None:
    [added] = await platform.deliver(user, 1)
    async with running(platform) as server:
        client = client_of_the_document(server.url, await server.session(user))
        client.mark("early", "seen", up_to=added.notification.id)
        following = asyncio.create_task(client.follow())
        await eventually(lambda: client.marks == {} and client.counts == (0, 1))
        following.cancel()


async def test_a_refresh_outlives_who_asked_for_it(
    platform: Platform, user: str, client_of_the_document: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gateway has used up the token, and then the socket ends whose token it was for."""
    request = httpx.AsyncClient.request
    answered, go_on = asyncio.Event(), asyncio.Event()

    async def late(http: httpx.AsyncClient, method: str, url: str, **more: Any) -> httpx.Response:
        response = await request(http, method, url, **more)
        if url == "/v1/sessions/refresh":
            answered.set()
            await go_on.wait()
        return response

    async with running(platform) as server:
        session = await server.session(user)
        old = session["access_token"] = expired(user, session["session_id"])
        client = client_of_the_document(server.url, session)
        monkeypatch.setattr(httpx.AsyncClient, "request", late)
        asking = [asyncio.create_task(client.refresh(old)) for _ in range(3)]
        await answered.wait()
        for one in asking:
            one.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        go_on.set()
        await eventually(lambda: client.session["refresh_token"] != session["refresh_token"])
        newer = client.session["access_token"]
        await client.refresh(old)
        assert client.session["access_token"] == newer != old


async def test_a_foreign_origin_is_final(
    platform: Platform, user: str, client_of_the_document: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(platform) as server:
        client = client_of_the_document(server.url, await server.session(user))
        monkeypatch.setattr("gateway.device.allowed", lambda *_: False)
        async with asyncio.timeout(10):
            with pytest.raises(Exception, match="403"):
                await client.follow()
