"""How many machines a load takes, from measured costs: `pavilion scaling`, docs/scaling.md.

What is not measured here, but taken from elsewhere or guessed, says so. A model of this kind is good for finding what
is full first and by what factor, not for the last machine.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

US = 1e-6
KIB, GIB = 1024, 1024**3
DAY = 86_400

BUSY = 0.6
"""How full a processor, a connection or a memory may be at the peak, so that one may be lost and queues stay short."""

# Measured, see docs/operate.md, docs/stores.md and docs/scaling.md. CPU in seconds, of one core.
CONNECTION_BYTES = 31 * KIB
PUSH_CPU = 20 * US
CONNECT_CPU = 2000 * US
READ_CPU = 10 * US
"""A record of the fan-out that a gateway receives, and passes over since it holds no such user."""
EVENT_CPU = 25 * US
"""One event in an agent: decoded, looked up in its window table, emitted."""
HISTORY_CPU = 150 * US
INBOX_CPU = 33 * US
FAN_OUT_CPU = 6 * US
REDIS_CPU = 20 * US
"""Of Redis's one thread, for a notification."""
WINDOW_KEY_BYTES = 80
KNOWN_ID_BYTES = 75
RECORD_BYTES = 700
"""A notification on a topic, key and properties included."""
EVENT_BYTES = 450

# Not measured here: guesses, and what others say of their own systems.
ITEM_BYTES = 900
"""A notification in an inbox on Redis: body, order, state and its entry in the log."""
IDLE_INBOX_BYTES = 1_000
ROW_BYTES = 400
"""In history, before compression and replicas."""
SCYLLA_WRITES_PER_CORE = 5_000.0
SCYLLA_SERIAL_READS_PER_CORE = 500.0
BROKER_BYTES_PER_SECOND = 300e6
"""What one broker takes in and hands out, together."""
REPLICAS = 3

# Machines of one kind each.
WORKER_BYTES = 2 * GIB
GATEWAY_BYTES, GATEWAY_CONNECTIONS = 2 * GIB, 50_000
REDIS_BYTES = 32 * GIB
SCYLLA_CORES, SCYLLA_DISK = 8, 2e12


@dataclass(frozen=True)
class Load:
    """At the peak. ``recipients`` is how many people one event is told to, on average."""

    users: int
    connections: int
    events_per_second: float
    recipients: float = 1.5
    retention_days: int = 90
    inbox_items: int = 500
    inbox_days: int = 7
    window_seconds: int = 600
    partitions: int = 16
    average: float = 0.3
    """The mean of a day as a part of the peak: for what is stored."""

    @property
    def notifications_per_second(self) -> float:
        return self.events_per_second * self.recipients

    @property
    def pushes_per_second(self) -> float:
        """Each to the connections of its recipient."""
        return self.notifications_per_second * min(1.0, self.connections / self.users)

    def stored(self, days: int) -> float:
        """Notifications that come in so many days."""
        return self.notifications_per_second * self.average * days * DAY


@dataclass(frozen=True)
class Need:
    """One part: for each bound, how many machines it alone would take (1.0 is one, as full as it may be)."""

    part: str
    machine: str
    bounds: dict[str, float]
    least: int = 1

    @property
    def first(self) -> str:
        """What is full first."""
        return max(self.bounds, key=self.bounds.__getitem__)

    @property
    def count(self) -> int:
        return max(self.least, math.ceil(max(self.bounds.values())))


def reading_limit() -> float:
    """Notifications a second at which a gateway's whole share of its core goes into reading the fan-out."""
    return BUSY / READ_CPU


def gateways(load: Load) -> Need:
    """Every gateway reads every notification, so each has only the rest of its core for its own connections."""
    reading = load.notifications_per_second * READ_CPU / BUSY
    left = 1.0 - reading
    pushing = load.pushes_per_second * PUSH_CPU / BUSY
    bounds = {
        "memory": load.connections * CONNECTION_BYTES / (GATEWAY_BYTES * BUSY),
        "PAVILION_GATEWAY__CONNECTIONS": load.connections / (GATEWAY_CONNECTIONS * BUSY),
        "CPU for pushes, beside reading": pushing / left if left > 0 else math.inf,
    }
    return Need("gateways", "1 core, 2 GiB", bounds, least=2)


def workers(load: Load) -> Need:
    told = load.notifications_per_second * (HISTORY_CPU + INBOX_CPU + FAN_OUT_CPU)
    keys = load.events_per_second * load.window_seconds
    bounds = {
        "CPU, most of it for rows of history": (load.events_per_second * EVENT_CPU + told) / BUSY,
        "memory of window tables": keys * WINDOW_KEY_BYTES / (WORKER_BYTES * BUSY),
    }
    return Need("workers", "1 core, 2 GiB", bounds, least=2)


