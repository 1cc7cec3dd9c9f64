"""Producers in other languages say what they send, and the broker compares it with what the topic's agents read."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import _pulsar
import httpx
import pulsar as client
import pytest
import pytest_asyncio
from pulsar.schema import JsonSchema, Record, Schema, String

from infra.local import Pulsar
from infra.local.java import java
from infra.local.maven import Jars
from infra.local.pulsar import JARS
from infra.log.ports import Outgoing, TopicSpec
from infra.log.pulsar import PulsarLog
from schemas.avro import event_schema
from schemas.errors import NotificationError
from schemas.events import VideoEvent, VideoLiked, VideoUploaded, decode_event, encode_event
from schemas.settings import Settings
from tests.contract.log_places import key_for, take
from tests.topology.events import event

SCHEMA = event_schema(VideoEvent)
ROOT = Path(__file__).parents[2]
ECJ = Jars("ecj", "3.33.0", "org.eclipse.jdt", "ecj")
LATER = {"name": "later", "type": ["null", "string"], "default": None}


class Registry:
    """A topic of video events on a real broker, and producers with a schema of their own."""

    def __init__(self, service: Pulsar) -> None:
        self.topic = f"schemas-{uuid.uuid4().hex[:8]}"
        settings = Settings(broker={"url": service.url, "admin_url": service.admin_url, "operation_timeout": "10s"})
        self.log = PulsarLog(settings)
        self.foreign = client.Client(service.url, logger=client.ConsoleLogger(client.LoggerLevel.Error))
        self.http = httpx.AsyncClient(base_url=f"{service.admin_url}/admin/v2", trust_env=False)

    async def migrate(self, schema: str | None = SCHEMA, topic: str | None = None) -> list[str]:
        spec = TopicSpec(topic or self.topic, 1, ("agent",), 3600, schema)
        return await self.log.admin.migrate([spec])

    def produce(self, schema: Schema | None, *payloads: bytes) -> None:
        """From a plain client that knows nothing of this project; raises IncompatibleSchema."""
        given = {} if schema is None else {"schema": schema}
        producer = self.foreign.create_producer(f"persistent://public/default/{self.topic}", **given)
        for payload in payloads:
            producer.send(payload)
        producer.close()

    def refuses(self, definition: Any) -> bool:
        try:
            self.produce(Defined(definition))
        except client.IncompatibleSchema:
            return True
        return False


class Defined(Schema):
    """As the Java and Go clients take it: the type JSON, a definition in Avro. Payloads are JSON already."""

    def __init__(self, definition: Any) -> None:
        super().__init__(bytes, _pulsar.SchemaType.JSON, definition, "JSON")

    def encode(self, obj: Any) -> bytes:
        return cast(bytes, obj)

    def decode(self, data: bytes) -> bytes:
        return data

    def __str__(self) -> str:
        return "Defined"


@pytest_asyncio.fixture
async def registry(pulsar: Pulsar) -> AsyncIterator[Registry]:
    made = Registry(pulsar)
    await made.log.start()
    try:
        yield made
    finally:
        made.foreign.close()
        await made.http.aclose()
        await made.log.close()


def changed(**fields: Any) -> Any:
    """Our schema with fields of the envelope (or of ``data``) replaced, added, or, for None, taken away."""
    assert SCHEMA is not None
    definition = copy.deepcopy(json.loads(SCHEMA))
    data = next(field for field in definition["fields"] if field["name"] == "data")["type"]
    for name, field in fields.items():
        record = data if name.startswith("data_") else definition
        kept = [one for one in record["fields"] if one["name"] != name.removeprefix("data_")]
        record["fields"] = kept if field is None else [*kept, field]
    return definition


async def test_a_producer_with_a_wrong_schema_is_refused_and_one_with_the_right_schema_is_not(
    registry: Registry,
) -> None:
    await registry.migrate()
    text = {"name": "id", "type": "long"}
    nullable = {"name": "source", "type": ["null", "string"], "default": None}
    for wrong in (
        changed(id=None),
        changed(id=text),
        changed(source=nullable),
        changed(time=None),
        changed(data=None),
        changed(data_actor_id=None),
        changed(data_title={"name": "title", "type": "long"}),
        changed(extra={"name": "extra", "type": "string"}),  # required by it: it could not read what others send
        {"type": "record", "name": "Other", "fields": [{"name": "id", "type": "string"}]},
    ):
        assert registry.refuses(wrong), wrong
    with pytest.raises(client.IncompatibleSchema):
        registry.produce(client.schema.StringSchema())

    assert SCHEMA is not None
    for right in (
        json.loads(SCHEMA),
        changed(later=LATER),
        changed(data_later=LATER),
        changed(subject=None, traceparent=None, data_owner_id=None, data_title=None, data_comment_id=None),
    ):
        assert not registry.refuses(right), right
    # Versions of producers do not lead away from ours: each is compared with all of them.
    assert registry.refuses(changed(later={**LATER, "type": ["null", "long"]}))
    assert registry.refuses(changed(data_title={"name": "title", "type": ["null", "long"], "default": None}))


async def test_records_declared_in_a_client_of_its_own_fit(registry: Registry) -> None:
    """Only what such a producer sends is declared: the names of records do not matter, what is required does."""

    class Liked(Record):  # type: ignore[misc]
        actor_id = String(required=True)
        video_id = String()
        owner_id = String()
        title = String()

    class LikedEvent(Record):  # type: ignore[misc]
        specversion = String(required=True)
        id = String(required=True)
        source = String(required=True)
        type = String(required=True)
        time = String(required=True)
        data = Liked(required=True)

    class Nameless(Record):  # type: ignore[misc]
        id = String()
        data = Liked(required=True)

    await registry.migrate()
    registry.produce(JsonSchema(LikedEvent))
    with pytest.raises(client.IncompatibleSchema):
        registry.produce(JsonSchema(Nameless))


async def test_the_java_producer_of_the_documentation(registry: Registry, pulsar: Pulsar, tmp_path: Path) -> None:
    """It is compiled here by Eclipse's compiler, which needs no development kit."""
    await registry.migrate()
    [block] = re.findall(r"```java\n(.*?)```", (ROOT / "docs" / "events.md").read_text(), re.DOTALL)
    [name] = re.findall(r"public class (\w+) \{", block)[:1]
    (tmp_path / f"{name}.java").write_text(block)
    JARS.prepare()
    jars = ":".join(str(path) for path in sorted(JARS.directory.glob("*.jar")))
    compiler = ["org.eclipse.jdt.internal.compiler.batch.Main", "-17", "-nowarn", "-proc:none", "-cp", jars]
    run([java(), "-cp", ECJ.classpath(), *compiler, "-d", str(tmp_path), f"{name}.java"], tmp_path)
    (tmp_path / "right.avsc").write_text(SCHEMA or "")
    (tmp_path / "wrong.avsc").write_text(json.dumps(changed(id={"name": "id", "type": "long"})))
    topic = f"persistent://public/default/{registry.topic}"
    for schema, status in (("right", 0), ("wrong", 3)):
        command = [java(), "-cp", f"{tmp_path}:{JARS.classpath()}", name, pulsar.url, topic, f"{schema}.avsc"]
        run(command, tmp_path, status)
    [record] = [one async for one in registry.log.scan(registry.topic, 0)]
    sent = decode_event(record.value)
    assert isinstance(sent, VideoLiked)
    assert (sent.source, sent.data.title, record.key) == ("/videos", "Holiday", str(sent.data.video_id))


