"""The audit, whatever keeps it."""

from __future__ import annotations

import uuid

import pytest

from infra.sqlite import Database
from infra.stores.ports import Audit, AuditFilter, AuditLine
from infra.stores.scylla import ScyllaSession
from infra.stores.scylla_audit import ScyllaAudit, day_of
from infra.stores.sqlite_audit import SqliteAudit
from tests.contract.conftest import RETENTION
from tests.contract.inbox_model import DAY_MS, START_MS, Clock, new_user

RETENTION_MS = round(RETENTION.total_seconds() * 1000)


def line(at_ms: int, *, user: str = "", action: str = "session-opened", result: str = "done") -> AuditLine:
    return AuditLine(str(uuid.uuid4()), at_ms, "service", "ada", "", action, user, "its ids", result, "192.0.2.7", 1)


def newest_first(lines: list[AuditLine]) -> list[AuditLine]:
    return sorted(lines, key=lambda one: (one.at_ms, one.id), reverse=True)


async def every(audit: Audit, filter: AuditFilter, limit: int = 3) -> list[AuditLine]:
    """All pages, none longer than ``limit``; they end."""
    found: list[AuditLine] = []
    before: tuple[int, str] | None = None
    for _ in range(1000):
        page = await audit.page(before, limit, filter)
        assert len(page.lines) <= limit
        found += page.lines
        if page.following is None:
            return found
        before = page.following
    raise AssertionError("the pages do not end")


async def test_pages_over_days_newest_first(audit: Audit, clock: Clock) -> None:
    """At a time of its own: other tests write into the same tables."""
    clock.ms = start = START_MS + 400 * DAY_MS
    user, another = new_user(), new_user()
    made = [
        line(start - DAY_MS // 2 * number, user=(user, another, "")[number % 3], action=("a", "b")[number % 2])
        for number in range(12)
    ]
    made += [line(made[0].at_ms, user=user) for _ in range(4)]  # at the same moment
    for one in made:
        await audit.put(one)
    window = AuditFilter(since_ms=start - 30 * DAY_MS)
    assert await every(audit, window) == newest_first(made)
    assert await every(audit, window, limit=200) == newest_first(made)
    his = newest_first([one for one in made if one.user_id == user])
    assert await every(audit, window._replace(user_id=user)) == his
    assert await every(audit, window._replace(action="b")) == newest_first([one for one in made if one.action == "b"])
    both = window._replace(user_id=another, action="b")
    assert await every(audit, both, limit=1) == newest_first(
        [one for one in made if (one.user_id, one.action) == (another, "b")]
    )
    assert await every(audit, window._replace(user_id=new_user())) == []
    times = sorted({one.at_ms for one in made})
    for filter in (AuditFilter(None, None, times[2], times[5]), AuditFilter(user, None, times[2], times[5])):
        assert await every(audit, filter) == newest_first(
            [one for one in made if times[2] <= one.at_ms < times[5] and filter.user_id in (None, one.user_id)]
        )


async def test_the_later_put_replaces_the_earlier(audit: Audit, clock: Clock) -> None:
    clock.ms = START_MS + 500 * DAY_MS
    begun = line(clock.ms, result="begun")
    user = new_user()
    await audit.put(begun)
    await audit.put(begun._replace(result="done", user_id=user, subject="what it was"))
    done = begun._replace(result="done", user_id=user, subject="what it was")
    assert await every(audit, AuditFilter(since_ms=clock.ms, until_ms=clock.ms + 1)) == [done]
    assert await every(audit, AuditFilter(user_id=user)) == [done]


async def test_lines_leave_when_their_time_is_over(audit: Audit, clock: Clock) -> None:
    clock.ms = START_MS + 600 * DAY_MS
    user = new_user()
    kept, leaving = line(clock.ms, user=user), line(clock.ms - RETENTION_MS + 60_000, user=user)
    for one in (kept, leaving, line(clock.ms - RETENTION_MS - 1, user=user)):
        await audit.put(one)
    assert await every(audit, AuditFilter(user_id=user)) == [kept, leaving]
    clock.ms += 60_001
    assert await every(audit, AuditFilter(user_id=user)) == [kept]


async def test_the_clean_up_of_sqlite(own_database: Database, clock: Clock) -> None:
    audit = SqliteAudit(own_database, kept=RETENTION, clock=clock)
    await audit.put(line(clock.ms))
    assert await audit.cleanup(clock.ms + RETENTION_MS) == 0
    assert await audit.cleanup(clock.ms + RETENTION_MS + 1) == 1


async def test_a_rare_action_is_looked_for_in_pages_that_end(
    scylla: ScyllaSession, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among many others: a page reads so many lines, and says where to go on."""
    monkeypatch.setattr("infra.stores.scylla_audit.CHUNK", 5)
    monkeypatch.setattr("infra.stores.scylla_audit.LOOKED_AT", 10)
    clock.ms = START_MS + 700 * DAY_MS
    audit = ScyllaAudit(scylla, kept=RETENTION, clock=clock)
    rare = [line(clock.ms - 31, action="rare"), line(clock.ms - 2, action="rare")]
    for one in [line(clock.ms - number) for number in range(40)] + rare:
        await audit.put(one)
    filter = AuditFilter(action="rare", since_ms=clock.ms - DAY_MS)
    first = await audit.page(None, 5, filter)
    assert (first.lines, first.following is None) == (rare[1:], False)
    assert await every(audit, filter, limit=5) == newest_first(rare)


@pytest.mark.parametrize(("ms", "day"), [(0, 19700101), (DAY_MS - 1, 19700101), (DAY_MS, 19700102)])
def test_days(ms: int, day: int) -> None:
    assert day_of(ms) == day
