"""Statistics of several workers, asked of a gateway that has no engine and of each worker, on real services."""

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from prometheus_client.parser import text_string_to_metric_families

from gateway.demo import DEMO_ACTORS, DEMO_USER
from infra.demo import demo_events
from infra.local.processes import free_ports
from schemas.events import encode_event
from schemas.export import DIRECTORY
from tests.e2e.platform import OPERATOR_KEY, SERVICE_KEY, Process, bearer, run_command
from tests.e2e.test_groups import AGENTS, LIMIT, PARTITIONS, Group, Worker, group, owns_everything

__all__ = ["group"]
EVENTS = 200
READERS = ("video", "comment", "user")


@pytest.fixture
async def ground(group: Group) -> "Ground":
    [port] = free_ports(1)
    gateway = Process("gateway", group.env | {"PAVILION_GATEWAY__PORT": str(port)}, group.directory / "gateway.log")
    group.started.append(gateway)
    _, first, second = await asyncio.gather(
        gateway.start(f"http://127.0.0.1:{port}/readyz"), group.start(), group.start()
    )
    await owns_everything(first, second)
    return Ground(group, Worker(gateway, port), first, second)


class Ground:
    def __init__(self, group: Group, gateway: Worker, first: Worker, second: Worker) -> None:
        self.group, self.gateway, self.first, self.second = group, gateway, first, second

    async def publish(self, count: int) -> None:
        events = demo_events(7, users=DEMO_ACTORS, favourite=DEMO_USER, count=count)
        batch = b"[" + b",".join(encode_event(event) for event in events) + b"]"
        headers = bearer(SERVICE_KEY) | {"content-type": "application/cloudevents-batch+json"}
        async with httpx.AsyncClient(base_url=self.gateway.base, trust_env=False, timeout=30) as http:
            answer = await http.post("/v1/events", content=batch, headers=headers)
        assert answer.is_success, answer.text


async def streams(process: Worker) -> dict[str, Any]:
    answer = await process.get("/stats/streams")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def until(process: Worker, condition: Callable[[dict[str, Any]], bool], seconds: float = LIMIT) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while not condition(body := await streams(process)):
        assert time.monotonic() < deadline, body
        await asyncio.sleep(0.1)
    return body


def ids(body: dict[str, Any]) -> set[str]:
    return {worker["id"] for worker in body["workers"]}


def taken(body: dict[str, Any]) -> int:
    return sum(one["in"] for one in body["streams"] if one["agent"] in READERS)


def valid(name: str, body: dict[str, Any]) -> None:
    schema = json.loads((DIRECTORY / f"{name}.schema.json").read_text())
    wrong = [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(body)]
    assert wrong == []


def well_named(text: str) -> None:
    """As Prometheus wants it: counters end in ``_total``, units are seconds and bytes, everything has a help text."""
    families = {one.name: one for one in text_string_to_metric_families(text) if one.name.startswith("pavilion_")}
    assert len(families) > 20
    for name, family in families.items():
        assert family.documentation, name
        assert not name.endswith(("_total", "_ms", "_milliseconds", "_minutes", "_kilobytes")), name
        if name.endswith("_created"):
            continue
        assert family.type in ("counter", "gauge", "histogram"), name
        for sample in family.samples:
            if family.type == "counter":
                assert sample.name == f"{name}_total"
            for label in sample.labels:
                assert re.fullmatch("[a-z_]+", label), sample


def measured(answer: httpx.Response, name: str) -> float:
    [value] = [
        sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if sample.name == name
    ]
    return value


async def live_views_send_the_answer_every_second_to_those_who_may_read_it(process: Worker) -> None:
    accept = {"accept": "text/event-stream"}
    async with httpx.AsyncClient(base_url=process.base, trust_env=False, timeout=10) as http:
        for key in (SERVICE_KEY, "nonsense"):
            refused = await http.get("/stats/streams", headers=bearer(key) | accept)
            assert refused.status_code in (401, 403)
        async with http.stream("GET", "/stats/streams", headers=bearer(OPERATOR_KEY) | accept) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            events = []
            async for line in response.aiter_lines():
                if line.startswith("data: "):
                    events.append(json.loads(line.removeprefix("data: ")))
                if len(events) == 3:
                    break
    assert all(len(ids(event)) == 2 for event in events)
    assert len({event["at"] for event in events}) == 3


