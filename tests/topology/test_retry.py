"""An event that fails for a reason that may pass goes round and comes back; the others do not wait for it."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from infra.log.offsets import format_offset
from infra.log.ports import Outgoing, Record
from schemas.errors import ConnectionFailed, InvalidNotification
from schemas.events import VideoLiked, encode_event
from schemas.records import NotificationRecord, encode_record
from schemas.settings import InboxSettings, RetrySettings, Settings
from schemas.times import format_ms, to_ms
from streams import Retry
from streams.failures import FIRST_PUBLISH
from streams.retry import FAILURES_IN_A_ROW, Policy
from streams.testing import OwnershipLost, TopologyTestDriver
from tests.topology.events import BOB, VIDEO, event
from tests.topology.small import small, visited
from tests.topology.test_delivery import numbered, record
from topologies import app

BUG = RuntimeError("a mistake in a sink")
AWAY = ConnectionFailed("call", "the server is away")
LAST = timedelta(minutes=1)  # longer than any delay of the default retries: 1, 2, 4, 8 and 16 s


def holds(*wanted: NotificationRecord) -> Callable[[Sequence[Any]], bool]:
    return lambda given: any(one in given for one in wanted)


def of(id: str) -> Callable[[Sequence[Any]], bool]:
    """Outgoing records, or values, that carry an event's id."""

    def text(one: Any) -> bytes:
        return one.value if isinstance(one, (Outgoing, Record)) else encode_record(one)

    return lambda given: any(f'"{id}"'.encode() in text(one) for one in given)


async def generation_of(driver: TopologyTestDriver, topic: str) -> str:
    """As a letter of a record that was never tried again names it."""
    await driver.send(b"broken", topic=topic)
    await driver.settle()
    [letter] = [one for one in await driver.dead_letters() if one.payload_bytes == b"broken"]
    return letter.id.partition("-")[0]


async def waiting(driver: TopologyTestDriver, topic: str = "retry") -> int:
    return len(await driver.records(topic))


@pytest.mark.guarantee("G1")
@pytest.mark.guarantee("G6")
async def test_what_failed_twice_is_told_once_and_others_pass_meanwhile(driver: TopologyTestDriver) -> None:
    driver.fail("emit notifications", BUG, times=None, when=of("odd"))
    await driver.send(*(event(VideoLiked, driver.now, id=id) for id in ("1", "odd", "2", "3")))
    await driver.settle()
    assert {one.metadata["event_id"] for one in await driver.notifications(BOB)} == {"1", "2", "3"}
    assert (driver.stats("video")["retried"], driver.stats("video")["state"]) == (1, "running")
    assert len(driver.table("video-seen")) == 3, "what failed is not seen"

    driver.advance(timedelta(seconds=1))
    await driver.settle()
    assert driver.stats("video")["retried"] == 2
    driver.restore()
    driver.advance(timedelta(seconds=2))
    await driver.settle()
    told = [one.metadata["event_id"] for one in await driver.history(BOB)]
    assert sorted(told) == ["1", "2", "3", "odd"]
    assert (await driver.counts(BOB)).unseen == 4
    assert len(driver.table("video-seen")) == 4
    assert await driver.dead_letters() == []


