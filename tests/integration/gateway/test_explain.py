"""REST for those who ask why somebody was told, and give events of the past to their agents once more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from pavilion.backfill import Backfill
from pavilion.explain import Explainer
from schemas.events import VideoLiked
from schemas.times import format_ms, to_ms
from streams.testing import TopologyTestDriver
from tests.integration.gateway.harness import ADMIN, OPERATOR, SUPPORTING, Platform, Running, assert_problem, running
from tests.topology.events import BOB, event
from topologies import app


@pytest.fixture
async def driver() -> AsyncIterator[TopologyTestDriver]:
    async with TopologyTestDriver(app) as driver:
        yield driver


@pytest.fixture
async def server(platform: Platform, driver: TopologyTestDriver) -> AsyncIterator[Running]:
    """A gateway over the log and the stores of the driver."""

    def clock() -> int:
        return to_ms(driver.now)

    specs, settings = app.specs(), driver._settings
    past = Backfill(driver.log, settings, "driver", specs, clock=clock)
    explainer = Explainer(driver.log, driver.stores, settings, specs, clock=clock)
    async with running(platform, backfill=past, explainer=explainer) as server:
        yield server


async def test_support_asks_why_and_is_held_to_account(server: Running, driver: TopologyTestDriver) -> None:
    await driver.play([event(VideoLiked, driver.now, id="like/1", title="Secret")])
    query: dict[str, str] = {"event": "like/1", "user": str(BOB).upper()}
    answer = await server.http.get("/v1/explain", params=query, headers={**SUPPORTING, "x-operator": "ada"})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["told"], body["verdict"]) == (True, f"{BOB} was told: unseen, in inbox and history")
    assert body["user"]["received"][0]["event_id"] == "like/1"
    assert "Secret" not in answer.text
    lines = (await server.http.get("/v1/audit?action=explain", headers=ADMIN)).json()["data"]
    [line] = [one for one in lines if one["subject"] == "like/1"]  # other tests ask for explanations too
    whom = (line["actor"], line["role"], line["user"], line["subject"], line["result"])
    assert whom == ("ada", "support", str(BOB), "like/1", "done")


async def test_what_is_asked_wrongly_is_refused(server: Running) -> None:
    for query in ("", "user=bob", "event=1&since=yesterday", "event=&user="):
        assert_problem(await server.http.get(f"/v1/explain?{query}", headers=SUPPORTING), 422)
    bodies: tuple[Any, ...] = ({}, {"from": "x"}, {"from": "2000-01-01T00:00:00Z"}, {"from": "x", "since": "y"})
    for body in bodies:
        assert_problem(await server.http.post("/v1/events/replay", json=body, headers=OPERATOR), 422)


async def test_a_process_without_a_topology_says_so(platform: Platform) -> None:
    async with running(platform) as server:
        assert_problem(await server.http.get("/v1/explain?event=1", headers=SUPPORTING), 404)
        body = {"from": "2026-01-01T00:00:00Z"}
        assert_problem(await server.http.post("/v1/events/replay", json=body, headers=OPERATOR), 404)


async def test_events_are_replayed_in_calls(server: Running, driver: TopologyTestDriver) -> None:
    await driver.play(event(VideoLiked, driver.now, id=str(number)) for number in range(1200))
    driver.advance(timedelta(minutes=1))
    body: dict[str, Any] = {"from": format_ms(to_ms(driver.now) - 3_600_000), "rate": 100_000, "agent": "video"}
    calls = []
    while True:
        calls.append((await server.http.post("/v1/events/replay", json=body, headers=OPERATOR)).json())
        if calls[-1]["next"] is None:
            break
        body |= {"after": calls[-1]["next"], "to": calls[-1]["to"]}
        await driver.settle()
    assert [call["published"] for call in calls] == [1000, 200]
    await driver.settle()
    assert (await driver.counts(BOB)).position.offset == 1200
    lines = (await server.http.get("/v1/audit?action=replay-events&limit=2", headers=ADMIN)).json()["data"]
    assert [line["result"] for line in lines] == ["done", "done"]
    assert all('"agent":"video"' in line["subject"] for line in lines)
