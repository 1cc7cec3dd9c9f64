"""What every history does, whatever keeps it."""

from __future__ import annotations

import asyncio
import random

import msgspec
import pytest

from infra.local import Cassandra
from infra.sqlite import Database
from infra.stores.ports import Filter
from infra.stores.scylla import ScyllaSession
from infra.stores.scylla_history import ScyllaHistory
from infra.stores.sqlite_history import SqliteHistory
from schemas.errors import ConnectionFailed, InvalidNotification
from schemas.times import format_ms
from tests.contract.conftest import RETENTION
from tests.contract.inbox_model import DAY_MS, START_MS, Clock, make, mark, new_user, record

ALL = Filter()
RETENTION_MS = RETENTION.days * DAY_MS
Store = SqliteHistory | ScyllaHistory


async def listed(history: Store, user: str, filter: Filter = ALL) -> list[str]:
    return [one.id for one in await history.page(user, None, 1000, filter)]


async def test_a_user_without_history(history: Store) -> None:
    user = new_user()
    assert await history.page(user, None, 10, ALL) == []
    assert await history.get(user, make(user, START_MS).id) is None
    assert await history.get(user, "no id") is None
    assert await history.newest(user, 10) == []


@pytest.mark.guarantee("G1")
async def test_what_was_inserted_is_there_once(history: Store) -> None:
    user = new_user()
    sent = [make(user, START_MS - number, content=f"number {number}") for number in range(5)]
    records = [record(one) for one in sent]
    await history.insert(records)
    await history.insert(records[:3])
    assert await history.page(user, None, 10, ALL) == sent
    assert await history.get(user, sent[3].id) == sent[3]
    assert await history.get(new_user(), sent[3].id) is None


async def test_what_the_user_deleted_is_kept_and_not_shown(history: Store) -> None:
    user = new_user()
    sent = make(user, START_MS)
    assert await history.kept(user, sent.id) is None
    assert await history.kept(user, "no id") is None
    await history.insert([record(sent)])
    await history.mark(mark(user, "deleted", START_MS + 5, sent.id))
    kept = await history.kept(user, sent.id)
    assert kept is not None
    assert (kept.notification, kept.states.deleted, kept.readable) == (sent, START_MS + 5, True)
    assert await history.get(user, sent.id) is None


@pytest.mark.parametrize("limit", [1, 3, 7, 500])
async def test_pages_are_seamless_over_months(history: Store, limit: int) -> None:
    user = new_user()
    # Months with many, with one and with none.
    days = [0, 0, 0, 1, 2, 20, 45, 45, 45, 46, 88]
    sent = [make(user, START_MS - day * DAY_MS - number) for number, day in enumerate(days)]
    await history.insert([record(one) for one in sent])
    found: list[str] = []
    before: str | None = None
    while page := await history.page(user, before, limit, ALL):
        assert len(page) <= limit
        found += [one.id for one in page]
        before = page[-1].id
    assert found == [one.id for one in sent]


async def test_a_page_below_any_id(history: Store) -> None:
    user = new_user()
    sent = [make(user, START_MS - day * DAY_MS) for day in (0, 40, 80)]
    await history.insert([record(one) for one in sent])
    between = make(user, START_MS - 50 * DAY_MS).id
    assert [one.id for one in await history.page(user, between, 10, ALL)] == [sent[2].id]
    assert await history.page(user, sent[2].id, 10, ALL) == []


async def test_what_is_past_retention_is_not_there(history: Store, clock: Clock) -> None:
    user = new_user()
    late, last = make(user, START_MS - RETENTION_MS), make(user, START_MS - RETENTION_MS + 60_000)
    await history.insert([record(late), record(last)])
    assert await listed(history, user) == [last.id]
    # An old event that was first published today is kept for the whole retention.
    await history.insert([record(late, START_MS)])
    assert await listed(history, user) == [last.id, late.id]


async def test_filters_read_on_until_the_page_is_full(history: Store) -> None:
    user = new_user()
    sent = [make(user, START_MS - number, type=f"type.{number % 60}") for number in range(240)]
    await history.insert([record(one) for one in sent])
    assert await listed(history, user, Filter(type="type.59")) == [sent[number].id for number in (59, 119, 179, 239)]
    found = await history.page(user, None, 2, Filter(type="type.59"))
    assert [one.id for one in found] == [sent[59].id, sent[119].id]
    await history.mark(mark(user, "read", START_MS, sent[200].id, sent[230].id))
    assert await listed(history, user, Filter("read")) == [sent[200].id, sent[230].id]
    with pytest.raises(InvalidNotification):
        await history.page(user, None, 10, Filter("unknown"))


