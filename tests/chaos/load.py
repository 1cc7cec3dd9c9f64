"""Publishes events as a platform service would, with a plain Pulsar client: `python -m tests.chaos.load --help`.

Runs until SIGTERM, then waits for the receipts that are still out. What the broker acknowledged is in the journal.
"""

import argparse
import collections
import hashlib
import random
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pulsar

from tests.chaos.journal import PUBLISHED, Journal
from tests.e2e.model import encode, make_events, make_follows, new_id, topic_of

DUPLICATES = 0.1
BROKEN = 0.01
UPLOADS = 0.01
RECENT = 50
FLUSH_SECONDS = 60.0


def users_of(seed: int, count: int) -> list[str]:
    rng = random.Random(f"users {seed}")
    return [new_id(rng) for _ in range(count)]


class Publisher:
    """One producer per topic. The key is what the event is about, so a duplicate goes where the first one went."""

    def __init__(self, url: str, place: str, journal: Journal) -> None:
        self._client = pulsar.Client(url, logger=pulsar.ConsoleLogger(pulsar.LoggerLevel.Error))
        self._place = place
        self._journal = journal
        self._producers: dict[str, Any] = {}
        self._open = 0
        self._settled = threading.Condition()

    def publish(self, topic: str, payload: bytes, key: str) -> None:
        if topic not in self._producers:
            self._producers[topic] = self._client.create_producer(
                f"{self._place}/{topic}",
                send_timeout_millis=0,  # with one, a broker that restarts makes the client give up what it may have
                block_if_queue_full=True,
                max_pending_messages=50_000,
                max_pending_messages_across_partitions=200_000,
                batching_enabled=True,
                batching_max_publish_delay_ms=5,
            )
        digest = hashlib.blake2b(payload, digest_size=16).hexdigest()
        with self._settled:
            self._open += 1

        def receipt(result: Any, _: Any) -> None:
            if result == pulsar.Result.Ok:
                self._journal.write(topic=topic, digest=digest)
            with self._settled:
                self._open -= 1
                self._settled.notify_all()

        self._producers[topic].send_async(payload, receipt, partition_key=key)

    def close(self) -> bool:
        """Wait for the receipts; False if some stay out."""
        for producer in self._producers.values():
            producer.flush()
        with self._settled:
            done = self._settled.wait_for(lambda: self._open == 0, FLUSH_SECONDS)
        self._client.close()
        return done


def broken(rng: random.Random, event: dict[str, Any]) -> bytes:
    """Bytes that are no event, each in a way of its own; none like another."""
    mark = new_id(rng)
    wrong: dict[str, Any] = {**event, "id": mark, "data": dict(event["data"])}
    match rng.randrange(5):
        case 0:
            return f'{{"id": "{mark}"'.encode()
        case 1:
            return b"\xff\xfe" + mark.encode()
        case 2:
            wrong["type"] = "pavilion.video.imagined.v1"
        case 3:
            del wrong["data"]["actor_id"]
        case _:
            wrong["data"]["actor_id"] = f"nobody {mark}"
    return encode(wrong)


def key_of(event: dict[str, Any]) -> str:
    return str(event["data"].get("video_id") or event["data"]["followed_id"])


def publish_for_ever(publisher: Publisher, rng: random.Random, users: list[str], rate: float) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    recent: collections.deque[dict[str, Any]] = collections.deque(maxlen=RECENT)
    began, sent = time.monotonic(), 0
    while not stop.wait(0.02):
        while sent < (time.monotonic() - began) * rate:
            if recent and rng.random() < DUPLICATES:
                events = [rng.choice(recent)]
            else:
                events = make_events(rng, users, uploads=UPLOADS)
            for event in events:
                publisher.publish(topic_of(event), encode(event), key_of(event))
                recent.append(event)
                if rng.random() < BROKEN:
                    publisher.publish(topic_of(event), broken(rng, event), new_id(rng))
            sent += len(events)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.load")
    parser.add_argument("--url", required=True, help="the broker, not through a proxy")
    parser.add_argument("--place", required=True, help="persistent://TENANT/NAMESPACE")
    parser.add_argument("--directory", type=Path, required=True, help="where the journal goes")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--users", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True, help="events a second")
    parser.add_argument("--follows", action="store_true", help="publish who follows whom, and end")
    arguments = parser.parse_args()
    users = users_of(arguments.seed, arguments.users)
    journal = Journal(arguments.directory / PUBLISHED)
    publisher = Publisher(arguments.url, arguments.place, journal)
    rng = random.Random(f"load {arguments.seed} {arguments.follows}")
    if arguments.follows:
        for event in make_follows(rng, users):
            publisher.publish(topic_of(event), encode(event), key_of(event))
    else:
        publish_for_ever(publisher, rng, users, arguments.rate)
    done = publisher.close()
    journal.close()
    if not done:
        sys.stderr.write(f"receipts stayed out for {FLUSH_SECONDS:g} s\n")
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
