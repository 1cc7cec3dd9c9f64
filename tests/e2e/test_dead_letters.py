"""``pavilion dead-letters`` against a running process, and against Pulsar and the CQL server themselves."""

import asyncio
import getpass
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from infra.local import Cassandra, Pulsar
from infra.local.processes import free_ports
from infra.log.ports import Outgoing
from infra.log.pulsar import PulsarLog
from schemas.records import DeadLetter, encode_record
from schemas.settings import BrokerSettings, Settings
from tests.e2e.platform import Process, environment, run_command
from tests.e2e.test_main_job import new_namespace

Put = Callable[[int], Awaitable[None]]
"""Makes so many dead letters."""


@pytest.fixture
async def embedded(tmp_path: Path) -> AsyncIterator[tuple[dict[str, str], Put]]:
    [port] = free_ports(1)
    env = environment(DATA_DIR=str(tmp_path / "data"), GATEWAY__PORT=str(port))
    process = Process("run", env, tmp_path / "run.log")

    async def put(count: int) -> None:
        lines = b"".join(b"no event %d\n" % number for number in range(count))
        await succeed(env, "events", "publish", "-", "--raw", stdin=lines)

    try:
        await process.start(f"http://127.0.0.1:{port}/readyz")
        yield env, put
    finally:
        process.kill()


@pytest.fixture
async def direct(pulsar: Pulsar, cassandra: Cassandra, tmp_path: Path) -> tuple[dict[str, str], Put]:
    """No worker reads what is replayed, and no gateway runs."""
    namespace, keyspace = await new_namespace(pulsar), f"letters_{uuid.uuid4().hex[:8]}"
    broker = {"URL": pulsar.url, "ADMIN_URL": pulsar.admin_url, "NAMESPACE": namespace}
    scylla = {"CONTACT_POINTS": cassandra.contact_point, "KEYSPACE": keyspace}
    env = environment(
        DATA_DIR=str(tmp_path),
        TOPICS__PARTITIONS="2",
        REDIS__URL="redis://127.0.0.1:1",
        **{f"BROKER__{name}": value for name, value in broker.items()},
        **{f"SCYLLA__{name}": value for name, value in scylla.items()},
    )
    await succeed(env, "migrate")

    async def put(count: int) -> None:
        given = BrokerSettings(url=pulsar.url, admin_url=pulsar.admin_url, namespace=namespace)
        log = PulsarLog(Settings(broker=given))
        await log.start()
        letters = [letter(number) for number in range(count)]
        publisher = log.publisher("dead-letters")
        await publisher.publish([Outgoing(one.id, encode_record(one)) for one in letters])
        await publisher.close()
        await log.close()

    return env, put


def letter(number: int) -> DeadLetter:
    return DeadLetter(
        id=f"gen-0-{number}",
        topic="video-events",
        partition=number % 2,
        offset=f"{number:032x}",
        time=f"2026-11-22T14:00:0{number}.000Z",
        agent="video",
        error="InvalidEventType",
        message="JSON is malformed",
        payload="bm8gZXZlbnQ=",
    )


@pytest.fixture(params=["embedded", "direct"])
def place(request: pytest.FixtureRequest) -> tuple[dict[str, str], Put]:
    found: tuple[dict[str, str], Put] = request.getfixturevalue(request.param)
    return found


async def succeed(env: dict[str, str], *arguments: str, stdin: bytes = b"") -> str:
    done = await asyncio.to_thread(run_command, env, *arguments, stdin=stdin)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


async def letters(env: dict[str, str], *arguments: str) -> list[dict[str, Any]]:
    answer = await succeed(env, "dead-letters", "list", "--json", *arguments)
    found: list[dict[str, Any]] = json.loads(answer)
    return found


@pytest.mark.guarantee("G6")
async def test_list_show_replay_and_audit(place: tuple[dict[str, str], Put]) -> None:
    env, put = place
    await put(5)
    async with asyncio.timeout(30):
        while len(found := await letters(env)) < 5:
            await asyncio.sleep(0.2)
    first = found[0]
    assert {one["state"] for one in found} == {"pending"}
    assert len(await letters(env, "--topic", "video-events", "--agent", "video", "--error", "InvalidEventType")) == 5
    assert await letters(env, "--agent", "comment") == await letters(env, "--type", "video.liked") == []
    assert await letters(env, "--to", first["time"]) == await letters(env, "--replayed") == []
    shown = await succeed(env, "dead-letters", "show", first["id"])
    assert first["id"] in shown
    assert "no event" in shown

    dry = await succeed(env, "dead-letters", "replay", "--topic", "video-events", "--dry-run")
    assert dry == "5 would be replayed\n"
    assert await succeed(env, "dead-letters", "replay", first["id"], "--by", "ada") == "1 replayed\n"
    [row] = json.loads(await succeed(env, "dead-letters", "audit", "--json"))
    assert (row["id"], row["by"], row["attempts"], row["result"]) == (first["id"], "ada", 1, "replayed")
    report = json.loads(await succeed(env, "dead-letters", "replay", "--all", "--rate", "100", "--json"))
    assert report["failed"] == []
    assert report["replayed"] >= 4
    audit = await succeed(env, "dead-letters", "audit")
    assert f"  {getpass.getuser()}  " in audit
    assert "  ada  " in audit


@pytest.mark.guarantee("G6")
async def test_what_fails_again_is_pending_again(embedded: tuple[dict[str, str], Put]) -> None:
    env, put = embedded
    await put(2)
    async with asyncio.timeout(30):
        while len(before := await letters(env)) < 2:
            await asyncio.sleep(0.2)
        await succeed(env, "dead-letters", "replay", "--all")
        while len(after := [one for one in await letters(env, "--pending") if one["attempts"] == 2]) < 2:
            await asyncio.sleep(0.2)
    assert {one["id"] for one in after} == {one["id"] for one in before}
    assert all(one["replayed_at"] and one["replay_result"] == "replayed" for one in after)


async def test_refusals_are_one_line(embedded: tuple[dict[str, str], Put]) -> None:
    env, put = embedded
    await put(1)
    for arguments, code, reason in (
        (["replay"], 2, "give either ids, filters, or --all"),
        (["replay", "--all", "--topic", "video-events"], 2, "give either ids, filters, or --all"),
        (["list", "--pending", "--replayed"], 2, "give either --pending or --replayed"),
        (["list", "--from", "yesterday"], 1, "`since`"),
        (["replay", "none"], 1, "1 could not be replayed"),
        (["show", "none"], 1, "404"),
    ):
        done = await asyncio.to_thread(run_command, env, "dead-letters", *arguments)
        assert done.returncode == code, arguments
        assert reason in done.stderr.decode().replace("\n", " "), arguments
