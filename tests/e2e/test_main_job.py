"""The main job from outside: events in, notifications in inbox, history and on the socket, compared with a model."""

import asyncio
import json
import os
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import pulsar as pulsar_client
import pytest

from infra.local.processes import free_ports
from tests.e2e.model import Run, encode, fact_of, make_run, topic_of
from tests.e2e.platform import Client, Listener, Process, environment, run_command

EVENTS = int(os.environ.get("E2E_EVENTS", "4000"))
SETTLE_SECONDS = 60 + EVENTS / 100


async def settle(client: Client, run: Run) -> None:
    """Wait until every user has as many notifications as the model says; that there are no more is checked later.

    Offsets are not compared with that: an inbox that is first looked at between a write to history and its entry in
    the inbox begins with that notification, at offset 0.
    """
    async with asyncio.timeout(SETTLE_SECONDS):
        for user in run.users:
            await have(client, user, len(run.expected[user]))


async def have(client: Client, user: str, number: int) -> None:
    while len(await client.notifications(user)) < number:
        await asyncio.sleep(0.25)


async def agree(client: Client, run: Run) -> None:
    """History and inbox, read page by page, hold what the model calls for: each fact once, newest first."""
    for user in run.users:
        found = await client.notifications(user)
        facts = [fact_of(one) for one in found]
        assert set(facts) == run.expected[user]
        assert len(facts) == len(set(facts))
        assert [one["id"] for one in found] == sorted((one["id"] for one in found), reverse=True)
        counts = await client.counts(user)
        assert counts["unseen"] == counts["unread"] == min(500, len(facts))


def check_socket(listener: Listener, run: Run, user: str) -> None:
    frames = listener.frames
    assert [frame["position"]["offset"] for frame in frames] == list(range(1, len(run.expected[user]) + 1))
    facts = Counter(fact_of(frame["notification"]) for frame in frames)
    assert facts == Counter(run.expected[user])
    assert frames[-1]["unread"] == min(500, len(frames))


@pytest.mark.guarantee("G1")
@pytest.mark.guarantee("G2")
@pytest.mark.guarantee("G3")
async def test_one_process_is_killed_in_the_middle_and_goes_on(tmp_path: Path) -> None:
    [port] = free_ports(1)
    env = environment(DATA_DIR=str(tmp_path / "data"), GATEWAY__PORT=str(port))
    base = f"http://127.0.0.1:{port}"
    process, client = Process("run", env, tmp_path / "run.log"), Client(base)
    run = make_run(1, users=20, events=1500)
    watched = max(run.users, key=lambda user: len(run.expected[user]))
    listener = Listener()
    try:
        await process.start(f"{base}/readyz")
        async with client.listening(watched, listener):
            for start in range(0, len(run.follows), 25):
                assert (await client.publish(run.follows[start : start + 25])).json() == {"accepted": 25}
            await settled_follows(client, run)
            refused = await client.publish([run.events[0], {**run.events[1], "data": {}}])
            assert refused.status_code == 422
            assert [error["index"] for error in refused.json()["errors"]] == [1]
            for start in range(0, 800, 100):
                assert (await client.publish(run.events[start : start + 100])).status_code == 202
            process.kill()
        await process.start(f"{base}/readyz")
        async with client.listening(watched, listener):
            for start in range(800, len(run.events), 100):
                assert (await client.publish(run.events[start : start + 100])).status_code == 202
            raw = run_command(env, "events", "publish", "--raw", "-", stdin=b"not an event\n\xff\xfe\n")
            assert raw.returncode == 0, raw.stderr
            await settle(client, run)
            await seen_all(listener, run, watched)
        assert [frame["recovered"] for frame in listener.connected] == [False, True]
        check_socket(listener, run, watched)
        await agree(client, run)

        listed = run_command(env, "dead-letters", "list", "--json")
        letters = json.loads(listed.stdout)
        assert {letter["topic"] for letter in letters} == {"video-events"}
        assert len(letters) == 2
        shown = run_command(env, "dead-letters", "show", letters[0]["id"])
        assert b"InvalidEventType" in shown.stdout
        second = run_command(env, "run")
        assert second.returncode == 1
        assert b"is running on" in second.stderr
        assert second.stderr.count(b"\n") == 1
        assert await process.stop() == 0
    finally:
        await client.close()
        process.kill()