async def test_everyone_answers_for_all_workers_and_a_dead_one_leaves(ground: Ground) -> None:
    everyone = (ground.gateway, ground.first, ground.second)
    await ground.publish(EVENTS)
    bodies = [await until(one, lambda body: taken(body) == EVENTS and len(ids(body)) == 2) for one in everyone]
    assert ids(bodies[0]) == ids(bodies[1]) == ids(bodies[2])

    # Once it is quiet, all say the same, and the sums are those of the workers.
    await asyncio.sleep(5)
    bodies = [await streams(one) for one in everyone]
    told = [{one["agent"]: (one["in"], one["out"], one["suppressed"]) for one in body["streams"]} for body in bodies]
    assert told[0] == told[1] == told[2]
    body = bodies[0]
    valid("StreamsStats", body)
    for agent in body["streams"]:
        parts = [one for worker in body["workers"] for one in worker["streams"] if one["agent"] == agent["agent"]]
        assert agent["partitions"] == sorted(number for part in parts for number in part["partitions"])
        for name in ("in", "batches", "duplicates", "late", "retried", "dead_lettered"):
            assert agent[name] == sum(part[name] for part in parts)
        out: Counter[str] = Counter()
        for part in parts:
            out.update(part["out"])
        assert agent["out"] == dict(out)
        decode = agent["steps"][0]
        assert (decode["kind"], decode["in"], decode["failed"]) == ("decode", agent["in"], 0)
        assert sum(source["in"] for source in agent["sources"]) == agent["in"]
        for emit in (step for step in agent["steps"] if step["kind"] == "emit"):
            assert emit["out"] == agent["out"].get(emit["name"], 0)
        if agent["in"]:
            assert agent["latency"]["count"] == agent["in"] - agent["duplicates"]
            assert 0 < agent["latency"]["p50"] <= agent["latency"]["p99"] <= agent["latency"]["max"] * 1.1
    assert {one["name"]: one["state"] for one in body["dependencies"]} == {
        "pulsar": "closed",
        "redis": "closed",
        "scylla": "closed",
    }
    assert all(source["lag_messages"] == 0 for one in body["streams"] for source in one["sources"])

    for path, name in (("/stats/tables", "TablesStats"), ("/stats/topology", "TopologyStats")):
        answers = [(await one.get(path)).json() for one in everyone]
        valid(name, answers[0])
        if name == "TablesStats":
            owned = [(part["table"], part["partition"]) for part in answers[0]["tables"] if part["state"] == "running"]
            assert len(owned) == len(set(owned)) == (AGENTS - 1) * PARTITIONS
            assert {part["worker"] for part in answers[0]["tables"]} == ids(body)
        else:
            assert answers[0]["agents"] == answers[1]["agents"]
            assert len(answers[0]["agents"]) == AGENTS

    for process in everyone:
        well_named((await process.get("/metrics")).text)
    assert measured(await ground.gateway.get("/metrics"), "pavilion_workers") == 2
    for process in (ground.gateway, ground.first):
        await live_views_send_the_answer_every_second_to_those_who_may_read_it(process)

    for command, words in (
        ("stats", (b"video", b"worker ", b"dead letters: 0")),
        ("tables", (b"video-seen", b"running")),
    ):
        shown = await asyncio.to_thread(run_command, ground.first.process.env, command)
        assert shown.returncode == 0, shown.stderr
        assert all(word in shown.stdout for word in words), shown.stdout
    shown = await asyncio.to_thread(run_command, ground.first.process.env, "stats", "--json")
    assert ids(json.loads(shown.stdout)) == ids(body)

    # A killed one is off within ten seconds, everywhere.
    gone = (await streams(ground.second))["group"]["id"]
    ground.second.process.kill()
    for one in (ground.gateway, ground.first):
        started = time.monotonic()
        left = await until(one, lambda body: gone not in ids(body), seconds=10)
        assert len(ids(left)) == 1, time.monotonic() - started

    # One that ends in peace says so: it is off before silence could tell, which takes six seconds at least.
    assert await ground.first.process.stop() == 0
    await until(ground.gateway, lambda body: not body["workers"], seconds=4)
    body = await streams(ground.gateway)
    assert (body["streams"], body["note"]) == ([], "no worker is heard of")
    assert len((await ground.gateway.get("/stats/topology")).json()["agents"]) == AGENTS