def run(command: list[str], directory: Path, status: int = 0) -> None:
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == status, done.stdout + done.stderr


async def test_our_own_producers_and_consumers_have_no_schema_and_go_on(registry: Registry) -> None:
    await registry.migrate()
    payload = encode_event(event(VideoLiked, datetime.now(UTC), id="theirs"))
    registry.produce(Defined(json.loads(SCHEMA or "")), payload)
    registry.produce(None, b"plain")
    await registry.log.publisher(registry.topic).publish([Outgoing(key_for(0), b"ours")])
    source = await registry.log.subscribe(registry.topic, 0, "agent")
    assert [record.value for record in await take(source, 3)] == [payload, b"plain", b"ours"]
    await source.close()
    assert [one.value async for one in registry.log.scan(registry.topic, 0)] == [payload, b"plain", b"ours"]


async def test_migrate_registers_once_also_on_a_topic_that_was_there(registry: Registry) -> None:
    await registry.migrate(None)
    lines = [f"made schema compatibility of {registry.topic} (FULL_TRANSITIVE)", f"made schema of {registry.topic}"]
    assert await registry.migrate() == lines
    assert await registry.migrate() == []
    registry.produce(Defined(changed(later=LATER)))  # one more version, by a producer
    assert await registry.migrate() == []
    spec = TopicSpec(registry.topic, 1, ("agent",), 3600, SCHEMA)
    assert await registry.log.admin.check([spec]) == []
    # A type that is added takes no field away and requires none, so workers may be deployed before producers.
    one = event_schema(VideoUploaded)
    topic = f"{registry.topic}-grows"
    await registry.migrate(one, topic)
    assert await registry.migrate(SCHEMA, topic) == [f"made schema of {topic}"]


async def test_a_change_that_breaks_producers_is_refused_in_one_line(registry: Registry) -> None:
    await registry.migrate()
    breaking = json.dumps(changed(id={"name": "id", "type": "long"}))
    with pytest.raises(NotificationError) as refused:
        await registry.migrate(breaking)
    said = str(refused.value)
    assert said.startswith(f"register schema: {registry.topic}: its schema does not fit with one that is registered: ")
    assert said.endswith(f"compare `pavilion schemas avro {registry.topic}`")
    assert "\n" not in said
    assert "<" not in said
    assert await registry.migrate() == []


async def test_a_namespace_that_enforces_schemas_is_refused(registry: Registry) -> None:
    name = f"public/enforced-{uuid.uuid4().hex[:6]}"
    assert (await registry.http.put(f"/namespaces/{name}")).is_success
    path = f"/namespaces/{name}/schemaValidationEnforced"
    assert (await registry.http.post(path, json=True)).is_success
    broker = registry.log._settings.broker.model_copy(update={"namespace": name.split("/")[1]})
    log = PulsarLog(registry.log._settings.model_copy(update={"broker": broker}))
    with pytest.raises(NotificationError, match="schemaValidationEnforced"):
        await log.admin.migrate([TopicSpec("any", 1)])
    await log.close()