async def settled_follows(client: Client, run: Run) -> None:
    """Followers are told of uploads that come after their follow was processed."""
    async with asyncio.timeout(60):
        for creator in run.users[:5]:
            await have(client, creator, len(run.followers[creator]))


async def seen_all(listener: Listener, run: Run, user: str) -> None:
    async with asyncio.timeout(30):
        while len(listener.frames) < len(run.expected[user]):
            await asyncio.sleep(0.1)


@pytest.mark.guarantee("G1")
@pytest.mark.guarantee("G6")
async def test_worker_and_gateway_on_real_services(
    pulsar: Any, redis_server: Any, cassandra: Any, tmp_path: Path
) -> None:
    gateway_port, worker_port = free_ports(2)
    namespace = await new_namespace(pulsar)
    env = environment(
        BROKER__URL=pulsar.url,
        BROKER__ADMIN_URL=pulsar.admin_url,
        BROKER__NAMESPACE=namespace,
        TOPICS__PARTITIONS="4",
        REDIS__URL=redis_server.url,
        SCYLLA__CONTACT_POINTS=cassandra.contact_point,
        SCYLLA__KEYSPACE=f"e2e_{uuid.uuid4().hex[:8]}",
        GATEWAY__PORT=str(gateway_port),
        WORKER__PORT=str(worker_port),
    )
    unprepared = await asyncio.to_thread(run_command, env, "worker")
    assert unprepared.returncode == 1
    assert b"pavilion migrate" in unprepared.stderr
    migrated = await asyncio.to_thread(run_command, env, "migrate")
    assert migrated.returncode == 0, migrated.stderr

    base = f"http://127.0.0.1:{gateway_port}"
    worker, gateway = Process("worker", env, tmp_path / "worker.log"), Process("gateway", env, tmp_path / "gateway.log")
    client = Client(base)
    run = make_run(2, users=max(40, EVENTS // 100), events=EVENTS)
    broken = [b"{", b"\xff\xfe", b"null", b'{"specversion":"1.0"}', b"x" * 300_000]
    watched = max(run.users, key=lambda user: len(run.expected[user]))
    listener = Listener()
    try:
        await asyncio.gather(worker.start(f"http://127.0.0.1:{worker_port}/readyz"), gateway.start(f"{base}/readyz"))
        place = f"persistent://public/{namespace}/"
        sent = [broken[n % len(broken)] for n in range(max(5, EVENTS // 100))]
        async with client.listening(watched, listener):
            await asyncio.to_thread(publish_from_outside, pulsar.url, place, run.follows, [])
            await settled_follows(client, run)
            await asyncio.to_thread(publish_from_outside, pulsar.url, place, run.events, sent)
            await settle(client, run)
            await seen_all(listener, run, watched)
        check_socket(listener, run, watched)
        await agree(client, run)
        letters = await client.dead_letters()
        assert len(letters) == len(sent)
        assert {letter["error"] for letter in letters} == {"InvalidEventType"}
        assert await gateway.stop() == 0
        assert await worker.stop() == 0
    finally:
        await client.close()
        worker.kill()
        gateway.kill()


async def new_namespace(pulsar: Any) -> str:
    import httpx

    name = f"e2e-{uuid.uuid4().hex[:8]}"
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.put(f"{pulsar.admin_url}/admin/v2/namespaces/public/{name}")
        assert answer.is_success, answer.text
    return name


def publish_from_outside(url: str, place: str, events: list[dict[str, Any]], broken: list[bytes]) -> None:
    """With a plain client that knows nothing of this project, broken bytes spread among the events."""
    client = pulsar_client.Client(url, logger=pulsar_client.ConsoleLogger(pulsar_client.LoggerLevel.Error))
    producers: dict[str, Any] = {}
    every = max(1, len(events) // max(1, len(broken)))
    left = list(broken)
    for number, event in enumerate(events):
        topic = topic_of(event)
        if topic not in producers:
            producers[topic] = client.create_producer(
                place + topic, batching_enabled=True, block_if_queue_full=True, send_timeout_millis=0
            )
        key = str(event["data"].get("video_id") or event["data"]["actor_id"])
        producers[topic].send_async(encode(event), None, partition_key=key)
        if left and number % every == 0:
            producers[topic].send_async(left.pop(), None)
    for payload in left:
        next(iter(producers.values())).send_async(payload, None)
    for producer in producers.values():
        producer.flush()
    client.close()
