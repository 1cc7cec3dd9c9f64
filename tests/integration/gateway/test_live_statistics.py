"""Live views over a real gateway: they end when the client leaves, when the gateway drains, and they are bounded."""

from __future__ import annotations

import asyncio
import json

import pytest

import gateway.live
from schemas.stats import StreamsStats
from tests.integration.gateway.harness import (
    ADMIN,
    OPERATOR,
    SERVICE,
    SUPPORTING,
    Platform,
    Running,
    assert_problem,
    eventually,
    running,
)

ACCEPT = {"accept": "text/event-stream"}


class Source:
    def __init__(self) -> None:
        self.asked = 0

    async def streams(self) -> StreamsStats:
        self.asked += 1
        return StreamsStats(streams=[], note=f"answer {self.asked}")


async def notes(server: Running, count: int, **headers: str) -> list[str]:
    """The notes of the first ``count`` events; then the client leaves."""
    found = []
    async with server.http.stream("GET", "/stats/streams", headers=OPERATOR | ACCEPT | headers) as response:
        assert response.status_code == 200
        assert response.headers["cache-control"] == "no-store"
        async for line in response.aiter_lines():
            if line.startswith("data: "):
                found.append(json.loads(line.removeprefix("data: "))["note"])
            if len(found) == count:
                break
    return found


async def test_a_live_view_ends_when_its_client_leaves(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway.live, "INTERVAL", 0.02)
    source = Source()
    async with running(platform, streams=source.streams) as server:
        assert await notes(server, 3) == ["answer 1", "answer 2", "answer 3"]
        await eventually(lambda: server.gateway.live_views.open == 0)
        asked = source.asked
        await asyncio.sleep(0.2)
        assert source.asked == asked, "nobody is there to be answered"


async def test_an_answer_is_made_once_for_all_who_look(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway.live, "INTERVAL", 5.0)
    source = Source()
    async with running(platform, streams=source.streams) as server:
        assert await asyncio.gather(*(notes(server, 1) for _ in range(5))) == [["answer 1"]] * 5


async def test_the_same_answer_comes_as_json_to_those_who_do_not_ask_for_events(platform: Platform) -> None:
    source = Source()
    async with running(platform, streams=source.streams) as server:
        for accept in ("application/json", "*/*", "text/html"):
            answer = await server.http.get("/stats/streams", headers=OPERATOR | {"accept": accept})
            assert answer.headers["content-type"] == "application/json"
            assert answer.json()["gateway"]["ready"] is True


@pytest.mark.guarantee("G9")
async def test_only_those_who_may_read_statistics_get_a_live_view(server: Running, user: str) -> None:
    for headers in (SERVICE, await server.bearer(user)):
        assert_problem(await server.http.get("/stats/streams", headers=headers | ACCEPT), 403)
    assert_problem(await server.http.get("/stats/streams", headers=ACCEPT), 401)
    for headers in (OPERATOR, SUPPORTING, ADMIN):
        async with server.http.stream("GET", "/stats/streams", headers=headers | ACCEPT) as response:
            assert response.status_code == 200


async def test_live_views_are_bounded_and_say_so(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway.live, "MOST", 1)
    async with server.http.stream("GET", "/stats/streams", headers=OPERATOR | ACCEPT) as first:
        assert (await anext(first.aiter_lines())).startswith("retry: ")
        assert_problem(await server.http.get("/stats/tables", headers=OPERATOR | ACCEPT), 503)
        assert (await server.http.get("/stats/tables", headers=OPERATOR)).status_code == 200
    await eventually(lambda: server.gateway.live_views.open == 0)


async def test_live_views_end_when_the_gateway_drains(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway.live, "INTERVAL", 0.02)
    async with (
        running(platform) as server,  # of its own: the others' goes on
        server.http.stream("GET", "/stats/streams", headers=OPERATOR | ACCEPT) as response,
    ):
        lines = response.aiter_lines()
        await anext(lines)
        server.stop.set()
        async with asyncio.timeout(5):
            assert [line async for line in lines]