async def test_it_carries_where_it_came_from_and_how_it_failed_first(driver: TopologyTestDriver) -> None:
    driver.fail("emit notifications", BUG, when=of("odd"))
    driver.fail("emit notifications", OSError("something else"), when=of("odd"))
    odd = event(VideoLiked, driver.now, id="odd")
    first = driver.now
    await driver.send_bytes("video-events", encode_event(odd), key=str(VIDEO), properties={"trace": "7"})
    await driver.settle()
    driver.advance(LAST)
    await driver.settle()

    [source] = [one for one in await driver.records("video-events") if one.value != b"broken"]
    expected = {
        "trace": "7",
        "retry-agent": "video",
        "retry-topic": "video-events",
        "retry-partition": str(source.partition),
        "retry-generation": await generation_of(driver, "video-events"),
        "retry-offset": format_offset(source.offset),
        "retry-first-time": format_ms(to_ms(first)),
        "retry-first-error": "RuntimeError",
        "retry-first-message": "a mistake in a sink",
        FIRST_PUBLISH: str(source.publish_ms),
    }
    one, two = sorted(await driver.records("retry"), key=lambda found: found.properties["retry-attempt"])
    assert one.properties == {**expected, "retry-attempt": "1"}
    assert two.properties == {**expected, "retry-attempt": "2"}
    assert {(found.key, found.value) for found in (source, one, two)} == {(str(VIDEO), encode_event(odd))}
    back = await driver.records("video-retry-in")
    assert [found.partition for found in back] == [source.partition]


@pytest.mark.parametrize("partition", [0, 1])
@pytest.mark.guarantee("G2")
async def test_it_comes_back_to_its_partition_whatever_its_key(driver: TopologyTestDriver, partition: int) -> None:
    """Its window is there, also if its producer did not hash as ours do."""
    liked = encode_event(event(VideoLiked, driver.now, id="odd"))
    driver.fail("emit notifications", BUG, when=of("odd"))
    await driver.send_bytes("video-events", liked, key="any", partition=partition)
    await driver.settle()
    driver.advance(LAST)
    await driver.settle()
    [back] = await driver.records("video-retry-in")
    assert (back.partition, back.key) == (partition, "any")
    await driver.send_bytes("video-events", liked, key="any", partition=partition)
    await driver.settle()
    assert driver.stats("video")["duplicates"] == 1


async def test_what_waits_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.lag.INTERVAL", 0.01)

    def sample(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, labels) or 0.0

    async with TopologyTestDriver(app) as driver:
        before = sample("pavilion_retries_total", agent="video")
        driver.fail("emit notifications", BUG, times=None)
        for number in range(3):
            await driver.send(event(VideoLiked, driver.now, id=str(number)))
        await driver.settle()
        for expected in (3, 0):
            async with asyncio.timeout(10):
                while sample("pavilion_retry_queue_depth") != expected:
                    await asyncio.sleep(0.01)
            assert sample("pavilion_retries_total", agent="video") - before == 3
            driver.restore()
            driver.advance(LAST)


@pytest.mark.guarantee("G1")
@pytest.mark.guarantee("G6")
async def test_after_the_last_attempt_it_is_a_dead_letter_that_names_the_source(driver: TopologyTestDriver) -> None:
    odd = event(VideoLiked, driver.now, id="odd")
    driver.fail("emit notifications", BUG, times=None, when=of("odd"))
    await driver.send(odd, event(VideoLiked, driver.now, id="good"))
    for _ in range(5):
        await driver.settle()
        assert await driver.dead_letters() == []
        driver.advance(LAST)
    await driver.settle()

    [letter] = await driver.dead_letters()
    [source] = [one for one in await driver.records("video-events") if b'"odd"' in one.value]
    assert (letter.topic, letter.partition, letter.offset) == (
        "video-events",
        source.partition,
        format_offset(source.offset),
    )
    assert (letter.attempts, letter.agent, letter.error, letter.message) == (6, "video", "RuntimeError", str(BUG))
    assert (letter.payload_bytes, letter.key) == (encode_event(odd), source.key)
    assert (letter.published_ms, letter.time) == (source.publish_ms, format_ms(to_ms(driver.now)))
    assert letter.properties["retry-first-error"] == "RuntimeError"
    assert (driver.stats("video")["retried"], driver.stats("video")["dead_lettered"]) == (5, 1)
    assert len(await driver.notifications(BOB)) == 1
    generation = await generation_of(driver, "video-events")
    assert letter.id == f"{generation}-{source.partition}-{format_offset(source.offset)}"


