"""What statistics say of a known input: by step, by source, by reason, by table."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from schemas.errors import ConnectionFailed, InvalidNotification
from schemas.events import VideoLiked
from streams import Retry
from streams.outcomes import Suppressed
from streams.testing import Settle, TopologyTestDriver
from tests.topology.events import BOB, event
from tests.topology.small import Small, Visited, small, visited

Counts = dict[str, tuple[int, int, int]]


def steps(stats: dict[str, Any]) -> Counts:
    return {f"{one['kind']} {one['name']}".strip(): (one["in"], one["out"], one["failed"]) for one in stats["steps"]}


def measured(agent: str) -> Counts:
    """What Prometheus would read of the steps."""
    found: dict[str, dict[str, int]] = {}
    for family in text_string_to_metric_families(generate_latest().decode()):
        for sample in family.samples:
            if sample.name == "pavilion_step_events_total" and sample.labels["agent"] == agent:
                found.setdefault(sample.labels["step"], {})[sample.labels["result"]] = int(sample.value)
    return {step: (counts["in"], counts["out"], counts["failed"]) for step, counts in found.items()}


async def test_each_step_tells_what_came_what_passed_and_what_failed(driver: TopologyTestDriver) -> None:
    """Ten likes of Bob's video, one of them twice, one of his own, and bytes that are nothing."""
    likes = [event(VideoLiked, driver.now, id=f"like-{number}") for number in range(10)]
    await driver.send(*likes, likes[3], event(VideoLiked, driver.now, id="own", actor_id=BOB, owner_id=BOB))
    await driver.send_bytes("video-events", b"nothing")
    await driver.settle()

    video = driver.stats("video")
    assert steps(video) == {
        "decode": (13, 12, 1),
        "dedup video-seen": (12, 11, 0),
        "lookup profiles": (11, 11, 0),
        "notify": (11, 21, 0),
        "write profiles": (11, 11, 0),
        "emit notifications": (10, 10, 0),
        "emit audience-pages": (0, 0, 0),
    }
    assert (video["in"], video["duplicates"], video["dead_letters"]) == (13, 1, {"InvalidEventType": 1})
    assert video["suppressed"] == {"own-action": 1}
    assert sum(source["in"] for source in video["sources"]) == 13
    assert video["latency"]["count"] == 11, "what passed, but for the duplicate"
    assert 0 < video["batch_events"]["count"] == video["batches"] <= 13
    assert measured("video") == steps(video)

    delivery = driver.stats("delivery")
    assert steps(delivery)["write inbox"] == (10, 10, 0)
    assert steps(delivery)["emit fan-out"] == (10, 10, 0)


async def test_what_one_event_makes_fail_is_counted_where_it_failed() -> None:
    this: Small = small()

    def rule(visit: Visited) -> Iterator[Any] | None:
        if visit.id == "no":
            raise LookupError("a mistake")
        return iter([Suppressed(UUID(int=2), "own-action")]) if visit.id == "own" else None

    this.rule = rule
    async with TopologyTestDriver(this.app) as driver:

        def refuses(records: Any) -> bool:
            return any(b"cannot" in record.value for record in records)

        driver.fail("emit notifications", InvalidNotification("publish", "too large"), times=99, when=refuses)
        await driver.send(*(visited(driver.now, id) for id in ("a", "no", "b", "cannot", "own", "c")))
        await driver.settle()
        found = steps(driver.stats("visit"))
        assert found["notify"] == (6, 4, 1)
        assert found["emit notifications"] == (4, 3, 1)
        assert driver.stats("visit")["dead_letters"] == {"LookupError": 1, "InvalidNotification": 1}
        assert driver.stats("visit")["out"] == {"notifications": 3}
        assert driver.stats("visit")["latency"]["count"] == 4, "what was put aside has had no effects"


async def test_attempts_that_a_dependency_made_fail_count_once() -> None:
    """What is repeated until it passes has passed once, and has failed for nobody."""
    this = small()
    async with TopologyTestDriver(this.app) as driver:
        driver.fail("emit notifications", ConnectionFailed("publish", "away"), times=3)
        await driver.send(*(visited(driver.now, id) for id in "abc"))
        await driver.settle()
        assert steps(driver.stats("visit"))["emit notifications"] == (3, 3, 0)


async def test_what_was_written_before_a_later_step_failed_counts_once(driver: TopologyTestDriver) -> None:
    driver.fail("emit fan-out", ConnectionFailed("publish", "away"), times=3)
    await driver.play([event(VideoLiked, driver.now)])
    delivery = steps(driver.stats("delivery"))
    assert delivery["write history"] == delivery["write inbox"] == delivery["emit fan-out"] == (1, 1, 0)


async def test_what_goes_round_comes_back_through_a_source_of_its_own() -> None:
    this = small(retry=Retry(attempts=2, first=timedelta(seconds=10)))
    async with TopologyTestDriver(this.app) as driver:
        driver.fail("emit notifications", RuntimeError("not now"))
        await driver.send(visited(driver.now, "a"))
        await driver.settle()
        before = driver.stats("visit")
        assert (before["retried"], steps(before)["emit notifications"]) == (1, (1, 0, 1))
        driver.advance(timedelta(seconds=20))
        await driver.settle()
        after = driver.stats("visit")
        assert {one["topic"]: one["in"] for one in after["sources"]} == {"visits": 1, "visit-retry-in": 1}
        assert steps(after)["emit notifications"] == (2, 1, 1)


@pytest.mark.guarantee("G5")
async def test_a_crash_shows_as_lost_ownership_and_as_records_that_came_again() -> None:
    def counted() -> tuple[float, float, float]:
        """Whatever else a label says: other tests of this process lose ownership for other reasons."""
        sums: Counter[tuple[str, str | None]] = Counter()
        for family in text_string_to_metric_families(generate_latest().decode()):
            for sample in family.samples:
                sums[sample.name, sample.labels.get("agent") or sample.labels.get("table")] += int(sample.value)
        return (
            sums["pavilion_ownership_lost_total", "visit"],
            sums["pavilion_redeliveries_total", "visit"],
            sums["pavilion_table_recoveries_total", "visits-seen"],
        )

    this = small()
    async with TopologyTestDriver(this.app) as driver:
        lost, again, _ = counted()
        recovered = counted()[2]
        driver.fail("emit notifications", ConnectionFailed("publish", "away"), times=None)
        await driver.send(*(visited(driver.now, id) for id in "abc"))
        await driver.until_waiting("visit")
        async with asyncio.timeout(10):
            while driver.stats("visit")["in"] < 3:
                await asyncio.sleep(0.001)
        await driver.crash("visit", (await driver.records("visits"))[0].partition)
        driver.restore()
        await driver.settle()
        assert counted() == (lost + 1, again + 3, recovered + 1)


async def test_a_table_counts_over_all_epochs_of_a_worker(driver: TopologyTestDriver) -> None:
    """What ``/stats/tables`` shows begins again with each epoch; a counter may not."""
    like = event(VideoLiked, driver.now, id="one")
    await driver.play([like, Settle(), like, Settle(), like])
    await driver.crash()
    await driver.play([like])
    samples = {
        sample.name: sample.value
        for family in text_string_to_metric_families(generate_latest().decode())
        for sample in family.samples
        if sample.labels.get("table") == "video-seen"
    }
    assert samples["pavilion_table_hits_total"] == 3
    assert samples["pavilion_table_misses_total"] == 1
    assert samples["pavilion_table_keys"] == 1
    assert samples["pavilion_table_log_records"] > 0
