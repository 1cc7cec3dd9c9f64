"""The client that docs/protocol.md ends with, as it stands there, against a real gateway that goes away under it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gateway.tokens import Tokens
from schemas.settings import GatewaySettings
from tests.integration.gateway.harness import Platform, as_json, eventually, running
from tests.integration.gateway.test_python_client import free_port
from tests.unit.test_docs import blocks

PATH = Path(__file__).parents[3] / "docs" / "protocol.md"


@pytest.fixture
def client_of_the_document() -> Any:
    [source] = blocks(PATH, "python")
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
        session["access_token"] = Tokens("service-key-of-the-tests", now=lambda: 1_700_000_000).issue_access(
            user, session["session_id"]
        )  # expired: closed with 4005, refreshed, connected again
        client = client_of_the_document(server.url, session)
        following = asyncio.create_task(client.follow())
        await eventually(lambda: len(client.inbox) == 3)
        assert client.counts == (3, 3)
        second = await platform.deliver(user, 2)
        await client.mark("one", "read", notifications=[first[0].notification.id])
        await eventually(lambda: client.counts == (4, 4) and client.marks == {})
    await eventually(lambda: client.socket.close_code == 1012)
    third = await platform.deliver(user, 2)
    await client.mark("two", "archived", up_to=first[1].notification.id)
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