async def test_marks_show_and_the_later_action_wins(history: Store) -> None:
    user = new_user()
    one = make(user, START_MS - 1_000)
    await history.insert([record(one)])
    for at, state in ((30, "read"), (20, "unread"), (10, "seen")):
        await history.mark(mark(user, state, START_MS + at, one.id))
    times = {"seen_at": format_ms(START_MS + 30), "read_at": format_ms(START_MS + 30)}
    assert await history.get(user, one.id) == msgspec.structs.replace(one, **times)
    await history.mark(mark(user, "unread", START_MS + 40, one.id))
    await history.mark(mark(user, "read", START_MS + 30, one.id))
    assert (await history.page(user, None, 1, ALL))[0].read_at is None
    await history.mark(mark(user, "read", START_MS + 50, one.id))
    assert (await history.page(user, None, 1, ALL))[0].read_at == format_ms(START_MS + 50)


@pytest.mark.guarantee("G2")
async def test_a_replay_undoes_nothing(history: Store, clock: Clock) -> None:
    user = new_user()
    sent = [make(user, START_MS - 1_000 + number) for number in range(5)]
    records = [record(one) for one in sent]
    await history.insert(records)
    ids = [one.id for one in sent]
    await history.mark(mark(user, "read", START_MS, ids[0]))
    await history.mark(mark(user, "deleted", START_MS, ids[1]))
    await history.mark(mark(user, "archived", START_MS, ids[2]))
    await history.mark(mark(user, "deleted", START_MS, up_to=ids[1]))
    await history.mark(mark(user, "seen", START_MS, up_to=ids[3]))
    clock.ms += DAY_MS
    before = await history.page(user, None, 10, ALL), await history.newest(user, 10)
    await history.insert(records)
    assert (await history.page(user, None, 10, ALL), await history.newest(user, 10)) == before
    assert await listed(history, user) == [ids[4], ids[3]]
    assert await listed(history, user, Filter("archived")) == [ids[2]]
    assert await history.get(user, ids[1]) is None
    assert [kept.notification.id for kept in await history.newest(user, 10)] == ids[::-1]


async def test_marks_may_come_before_what_they_mark(history: Store) -> None:
    user = new_user()
    one, two = make(user, START_MS), make(user, START_MS + 1)
    await history.mark(mark(user, "deleted", START_MS + 5, one.id))
    await history.insert([record(one), record(two)])
    assert await listed(history, user) == [two.id]


async def test_a_floor_covers_every_month_below_it(history: Store) -> None:
    user = new_user()
    sent = [make(user, START_MS - day * DAY_MS) for day in (0, 1, 40, 80)]
    await history.insert([record(one) for one in sent])
    await history.mark(mark(user, "read", START_MS + 10, up_to=sent[1].id))
    assert await listed(history, user, Filter("read")) == [one.id for one in sent[1:]]
    await history.mark(mark(user, "unread", START_MS + 20, sent[2].id))
    assert await listed(history, user, Filter("unread")) == [sent[0].id, sent[2].id]
    # Lower and later, then lower and earlier: the first changes what it covers, the second nothing.
    await history.mark(mark(user, "unread", START_MS + 30, up_to=sent[3].id))
    await history.mark(mark(user, "read", START_MS + 5, up_to=sent[2].id))
    assert await listed(history, user, Filter("read")) == [sent[1].id]
    await history.mark(mark(user, "read", START_MS + 40, up_to=sent[3].id))
    assert await listed(history, user, Filter("read")) == [sent[1].id, sent[3].id]


