"""The documents against a real gateway: every route, every frame and every record, as they cross the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from pydantic import SecretStr

from gateway.app import API_ROUTES
from gateway.demo import random_event
from gateway.limits import Limits
from gateway.routes import ActionRoute
from infra.log.ports import Outgoing, TopicSpec
from pavilion.backfill import Backfill
from pavilion.explain import Explainer
from pavilion.replay import Replayer
from schemas.events import VideoUploaded, VideoUploadedData, encode_event
from schemas.records import DeadLetter, encode_record
from schemas.settings import EncryptionSettings
from schemas.stats import StreamsStats, TablesStats, TopologyStats
from schemas.times import format_ms, now_ms
from streams.graph import describe
from streams.testing import TopologyTestDriver
from tests.integration.gateway.harness import (
    ADMIN,
    OPERATOR,
    PARTITIONS,
    SERVICE,
    SUPPORTING,
    Platform,
    Running,
    eventually,
    open_platform,
    running,
)
from tests.integration.gateway.witness import Witness, watched
from topologies import app

LETTER = DeadLetter(
    id="gen/0/00f",
    topic="video-events",
    partition=0,
    offset="00f",
    time="2026-11-22T14:00:00.000Z",
    agent="video",
    error="InvalidEventType",
    message="Object missing required field `time`",
    payload="e30=",
)
HOURS = {"start": "22:00", "end": "07:00", "time_zone": "Europe/Berlin"}


@pytest.fixture
async def quiet(tmp_path: Path) -> AsyncIterator[Platform]:
    """A platform of this test's own, with one dead letter."""
    encryption = EncryptionSettings(keys=[SecretStr("k1:" + "A" * 43 + "=")])
    async with open_platform(tmp_path, encryption=encryption) as platform:
        topic = platform.settings.topics.dead_letter
        await platform.log.migrate([TopicSpec(topic, PARTITIONS, ("operators",), 3600)])
        await platform.log.publisher(topic).publish([Outgoing(LETTER.id, encode_record(LETTER))])
        yield platform


def letters(platform: Platform) -> Replayer:
    return Replayer(platform.log, platform.settings.topics.dead_letter, platform.stores.replays)


def test_every_route_of_the_api_is_documented(server: Running) -> None:
    """Deny by default: what is served under these is described, or it is not served."""
    routes = [route for route in server.app.routes if isinstance(route, ActionRoute)]
    served = [route for route in routes if route.path.startswith(("/v1/", "/stats/", "/.well-known/"))]
    assert [route.path for route in served if route not in API_ROUTES] == []
    assert len(served) > 20


async def test_every_answer_is_as_documented(quiet: Platform, user: str) -> None:
    witness = Witness()
    past = Backfill(quiet.log, quiet.settings, "test", app.specs())
    explainer = Explainer(quiet.log, quiet.stores, quiet.settings, app.specs())
    async with running(quiet, dead_letters=letters(quiet), backfill=past, explainer=explainer) as server:
        witness.watch(server)
        await _sessions(server, user)
        await _stream(server, user)
        await _notifications(server, quiet, user)
        await _services(server)
        await _operators(server)
        await _support(server, user)
        await _past(server, user)
        for erased, status in ((user, 202), (uuid4(), 200)):
            assert (await server.http.delete(f"/v1/users/{erased}", headers=ADMIN)).status_code == status
        for path in (
            "/healthz",
            "/readyz",
            "/metrics",
            "/v1/openapi.json",
            "/v1/asyncapi.json",
            "/.well-known/jwks.json",
        ):
            assert (await server.http.get(path)).status_code == 200
        await _refusals(server, witness, user)
    async with running(quiet, settings={"enabled": False}) as server:
        witness.watch(server)
        server.gateway.draining = True
        assert (await server.http.get("/readyz")).status_code == 503
        kind = {"content-type": "application/json"}
        assert (await server.http.post("/v1/events", content="[]", headers={**SERVICE, **kind})).status_code == 503
    assert witness.unseen_answers() == []


async def _sessions(server: Running, user: str) -> None:
    session = await server.session(user)
    body = {"refresh_token": session["refresh_token"]}
    assert (await server.http.post("/v1/sessions/refresh", json=body)).status_code == 200
    path = f"/v1/sessions/{session['session_id']}"
    assert (await server.http.delete(path, headers=SERVICE)).status_code == 204
    everywhere, bearer = f"/v1/users/{user}/sessions", await server.bearer(user)
    [standing] = (await server.http.get(everywhere, headers=bearer)).json()["data"]
    assert standing["current"]
    assert (await server.http.delete(everywhere, headers=bearer)).status_code == 204
    audit = (await server.http.get(f"/v1/audit?user={user}&limit=2", headers=ADMIN)).json()
    assert len(audit["data"]) == 2


