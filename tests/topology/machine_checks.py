"""What the state machine holds: the guarantees, between any two steps and when everything is settled."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from prometheus_client import REGISTRY

from infra.log.ports import Record
from schemas.notifications import Notification
from schemas.records import Added, AudiencePage, NotificationRecord, decode_record
from streams.testing import TopologyTestDriver
from streams.windows import digest
from tests.topology.machine_model import INPUT, event_of, expected, facts, letter_of, windows

AGENTS = [*INPUT, "audience", "delivery"]
LONGEST_PAUSE = 30
"""Virtual seconds after which whoever lost a partition has noticed, and has taken it again."""


async def check_always(driver: TopologyTestDriver, followers: Mapping[UUID, set[UUID]]) -> None:
    """G4: what is committed is durable downstream; G2 and G3: of an offset, of an id, there is never another."""
    committed = {agent: await driver.committed(agent) for agent in AGENTS}
    letters = await _letters(driver)
    emitted = {one.notification.id for one in await driver.outputs("notifications")}
    pages = {page.identity for page in await driver.outputs("audience-pages")}
    for record in [record for agent in INPUT for record in committed[agent]]:
        sent = event_of(record)
        if sent is None:
            assert letter_of(record) in letters, f"committed, and no letter: {record}"
        elif sent.verb == "video.uploaded":
            assert f"{sent.identity}\n" in pages, f"committed, and no page: {record}"
        else:
            assert facts(sent, followers).keys() <= emitted, f"committed, and not told: {record}"

    bulk = {one.notification.id for one in await driver.outputs("notifications-bulk")}
    for record in committed["audience"]:
        page = decode_record(record.value, AudiencePage)
        assert facts(page.event, followers).keys() <= bulk, f"committed, and not told: {record}"

    fan_out = await _fan_out(driver)
    history: dict[str, set[str]] = {}
    for record in committed["delivery"]:
        told: Notification = decode_record(record.value, NotificationRecord).notification
        if told.user_id not in history:
            history[told.user_id] = _ids(await driver.history(told.user_id))
        assert told.id in history[told.user_id], f"committed, and not in history: {told}"
        assert told.id in {one.notification.id for one in fan_out[told.user_id]}, f"committed, and not told: {told}"
    for user, added in fan_out.items():
        _one_each(user, added)


def _one_each(user: str, added: Sequence[Added]) -> dict[int, Added]:
    """By offset; that one is told twice, the same both times, is what a crash may do."""
    places = {(one.position.offset, one.notification.id, one.before) for one in added}
    assert len({offset for offset, _, _ in places}) == len(places), f"{user} has one offset twice"
    assert len({id for _, id, _ in places}) == len(places), f"{user} has one notification at two offsets"
    assert len({one.position.epoch for one in added}) <= 1, f"{user} was given another epoch"
    return {one.position.offset: one for one in added}


async def check_settled(
    driver: TopologyTestDriver, followers: Mapping[UUID, set[UUID]], users: Sequence[UUID], own_before: float
) -> None:
    """G1 to G3, G6 and G7: everyone was told what the input calls for, once; the letters are the bad input."""
    await driver.settle()
    sent = await _input(driver)
    should = expected(sent, followers)
    assert await _letters(driver) == should.letters
    assert own_actions() - own_before >= should.own
    fan_out = await _fan_out(driver)
    for user in users:
        ids = should.told[user]
        assert _ids(await driver.history(user)) == ids, f"history of {user}"
        inbox = await driver.notifications(user)
        assert (len(inbox), _ids(inbox)) == (len(ids), ids), f"inbox of {user}"
        counts = await driver.counts(user)
        assert (counts.position.offset, counts.unseen, counts.unread) == (len(ids),) * 3, f"counts of {user}"
        places = _one_each(str(user), fan_out[str(user)])
        assert sorted(places) == list(range(1, len(ids) + 1)), f"offsets of {user}"
        in_order = [places[offset] for offset in sorted(places)]
        assert [one.notification.id for one in in_order] == [one.position.tail for one in in_order]
        assert [one.before for one in in_order] == ["", *(one.notification.id for one in in_order)][: len(ids)]


async def check_tables(driver: TopologyTestDriver, window: timedelta) -> None:
    """G8: each table holds what its input says, and no key that has expired."""
    await asyncio.sleep(LONGEST_PAUSE)
    for agent, topic in {**INPUT, "audience": "audience-pages"}.items():
        should: dict[bytes, int] = {}
        for _, state in sorted(windows(await driver.records(topic), window, _value).items()):
            should |= {digest(key): at for key, at in state.keys.items()}
        assert driver.table(f"{agent}-seen").keys == should, f"table of {agent}"


async def check_work(driver: TopologyTestDriver, followers: Mapping[UUID, set[UUID]], window: timedelta) -> None:
    """Where nothing crashed or failed, each event was processed as often as its window let it through."""
    should = Counter[str]()
    for record_topic in INPUT.values():
        records = await driver.records(record_topic)
        events = {event.identity: event for record in records if (event := event_of(record)) is not None}
        for state in windows(records, window, _value).values():
            for key, times in state.passed.items():
                if events[key].verb != "video.uploaded":
                    should.update(dict.fromkeys(facts(events[key], followers), times))
    assert Counter(one.notification.id for one in await driver.outputs("notifications")) == should


def own_actions() -> float:
    """Recipients of this process who were not told of what they did themselves."""
    return sum(
        sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name == "pavilion_suppressed_total" and sample.labels["reason"] == "own-action"
    )


def _value(record: Record) -> object:
    return decode_record(record.value, AudiencePage) if record.topic == "audience-pages" else event_of(record)


async def _input(driver: TopologyTestDriver) -> list[Record]:
    return [record for topic in INPUT.values() for record in await driver.records(topic)]


async def _letters(driver: TopologyTestDriver) -> set[tuple[str, int, str, bytes]]:
    letters = await driver.dead_letters()
    found = {(one.topic, one.partition, one.offset, one.payload_bytes) for one in letters}
    assert len(found) == len(letters), "a record has two letters"
    return found


async def _fan_out(driver: TopologyTestDriver) -> dict[str, list[Added]]:
    found: dict[str, list[Added]] = defaultdict(list)
    for one in await driver.outputs("fan-out"):
        found[one.user_id].append(one)
    return found


def _ids(notifications: Sequence[Notification]) -> set[str]:
    return {one.id for one in notifications}
