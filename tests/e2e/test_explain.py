"""``pavilion explain`` and ``pavilion replay``: with a process that runs, and on Pulsar and the stores themselves."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.local import Cassandra, Pulsar, Redis
from infra.local.processes import free_ports
from tests.e2e.platform import Process, environment, run_command
from tests.e2e.test_main_job import new_namespace

OWNER, ACTOR = str(uuid.uuid4()), str(uuid.uuid4())
LIMIT = 60


@pytest.fixture(params=["embedded", "pulsar"])
async def env(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """The settings of a platform that runs: everything in one process, or a worker on the real services."""
    [port] = free_ports(1)
    if request.param == "embedded":
        made = environment(DATA_DIR=str(tmp_path / "data"), GATEWAY__PORT=str(port))
        process = Process("run", made, tmp_path / "run.log")
    else:
        pulsar: Pulsar = request.getfixturevalue("pulsar")
        redis: Redis = request.getfixturevalue("redis_server")
        cassandra: Cassandra = request.getfixturevalue("cassandra")
        made = environment(
            BROKER__URL=pulsar.url,
            BROKER__ADMIN_URL=pulsar.admin_url,
            BROKER__NAMESPACE=await new_namespace(pulsar),
            TOPICS__PARTITIONS="2",
            REDIS__URL=redis.url,
            SCYLLA__CONTACT_POINTS=cassandra.contact_point,
            SCYLLA__KEYSPACE=f"explain_{uuid.uuid4().hex[:8]}",
            WORKER__PORT=str(port),
        )
        done = await command(made, "migrate")
        assert "made schema of video-events" in done
        process = Process("worker", made, tmp_path / "worker.log")
    try:
        await process.start(f"http://127.0.0.1:{port}/readyz")
        yield made
    finally:
        process.kill()


async def command(env: dict[str, str], *arguments: str, stdin: bytes = b"", status: int = 0) -> str:
    """What it says, on standard error where it fails."""
    done = await asyncio.to_thread(run_command, env, *arguments, stdin=stdin)
    assert done.returncode == status, (done.stdout + done.stderr).decode()
    return (done.stdout or done.stderr).decode()


async def explained(env: dict[str, str], *arguments: str, status: int) -> Any:
    return json.loads(await command(env, "explain", *arguments, "--json", status=status))


def liked(id: str, owner: str) -> bytes:
    data = {"video_id": OWNER, "title": "Holiday", "owner_id": owner, "actor_id": ACTOR, "actor_name": "Ada"}
    time = datetime.now(UTC).isoformat()
    event = {"specversion": "1.0", "type": "pavilion.video.liked.v1", "source": "/e2e", "id": id, "time": time}
    return json.dumps({**event, "data": data}).encode() + b"\n"


@pytest.mark.guarantee("G2")
async def test_why_somebody_was_told_and_what_a_replay_changes(env: dict[str, str]) -> None:
    sent = liked("told", OWNER)
    await command(env, "events", "publish", "-", stdin=sent + sent + liked("own", ACTOR))
    async with asyncio.timeout(LIMIT):
        while "was told" not in (await asyncio.to_thread(run_command, env, "explain", "told")).stdout.decode():
            await asyncio.sleep(0.5)

    told = await explained(env, "told", "--user", OWNER, status=0)
    [story] = told["events"]
    assert [copy["duplicate"] for copy in story["copies"]] == [False, True]
    assert [stage["state"] for stage in story["stages"]] == ["ok", "ok", "ok"]
    assert (story["recipients"][0]["standing"], story["recipients"][0]["inbox"]) == ("unseen", True)
    own = await explained(env, "own", status=3)
    assert [one["suppression"] for one in own["events"][0]["recipients"]] == ["own-action"]
    assert (await explained(env, "nothing", status=3))["searched"]["records"] == 3
    assert (await explained(env, OWNER, status=0))["user"]["unseen"] == 1
    said = await command(env, "explain", "told")
    assert said.startswith("✓ its recipient was told\n\npavilion.video.liked.v1 told from /e2e\n  ✓ published: ")
    assert "Holiday" not in said

    hour, week = (
        (datetime.now(UTC) - ago).isoformat(timespec="seconds") for ago in (timedelta(hours=1), timedelta(days=8))
    )
    said = await command(env, "replay", "--from", hour, "--dry-run")
    assert said == "2 would be replayed; left out: 1 were duplicates\n"
    for _ in range(2):
        said = await command(env, "replay", "--from", hour, "--agent", "video")
        assert said == "2 replayed; left out: 1 were duplicates\n"
    await asyncio.sleep(2)
    user = (await explained(env, OWNER, status=0))["user"]
    assert (user["unseen"], len(user["received"])) == (1, 1)
    refused = await command(env, "replay", "--from", week, status=1)
    assert "keeps its events for 7 days" in refused
    assert refused.count("\n") == 1
