"""Encryption in whole processes: `pavilion run` by itself, and the commands on real servers."""

import asyncio
import base64
import json
import os
import sqlite3
import uuid
from pathlib import Path
from typing import Any

import pytest

from infra.local import Cassandra, Pulsar, Redis
from infra.local.processes import free_ports
from tests.e2e.platform import Client, Process, environment, run_command
from tests.e2e.test_main_job import new_namespace

ADA, BOB = str(uuid.UUID(int=0xADA)), str(uuid.UUID(int=0xB0B))
SECRET = "Private Holiday of Ada"


def like(title: str = SECRET) -> dict[str, Any]:
    data = {"video_id": str(uuid.uuid4()), "actor_id": ADA, "actor_name": "Ada", "owner_id": BOB, "title": title}
    own = {"id": str(uuid.uuid4()), "type": "pavilion.video.liked.v1", "source": "/e2e"}
    return {"specversion": "1.0", "time": "2026-11-24T10:00:00Z", "data": data, **own}


def one_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


async def command(env: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    done = await asyncio.to_thread(run_command, env, *arguments)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


async def told(client: Client, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(30):
        while len(found := await client.notifications(BOB)) != count:
            await asyncio.sleep(0.1)
    return found


async def test_pavilion_run_encrypts_by_itself_and_erases(tmp_path: Path) -> None:
    [port] = free_ports(1)
    env = environment(DATA_DIR=str(tmp_path / "data"), GATEWAY__PORT=str(port))
    process = Process("run", env, tmp_path / "run.log")
    client = Client(f"http://127.0.0.1:{port}")
    try:
        await process.start(f"{client.base}/readyz")
        assert (await client.publish([like(), like()])).status_code == 202
        found = await told(client, 2)
        assert SECRET in found[0]["content"]
        assert await process.stop() == 0

        # The topics of the log do hold the events: what is encrypted is what the stores keep.
        keys = tmp_path / "data" / "keys.json"
        assert keys.stat().st_mode & 0o777 == 0o600
        key_id = json.loads(keys.read_text())["encryption_keys"].partition(":")[0]
        assert key_id.startswith("local-")
        bodies = rows(tmp_path, "SELECT body FROM history UNION ALL SELECT body FROM inbox_items")
        assert len(bodies) == 4
        assert not [body for (body,) in bodies if SECRET.encode() in body or b"Ada" in body]

        await process.start(f"{client.base}/readyz")
        assert await told(client, 2) == found
        code, output, error = await command(env, "maintain", "erase-user", BOB, "--yes")
        assert (code, error) == (0, "")
        assert output.splitlines()[0] == "data key 1: retired"
        assert output.splitlines()[-2:] == ["data key 1: destroyed", f"user {BOB} is erased"]
        assert await told(client, 0) == []
        assert (await client.counts(BOB))["unread"] == 0
        assert (await client.publish([like()])).status_code == 202
        await told(client, 1)
        assert await process.stop() == 0

        # With the process stopped the commands work on the directory itself, and a key of one's own takes over.
        own = {**env, "PAVILION_ENCRYPTION__KEYS": f"own:{one_key()}"}
        code, output, _ = await command(own, "maintain", "rotate-keys")
        assert code == 0
        assert "wrapped anew under 'own'" in output
        code, output, _ = await command(own, "maintain", "erase-user", BOB, "--yes")
        assert code == 0
        assert output.splitlines()[-2:] == ["data key 2: destroyed", f"user {BOB} is erased"]
        assert rows(tmp_path, "SELECT * FROM history") == []
        destroyed = rows(tmp_path, "SELECT generation, wrapped FROM user_keys WHERE key_id IS NULL")
        assert destroyed == [(1, None), (2, None)]
    finally:
        process.kill()
        await client.close()


def rows(directory: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(directory / "data" / "pavilion.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


async def test_refusals_are_one_line(tmp_path: Path) -> None:
    env = environment(DATA_DIR=str(tmp_path / "data"))
    for given, arguments, reason in (
        ("", ("maintain", "erase-user", "ada", "--yes"), "USER_ID"),
        ("", ("maintain", "erase-user", BOB), "Aborted"),
        ("k1:x", ("run",), "PAVILION_ENCRYPTION__KEYS: what follows k1: is not base64"),
        (f"k1:{one_key()},k1:{one_key()}", ("run",), "PAVILION_ENCRYPTION__KEYS: two of its ids are the same"),
    ):
        code, _, error = await command({**env, "PAVILION_ENCRYPTION__KEYS": given}, *arguments)
        assert code == 1, arguments
        assert reason in error
        assert error.strip().count("\n") == 0


@pytest.fixture
async def servers(pulsar: Pulsar, redis_server: Redis, cassandra: Cassandra, tmp_path: Path) -> dict[str, str]:
    [port] = free_ports(1)
    env = environment(
        DATA_DIR=str(tmp_path),
        TOPICS__PARTITIONS="2",
        REDIS__URL=redis_server.url,
        GATEWAY__PORT=str(port),
        BROKER__URL=pulsar.url,
        BROKER__ADMIN_URL=pulsar.admin_url,
        BROKER__NAMESPACE=await new_namespace(pulsar),
        SCYLLA__CONTACT_POINTS=cassandra.contact_point,
        SCYLLA__KEYSPACE=f"encryption_{uuid.uuid4().hex[:8]}",
    )
    code, _, error = await command(env, "migrate")
    assert code == 0, error
    return env


async def test_on_servers(servers: dict[str, str], tmp_path: Path) -> None:
    ready = f"http://127.0.0.1:{servers['PAVILION_GATEWAY__PORT']}/readyz"
    process = Process("gateway", servers, tmp_path / "gateway.log")
    try:
        await process.start(ready)
    finally:
        process.kill()
    warning = "notifications are stored unencrypted: PAVILION_ENCRYPTION__KEYS is not set"
    assert process.log.read_text().count(warning) == 1

    first, second = f"k1:{one_key()}", f"k2:{one_key()}"
    code, output, error = await command({**servers, "PAVILION_ENCRYPTION__KEYS": first}, "maintain", "rotate-keys")
    assert (code, error) == (0, "")
    # Another key under an id that this store knows: nothing starts, or data would be lost to a slip of the pen.
    code, _, error = await command({**servers, "PAVILION_ENCRYPTION__KEYS": f"k1:{one_key()}"}, "gateway")
    assert code == 1
    assert "the key 'k1' of PAVILION_ENCRYPTION__KEYS does not open" in error.splitlines()[-1]

    both = {**servers, "PAVILION_ENCRYPTION__KEYS": f"{second},{first}"}
    code, output, error = await command(both, "maintain", "rotate-keys")
    assert (code, error) == (0, "")
    assert output.splitlines()[0] == "0 data keys, 0 wrapped anew under 'k2'"
    code, output, error = await command(both, "maintain", "erase-user", BOB, "--yes")
    assert (code, error) == (0, "")
    assert output.splitlines()[-1] == f"user {BOB} is erased"