async def _stream(server: Running, user: str) -> None:
    """Read to its end, which comes when the session ends."""
    session = await server.session(user)
    headers = {"accept": "text/event-stream", "authorization": f"Bearer {session['access_token']}"}
    reading = asyncio.create_task(server.http.get("/v1/stream", headers=headers))
    await eventually(lambda: bool(server.gateway.hub.connections_of(user)))
    await server.http.delete(f"/v1/sessions/{session['session_id']}", headers=SERVICE)
    assert (await reading).status_code == 200


async def _notifications(server: Running, platform: Platform, user: str) -> None:
    added = await platform.deliver(user, 4)
    ids = [one.notification.id for one in added]
    bearer = await server.bearer(user)
    page = (await server.http.get("/v1/notifications?limit=3&state=unread&type=video.liked", headers=bearer)).json()
    query = f"/v1/notifications?limit=3&state=unread&type=video.liked&cursor={page['page']['next']}"
    assert len((await server.http.get(query, headers=bearer)).json()["data"]) == 1
    for method, body, status in (
        ("GET", None, 200),
        ("PATCH", {"state": "read"}, 200),
        ("PATCH", {"state": "deleted"}, 204),
        ("GET", None, 404),
    ):
        answer = await server.http.request(method, f"/v1/notifications/{ids[0]}", headers=bearer, json=body)
        assert answer.status_code == status
    assert (await server.http.delete(f"/v1/notifications/{ids[1]}", headers=bearer)).status_code == 204
    mark = {"state": "archived", "notifications": ids[2:3], "id": "mine"}
    assert (await server.http.post("/v1/notifications/mark", headers=bearer, json=mark)).status_code == 200
    for body in ({"types": {"video.liked": True}, "quiet_hours": HOURS}, {"quiet_hours": None}):
        assert (await server.http.put("/v1/preferences", headers=bearer, json=body)).status_code == 200
        assert (await server.http.get("/v1/preferences", headers=bearer)).status_code == 200
    assert len((await server.http.get("/v1/preferences/audit", headers=bearer)).json()["data"]) == 2
    counts = (await server.http.get("/v1/counts", headers=bearer)).json()
    assert (counts["unseen"], counts["unread"]) == (1, 1)


async def _services(server: Running) -> None:
    follow, profile = f"/v1/follows/{uuid4()}/{uuid4()}", f"/v1/profiles/{uuid4()}"
    assert (await server.http.put(follow, headers=SERVICE)).status_code == 204
    assert (await server.http.delete(follow, headers=SERVICE)).status_code == 204
    assert (await server.http.put(profile, headers=SERVICE, json={"name": "Ada"})).status_code == 204
    event = encode_event(random_event())
    for kind, content, status in (
        ("application/cloudevents+json", event, 202),
        ("application/cloudevents-batch+json", b"[" + event + b"]", 202),
        ("application/json", b"[]", 202),
        ("application/json", b"[5]", 422),
        ("application/cloudevents+json", b"x" * 300_000, 413),
        ("text/plain", event, 415),
    ):
        headers = {**SERVICE, "content-type": kind}
        assert (await server.http.post("/v1/events", content=content, headers=headers)).status_code == status
    assert (await server.http.post("/v1/events/raw/video", content=b"?", headers=OPERATOR)).status_code == 202


async def _operators(server: Running) -> None:
    for path in ("/v1/dead-letters", f"/v1/dead-letters/{LETTER.id}"):
        assert (await server.http.get(path, headers=OPERATOR)).status_code == 200
    for body in ({"filters": {}, "dry_run": True}, {"ids": [LETTER.id, "none"], "by": "ada"}):
        answer = await server.http.post("/v1/dead-letters/replay", json=body, headers=OPERATOR)
        assert answer.status_code == 200
    for path in ("/v1/dead-letters?state=replayed", "/v1/dead-letters/replays"):
        assert len((await server.http.get(path, headers=OPERATOR)).json()["data"]) == 1
    for name in ("topology", "tables", "streams"):
        assert (await server.http.get(f"/stats/{name}", headers=OPERATOR)).status_code == 200


async def _support(server: Running, user: str) -> None:
    for path in (f"/v1/users/{user}/notifications?state=unread", f"/v1/users/{user}/inbox", "/v1/caller"):
        assert (await server.http.get(path, headers=SUPPORTING)).status_code == 200