async def test_it_comes_back_between_half_of_the_delay_and_all_of_it() -> None:
    this = small(retry=Retry(attempts=1, first=timedelta(seconds=10), factor=3))
    async with TopologyTestDriver(this.app) as driver:
        driver.fail("emit notifications", BUG, times=None)
        await driver.send(*(visited(driver.now, str(number)) for number in range(15)))
        for seconds, least, most in ((4, 0, 0), (3.5, 1, 14), (2.5, 15, 15)):
            await driver.settle()
            driver.advance(timedelta(seconds=seconds))
            await driver.settle()
            assert least <= await waiting(driver, "visit-retry-in") <= most
        assert {letter.attempts for letter in await driver.dead_letters()} == {2}


def test_each_delay_is_factor_times_the_one_before() -> None:
    policy = Policy(attempts=3, first=10, factor=3)
    for attempt, longest in ((1, 10), (2, 30), (3, 90)):
        delays = [policy.delay(attempt) for _ in range(200)]
        assert longest / 2 <= min(delays) < 0.6 * longest
        assert 0.9 * longest < max(delays) <= longest


async def test_no_attempts_make_a_dead_letter_at_once() -> None:
    async with TopologyTestDriver(app, settings=Settings(retry=RetrySettings(max_retries=0))) as driver:
        driver.fail("inbox", BUG, times=None)
        await driver.send(record(driver))
        await driver.settle()
        [letter] = await driver.dead_letters()
        assert (letter.attempts, letter.topic, await waiting(driver)) == (1, "notifications", 0)


# -- which failures


@pytest.mark.parametrize("step", ["lookup profiles", "write profiles", "emit notifications", "history", "inbox"])
@pytest.mark.guarantee("G7")
async def test_nothing_goes_round_while_a_dependency_is_away(driver: TopologyTestDriver, step: str) -> None:
    driver.fail(step, AWAY, times=200)
    await driver.send(*(event(VideoLiked, driver.now, id=str(number)) for number in range(3)))
    await driver.settle()
    assert await waiting(driver) == 0
    assert await driver.dead_letters() == []
    assert len(await driver.notifications(BOB)) == 3


@pytest.mark.guarantee("G6")
async def test_what_no_sink_will_ever_take_is_a_dead_letter_at_once(driver: TopologyTestDriver) -> None:
    driver.fail("inbox", InvalidNotification("append", "no"), times=None)
    await driver.send(record(driver))
    await driver.settle()
    [letter] = await driver.dead_letters()
    assert (letter.attempts, await waiting(driver)) == (1, 0)


@pytest.mark.guarantee("G6")
async def test_a_lookup_that_fails_for_one_event_does_not_stop_the_others(driver: TopologyTestDriver) -> None:
    odd = event(VideoLiked, driver.now, id="odd", actor_id=VIDEO)
    driver.fail("lookup profiles", BUG, times=None, when=lambda actors: VIDEO in actors)
    await driver.send(odd, *(event(VideoLiked, driver.now, id=str(number)) for number in range(3)))
    await driver.settle()
    assert len(await driver.notifications(BOB)) == 3
    driver.restore()
    driver.advance(LAST)
    await driver.settle()
    assert len(await driver.notifications(BOB)) == 4


@pytest.mark.guarantee("G7")
async def test_when_everything_fails_it_is_not_the_events_and_they_wait(driver: TopologyTestDriver) -> None:
    driver.fail("inbox", BUG, times=None)
    await driver.send(*(record(driver, number) for number in range(3 * FAILURES_IN_A_ROW)))
    assert await driver.until_waiting("delivery") == f"delivery writes: {BUG}"
    for _ in range(10):
        driver.advance(LAST)
        await driver.until_waiting("delivery")
    assert driver.stats("delivery")["retried"] == FAILURES_IN_A_ROW
    assert await driver.dead_letters() == []

    driver.restore()
    await driver.settle()
    driver.advance(LAST)
    await driver.settle()
    assert len(await driver.notifications(BOB)) == len(await driver.history(BOB)) == 3 * FAILURES_IN_A_ROW
    assert await driver.dead_letters() == []


