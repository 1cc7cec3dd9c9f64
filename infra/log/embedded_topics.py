"""The tables of the embedded log, and its topics: what is missing of one, making it, and what no one needs any more."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Iterator

from infra.log.ports import TopicSpec
from schemas.errors import NotificationError

SCHEMA = """
CREATE TABLE IF NOT EXISTS log_topics (
    topic TEXT PRIMARY KEY, partitions INTEGER NOT NULL, generation TEXT NOT NULL, retention_seconds INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS log_heads (
    topic TEXT, partition INTEGER, next INTEGER NOT NULL, fence INTEGER NOT NULL, PRIMARY KEY (topic, partition));
CREATE TABLE IF NOT EXISTS log_records (
    topic TEXT, partition INTEGER, offset INTEGER, key TEXT NOT NULL, value BLOB NOT NULL, properties TEXT NOT NULL,
    publish_ms INTEGER NOT NULL, PRIMARY KEY (topic, partition, offset)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log_cursors (
    topic TEXT, subscription TEXT, partition INTEGER, offset INTEGER NOT NULL,
    PRIMARY KEY (topic, subscription, partition));
CREATE TABLE IF NOT EXISTS log_due (
    topic TEXT, partition INTEGER, offset INTEGER, due_ms INTEGER NOT NULL,
    PRIMARY KEY (topic, partition, offset)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log_acks (
    topic TEXT, subscription TEXT, partition INTEGER, offset INTEGER,
    PRIMARY KEY (topic, subscription, partition, offset)) WITHOUT ROWID;
"""

CLEANUP_ROWS = 5000


def missing(db: sqlite3.Connection, spec: TopicSpec) -> Iterator[str]:
    """One line per thing to make; raises NotificationError if partitions differ."""
    row = db.execute("SELECT partitions FROM log_topics WHERE topic = ?", (spec.name,)).fetchone()
    if row is None:
        yield f"topic {spec.name} ({spec.partitions} partitions)"
    elif row[0] != spec.partitions:
        raise NotificationError(
            "check topics", f"topic {spec.name} has {row[0]} partitions, not {spec.partitions}; see docs/operate.md"
        )
    known = db.execute("SELECT DISTINCT subscription FROM log_cursors WHERE topic = ?", (spec.name,)).fetchall()
    for subscription in sorted(set(spec.subscriptions) - {row[0] for row in known}):
        yield f"subscription {subscription} on {spec.name}"


def migrate(db: sqlite3.Connection, spec: TopicSpec) -> list[str]:
    """Make what is missing and return one line per change; raises NotificationError if partitions differ."""
    made = [f"made {line}" for line in missing(db, spec)]
    db.execute(
        "INSERT INTO log_topics VALUES (?, ?, ?, ?)"
        " ON CONFLICT (topic) DO UPDATE SET retention_seconds = excluded.retention_seconds",
        (spec.name, spec.partitions, uuid.uuid4().hex[:12], spec.retention_seconds),
    )
    # Offsets of a topic that is made again go on from the clock, above any that a cursor or an inbox remembers.
    first = time.time_ns() // 1000
    for partition in range(spec.partitions):
        db.execute("INSERT OR IGNORE INTO log_heads VALUES (?, ?, ?, 0)", (spec.name, partition, first))
        for subscription in spec.subscriptions:
            db.execute("INSERT OR IGNORE INTO log_cursors VALUES (?, ?, ?, 0)", (spec.name, subscription, partition))
    return made


def topics(db: sqlite3.Connection) -> dict[str, int]:
    return {row[0]: row[1] for row in db.execute("SELECT topic, partitions FROM log_topics ORDER BY topic")}


def subscriptions(db: sqlite3.Connection, topic: str) -> list[str]:
    found = db.execute("SELECT DISTINCT subscription FROM log_cursors WHERE topic = ? ORDER BY 1", (topic,))
    return [row[0] for row in found]


def before_newest(db: sqlite3.Connection, topic: str, partition: int, count: int) -> int:
    """The offset after which only the newest ``count`` records come; 0 where there are no others."""
    row = db.execute(
        "SELECT offset FROM log_records WHERE topic = ? AND partition = ? ORDER BY offset DESC LIMIT 1 OFFSET ?",
        (topic, partition, count),
    ).fetchone()
    return int(row[0]) if row else 0


def clean(db: sqlite3.Connection, now: int) -> int:
    """Delete what every subscription has passed and retention no longer holds; returns the number of records.

    At most 5,000 of each partition at a time, so that no transaction takes long.
    """
    deleted = 0
    for topic, partitions, retention in db.execute(
        "SELECT topic, partitions, retention_seconds FROM log_topics"
    ).fetchall():
        for partition in range(partitions):
            deleted += db.execute(
                "DELETE FROM log_records WHERE topic = ?1 AND partition = ?2 AND offset IN ("
                " SELECT offset FROM log_records WHERE topic = ?1 AND partition = ?2 AND publish_ms < ?3"
                " AND offset <= (SELECT coalesce(min(offset), 1 << 62) FROM log_cursors"
                " WHERE topic = ?1 AND partition = ?2) ORDER BY offset LIMIT ?4)",
                (topic, partition, now - retention * 1000, CLEANUP_ROWS),
            ).rowcount
    db.execute(
        "DELETE FROM log_due WHERE NOT EXISTS (SELECT 1 FROM log_records r WHERE r.topic = log_due.topic"
        " AND r.partition = log_due.partition AND r.offset = log_due.offset)"
    )
    return deleted
