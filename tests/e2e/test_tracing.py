"""One trace from the producer to the socket frame, and logs without secrets, of a running ``pavilion run``."""

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import websockets

from infra.local.processes import free_ports
from tests.collector import Collector, path_to
from tests.e2e.platform import OPERATOR_KEY, SERVICE_KEY, Client, Process, bearer, environment

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"
ADA, BOB = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))
COMMENT = "Where-was-this-taken"


def liked(id: str, **attributes: Any) -> dict[str, Any]:
    data = {"video_id": str(uuid.UUID(int=9)), "actor_id": ADA, "owner_id": BOB, "title": "Holiday-in-Lisbon"}
    now = datetime.now(UTC).isoformat()
    kind = "pavilion.video.liked.v1"
    return {"specversion": "1.0", "id": id, "source": "/t", "type": kind, "time": now, "data": data, **attributes}


@contextlib.asynccontextmanager
async def running(tmp_path: Path, **settings: str) -> AsyncIterator[tuple[Client, Process]]:
    [port] = free_ports(1)
    env = environment(DATA_DIR=str(tmp_path / "data"), GATEWAY__PORT=str(port), TOPICS__PARTITIONS="2", **settings)
    process, client = Process("run", env, tmp_path / "run.log"), Client(f"http://127.0.0.1:{port}")
    try:
        await process.start(f"{client.base}/readyz")
        yield client, process
    finally:
        await client.close()
        process.kill()


async def frames(client: Client, user: str) -> tuple[websockets.ClientConnection, dict[str, Any]]:
    socket = await websockets.connect(client.base.replace("http", "ws") + "/v1/stream")
    await socket.send(json.dumps({"type": "connect", "token": await client.token(user)}))
    return socket, json.loads(await socket.recv())