@pytest.mark.guarantee("G7")
async def test_while_the_retry_topic_cannot_be_written_the_partition_waits(driver: TopologyTestDriver) -> None:
    driver.fail("inbox", BUG, times=2, when=holds(record(driver, 0)))
    driver.fail("emit retry", AWAY, times=None)
    await driver.send(record(driver, 0), record(driver, 1))
    assert await driver.until_waiting("delivery") == f"delivery sends events to be tried again: {AWAY}"
    driver.restore("emit retry")
    driver.advance(LAST)
    await driver.settle()
    driver.advance(LAST)
    await driver.settle()
    assert len(await driver.notifications(BOB)) == 2


# -- one user's notifications


@pytest.mark.guarantee("G2")
@pytest.mark.guarantee("G3")
async def test_a_user_sees_a_retried_notification_when_it_arrives_and_once(driver: TopologyTestDriver) -> None:
    records = [record(driver, number) for number in range(4)]
    driver.fail("inbox", BUG, times=None, when=holds(records[1]))
    await driver.send(*records)
    await driver.settle()
    assert (await driver.counts(BOB)).unseen == 3, "later ones were not held up"
    driver.restore()
    await driver.send(record(driver, 4))
    await driver.settle()
    driver.advance(LAST)
    await driver.settle()
    await driver.send(record(driver, 5))
    await driver.settle()

    added = await driver.outputs("fan-out")
    assert [(one.position.offset, one.notification.content[-1]) for one in added] == [
        *((1, "0"), (2, "2"), (3, "3"), (4, "4"), (5, "1"), (6, "5"))
    ]
    assert [one.before for one in added] == ["", *(one.position.tail for one in added[:-1])]
    assert sorted(numbered(await driver.history(BOB))) == sorted(numbered(await driver.notifications(BOB)))
    assert len(await driver.history(BOB)) == (await driver.counts(BOB)).unseen == 6


@pytest.mark.guarantee("G1")
async def test_its_receipt_is_there_before_later_records_of_its_user_are_applied(driver: TopologyTestDriver) -> None:
    """Otherwise a crash in between makes the inbox take it for a redelivery, and it ends as nothing."""
    records = [record(driver, number) for number in range(4)]
    driver.fail("inbox", BUG, times=3, when=holds(records[0]))  # of four, of two, alone
    driver.fail("emit retry", OwnershipLost("killed"))
    await driver.send(*records)
    await driver.settle()
    assert sorted(numbered(await driver.notifications(BOB))) == ["0", "1", "2", "3"]


@pytest.mark.guarantee("G2")
async def test_the_first_publish_dates_what_was_retried(driver: TopologyTestDriver) -> None:
    driver.fail("emit notifications", BUG)
    broken_clock = event(VideoLiked, driver.now + timedelta(days=1), id="odd")
    published = to_ms(driver.now)
    await driver.send(broken_clock)
    await driver.settle()
    driver.advance(LAST)
    await driver.settle()
    [told] = await driver.outputs("notifications")
    assert (told.published_ms, told.notification.created_ms) == (published, published)


# -- what is refused


async def test_retries_that_outlast_the_ids_are_refused_with_one_line() -> None:
    settings = Settings(retry=RetrySettings(max_retries=10, delay=timedelta(hours=1)), inbox=InboxSettings(days=7))
    with pytest.raises(Exception, match=r"agent \w+: 10 retries .* \(PAVILION_INBOX__DAYS\)$") as refused:
        async with TopologyTestDriver(app, settings=settings):
            pass
    assert "PAVILION_RETRY__MAX_RETRIES" in str(refused.value)
    assert "\n" not in str(refused.value)
