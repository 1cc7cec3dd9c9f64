"""Publishing platform events over REST."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.demo import random_event
from schemas.errors import ConnectionFailed
from schemas.events import encode_event
from tests.integration.gateway.harness import OPERATOR, SERVICE, Platform, Running, assert_problem, running


async def post(server: Running, content: bytes, kind: str) -> Any:
    return await server.http.post("/v1/events", content=content, headers={**SERVICE, "content-type": kind})


async def test_one_event_keeps_its_bytes(platform: Platform, server: Running) -> None:
    event = json.loads(encode_event(random_event()))
    content = json.dumps({"extra": 1, **event}, indent=1).encode()
    response = await post(server, content, "application/cloudevents+json; charset=utf-8")
    assert (response.status_code, response.json()) == (202, {"accepted": 1})
    topic = f"{event['type'].split('.')[1]}-events"
    assert content in await platform.published(topic)


@pytest.mark.parametrize("kind", ["application/cloudevents-batch+json", "application/json"])
async def test_batches_keep_bytes_and_order(platform: Platform, server: Running, kind: str) -> None:
    raws = [json.dumps(json.loads(encode_event(random_event())), indent=2).encode() for _ in range(40)]
    response = await post(server, b"[" + b" ,\n".join(raws) + b"]", kind)
    assert (response.status_code, response.json()) == (202, {"accepted": 40})
    for group in ("video", "comment", "user"):
        stored = await platform.published(f"{group}-events")
        expected = [raw for raw in raws if json.loads(raw)["type"].split(".")[1] == group]
        assert set(expected) <= set(stored)
        followed = [raw for raw in stored if raw in expected and b"user.followed" in raw]
        assert followed == [raw for raw in expected if b"user.followed" in raw]  # all of one key


async def test_none_of_an_invalid_batch_is_accepted(platform: Platform, server: Running) -> None:
    good = json.loads(encode_event(random_event()))
    unknown = {**good, "type": "pavilion.video.watched.v1"}
    no_time = {name: value for name, value in good.items() if name != "time"}
    bad_id = {**good, "data": {**good["data"], "actor_id": "nobody"}}
    content = json.dumps([good, unknown, no_time, 5, bad_id]).encode()
    response = await post(server, content, "application/cloudevents-batch+json")
    assert_problem(response, 422)
    errors = response.json()["errors"]
    assert [error["index"] for error in errors] == [1, 2, 3, 4]
    assert "time" in errors[1]["reason"]
    assert "actor_id" in errors[3]["reason"]
    for group in ("video", "comment", "user"):
        assert not [raw for raw in await platform.published(f"{group}-events") if good["id"].encode() in raw]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{}", "application/cloudevents+json", 422),
        (b"[]x", "application/json", 422),
        (b"{}", "application/cloudevents-batch+json", 422),
        (b"\xff", "application/json", 422),
        (b'{"type":"pavilion.user.followed.v1","x":' + b"[" * 100_000, "application/cloudevents+json", 422),
        (b"[" * 100_000, "application/json", 422),
        (b"{}", "text/plain", 415),
        (b"{}", "", 415),
        (b" " * (256 * 1024 + 1), "application/cloudevents+json", 413),
        (b" " * (4 * 1024 * 1024 + 1), "application/json", 413),
        (b"[" + b",".join([b"{}"] * 1001) + b"]", "application/json", 413),
    ],
    ids=["empty", "tail", "no-array", "utf8", "deep", "deep-array", "text", "none", "one-large", "large", "many"],
)
async def test_what_is_refused(server: Running, content: bytes, kind: str, status: int) -> None:
    assert_problem(await post(server, content, kind), status)


async def test_an_empty_batch_is_accepted(server: Running) -> None:
    response = await post(server, b"[]", "application/cloudevents-batch+json")
    assert (response.status_code, response.json()) == (202, {"accepted": 0})


async def test_disabled(platform: Platform) -> None:
    async with running(platform, settings={"enabled": False}) as server:
        response = await post(server, encode_event(random_event()), "application/cloudevents+json")
        assert_problem(response, 503)
        assert response.json()["type"] == "urn:pavilion:service-disabled"
        assert (await server.http.get("/readyz")).status_code == 200


async def test_a_broker_that_is_away_is_503_without_internals(
    platform: Platform, server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def append(*args: Any, **kwargs: Any) -> Any:
        raise ConnectionFailed("publish", "connection to secret-host:6650 refused", {"host": "secret-host"})

    monkeypatch.setattr(platform.log, "append", append)
    response = await post(server, encode_event(random_event()), "application/cloudevents+json")
    assert_problem(response, 503)
    assert "secret" not in response.text
    assert response.headers["retry-after"] == "1"


async def test_an_operator_publishes_bytes_that_are_no_event(platform: Platform, server: Running) -> None:
    content = b"\xff not an event"
    response = await server.http.post("/v1/events/raw/comment", content=content, headers=OPERATOR)
    assert (response.status_code, response.json()) == (202, {"accepted": 1})
    assert content in await platform.published("comment-events")
    assert_problem(await server.http.post("/v1/events/raw/other", content=content, headers=OPERATOR), 404)
