"""`pavilion new agent` in a copy of the source tree: what it writes passes, runs, and can be changed in a run."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.demo import DEMO_USER
from tests.e2e.platform import OPERATOR_KEY, SERVICE_KEY, Client, Listener, Process, bearer
from tests.e2e.source_copy import SourceCopy

TYPE = "pavilion.report.created.v1"
MADE = ("schemas/added/report.py", "topologies/video_report.py", "tests/topology/test_video_report.py")
LIMIT = 30.0


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> SourceCopy:
    copy = SourceCopy(tmp_path_factory.mktemp("source") / "tree")
    output = copy.pavilion("new", "agent", "video_report", "--event", TYPE)
    for path in MADE:
        assert f"made    {path}" in output
        assert (copy.path / path).is_file()
    return copy


def test_its_test_passes_and_so_do_the_checks_of_style_types_and_topology(copy: SourceCopy) -> None:
    done = copy.run("-m", "pytest", "-q", "-p", "no:cacheprovider", MADE[2])
    assert "3 passed" in done.stdout, done.stdout + done.stderr
    for tool in (("ruff", "check", "--no-cache", *MADE), ("mypy",), ("schemas.export", "--check")):
        done = copy.run("-m", *tool)
        assert done.returncode == 0, done.stdout + done.stderr
    assert copy.pavilion("topology", "check", "--offline").startswith("0 errors, 0 warnings in 6 agents")
    assert "video_report  <- report-events" in copy.pavilion("topology", "show")
    schema = json.loads((copy.path / "schemas/json/ReportCreated.schema.json").read_text())
    assert schema["$defs"]["ReportCreated"]["properties"]["type"] == {"enum": [TYPE]}


def test_nothing_is_overwritten_and_a_topic_feeds_one_agent(copy: SourceCopy) -> None:
    before = {path: (copy.path / path).read_bytes() for path in MADE}
    for arguments, reason in (
        (("video_report", "--event", "pavilion.review.created.v1"), "topologies/video_report.py is there already"),
        (("other", "--event", "pavilion.report.closed.v1"), "topic report-events feeds agent video_report"),
    ):
        done = copy.run("-m", "pavilion.cli", "new", "agent", *arguments)
        assert done.returncode == 1
        assert reason in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert {path: (copy.path / path).read_bytes() for path in MADE} == before


def test_what_was_written_is_taken_away_if_the_schemas_cannot_be_made(copy: SourceCopy) -> None:
    schema = copy.path / "schemas/json/VideoLiked.schema.json"
    before = schema.read_text()
    schema.write_text(before.replace('"actor_name"', '"gone"'))
    try:
        files = {path: path.read_bytes() for path in copy.path.rglob("*.*") if ".mypy_cache" not in path.parts}
        done = copy.run("-m", "pavilion.cli", "new", "agent", "late")
        assert done.returncode == 1
        assert "VideoLiked: $.data.gone: the field is gone" in done.stderr
        assert "nothing was written" in done.stderr
        after = {path: path.read_bytes() for path in copy.path.rglob("*.*") if ".mypy_cache" not in path.parts}
        assert after == files
    finally:
        schema.write_text(before)


@pytest.fixture
async def running(copy: SourceCopy, tmp_path: Path) -> AsyncIterator[tuple[Process, Client]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = copy.environment(
        SERVICE_KEY=SERVICE_KEY,
        OPERATOR_KEY=OPERATOR_KEY,
        DEMO="0",
        DATA_DIR=str(tmp_path / "data"),
        GATEWAY__PORT=str(port),
        TOPICS__PARTITIONS="2",
    )
    base = f"http://127.0.0.1:{port}"
    process = Process("run", env, tmp_path / "run.log", "--reload", directory=copy.path)
    client = Client(base)
    await process.start(f"{base}/readyz")
    yield process, client
    await client.close()
    assert await process.stop() == 0


async def told(client: Client, process: Process, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(LIMIT):
        while len(found := await client.notifications(DEMO_USER)) < count:
            await asyncio.sleep(0.1)
    return found


async def until(process: Process, words: str, count: int = 1) -> None:
    try:
        async with asyncio.timeout(LIMIT):
            while process.log.read_text().count(words) < count:
                await asyncio.sleep(0.1)
    except TimeoutError:
        pytest.fail(f"{words!r} was not said {count} times:\n{process.tail()}")


@pytest.mark.guarantee("G3")
async def test_it_tells_of_an_event_over_rest_and_tells_otherwise_once_its_code_changed(
    copy: SourceCopy, running: tuple[Process, Client]
) -> None:
    process, client = running
    agent, listener = copy.path / MADE[1], Listener()
    before = agent.read_text()

    async def publish() -> None:
        answer = await client.publish([json.loads(copy.pavilion("events", "example", TYPE))])
        assert answer.status_code == 202, answer.text

    try:
        async with client.listening(DEMO_USER, listener):
            await publish()
            [first] = await told(client, process, 1)
            assert first["type"] == "report.created"
            assert "created the report “An example of a title”" in first["content"]
            streams = (await client.http.get("/stats/streams", headers=bearer(OPERATOR_KEY))).json()["streams"]
            [stats] = [one for one in streams if one["agent"] == "video_report"]
            assert (stats["in"], stats["dead_lettered"]) == (1, 0)

            agent.write_text(before + "\ndef (\n")
            line = len(before.splitlines()) + 2
            await until(process, f"pavilion: not reloaded: topologies/video_report.py:{line}: invalid syntax")
            await publish()
            await told(client, process, 2)

            agent.write_text(before.replace("created the report", "has filed the report"))
            await until(process, "Pavilion is running on ", 2)
        async with client.listening(DEMO_USER, listener):
            await publish()
            newest, *_ = await told(client, process, 3)
            assert "has filed the report “An example of a title”" in newest["content"]
            async with asyncio.timeout(LIMIT):
                while sum(frame["type"] == "notification" for frame in listener.frames) < 3:
                    await asyncio.sleep(0.05)
        assert [one["recovered"] for one in listener.connected][1:] == [True]
        offsets = [frame["position"]["offset"] for frame in listener.frames]
        assert offsets == sorted(set(offsets))
    finally:
        agent.write_text(before)
