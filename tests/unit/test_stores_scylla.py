from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta
from typing import Any

import cassandra
import pytest

from infra.stores.scylla import (
    IN_FLIGHT_PER_CONNECTION,
    LONGEST_RECONNECT_SECONDS,
    FullJitterReconnection,
    ScyllaSession,
    contact_point,
)
from infra.stores.scylla_history import month_of
from infra.stores.scylla_schema import columns_of, statements
from schemas.errors import ConnectionFailed, NotificationError
from schemas.settings import ScyllaSettings


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("db", ("db", 9042)),
        ("db:19042", ("db", 19042)),
        ("[::1]", ("::1", 9042)),
        ("[::1]:19042", ("::1", 19042)),
    ],
)
def test_contact_points(text: str, point: tuple[str, int]) -> None:
    assert contact_point(text) == point


def test_a_contact_point_with_a_wrong_port() -> None:
    with pytest.raises(ValueError, match="PAVILION_SCYLLA__CONTACT_POINTS: 'db:x'"):
        contact_point("db:x")


@pytest.mark.parametrize(
    ("ms", "month"), [(0, 197001), (1_795_000_000_000, 202611), (1_796_083_200_000, 202612), (2**48 - 1, 999912)]
)
def test_months(ms: int, month: int) -> None:
    assert month_of(ms) == month


def test_the_schema_is_filled_in() -> None:
    keyspace, *tables = statements(keyspace="ks", datacenter="dc", replicas=3, window_days=4, audit_window_days=9)
    assert "CREATE KEYSPACE IF NOT EXISTS ks" in keyspace
    assert "'dc': 3" in keyspace
    assert "$" not in "".join(tables)
    assert "'compaction_window_size': '4'" in tables[0]
    assert "'compaction_window_size': '9'" in next(table for table in tables if "ks.audit " in table)
    assert columns_of(tables[0]) == (
        "notifications",
        {"user_id": "text", "month": "int", "id": "text", "published_ms": "bigint", "body": "blob"},
    )
    with pytest.raises(ValueError, match="not a table"):
        columns_of(keyspace)


class Answer:
    """A driver's future that has its outcome, or never gets one (None)."""

    def __init__(self, outcome: Any) -> None:
        self.outcome = outcome

    def add_callbacks(self, callback: Any, errback: Any) -> None:
        if isinstance(self.outcome, BaseException):
            errback(self.outcome)
        elif self.outcome is not None:
            callback(self.outcome)


class Driver:
    """What a session uses of the driver's; hands out ``outcomes`` in order."""

    def __init__(self, *outcomes: Any) -> None:
        self.outcomes = list(outcomes)
        self.sent = 0

    def prepare(self, query: str) -> Driver:
        return self

    def bind(self, values: Any) -> Driver:
        return self

    def execute_async(self, statement: Any, timeout: float = 0) -> Answer:
        self.sent += 1
        return Answer(self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0])


def session_on(driver: Driver, **settings: Any) -> ScyllaSession:
    session = ScyllaSession(ScyllaSettings(retry_interval=timedelta(milliseconds=1), **settings))
    session._session = driver
    return session


async def test_what_is_transient_is_tried_again() -> None:
    driver = Driver(cassandra.OperationTimedOut(), cassandra.Unavailable(""), [("row",)])
    assert await session_on(driver).execute("SELECT") == [("row",)]
    assert driver.sent == 3


@pytest.mark.guarantee("G7")
async def test_after_its_attempts_a_call_is_a_failed_connection() -> None:
    driver = Driver(cassandra.OperationTimedOut())
    with pytest.raises(ConnectionFailed, match="attempts=3"):
        await session_on(driver, max_retries=2).execute("SELECT")
    assert driver.sent == 3


async def test_what_is_permanent_is_not_tried_again() -> None:
    driver = Driver(cassandra.InvalidRequest("no such table"))
    with pytest.raises(NotificationError, match="no such table") as caught:
        await session_on(driver).execute("SELECT")
    assert not caught.value.transient
    assert driver.sent == 1


async def test_many_rows_end_before_the_first_failure_is_raised() -> None:
    driver = Driver(cassandra.InvalidRequest("one"), [("row",)])
    with pytest.raises(NotificationError, match="one"):
        await session_on(driver).execute_all("INSERT", [()] * 5)
    assert driver.sent == 5


async def test_what_is_in_flight_has_a_bound() -> None:
    driver = Driver(None)
    session = session_on(driver, max_connections=2)
    waiting = [asyncio.create_task(session.execute("SELECT")) for _ in range(100)]
    await asyncio.sleep(0.05)
    assert driver.sent == 2 * IN_FLIGHT_PER_CONNECTION
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_closed_session_says_so() -> None:
    with pytest.raises(ConnectionFailed, match="closed"):
        await ScyllaSession(ScyllaSettings()).execute("SELECT")


@pytest.mark.guarantee("G7")
def test_nodes_are_reached_again_with_full_jitter_and_without_end() -> None:
    schedules = [list(itertools.islice(FullJitterReconnection().new_schedule(), 200)) for _ in range(200)]
    for number, ceiling in enumerate([0.5, 1, 2, 4, 8, *[LONGEST_RECONNECT_SECONDS] * 195]):
        delays = [schedule[number] for schedule in schedules]
        assert 0 <= min(delays) < ceiling / 4
        assert ceiling * 3 / 4 < max(delays) <= ceiling
