"""Bad input becomes a dead letter and the rest goes on; while a dependency is away its partition waits."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from infra.log.offsets import format_offset
from schemas.errors import ConnectionFailed, InvalidNotification
from schemas.events import CommentCreated, VideoLiked, encode_event
from schemas.records import encode_record
from schemas.settings import Settings, WorkerSettings
from schemas.times import format_ms, to_ms
from streams.failures import backoff
from streams.testing import NotSettled, OwnershipLost, TopologyTestDriver
from tests.topology.events import ADA, BOB, VIDEO, event
from tests.topology.small import Small, Visited, small, told, visited
from tests.topology.test_delivery import numbered, record
from topologies import app

AWAY = ConnectionFailed("call", "the server is away")


def spoil(spoiler: Callable[[dict[str, Any]], object]) -> Callable[[TopologyTestDriver], bytes]:
    def make(driver: TopologyTestDriver) -> bytes:
        body = json.loads(encode_event(event(VideoLiked, driver.now, id="bad")))
        spoiler(body)
        return json.dumps(body).encode()

    return make


BROKEN: dict[str, tuple[Callable[[TopologyTestDriver], bytes], str]] = {
    "no JSON": (lambda driver: b"\x00\x01", "malformed"),
    "empty": (lambda driver: b"", "truncated"),
    "no UTF-8": (
        lambda driver: encode_event(event(VideoLiked, driver.now)).replace(b"Ada", b"\xff\xfe"),
        "Invalid UTF-8 - at `$.data.actor_name`",
    ),
    "cut off": (lambda driver: encode_event(event(VideoLiked, driver.now))[:-20], "truncated"),
    "unknown type": (spoil(lambda body: body.update(type="pavilion.video.burned.v1")), "`$.type`"),
    "another topic's type": (lambda driver: encode_event(event(CommentCreated, driver.now)), "`$.type`"),
    "a field is missing": (spoil(lambda body: body["data"].pop("owner_id")), "`owner_id`"),
    "a field is of a wrong type": (spoil(lambda body: body["data"].update(video_id=7)), "`$.data.video_id`"),
    "a time without zone": (spoil(lambda body: body.update(time="2026-01-05T12:00:00")), "`$.time`"),
    "an old version of CloudEvents": (spoil(lambda body: body.update(specversion="0.3")), "`$.specversion`"),
    "256 KiB and more": (spoil(lambda body: body["data"].update(title="x" * 256 * 1024)), "more than 262144"),
    "nested deeply": (lambda driver: b"[" * 100_000, ""),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.guarantee("G6")
async def test_bad_bytes_are_a_dead_letter_and_the_rest_of_the_batch_goes_on(
    driver: TopologyTestDriver, name: str
) -> None:
    make, message = BROKEN[name]
    payload = make(driver)
    good = [event(VideoLiked, driver.now, id=id) for id in ("before", "after")]
    await driver.send(good[0], payload, good[1], topic="video-events", key=str(VIDEO))
    await driver.settle()

    [letter] = await driver.dead_letters()
    [source] = [one for one in await driver.records("video-events") if one.value == payload]
    assert letter.payload_bytes == payload
    assert (letter.topic, letter.partition, letter.offset) == (
        "video-events",
        source.partition,
        format_offset(source.offset),
    )
    assert (letter.time, letter.published_ms) == (format_ms(to_ms(driver.now)), source.publish_ms)
    assert (letter.agent, letter.error, letter.key) == ("video", "InvalidEventType", str(VIDEO))
    assert message in letter.message
    assert {one.metadata["event_id"] for one in await driver.notifications(BOB)} == {"before", "after"}
    assert driver.stats("video")["dead_lettered"] == 1


@pytest.mark.guarantee("G6")
async def test_a_record_larger_than_any_letter_does_not_stop_the_partition(driver: TopologyTestDriver) -> None:
    payload = bytes(range(256)) * (15 * 1024)
    await driver.send_bytes("video-events", payload, key=str(VIDEO), properties={"note": "x" * 100_000})
    await driver.send(event(VideoLiked, driver.now))
    await driver.settle()

    [letter] = await driver.dead_letters()
    assert payload.startswith(letter.payload_bytes)
    assert letter.message.endswith(f"(the first {len(letter.payload_bytes)} bytes of {len(payload)})")
    assert len(await driver.notifications(BOB)) == 1


def fails(visit: Visited) -> Any:
    if visit.id == "bad":
        raise LookupError("a mistake in a rule")
    return None


def fails_as(value: Any) -> Callable[[Visited], Any]:
    return lambda visit: value(visit) if visit.id == "bad" else None


FAULTY: dict[str, tuple[str, Callable[[Visited], Any], str, str]] = {
    "the rule raises": ("rule", fails, "LookupError", "a mistake in a rule"),
    "the key raises": ("key", lambda visit: fails(visit) or visit.identity, "LookupError", "a mistake in a rule"),
    "the key is no text": ("key", lambda visit: None if visit.id == "bad" else visit.id, "AttributeError", "encode"),
    "what to look up raises": ("of", lambda visit: fails(visit) or visit.actor, "LookupError", "a mistake in a rule"),
    "what to look up is a list": ("of", lambda visit: [] if visit.id == "bad" else visit.actor, "TypeError", "hash"),
    "it yields what no step takes": ("rule", fails_as(lambda visit: [visit]), "TypeError", "no step of visit takes"),
    "it yields nothing that iterates": ("rule", fails_as(lambda visit: 7), "TypeError", "not iterable"),
    "its metadata is too large": (
        "rule",
        fails_as(lambda visit: [told(visit, metadata={"text": "x" * 9000})]),
        "InvalidNotification",
        "more than 8192",
    ),
}


@pytest.mark.parametrize("name", FAULTY)
@pytest.mark.guarantee("G6")
async def test_an_event_for_which_a_declared_function_raises_is_put_aside(name: str) -> None:
    place, function, error, message = FAULTY[name]
    this: Small = small()
    setattr(this, place, function)
    async with TopologyTestDriver(this.app) as driver:
        bad = visited(driver.now, "bad")
        await driver.send(visited(driver.now, "before"), bad, visited(driver.now, "after"))
        await driver.settle()

        [letter] = await driver.dead_letters()
        assert (letter.error, letter.payload_bytes) == (error, encode_record(bad))
        assert message in letter.message
        assert [one.notification.content for one in await driver.outputs("notifications")] == ["before", "after"]

        this.rule, this.key, this.of = lambda visit: None, lambda visit: visit.identity, lambda visit: visit.actor
        await driver.send(bad)
        await driver.settle()
        assert len(await driver.outputs("notifications")) == 3, "what failed was not marked as seen"


@pytest.mark.guarantee("G6")
async def test_a_dead_letter_repeated_by_a_crash_has_the_same_id(driver: TopologyTestDriver) -> None:
    driver.fail("emit dead-letters", OwnershipLost("killed"), after=True)
    await driver.send(b"broken", topic="video-events")
    await driver.settle()

    assert len(await driver.outputs("dead-letters")) == 2
    assert len(await driver.dead_letters()) == 1


@pytest.mark.parametrize("bad", range(5))
@pytest.mark.guarantee("G6")
async def test_what_a_sink_will_never_take_is_found_in_its_batch_and_put_aside(
    driver: TopologyTestDriver, bad: int
) -> None:
    records = [record(driver, number) for number in range(5)]
    driver.fail("inbox", InvalidNotification("append", "no"), times=None, when=lambda given: records[bad] in given)
    await driver.send(*records)
    await driver.settle()

    [letter] = await driver.dead_letters()
    assert (letter.error, letter.message, letter.topic) == ("InvalidNotification", "no", "notifications")
    assert letter.payload_bytes == encode_record(records[bad])
    good = [str(number) for number in range(5) if number != bad]
    assert sorted(numbered(await driver.notifications(BOB))) == good
    assert (await driver.counts(BOB)).unseen == 4


@pytest.mark.guarantee("G1")
async def test_what_is_put_aside_is_kept_before_later_records_of_its_user_are_applied(
    driver: TopologyTestDriver,
) -> None:
    """Otherwise a crash in between makes the inbox take it for a redelivery, and it ends as nothing."""
    records = [record(driver, number) for number in range(4)]
    error = InvalidNotification("append", "no")
    driver.fail("inbox", error, times=3, when=lambda given: records[0] in given)  # of four, of two, alone
    driver.fail("emit dead-letters", OwnershipLost("killed"))
    await driver.send(*records)
    await driver.settle()

    assert sorted(numbered(await driver.notifications(BOB))) == ["0", "1", "2", "3"]


STEPS = ["lookup profiles", "write profiles", "notifications", "history", "inbox", "fan-out", "acknowledge"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.guarantee("G7")
async def test_a_passing_failure_is_waited_for(driver: TopologyTestDriver, step: str) -> None:
    driver.fail(step, AWAY, times=3)
    if step == "acknowledge":
        driver.restore()
        driver.fail(step, OwnershipLost("the connection was lost"), times=3)
    await driver.play([event(VideoLiked, driver.now, id=str(number)) for number in range(4)])

    assert len(await driver.notifications(BOB)) == (await driver.counts(BOB)).unseen == 4
    assert await driver.dead_letters() == []


@pytest.mark.parametrize("failures", [1, 7, 100, 5000])
@pytest.mark.guarantee("G7")
def test_the_pauses_are_bounded_however_long_it_takes(failures: int) -> None:
    assert 0 <= max(backoff(failures) for _ in range(100)) <= 10


@pytest.mark.parametrize(
    ("step", "agent"),
    [
        ("lookup profiles", "video"),
        ("emit notifications", "video"),
        ("history", "delivery"),
        ("inbox", "delivery"),
        ("emit fan-out", "delivery"),
    ],
)
@pytest.mark.guarantee("G7")
async def test_while_a_dependency_is_away_the_partition_waits_and_nothing_is_lost(step: str, agent: str) -> None:
    settings = Settings(worker=WorkerSettings(batch_max_events=5))
    async with TopologyTestDriver(app, settings=settings, partitions=1) as driver:
        driver.fail(step, AWAY, times=None)
        await driver.send(*(event(VideoLiked, driver.now, id=str(number)) for number in range(100)))

        assert await driver.until_waiting(agent) == f"{agent} {_verb(step)}: {AWAY}"
        assert driver.stats(agent)["state"] == "waiting"
        driver.advance(timedelta(hours=5))
        with pytest.raises(NotSettled, match=str(AWAY)):
            await driver.settle(limit=timedelta(milliseconds=50))
        assert driver.stats(agent)["in"] <= 3 * 5, "what is on its way is bounded"
        assert await driver.outputs("fan-out") == await driver.dead_letters() == []

        driver.restore()
        await driver.settle()
        assert driver.stats(agent)["state"] == "running"
        assert len(await driver.notifications(BOB)) == len(await driver.history(BOB)) == 100
        assert await driver.dead_letters() == []


def _verb(step: str) -> str:
    return step.replace("lookup", "looks up") if step.startswith("lookup") else "writes"


@pytest.mark.guarantee("G7")
async def test_another_partition_goes_on(driver: TopologyTestDriver) -> None:
    one, two = (event(VideoLiked, driver.now, video_id=VIDEO, id=str(number)) for number in range(2))
    await driver.send(one, key="a")
    await driver.settle()
    driver.fail("lookup profiles", AWAY, times=None, when=lambda actors: ADA in actors)
    await driver.send(two, key="a")
    await driver.until_waiting("video")
    other = event(VideoLiked, driver.now, actor_id=BOB, owner_id=ADA)
    await driver.send(other, key="b")
    async with asyncio.timeout(10):
        while not await driver.notifications(ADA):
            await asyncio.sleep(0.001)

    assert len(await driver.notifications(BOB)) == 1
    driver.restore()
    await driver.settle()
    assert len(await driver.notifications(BOB)) == 2


@pytest.mark.guarantee("G7")
async def test_while_dead_letters_cannot_be_written_nothing_is_acknowledged(driver: TopologyTestDriver) -> None:
    driver.fail("emit dead-letters", AWAY, times=None)
    await driver.send(b"broken", topic="video-events", key=str(VIDEO))
    assert await driver.until_waiting("video") == f"video writes dead letters: {AWAY}"
    await driver.crash()
    await driver.until_waiting("video")
    driver.restore()
    await driver.settle()

    assert len(await driver.dead_letters()) == 1


@pytest.mark.guarantee("G4")
async def test_what_is_not_yet_told_is_neither_marked_nor_acknowledged(driver: TopologyTestDriver) -> None:
    driver.fail("emit notifications", AWAY, times=None)
    await driver.send(event(VideoLiked, driver.now))
    await driver.until_waiting("video")
    assert len(driver.table("video-seen")) == 0
    await driver.crash()
    assert len(driver.table("video-seen")) == 0
    driver.restore()
    await driver.settle()

    assert len(driver.table("video-seen")) == len(await driver.notifications(BOB)) == 1


@pytest.mark.parametrize(
    "step", ["write profiles", "emit notifications", "emit dead-letters", "history", "inbox", "emit fan-out"]
)
@pytest.mark.guarantee("G4")
async def test_an_effect_that_a_crash_cut_off_is_made_up_for(driver: TopologyTestDriver, step: str) -> None:
    driver.fail(step, OwnershipLost("killed"), times=2)
    liked = event(VideoLiked, driver.now)
    await driver.send(liked, b"broken", topic="video-events", key=str(VIDEO))
    await driver.settle()

    assert len(await driver.notifications(BOB)) == len(await driver.dead_letters()) == 1
    assert await driver.stores.people.names([str(ADA)]) == {str(ADA): "Ada"}


@pytest.mark.guarantee("G7")
async def test_a_partition_waits_for_as_long_as_one_of_its_batches_does() -> None:
    """The next batch waits for a look-up, and that is over before the writes of the last one are."""
    settings = Settings(worker=WorkerSettings(batch_max_events=1))
    async with TopologyTestDriver(app, settings=settings, partitions=1) as driver:
        driver.fail("emit notifications", AWAY, times=None)
        driver.fail("lookup profiles", AWAY, times=3, when=lambda actors: BOB in actors)
        await driver.send(event(VideoLiked, driver.now, id="first"))
        await driver.until_waiting("video")
        await driver.send(event(VideoLiked, driver.now, id="second", actor_id=BOB, owner_id=ADA))
        async with asyncio.timeout(10):
            while driver.stats("video")["in"] < 2:
                await asyncio.sleep(0.001)
        for _ in range(200):
            assert driver.stats("video")["state"] == "waiting"
            await asyncio.sleep(0.001)
        driver.restore()
        await driver.settle()
        assert driver.stats("video")["state"] == "running"


@pytest.mark.guarantee("G7")
async def test_partitions_share_what_they_learn_of_a_dependency() -> None:
    async with TopologyTestDriver(app, partitions=8) as driver:
        driver.fail("emit notifications", AWAY, times=None)
        await driver.send(*(event(VideoLiked, driver.now, id=str(n), video_id=UUID(int=n)) for n in range(100)))
        await driver.until_waiting("video")
        async with asyncio.timeout(10):
            while not all(one["state"] == "open" for one in driver.dependencies()):
                await asyncio.sleep(0.001)
            [sqlite] = driver.dependencies()
            assert (sqlite["name"], sqlite["last_error"]) == ("sqlite", str(AWAY))
            assert sqlite["failures"] >= 5
        assert driver.stats("video")["dead_lettered"] == 0

        driver.restore()
        await driver.settle()
        [sqlite] = driver.dependencies()
        assert (sqlite["state"], sqlite["failures"], sqlite["next_attempt"]) == ("closed", 0, None)
        assert len(await driver.notifications(BOB)) == 100
        assert await driver.dead_letters() == []