async def test_a_floor_leaves_out_what_was_published_later(history: Store) -> None:
    user = new_user()
    one = make(user, START_MS - DAY_MS)
    await history.mark(mark(user, "deleted", START_MS, up_to=make(user, START_MS - 1).id))
    await history.insert([record(one, START_MS + DAY_MS // 2)])
    assert await listed(history, user) == [one.id]


@pytest.mark.parametrize("seed", range(4))
async def test_marks_in_any_order_against_brute_force(history: Store, seed: int) -> None:
    """Floors are pruned and cells overwritten; applying every mark to every notification must show the same."""
    chance = random.Random(seed)
    user = new_user()
    sent = sorted((make(user, START_MS - chance.randrange(60 * DAY_MS)) for _ in range(12)), key=lambda one: one.id)
    ids = [one.id for one in sent]
    marks = []
    for _ in range(25):
        state = chance.choice(["seen", "read", "read", "unread", "unread", "archived"])
        at = START_MS + chance.randrange(40)
        if chance.random() < 0.5:
            marks.append(mark(user, state, at, up_to=chance.choice(ids)))
        else:
            marks.append(mark(user, state, at, *chance.sample(ids, 2)))
    await history.insert([record(one) for one in sent])
    for one in [*marks, *chance.sample(marks, 5)]:
        await history.mark(one)
    expected = {}
    for one in sent:
        touching = [
            each
            for each in marks
            if one.id in (each.notifications or ()) or (each.up_to is not None and one.id <= each.up_to)
        ]
        latest = {
            state: max((each.at_ms for each in touching if each.state == state), default=0)
            for state in ("seen", "read", "unread", "archived")
        }
        expected[one.id] = (
            max(latest["seen"], latest["read"]),
            latest["read"] if latest["read"] > latest["unread"] else 0,
            latest["archived"],
        )
    shown = {
        one.id: tuple(getattr(one, name) for name in ("seen_at", "read_at", "archived_at"))
        for filter in (ALL, Filter("archived"))
        for one in await history.page(user, None, 100, filter)
    }
    assert shown == {
        identifier: tuple(format_ms(ms) if ms else None for ms in times) for identifier, times in expected.items()
    }


async def test_the_clean_up_of_sqlite(own_database: Database, clock: Clock) -> None:
    history = SqliteHistory(own_database, retention=RETENTION, clock=clock)
    user = new_user()
    sent = [make(user, START_MS), make(user, START_MS + DAY_MS)]
    await history.insert([record(one) for one in sent])
    await history.mark(mark(user, "read", START_MS, sent[0].id))
    await history.mark(mark(user, "seen", START_MS, up_to=sent[0].id))
    assert await history.cleanup(START_MS + RETENTION_MS - 1) == 0
    assert await history.cleanup(START_MS + RETENTION_MS) == 3
    assert await listed(history, user) == [sent[1].id]


async def test_rows_in_scylla_carry_their_time_and_an_end(scylla: ScyllaSession, clock: Clock) -> None:
    history = ScyllaHistory(scylla, retention=RETENTION, clock=clock)
    user = new_user()
    one = make(user, START_MS - 10 * DAY_MS)
    await history.insert([record(one)])
    await history.mark(mark(user, "read", START_MS, one.id))
    query = "SELECT TTL(body), WRITETIME(body) FROM $ks.notifications WHERE user_id = ? ALLOW FILTERING"
    [(seconds, written)] = await scylla.execute(query, (user,))
    assert 79 * 86_400 < seconds <= 80 * 86_400
    assert written == (START_MS - 10 * DAY_MS) * 1000
    query = "SELECT TTL(read), WRITETIME(read) FROM $ks.marks WHERE user_id = ? ALLOW FILTERING"
    [(seconds, written)] = await scylla.execute(query, (user,))
    assert 89 * 86_400 < seconds <= 90 * 86_400
    assert written == START_MS * 1000


async def test_floors_in_scylla_do_not_pile_up(scylla: ScyllaSession, clock: Clock) -> None:
    history = ScyllaHistory(scylla, retention=RETENTION, clock=clock)
    user = new_user()
    for number in range(20):
        await history.mark(mark(user, "seen", START_MS + number, up_to=make(user, START_MS + number).id))
    assert len(await scylla.execute("SELECT up_to FROM $ks.floors WHERE user_id = ?", (user,))) == 1


@pytest.mark.guarantee("G7")
async def test_a_scylla_that_dies_and_comes_back(cassandra: Cassandra, scylla: ScyllaSession, clock: Clock) -> None:
    history = ScyllaHistory(scylla, retention=RETENTION, clock=clock)
    user = new_user()
    first, second = make(user, START_MS), make(user, START_MS + 1)
    await history.insert([record(first)])
    await asyncio.to_thread(cassandra.kill)
    try:
        with pytest.raises(ConnectionFailed, match="attempts=4"):
            await history.insert([record(second)])
        with pytest.raises(ConnectionFailed):
            await history.page(user, None, 10, ALL)
    finally:
        await asyncio.to_thread(cassandra.start)
    async with asyncio.timeout(60):
        while True:
            try:
                await history.insert([record(second)])
                break
            except ConnectionFailed:
                await asyncio.sleep(0.2)
    assert await history.page(user, None, 10, ALL) == [second, first]
