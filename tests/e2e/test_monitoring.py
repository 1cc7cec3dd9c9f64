"""A real Prometheus on real processes: every query of every dashboard, and a fault that fires until it is over."""

import asyncio
import json
import re
import threading
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from gateway.demo import DEMO_ACTORS, DEMO_USER
from infra.demo import demo_events
from infra.local import Alertmanager, Prometheus, Redis
from infra.local.processes import free_ports
from infra.monitoring.grafana import page
from schemas.events import encode_event
from tests.e2e.platform import Client, Process, environment, run_command
from tests.e2e.test_main_job import new_namespace
from tests.monitoring import DIRECTORY, RULES, Shown, names, queries

EMPTY_IN_PEACE = ("ALERTS", "pavilion_dead_letters_total", "pavilion_suppressed_total")
"""What the overview shows of trouble has no series until there is some."""

RUNBOOK = "https://docs.example/runbook"


class Sink:
    """What Alertmanager posts to a webhook: `status`, and the `alerts` of a group."""

    def __init__(self) -> None:
        self.posted: list[dict[str, Any]] = []
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sink.posted.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def alerts(self, name: str, status: str) -> list[dict[str, Any]]:
        return [
            alert
            for group in self.posted
            for alert in group["alerts"]
            if alert["labels"]["alertname"] == name and alert["status"] == status
        ]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def sink() -> Iterator[Sink]:
    found = Sink()
    yield found
    found.close()


def hurried_rules(directory: Path) -> None:
    """The rules as they are, but whatever they say must have lasted for two seconds only."""
    content = yaml.safe_load((DIRECTORY / "rules.yml").read_text())
    for rule in (rule for group in content["groups"] for rule in group["rules"]):
        if "for" in rule:
            rule["for"] = "2s"
    (directory / "rules.yml").write_text(yaml.safe_dump(content))


