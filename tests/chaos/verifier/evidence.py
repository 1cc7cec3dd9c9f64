"""What is there to judge by, and reading it from the running services and the journals."""

import base64
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pulsar
import redis
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from cassandra.policies import DCAwareRoundRobinPolicy

from tests.chaos.journal import FAULTS, PUBLISHED, RUN, SOCKETS, TABLES, read_journal

INPUT_TOPICS = ("video-events", "comment-events", "user-events")
DEAD_LETTERS = "dead-letters"
READ_MILLISECONDS = 10_000


@dataclass(frozen=True)
class Input:
    """One record of an input topic. ``offset`` is in the design's encoding, ``published`` in seconds since 1970."""

    topic: str
    partition: int
    offset: str
    payload: bytes
    published: float


@dataclass(frozen=True)
class Letter:
    id: str
    topic: str
    partition: int
    offset: str
    reason: str
    payload: bytes


@dataclass(frozen=True)
class Row:
    """One notification in history, under the user whose partition it is in."""

    user: str
    id: str
    body: dict[str, Any]


@dataclass
class Inbox:
    """A user's inbox in Redis. ``log`` has ``(id, id of the entry before)``, the last of them at offset ``top``."""

    epoch: str
    top: int
    tail: str
    floor: str
    unseen: int
    unread: int
    items: dict[str, dict[str, Any]]
    log: list[tuple[str, str]]


@dataclass
class Evidence:
    """``sockets`` are the lines of the clients' journal by user, in order; ``tables`` those of each worker."""

    inputs: list[Input] = field(default_factory=list)
    acknowledged: list[dict[str, Any]] = field(default_factory=list)
    history: list[Row] = field(default_factory=list)
    inboxes: dict[str, Inbox] = field(default_factory=dict)
    letters: list[Letter] = field(default_factory=list)
    sockets: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    faults: list[dict[str, Any]] = field(default_factory=list)
    tables: dict[str, list[dict[str, Any]]] | None = None
    follows_settled_at: float = 0.0


def collect(directory: Path) -> Evidence:
    """From the services that ``run.json`` names, and the journals beside it."""
    run = json.loads((directory / RUN).read_text())
    sockets: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in read_journal(directory / SOCKETS):
        sockets[line["user"]].append(line)
    tables = directory / TABLES
    client = pulsar.Client(run["broker_url"], logger=pulsar.ConsoleLogger(pulsar.LoggerLevel.Error))
    try:
        inputs = [
            Input(topic, partition, offset_of(message), message.data(), message.publish_timestamp() / 1000)
            for topic in INPUT_TOPICS
            for partition, message in read_topic(client, run["place"], topic)
        ]
        letters = [
            letter_of(json.loads(message.data())) for _, message in read_topic(client, run["place"], DEAD_LETTERS)
        ]
    finally:
        client.close()
    return Evidence(
        inputs=inputs,
        acknowledged=list(read_journal(directory / PUBLISHED)),
        history=read_history(run["cql_port"], run["keyspace"]),
        inboxes=read_inboxes(run["redis_url"]),
        letters=letters,
        sockets=dict(sockets),
        faults=list(read_journal(directory / FAULTS)),
        tables=json.loads(tables.read_text()) if tables.exists() else None,
        follows_settled_at=run["follows_settled_at"],
    )


def read_topic(client: Any, place: str, topic: str) -> Iterator[tuple[int, Any]]:
    for name in client.get_topic_partitions(f"{place}/{topic}"):
        reader = client.create_reader(name, pulsar.MessageId.earliest)
        while reader.has_message_available():
            yield int(name.rpartition("-")[2]), reader.read_next(timeout_millis=READ_MILLISECONDS)
        reader.close()


def offset_of(message: Any) -> str:
    identifier = message.message_id()
    number = identifier.ledger_id() << 64 | identifier.entry_id() << 24 | identifier.batch_index() + 2
    return f"{number:032x}"


def letter_of(body: dict[str, Any]) -> Letter:
    payload = base64.b64decode(body["payload"])
    return Letter(body["id"], body["topic"], body["partition"], body["offset"], body["message"], payload)


def read_history(port: int, keyspace: str) -> list[Row]:
    policy = DCAwareRoundRobinPolicy("datacenter1")
    profile = ExecutionProfile(load_balancing_policy=policy, request_timeout=60)
    cluster = Cluster(["127.0.0.1"], port=port, protocol_version=4, execution_profiles={EXEC_PROFILE_DEFAULT: profile})
    try:
        rows = cluster.connect().execute(f"SELECT user_id, id, body FROM {keyspace}.notifications")
        return [Row(row.user_id, row.id, json.loads(row.body)) for row in rows]
    finally:
        cluster.shutdown()


def read_inboxes(url: str) -> dict[str, Inbox]:
    """By the keys that docs/stores.md names."""
    found = {}
    with redis.Redis.from_url(url) as client:
        for key in client.scan_iter("inbox:*:meta", count=1000):
            base = key.decode().removesuffix(":meta")
            meta = {name.decode(): value.decode() for name, value in client.hgetall(key).items()}
            entries = [msgspec.msgpack.decode(packed) for packed in client.lrange(f"{base}:log", 0, -1)]
            found[base.partition("{")[2].removesuffix("}")] = Inbox(
                epoch=meta["epoch"],
                top=int(meta["top"]),
                tail=meta["tail"],
                floor=meta["floor"],
                unseen=int(meta["unseen"]),
                unread=int(meta["unread"]),
                items={id.decode(): json.loads(body) for id, body in client.hgetall(f"{base}:items").items()},
                log=[(entry[1], entry[2]) for entry in entries],
            )
    return found
