"""Operators over REST: what could not be processed, why, and replaying it."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from infra.log.ports import Outgoing, TopicSpec
from pavilion.replay import Replayer
from schemas.records import DeadLetter, encode_record
from tests.integration.gateway.harness import OPERATOR, PARTITIONS, Platform, Running, running
from tests.integration.gateway.test_rest import assert_problem

WANTED = {"id", "topic", "partition", "offset", "time", "error", "message", "attempts", "payload", "state"}


def letter(number: int, **changes: Any) -> DeadLetter:
    values: dict[str, Any] = {
        "id": f"gen/{number}/00f",
        "topic": "video-events",
        "partition": number % PARTITIONS,
        "offset": "00f",
        "time": f"2026-11-22T14:00:0{number}.000Z",
        "agent": "video",
        "error": "InvalidEventType",
        "message": "Object missing required field `time`",
        "payload": base64.b64encode(b'{"type":"pavilion.video.liked.v1"}').decode(),
    }
    return DeadLetter(**{**values, **changes})


LETTERS = [letter(number, agent="comment" if number == 3 else "video") for number in range(5)]


@pytest.fixture
async def reading(platform: Platform) -> AsyncIterator[Running]:
    topic = platform.settings.topics.dead_letter
    await platform.log.migrate([TopicSpec(topic, PARTITIONS, ("operators",), 3600)])
    await platform.log.publisher(topic).publish([Outgoing(one.id, encode_record(one)) for one in LETTERS])
    async with running(platform, dead_letters=Replayer(platform.log, topic, platform.stores.replays)) as server:
        yield server


async def listed(server: Running, query: str = "") -> list[str]:
    answer = await server.http.get(f"/v1/dead-letters?{query}", headers=OPERATOR)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["data"]]


async def replay(server: Running, body: Any, **headers: str) -> httpx.Response:
    return await server.http.post("/v1/dead-letters/replay", json=body, headers={**OPERATOR, **headers})


async def test_lists_have_pages(reading: Running) -> None:
    first = (await reading.http.get("/v1/dead-letters?limit=3", headers=OPERATOR)).json()
    assert [one["id"] for one in first["data"]] == [one.id for one in LETTERS[:3]]
    assert set(first["data"][0]) >= WANTED
    assert first["data"][0]["state"] == "pending"
    assert first["data"][0]["replayed_at"] is first["data"][0]["replayed_by"] is None
    query = f"/v1/dead-letters?limit=3&cursor={first['page']['next']}"
    second = (await reading.http.get(query, headers=OPERATOR)).json()
    assert [one["id"] for one in second["data"]] == [one.id for one in LETTERS[3:]]
    assert second["page"] == {"next": None}
    one = (await reading.http.get(f"/v1/dead-letters/{LETTERS[4].id}", headers=OPERATOR)).json()
    assert one == second["data"][1]


async def test_filters(reading: Running) -> None:
    ids = [one.id for one in LETTERS]
    assert await listed(reading, "agent=comment") == [ids[3]]
    assert await listed(reading, "type=video.liked&topic=video-events&error=InvalidEventType") == ids
    assert await listed(reading, "from=2026-11-22T14:00:01Z&to=2026-11-22T14:00:03Z") == ids[1:3]
    assert await listed(reading, "state=replayed") == []
    for query in ("state=gone", "from=yesterday", "to=2026-11-22T14:00:00", "cursor=%C3%A9"):
        assert_problem(await reading.http.get(f"/v1/dead-letters?{query}", headers=OPERATOR), 422)


async def test_replay(platform: Platform, reading: Running) -> None:
    ids = [one.id for one in LETTERS]
    dry = (await replay(reading, {"filters": {"agent": "video"}, "dry_run": True})).json()
    assert (dry["matched"], dry["replayed"], dry["remaining"], dry["dry_run"]) == (4, 0, 4, True)
    assert dry["ids"] == [*ids[:3], ids[4]]
    assert await platform.published("video-events") == []

    done = (await replay(reading, {"ids": [ids[0], "none"], "by": "ada"})).json()
    assert (done["matched"], done["replayed"], done["remaining"]) == (1, 1, 0)
    assert done["failed"] == [{"id": "none", "reason": "there is no such dead letter"}]
    assert (await replay(reading, {"filters": {"agent": "comment"}, "rate": 100}, **{"x-operator": "bob"})).json()[
        "replayed"
    ] == 1
    assert (await replay(reading, {"filters": {}})).json()["replayed"] == 3
    assert await platform.published("video-events") == [LETTERS[0].payload_bytes] * 5
    assert await listed(reading, "state=pending") == []

    shown = (await reading.http.get(f"/v1/dead-letters/{ids[0]}", headers=OPERATOR)).json()
    assert (shown["state"], shown["replayed_by"], shown["replay_result"]) == ("replayed", "ada", "replayed")
    rows, cursor = [], ""
    while cursor is not None:
        page = (await reading.http.get(f"/v1/dead-letters/replays?limit=2{cursor}", headers=OPERATOR)).json()
        rows += page["data"]
        cursor = page["page"]["next"] and f"&cursor={page['page']['next']}"
    assert [row["by"] for row in rows] == ["operator"] * 3 + ["bob", "ada"]
    assert {"id": ids[0], "attempts": 1, "time": shown["replayed_at"], "by": "ada", "result": "replayed"} in rows


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ids": ["a"], "filters": {}},
        {"ids": ["a"] * 1001},
        {"filters": {"colour": "red"}},
        {"filters": {"until": "soon"}},
        {"filters": {}, "rate": 0},
        {"filters": {}, "dry": True},
        [],
    ],
)
async def test_requests_that_are_not_valid(reading: Running, body: Any) -> None:
    assert_problem(await replay(reading, body), 422)


async def test_what_is_not_there(server: Running, reading: Running) -> None:
    assert_problem(await reading.http.get("/v1/dead-letters/none", headers=OPERATOR), 404)
    assert_problem(await reading.http.get("/v1/dead-letters/replays?cursor=YQ", headers=OPERATOR), 422)
    assert_problem(await server.http.get("/v1/dead-letters", headers=OPERATOR), 404)


async def test_text_is_found_in_bytes_message_key_and_id_in_any_case(platform: Platform, reading: Running) -> None:
    payload = base64.b64encode("Grüße \xff from NAN".encode() + b"\xff\x00").decode()
    odd = letter(7, payload=payload, message="Truncated", key="user/Ä")
    topic = platform.settings.topics.dead_letter
    await platform.log.publisher(topic).publish([Outgoing(odd.id, encode_record(odd))])
    for text in ("GRÜSSE", "from nan", "truncATED", "user/ä", "gen/7"):
        assert await listed(reading, urlencode({"text": text})) == [odd.id], text
    assert await listed(reading, urlencode({"text": "from nan", "agent": "comment"})) == []
    body = {"filters": {"text": "from nan"}, "dry_run": True}
    assert (await replay(reading, body)).json()["ids"] == [odd.id]