async def next_notification(socket: websockets.ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            frame: dict[str, Any] = json.loads(await socket.recv())
            if frame["type"] == "notification":
                return frame


async def post(client: Client, event: dict[str, Any], **headers: str) -> None:
    sent = {**bearer(SERVICE_KEY), "content-type": "application/cloudevents+json", **headers}
    answer = await client.http.post("/v1/events", content=json.dumps(event), headers=sent)
    assert answer.status_code == 202, answer.text


async def test_one_trace_from_the_event_to_the_frame_and_nothing_of_what_is_not_sampled(tmp_path: Path) -> None:
    with Collector() as collector:
        tracing = {"ENDPOINT": collector.url, "HEADERS": "X-Tenant=tenant-secret", "SAMPLE_RATIO": "0"}
        settings = {f"TRACING__{name}": value for name, value in tracing.items()}
        async with running(tmp_path, **settings) as (client, process):
            socket, _ = await frames(client, BOB)
            await post(client, liked("plain"))
            assert "traceparent" not in await next_notification(socket)
            await post(client, liked("not-sampled", traceparent=f"00-{TRACE}-{CALLER}-00"))
            assert "traceparent" not in await next_notification(socket)
            await post(client, liked("own", traceparent=f"00-{TRACE}-{CALLER}-01", tracestate="vendor=1"))
            frame = await next_notification(socket)
            await post(client, liked("by-header"), traceparent=f"00-{TRACE[::-1]}-{CALLER}-01")
            by_header = await next_notification(socket)
            await socket.close()

            spans = await collector.until(lambda spans: sum(one.name == "send" for one in spans) == 2)
            plain = (await client.http.get("/metrics")).text
            openmetrics = await client.http.get("/metrics", headers={"accept": "application/openmetrics-text"})
            assert await process.stop() == 0
        assert {one.trace for one in spans} == {TRACE, TRACE[::-1]}
        version, trace, span, flags = frame["traceparent"].split("-")
        assert (version, trace, flags) == ("00", TRACE, "01")
        assert by_header["traceparent"].split("-")[1] == TRACE[::-1]

        mine = [one for one in spans if one.trace == TRACE]
        [push] = [one for one in mine if one.name == "push"]
        assert push.id == span, "the frame names the span of its push"
        [send] = [one for one in mine if one.name == "send"]
        assert path_to(mine, send) == [
            "publish video-events",
            "process video",
            "emit notifications",
            "process delivery",
            "emit fan-out",
            "push",
            "send",
        ]
        assert [one.parent for one in mine if one.name == "publish video-events"] == [CALLER]
        steps = {one.name for one in mine if path_to(mine, one)[:-1][-1:] == ["process delivery"]}
        assert steps == {
            "decode and deduplicate",
            "lookup preferences",
            "notify",
            "write history",
            "write inbox",
            "emit fan-out",
            "commit",
        }
        [first] = [one for one in mine if one.name == "process video"]
        assert first.attributes["pavilion.event.id"] == "own"
        [told] = [one for one in mine if one.name == "process delivery"]
        assert told.attributes["pavilion.notification.id"] == frame["notification"]["id"]
        assert {one["x-tenant"] for one in collector.headers} == {"tenant-secret"}
        assert b"Lisbon" not in collector.raw, "spans tell no content"

        assert f'trace_id="{TRACE}"' in openmetrics.text or f'trace_id="{TRACE[::-1]}"' in openmetrics.text
        assert openmetrics.headers["content-type"].startswith("application/openmetrics-text")
        assert "trace_id" not in plain


async def test_by_ratio_an_event_without_a_trace_begins_one_that_is_named_after_it(tmp_path: Path) -> None:
    with Collector() as collector:
        settings = {"TRACING__ENDPOINT": collector.url, "TRACING__SAMPLE_RATIO": "1"}
        async with running(tmp_path, **settings) as (client, _):
            await post(client, liked("same"))
            await post(client, liked("same"))
            spans = await collector.until(lambda spans: sum(one.name == "process video" for one in spans) == 2)
        assert len({one.trace for one in spans}) == 1, "the same event again is seen in its trace"
        dropped = [one.attributes.get("pavilion.outcome") for one in spans if one.name == "process video"]
        assert sorted(map(str, dropped)) == ["None", "dropped"]
        assert all(not one.parent for one in spans if one.name == "publish video-events")


async def test_a_collector_that_is_away_costs_one_warning(tmp_path: Path) -> None:
    [nobody] = free_ports(1)
    settings = {"TRACING__ENDPOINT": f"http://127.0.0.1:{nobody}", "TRACING__SAMPLE_RATIO": "1"}
    async with running(tmp_path, **settings) as (client, process):
        socket, _ = await frames(client, BOB)
        for number in range(3):
            await post(client, liked(str(number)))
            assert "traceparent" in await next_notification(socket)
            await asyncio.sleep(1.6)
        await socket.close()
        async with asyncio.timeout(20):
            assert await process.stop() == 0
        lines = [line for line in process.log.read_text().splitlines() if line.startswith("{")]
        told = [json.loads(line) for line in lines]
        about = [line for line in told if "collector" in line["event"] or line["logger"].startswith("opentelemetry")]
        assert [line["event"] for line in about] == ["the collector does not take spans, they are lost until it does"]


async def test_logs_have_ids_and_neither_content_nor_secrets(tmp_path: Path) -> None:
    """At debug, through sign-in, publishing, a mark, a wrong token, what is no event, its replay, and a duplicate."""
    secrets = {SERVICE_KEY, OPERATOR_KEY, "Lisbon", COMMENT, "Bearer "}
    async with running(tmp_path, LOG__LEVEL="debug", RETENTION_DAYS="90") as (client, process):
        user = await client.http.post("/v1/sessions", json={"user_id": BOB}, headers=bearer(SERVICE_KEY))
        access, refresh = user.json()["access_token"], user.json()["refresh_token"]
        again = await client.http.post("/v1/sessions/refresh", json={"refresh_token": refresh})
        secrets |= {access, refresh, again.json()["access_token"], again.json()["refresh_token"]}
        socket, _ = await frames(client, BOB)
        await post(client, liked("first"))
        frame = await next_notification(socket)
        mark = {"type": "mark", "id": "m", "state": "read", "notifications": [frame["notification"]["id"]]}
        await socket.send(json.dumps(mark))
        await post(client, liked("first"))
        own = liked("own")
        own["data"]["owner_id"] = ADA
        await post(client, own)
        await client.http.get("/v1/notifications", headers=bearer(access + "x"))
        await socket.send(json.dumps({"type": "connect", "token": access}))
        broken = json.dumps({**liked("broken"), "data": {"text": COMMENT}}).encode()
        operator = bearer(OPERATOR_KEY)
        admin = json.loads((tmp_path / "data" / "keys.json").read_text())
        secrets |= {value for name, value in admin.items() if name.endswith("_key")}
        raw = await client.http.post("/v1/events/raw/video", content=broken, headers=bearer(admin["admin_key"]))
        assert raw.status_code == 202, raw.text
        async with asyncio.timeout(20):
            while not (letters := await client.dead_letters()):
                await asyncio.sleep(0.1)
        replay = await client.http.post("/v1/dead-letters/replay", json={"ids": [letters[0]["id"]]}, headers=operator)
        assert replay.status_code == 200, replay.text
        async with asyncio.timeout(20):
            while process.log.read_text().count('"dead letter"') < 2:
                await asyncio.sleep(0.1)
        with contextlib.suppress(Exception):
            await socket.close()
        assert await process.stop() == 0
    text = process.log.read_text()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert all({"timestamp", "level", "logger", "event"} <= line.keys() for line in lines)
    dead = [line for line in lines if line["event"] == "dead letter"]
    assert {(line["event_id"], line["agent"], line["error"]) for line in dead} == {
        ("broken", "video", "InvalidEventType")
    }
    by_event = {(line["event"], line.get("event_id")) for line in lines}
    assert ("dropped as a duplicate, or late", "first") in by_event
    assert ("suppressed", "own") in by_event
    assert [secret for secret in secrets if secret in text] == []