def configured(directory: Path, alertmanager: str | None, **ports: int) -> Path:
    """prometheus.yml as it is, but with the targets of this test, every second. ``ports`` are of its jobs."""
    content = yaml.safe_load((DIRECTORY / "prometheus.yml").read_text())
    content["global"] |= {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    content["global"]["external_labels"] = {"runbook": RUNBOOK, "grafana": "https://grafana.example"}
    jobs = [job for job in content["scrape_configs"] if job["job_name"].removeprefix("pavilion-") in ports]
    for job in jobs:
        del job["dns_sd_configs"]
        port = ports[job["job_name"].removeprefix("pavilion-")]
        job["static_configs"] = [{"targets": [f"127.0.0.1:{port}"]}]
    content["scrape_configs"] = jobs
    content["alerting"]["alertmanagers"] = [{"static_configs": [{"targets": [alertmanager] if alertmanager else []}]}]
    path = directory / "prometheus.yml"
    path.write_text(yaml.safe_dump(content))
    return path


def told(directory: Path, sink: Sink) -> Path:
    """alertmanager.yml as it is, but with a webhook for who is on call, at once."""
    content = yaml.safe_load((DIRECTORY / "alertmanager.yml").read_text())
    content["route"] |= {"group_wait": "0s", "group_interval": "1s"}
    [on_call] = [receiver for receiver in content["receivers"] if receiver["name"] == "on-call"]
    on_call["webhook_configs"] = [{"url": sink.url}]
    path = directory / "alertmanager.yml"
    path.write_text(yaml.safe_dump(content))
    return path


async def until(what: str, holds: Callable[[], Awaitable[bool]], limit: float = 60.0) -> None:
    try:
        async with asyncio.timeout(limit):
            while not await holds():
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise AssertionError(f"{what}: not within {limit:g} s") from None


def series(text: str) -> dict[str, set[str]]:
    """The names on a `/metrics` page, each with the labels of its samples."""
    found: dict[str, set[str]] = {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            for suffix in ("_bucket", "_count", "_sum") if kind == "histogram" else ("",):
                found.setdefault(name + suffix, set())
        elif line and not line.startswith("#"):
            name, _, rest = line.partition("{")
            labels = {part.split("=")[0] for part in rest.rpartition("}")[0].split('",') if "=" in part}
            found.setdefault(name.split()[0], set()).update(labels)
    return found


async def scraped(*ports: int) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    async with httpx.AsyncClient(trust_env=False) as http:
        for port in ports:
            for name, labels in series((await http.get(f"http://127.0.0.1:{port}/metrics")).text).items():
                found.setdefault(name, set()).update(labels)
    return found


def check_names(found: dict[str, set[str]]) -> None:
    """Every measure that a rule or a panel asks for exists, and so does every label that it asks it for."""
    asked = [(f"alert {rule['alert']}", rule["expr"]) for rule in RULES]
    asked += [(f"panel {shown.dashboard}: {shown.panel}", shown.expression) for shown in queries()]
    added = {"namespace", "job", "instance"}
    missing = {f"{name} ({where})" for where, expression in asked for name, _ in names(expression) if name not in found}
    assert missing == set()
    wrong = {
        f"{name}{{{', '.join(labels - found[name] - added)}}} ({where})"
        for where, expression in asked
        for name, labels in names(expression)
        if found[name] and labels - found[name] - added
    }
    assert wrong == set()


async def evaluated(prometheus: Prometheus) -> list[tuple[Shown, int]]:
    """Every query of every dashboard, with how many series it has now; raises if Prometheus refuses one."""
    return [
        (shown, len(await asyncio.to_thread(prometheus.query, shown.expression)))
        for shown in queries(rate_interval="30s")
    ]


async def test_every_dashboard_on_the_embedded_run(tmp_path: Path) -> None:
    [port] = free_ports(1)
    env = environment(DATA_DIR=str(tmp_path / "data"), GATEWAY__PORT=str(port), TOPICS__PARTITIONS="4", DEMO="1")
    process = Process("run", env, tmp_path / "run.log")
    hurried_rules(tmp_path)
    # One process is both, so it is scraped as both.
    configuration = configured(tmp_path, None, worker=port, gateway=port)
    try:
        await process.start(f"http://127.0.0.1:{port}/readyz")
        service = Prometheus(tmp_path / "prometheus", configuration=configuration)
        await asyncio.to_thread(service.start)
        try:
            up = "min(up) == 1"
            await until("the first scrape", lambda: asyncio.to_thread(lambda: bool(service.query(up))))
            assert await asyncio.to_thread(unseen_before_the_first, service) == set()
            published = await asyncio.to_thread(run_command, env, "events", "publish", "--demo", "--count", "300")
            assert published.returncode == 0, published.stderr
            delivered = "sum(rate(pavilion_event_processing_seconds_count[30s])) > 0"
            await until("deliveries", lambda: asyncio.to_thread(lambda: bool(service.query(delivered))))
            check_names(await scraped(port))
            empty = [
                f"{shown.panel}: {shown.expression}"
                for shown, count in await evaluated(service)
                if shown.dashboard == "overview" and not count
            ]
            assert [one for one in empty if not any(name in one for name in EMPTY_IN_PEACE)] == []
            await until("rules", lambda: asyncio.to_thread(lambda: rules_are_well(service)))
        finally:
            await asyncio.to_thread(service.stop)
    finally:
        process.kill()


def unseen_before_the_first(prometheus: Prometheus) -> set[str]:
    """Counters whose rise a rule asks for, and that are not there before anything happened.

    Of requests that fail there is one for each route and status: a rule asks for more than a few of them.
    """
    risen = {selector for rule in RULES for selector in re.findall(r"increase\((pavilion_[^\[]+)\[", rule["expr"])}
    return {
        selector
        for selector in risen
        if "requests_total" not in selector and not prometheus.query(f"count({selector}) > 0")
    }


def rules_are_well(prometheus: Prometheus) -> bool:
    """Whether Prometheus has evaluated every rule, without an error and with only the watchdog firing."""
    groups = prometheus.get("/api/v1/rules")["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert [rule["lastError"] for rule in rules if rule.get("lastError")] == []
    states = {rule["name"]: rule["state"] for rule in rules}
    return len(rules) == len(RULES) and {name for name, state in states.items() if state != "inactive"} == {
        "PavilionWatchdog"
    }


@pytest.fixture
async def platform(pulsar: Any, cassandra: Any, tmp_path: Path) -> AsyncIterator[tuple[dict[str, str], Redis]]:
    """A worker and a gateway on real services; the Redis is their own."""
    gateway_port, worker_port = free_ports(2)
    redis = Redis(tmp_path / "redis")
    await asyncio.to_thread(redis.start)
    env = environment(
        BROKER__URL=pulsar.url,
        BROKER__ADMIN_URL=pulsar.admin_url,
        BROKER__NAMESPACE=await new_namespace(pulsar),
        TOPICS__PARTITIONS="2",
        REDIS__URL=redis.url,
        SCYLLA__CONTACT_POINTS=cassandra.contact_point,
        SCYLLA__KEYSPACE=f"monitoring_{uuid.uuid4().hex[:8]}",
        GATEWAY__PORT=str(gateway_port),
        WORKER__PORT=str(worker_port),
    )
    processes = [Process(name, env, tmp_path / f"{name}.log") for name in ("worker", "gateway")]
    try:
        migrated = await asyncio.to_thread(run_command, env, "migrate")
        assert migrated.returncode == 0, migrated.stderr
        for process, port in zip(processes, (worker_port, gateway_port), strict=True):
            await process.start(f"http://127.0.0.1:{port}/readyz")
        yield env, redis
    finally:
        for process in processes:
            process.kill()
        await asyncio.to_thread(redis.stop)


@pytest.mark.guarantee("G7")
async def test_redis_is_killed_and_somebody_is_told_until_it_is_back(
    platform: tuple[dict[str, str], Redis], sink: Sink, tmp_path: Path
) -> None:
    env, redis = platform
    ports = {name: int(env[f"PAVILION_{name.upper()}__PORT"]) for name in ("worker", "gateway")}
    hurried_rules(tmp_path)
    alertmanager = Alertmanager(tmp_path / "alertmanager", configuration=told(tmp_path, sink))
    address = alertmanager.url.removeprefix("http://")
    prometheus = Prometheus(tmp_path / "prometheus", configuration=configured(tmp_path, address, **ports))

    def firing() -> set[str]:
        return {alert["labels"]["alertname"] for alert in alertmanager.alerts()}

    try:
        for service in (alertmanager, prometheus):
            await asyncio.to_thread(service.start)
        await publish(env)
        delivered = 'sum(pavilion_deliveries_total{result="delivered"}) > 0'
        await until("deliveries", lambda: asyncio.to_thread(lambda: bool(prometheus.query(delivered))))
        check_names(await scraped(*ports.values()))
        await evaluated(prometheus)
        assert firing() <= {"PavilionWatchdog"}

        await asyncio.to_thread(redis.kill)
        await publish(env)
        await until("the alert", lambda: asyncio.to_thread(lambda: "PavilionBreakerOpen" in firing()))
        [alert] = [alert for alert in alertmanager.alerts() if alert["labels"]["alertname"] == "PavilionBreakerOpen"]
        assert alert["labels"] == {"alertname": "PavilionBreakerOpen", "dependency": "redis", "severity": "critical"}
        assert alert["annotations"]["summary"] == "redis is away or overloaded"
        assert alert["annotations"]["runbook_url"] == f"{RUNBOOK}/{page('PavilionBreakerOpen')}"
        await until("the call", lambda: asyncio.to_thread(lambda: bool(sink.alerts("PavilionBreakerOpen", "firing"))))
        # What follows from it is there, and calls nobody.
        await until("the partitions", lambda: asyncio.to_thread(lambda: "PavilionPartitionsPaused" in firing()))
        [paused] = [
            alert for alert in alertmanager.alerts() if alert["labels"]["alertname"] == "PavilionPartitionsPaused"
        ]
        assert paused["labels"]["agent"] == "delivery"
        assert paused["status"]["state"] == "suppressed"

        await asyncio.to_thread(redis.start)
        await until("the end", lambda: asyncio.to_thread(lambda: "PavilionBreakerOpen" not in firing()))
        await until(
            "the all-clear", lambda: asyncio.to_thread(lambda: bool(sink.alerts("PavilionBreakerOpen", "resolved")))
        )
        assert sink.alerts("PavilionPartitionsPaused", "firing") == []
    finally:
        for service in (prometheus, alertmanager):
            await asyncio.to_thread(service.stop)


async def publish(env: dict[str, str]) -> None:
    """Through the gateway, which takes events while Redis is away."""
    made = demo_events(time.time_ns(), users=DEMO_ACTORS, favourite=DEMO_USER, count=50)
    client = Client(f"http://127.0.0.1:{env['PAVILION_GATEWAY__PORT']}")
    try:
        answer = await client.publish([json.loads(encode_event(event)) for event in made])
        assert answer.status_code == 202, answer.text
    finally:
        await client.close()