def redis(load: Load) -> Need:
    items = min(float(load.users * load.inbox_items), load.stored(load.inbox_days))
    size = load.users * IDLE_INBOX_BYTES + items * ITEM_BYTES + load.stored(load.inbox_days) * KNOWN_ID_BYTES
    bounds = {
        "its one thread": load.notifications_per_second * REDIS_CPU / BUSY,
        "memory": size / (REDIS_BYTES * BUSY),
    }
    return Need("Redis masters", "1 core, 32 GiB", bounds)


def scylla(load: Load) -> Need:
    writes = load.notifications_per_second * REPLICAS / (SCYLLA_WRITES_PER_CORE * SCYLLA_CORES * BUSY)
    disk = load.stored(load.retention_days) * ROW_BYTES * REPLICAS / (SCYLLA_DISK * BUSY)
    return Need("Scylla nodes", "8 cores, 2 TB", {"writes": writes, "disk": disk}, least=REPLICAS)


def brokers(load: Load, readers: int) -> Need:
    taken = load.events_per_second * EVENT_BYTES + 2 * load.notifications_per_second * RECORD_BYTES
    given = taken + load.notifications_per_second * RECORD_BYTES * (readers - 1)
    bounds = {
        "what is taken in": taken * (1 + REPLICAS) / (BROKER_BYTES_PER_SECOND * BUSY),
        "what is handed out, most of it to gateways": given / (BROKER_BYTES_PER_SECOND * BUSY),
    }
    return Need("Pulsar brokers, with bookies", "8 cores", bounds)


def needs(load: Load) -> list[Need]:
    """Every part; with infinitely many gateways nothing else of them is counted."""
    gateway = gateways(load)
    readers = gateway.count if math.isfinite(max(gateway.bounds.values())) else 1
    return [workers(load), gateway, redis(load), scylla(load), brokers(load, readers)]


@dataclass(frozen=True)
class Comeback:
    """Seconds until half and all of the lost connections are back, and attempts in all."""

    half: float
    all: float
    attempts: int


def comeback(lost: int, served_per_second: float, *, patience: float = 10.0, seed: int = 1) -> Comeback:
    """Clients of a lost gateway come back as the protocol tells them: at once, then with full jitter up to 30 s.

    The others serve them one after the other; who waits longer than ``patience`` gives up and tries again, and what
    was spent on such a client is not counted.
    """
    chance = random.Random(seed)
    arriving = [(chance.uniform(0, 0.5), number, 0) for number in range(lost)]
    heapify(arriving)
    free_at, back, attempts = 0.0, list[float](), 0
    while arriving:
        at, number, attempt = heappop(arriving)
        attempts += 1
        start = max(at, free_at)
        if start - at > patience:
            pause = chance.uniform(0, min(30.0, 0.5 * 2.0 ** (attempt + 1)))
            heappush(arriving, (at + patience + pause, number, attempt + 1))
            continue
        free_at = start + 1 / served_per_second
        back.append(free_at)
    back.sort()
    return Comeback(back[len(back) // 2], back[-1], attempts)


def report(load: Load) -> Iterable[str]:
    """The lines that `pavilion scaling` prints."""
    yield (
        f"{load.users:,} users, {load.connections:,} connections, {load.events_per_second:,.0f} events and"
        f" {load.notifications_per_second:,.0f} notifications a second at the peak"
    )
    yield ""
    yield f"{'part':<30}{'machine':<18}{'count':>6}  full first"
    found = needs(load)
    for need in found:
        endless = not math.isfinite(max(need.bounds.values()))
        count = "-" if endless else f"{need.count:,}"
        first = "no number is enough: reading the fan-out alone fills each" if endless else need.first
        yield f"{need.part:<30}{need.machine:<18}{count:>6}  {first}"
    yield ""
    reading = load.notifications_per_second / reading_limit()
    yield f"reading the fan-out takes {reading:.0%} of what each gateway may use"
    if found[0].count > load.partitions:
        yield (
            f"{found[0].count:,} workers need as many partitions (PAVILION_TOPICS__PARTITIONS), not {load.partitions}"
        )
    if math.isfinite(max(found[1].bounds.values())):
        yield from _loss(load, gateways=found[1].count, nodes=found[3].count)


def _loss(load: Load, *, gateways: int, nodes: int) -> Iterable[str]:
    """A connect takes CPU of a gateway, and one serial read of the session store."""
    lost = load.connections // gateways
    by_gateways = (gateways - 1) * (1 - BUSY) / CONNECT_CPU
    by_store = nodes * SCYLLA_CORES * SCYLLA_SERIAL_READS_PER_CORE * (1 - BUSY)
    back = comeback(lost, min(by_gateways, by_store))
    yield f"one gateway lost: {lost:,} connections, half are back after {back.half:.0f} s, all after {back.all:.0f} s;"
    limit = "CPU of the other gateways" if by_gateways < by_store else "the session store"
    yield f"  {back.attempts:,} attempts, {min(by_gateways, by_store):,.0f} a second are served, limited by {limit}"