async def _past(server: Running, user: str) -> None:
    """The events that were just published, once more."""
    since = format_ms(now_ms() - 60_000)
    body = {"from": since, "dry_run": True}
    assert (await server.http.post("/v1/events/replay", json=body, headers=OPERATOR)).json()["published"] > 0
    for query in (f"user={user}", f"event=none&user={user}&since={since}"):
        assert (await server.http.get(f"/v1/explain?{query}", headers=OPERATOR)).status_code == 200


async def _refusals(server: Running, witness: Witness, user: str) -> None:
    """401 and 403 of every operation, and 422 of those that take something."""
    bearer = await server.bearer(user)
    for method, path, operation in witness.operations():
        target = path
        for parameter in operation.get("parameters", []):
            target = target.replace(f"{{{parameter['name']}}}", "x")
        wrong = await server.http.request(method, target, headers={"authorization": "Bearer nonsense"})
        assert wrong.status_code == 401
        if "anyone" not in operation["x-roles"]:
            other = bearer if "user" not in operation["x-roles"] else OPERATOR
            assert (await server.http.request(method, target, headers=other)).status_code == 403
        if "application/json" in operation.get("requestBody", {}).get("content", {}):
            allowed = {"user": bearer, "service": SERVICE, "admin": ADMIN, "anyone": {}}
            [headers, *_] = [allowed[role] for role in operation["x-roles"] if role in allowed]
            answer = await server.http.request(method, target, headers=headers, content=b"{")
            assert answer.status_code in (404, 415, 422)


async def test_statistics_of_an_engine_are_as_documented(quiet: Platform) -> None:
    witness = Witness()
    async with TopologyTestDriver(app) as driver:
        data = VideoUploadedData(video_id=uuid4(), actor_id=uuid4(), title="Holiday")
        upload = VideoUploaded(specversion="1.0", id="1", source="/test", time=driver.now, data=data)
        await driver.play([upload, *(random_event() for _ in range(30))])
        await driver.send_bytes("video-events", b"not an event")
        await driver.settle()
        tables = [one for spec in app.specs() for table in spec.tables for one in driver.table(table.name).snapshots]

        async def topology() -> Any:
            return msgspec.convert(describe(app.specs()), TopologyStats)

        async def parts() -> Any:
            return msgspec.convert({"tables": tables}, TablesStats)

        async def streams() -> Any:
            body = {"streams": driver.streams(), "dependencies": driver.dependencies(), "group": {}}
            return msgspec.convert(body, StreamsStats)

        async with running(quiet, topology=topology, tables=parts, streams=streams) as server:
            witness.watch(server)
            for name in ("topology", "tables", "streams"):
                body = (await server.http.get(f"/stats/{name}", headers=OPERATOR)).json()
                assert all(body.values()) or name == "streams"
        for topic in ("notifications", "audience_pages", "fan_out", "dead_letter", "video_events", "user_events"):
            records = await driver.records(getattr(quiet.settings.topics, topic))
            assert records, topic
            for record in records:
                if record.value != b"not an event":
                    witness.record(topic, record.value)


@pytest.mark.guarantee("G3")
async def test_every_frame_is_as_documented(quiet: Platform, user: str) -> None:
    """And every record that gateways write into fan-out."""
    witness = Witness()
    limits = Limits(check=(60.0, 60.0), ping=0.1)
    async with running(quiet, limits) as server:
        session = await server.session(user)
        await quiet.deliver(user, 2)
        async with watched(server, witness, session["access_token"]) as first:
            position = first.position
        await quiet.deliver(user, 1)
        async with watched(server, witness, session["access_token"], position) as client:
            assert client.connected["recovered"]
            arrived = (await client.next())["notification"]["id"]
            await client.send(type="mark", id="one", state="read", notifications=[arrived])
            await client.send(type="mark", id="all", state="seen", up_to=arrived)
            assert {frame["type"] for frame in await client.take(4)} == {"marked", "state"}
            await client.send(type="mark", id="both", state="seen", up_to=arrived, notifications=[arrived])
            assert (await client.next())["problem"]["status"] == 422
            await client.send(type="refresh", token=session["access_token"])
            assert (await client.next())["type"] == "refreshed"
            body, bearer = {"types": {"video.liked": False}}, await server.bearer(user)
            assert (await server.http.put("/v1/preferences", json=body, headers=bearer)).status_code == 200
            await quiet.deliver(user, 1)
            assert (await client.next())["type"] == "position"
            await client.silence(0.3)  # pings, which the client answers
            server.stop.set()
            assert (await client.next())["type"] == "reconnect"
    for record in await quiet.published(quiet.settings.topics.fan_out):
        witness.record("fan_out", record)
    assert witness.unseen_frames() == set()
