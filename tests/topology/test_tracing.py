"""A trace goes with its event through agents, retry, dead letters and replay; what is not sampled carries nothing."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from infra.log.ports import Outgoing, Record
from infra.openmetrics import exposition
from infra.stores.ports import Follow
from pavilion.replay import Replayer
from schemas.dead_letters import ReplayRequest
from schemas.events import CloudEvent, UserFollowed, VideoLiked, VideoUploaded, encode_event
from schemas.times import to_ms
from streams.testing import TopologyTestDriver
from streams.tracing import MAX_CHILDREN
from tests.collector import recording
from tests.topology.events import ADA, BOB, event
from tests.topology.test_replay import REFUSED
from tests.topology.test_retry import BUG
from topologies import app

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TOPICS = ("notifications", "notifications-bulk", "fan-out", "retry", "video-retry-in", "dead-letters")


class Ground:
    """A driver, and the spans that ended in it."""

    def __init__(self, driver: TopologyTestDriver, exporter: InMemorySpanExporter) -> None:
        self.driver = driver
        self._exporter = exporter

    @property
    def spans(self) -> Sequence[ReadableSpan]:
        return self._exporter.get_finished_spans()

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.spans if span.name == name]

    def above(self, span: ReadableSpan) -> str:
        """The name of the span's parent; its id if that is none of ours."""
        assert span.parent is not None
        mine = {one.context.span_id: one.name for one in self.spans}
        return mine.get(span.parent.span_id, f"{span.parent.span_id:016x}")

    async def carried(self) -> dict[str, list[Record]]:
        """The records with a trace, by topic."""
        found = {topic: await self.driver.records(topic) for topic in TOPICS}
        return {topic: kept for topic, all in found.items() if (kept := [one for one in all if one.properties])}


@pytest.fixture
async def ground() -> AsyncIterator[Ground]:
    tracing, exporter = recording()
    async with TopologyTestDriver(app, tracing=tracing) as driver:
        yield Ground(driver, exporter)


def traced(event: CloudEvent, flags: str = "01") -> CloudEvent:
    return msgspec.structs.replace(event, traceparent=f"00-{TRACE}-{CALLER}-{flags}", tracestate="vendor=1")


async def publish(ground: Ground, topic: str, value: bytes, flags: str = "01") -> None:
    """As a producer does that traces: what is in the event's bytes is beside them, too."""
    carried = {"traceparent": f"00-{TRACE}-{CALLER}-{flags}"}
    await ground.driver.log.publisher(topic).publish([Outgoing("key", value, carried)])
    await ground.driver.settle()


def trace_ids(spans: Sequence[ReadableSpan]) -> set[str]:
    return {f"{span.context.trace_id:032x}" for span in spans}


async def test_the_steps_of_one_event_are_one_trace_and_others_of_its_batch_have_none(ground: Ground) -> None:
    driver = ground.driver
    plain = [event(VideoLiked, driver.now, id=str(number)) for number in range(5)]
    await driver.send(*plain[:3], traced(event(VideoLiked, driver.now, id="traced")), *plain[3:])
    await driver.settle()
    assert len(await driver.notifications(BOB)) == 6
    assert trace_ids(ground.spans) == {TRACE}
    assert [ground.above(one) for one in ground.named("process video")] == [CALLER]
    assert [ground.above(one) for one in ground.named("process delivery")] == ["emit notifications"]
    assert [ground.above(one) for one in ground.named("write inbox")] == ["process delivery"]
    [fan_out] = (await ground.carried())["fan-out"]
    [emit] = ground.named("emit fan-out")
    assert fan_out.properties == {
        "traceparent": f"00-{TRACE}-{emit.context.span_id:016x}-01",
        "tracestate": "vendor=1",
    }
    families = text_string_to_metric_families(exposition("application/openmetrics-text")[0].decode())
    [seconds] = [one for one in families if one.name == "pavilion_event_processing_seconds"]
    exemplars = [one.exemplar.labels for one in seconds.samples if one.exemplar]
    assert TRACE in {one["trace_id"] for one in exemplars}


