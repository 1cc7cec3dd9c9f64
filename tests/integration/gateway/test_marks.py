"""Marks of many, and of everything up to a place: an id of the list, or a position of the stream."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from gateway.marks import LOWEST_ID
from tests.integration.gateway.harness import Platform, Running, as_json, assert_problem


async def read_ones(server: Running, headers: dict[str, str]) -> set[str]:
    listed = (await server.http.get("/v1/notifications?state=read&limit=200", headers=headers)).json()["data"]
    return {one["id"] for one in listed}


@pytest.mark.guarantee("G3")
async def test_everything_up_to_a_position(platform: Platform, server: Running, user: str) -> None:
    """Over the socket: what came after the position stays unread, whoever had it meanwhile."""
    sent = await platform.deliver(user, 3)
    async with server.client(user) as phone, server.client(user) as tablet:
        told = phone.position
        later = await platform.deliver(user, 2)
        await phone.take(2)
        await tablet.take(2)
        await phone.send(type="mark", id="m", state="read", position=told)
        [state] = [frame for frame in await phone.take(2) if frame["type"] == "state"]
        assert (state["unseen"], state["unread"], state["up_to"]) == (2, 2, sent[-1].notification.id)
        assert await tablet.next() == state
        await phone.send(type="mark", id="m", state="read", position=told)  # the answer may have been lost
        assert await phone.next() == {"type": "marked", "id": "m"}
        await phone.silence()
    assert await read_ones(server, await server.bearer(user)) == {one.notification.id for one in sent}
    history = await platform.stores.history.get(user, later[0].notification.id)
    assert history is not None
    assert history.read_at is None


async def test_everything_up_to_a_position_over_rest(platform: Platform, server: Running, user: str) -> None:
    mine = await server.bearer(user)
    sent = await platform.deliver(user, 4)

    async def mark(position: Any, state: str = "read") -> Any:
        body = {"state": state, "position": position}
        return await server.http.post("/v1/notifications/mark", json=body, headers=mine)

    response = await mark(as_json(sent[1].position))
    assert (response.status_code, response.json()["unread"]) == (200, 2)
    assert await read_ones(server, mine) == {one.notification.id for one in sent[:2]}
    # The position of a mark is one too.
    assert (await mark(response.json()["position"], "unread")).json()["unread"] == 4
    top = (await server.http.get("/v1/counts", headers=mine)).json()["position"]
    assert (await mark(top, "deleted")).json()["unread"] == 0


async def test_up_to_the_beginning_there_is_nothing(platform: Platform, server: Running, user: str) -> None:
    mine = await server.bearer(user)
    start = (await server.http.get("/v1/counts", headers=mine)).json()["position"]
    await platform.deliver(user, 2)
    async with server.client(user) as client:
        await client.send(type="mark", id="m", state="read", position=start)
        [state] = [frame for frame in await client.take(2) if frame["type"] == "state"]
        assert (state["up_to"], state["unread"]) == (LOWEST_ID, 2)


async def test_a_position_that_cannot_be_continued_is_refused(platform: Platform, server: Running, user: str) -> None:
    mine = await server.bearer(user)
    added = await platform.deliver(user, 305)
    good = as_json(added[-1].position)
    for wrong in (
        {**good, "epoch": "another"},
        {**good, "tail": str(uuid4())},
        {**good, "offset": 10**20},
        {**good, "offset": -1},
        as_json(added[0].position),  # further back than is replayed
    ):
        body = {"state": "read", "position": wrong}
        response = await server.http.post("/v1/notifications/mark", json=body, headers=mine)
        assert_problem(response, 422)
        assert "`position`" in response.json()["detail"]
    for two in ({"up_to": added[0].notification.id}, {"notifications": [added[0].notification.id]}):
        body = {"state": "read", "position": good, **two}
        assert_problem(await server.http.post("/v1/notifications/mark", json=body, headers=mine), 422)
    assert await read_ones(server, mine) == set()