@pytest.mark.parametrize("flags", ["00", "none"])
async def test_what_is_not_sampled_has_no_spans_and_its_records_no_properties(ground: Ground, flags: str) -> None:
    liked = event(VideoLiked, ground.driver.now)
    await ground.driver.send(liked if flags == "none" else traced(liked, flags))
    await ground.driver.settle()
    assert len(await ground.driver.notifications(BOB)) == 1
    assert ground.spans == ()
    assert await ground.carried() == {}


async def test_what_the_record_says_goes_before_what_the_event_says(ground: Ground) -> None:
    """A gateway that was asked for too many traces says so there."""
    await publish(ground, "video-events", encode_event(traced(event(VideoLiked, ground.driver.now))), "00")
    assert len(await ground.driver.notifications(BOB)) == 1
    assert ground.spans == ()


async def test_an_event_that_is_tried_again_goes_on_in_its_trace(ground: Ground) -> None:
    driver = ground.driver
    driver.fail("emit notifications", BUG, times=None)
    await driver.send(traced(event(VideoLiked, driver.now, id="odd")), event(VideoLiked, driver.now, id="plain"))
    await driver.settle()
    driver.restore()
    driver.advance(timedelta(minutes=1))
    await driver.settle()
    assert len(await driver.notifications(BOB)) == 2
    assert trace_ids(ground.spans) == {TRACE}
    first, again = ground.named("process video")
    assert (ground.above(first), ground.above(again)) == (CALLER, "process video")
    assert (first.status.is_ok, again.status.is_ok) == (False, True)
    assert first.attributes is not None
    assert first.attributes["pavilion.outcome"] == "put aside"
    assert "a mistake" not in str([span.to_json() for span in ground.spans]), "the text of an error may quote content"
    assert len(ground.named("process delivery")) == 1


async def test_a_dead_letter_keeps_its_trace_and_a_replay_goes_on_in_it(ground: Ground) -> None:
    driver = ground.driver
    driver.fail("emit notifications", REFUSED, times=None)
    await driver.send(traced(event(VideoLiked, driver.now)))
    await driver.settle()
    driver.restore()
    [letter] = await driver.dead_letters()
    [first] = ground.named("process video")
    assert letter.properties["traceparent"] == f"00-{TRACE}-{first.context.span_id:016x}-01"
    replayer = Replayer(driver.log, "dead-letters", driver.stores.replays, clock=lambda: to_ms(driver.now))
    assert (await replayer.replay(ReplayRequest(ids=[letter.id]), by="ada")).replayed == 1
    await driver.settle()
    assert len(await driver.notifications(BOB)) == 1
    assert trace_ids(ground.spans) == {TRACE}
    assert [ground.above(one) for one in ground.named("process video")] == [CALLER, "process video"]
    assert len(ground.named("process delivery")) == 1


async def test_bytes_that_are_no_event_have_their_trace_in_the_letter(ground: Ground) -> None:
    await publish(ground, "video-events", b"broken")
    [letter] = await ground.driver.dead_letters()
    [span] = ground.named("process video")
    assert letter.properties["traceparent"].split("-")[1:3] == [TRACE, f"{span.context.span_id:016x}"]
    assert not span.status.is_ok


async def test_an_upload_takes_its_trace_to_some_followers_not_to_all(ground: Ground) -> None:
    driver = ground.driver
    followers = [UUID(int=0xC0000 + number) for number in range(3 * MAX_CHILDREN)]
    await driver.stores.people.put_follows(
        [Follow(str(follower), str(ADA), to_ms(driver.now), True) for follower in followers]
    )
    await driver.send(traced(event(VideoUploaded, driver.now)))
    await driver.settle()
    assert all([len(await driver.notifications(one)) == 1 for one in followers])
    assert len(ground.named("process audience")) == 1
    assert len(ground.named("process delivery")) == MAX_CHILDREN


async def test_a_duplicate_is_seen_in_its_trace(ground: Ground) -> None:
    again = traced(event(UserFollowed, ground.driver.now, id="1"))
    for _ in range(2):
        await publish(ground, "user-events", encode_event(again))
    outcomes = [(span.attributes or {}).get("pavilion.outcome") for span in ground.named("process user")]
    assert outcomes == [None, "dropped"]
