"""The typed producers, on SQLite and on a real Pulsar."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from infra.demo import demo_events
from infra.log.ports import LogClient, Record, TopicSpec
from infra.log.routing import partition_of
from infra.producers import CommentProducer, EventProducer, Producer, UserProducer, VideoProducer
from schemas.errors import ConnectionFailed, InvalidEventType
from schemas.events import (
    EVENT_TYPES,
    CloudEvent,
    CommentCreated,
    CommentLiked,
    CommentReplied,
    UserFollowed,
    UserFollowedData,
    UserMentioned,
    UserTagged,
    VideoCommented,
    VideoLiked,
    VideoReactionData,
    VideoShared,
    VideoUploaded,
    decode_event,
    encode_event,
)
from schemas.settings import Settings, SettingsError
from schemas.times import now_ms, to_ms
from tests.contract.logs import LOGS, open_log, pulsar_settings

PARTITIONS = 4
LIMIT = 30
TRACED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
AT = datetime(2026, 11, 22, 14, tzinfo=UTC)
VIDEO, COMMENT, PARENT, ADA, BRUNO = (uuid.UUID(int=n) for n in range(1, 6))

Calls = dict[str, tuple[type[CloudEvent], dict[str, Any]]]
REACTION: dict[str, Any] = {"video_id": VIDEO, "actor_id": ADA, "owner_id": BRUNO, "title": "Holiday"}
POSTED: dict[str, Any] = {"comment_id": COMMENT, "commented_at": AT, "text": "Where?"}
ABOUT: dict[str, Any] = {"video_id": VIDEO, "actor_id": ADA}
REPLY: dict[str, Any] = {**ABOUT, "comment_id": COMMENT, "parent_id": PARENT, "parent_author_id": BRUNO}

METHODS: dict[type[Producer[Any]], Calls] = {
    VideoProducer: {
        "video_uploaded": (VideoUploaded, {**ABOUT, "title": "Holiday"}),
        "video_liked": (VideoLiked, REACTION),
        "video_shared": (VideoShared, REACTION),
        "video_commented": (VideoCommented, {**REACTION, **POSTED}),
    },
    CommentProducer: {
        "comment_created": (CommentCreated, {**ABOUT, "owner_id": BRUNO, **POSTED}),
        "comment_replied": (CommentReplied, {**REPLY, "text": "There."}),
        "comment_liked": (CommentLiked, {**ABOUT, "comment_id": COMMENT, "author_id": BRUNO}),
    },
    UserProducer: {
        "user_followed": (UserFollowed, {"followed_id": BRUNO, "actor_id": ADA}),
        "user_mentioned": (UserMentioned, {**ABOUT, "mentioned_id": BRUNO, "text": "@b", "comment_id": COMMENT}),
        "user_tagged": (UserTagged, {**ABOUT, "tagged_id": BRUNO, "title": "Holiday"}),
    },
}


@dataclass
class Place:
    log: LogClient
    settings: Settings

    def topic(self, kind: type[Producer[Any]]) -> str:
        topics = self.settings.topics
        by_kind: dict[type[Producer[Any]], str] = {
            VideoProducer: topics.video_events,
            CommentProducer: topics.comment_events,
            UserProducer: topics.user_events,
        }
        return by_kind[kind]

    async def records(self, topic: str) -> list[Record]:
        async with asyncio.timeout(LIMIT):
            return [record for n in range(PARTITIONS) async for record in self.log.scan(topic, n)]


@pytest.fixture(params=LOGS)
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    names = {f"{group}_events": f"p{uuid.uuid4().hex[:8]}-{group}" for group in ("video", "comment", "user")}
    settings = pulsar_settings(request, topics=names) if request.param == "pulsar" else Settings(topics=names)
    specs = [TopicSpec(name, PARTITIONS, retention_seconds=3600) for name in names.values()]
    async with open_log(settings, tmp_path, specs) as log:
        yield Place(log, settings)


@pytest.fixture
async def videos(place: Place) -> AsyncIterator[VideoProducer]:
    async with VideoProducer(place.log, place.settings, source="/videos") as producer:
        yield producer


def liked(**changes: Any) -> VideoLiked:
    given: dict[str, Any] = {"specversion": "1.0", "id": str(uuid.uuid4()), "source": "/other", "time": AT}
    return VideoLiked(**{**given, "data": VideoReactionData(**REACTION), **changes})


@pytest.mark.parametrize("kind", METHODS)
async def test_every_method_publishes_its_event_to_the_topic_of_its_group(
    place: Place, kind: type[Producer[Any]]
) -> None:
    before, sent = now_ms(), list[CloudEvent]()
    async with kind(place.log, place.settings, source="/service") as producer:
        for name, (event_type, arguments) in METHODS[kind].items():
            event = await getattr(producer, name)(**arguments, actor_name="Ada")
            assert type(event) is event_type
            assert event.data == type(event.data)(**arguments, actor_name="Ada")
            assert event.source == "/service"
            assert before <= to_ms(event.time) <= now_ms()
            assert uuid.UUID(event.id).version == 4
            sent.append(event)
    assert [event.sequence for event in sent] == list(range(1, len(sent) + 1))
    assert {type(event) for event in sent} == set(kind.event_types)
    records = await place.records(place.topic(kind))
    received = [decode_event(record.value) for record in records]
    assert sorted(received, key=lambda event: int(event.sequence or 0)) == sent
    for record, event in zip(records, received, strict=True):
        assert record.key == event.partitionkey == str(BRUNO if isinstance(event, UserFollowed) else VIDEO)
        assert record.partition == partition_of(record.key, PARTITIONS)


async def test_what_the_caller_gives_is_kept(place: Place, videos: VideoProducer) -> None:
    event = await videos.video_liked(
        video_id=str(VIDEO),
        actor_id=str(ADA),
        owner_id=BRUNO,
        title="Ünïcode 👩‍🚀",
        id="mine",
        time=AT,
        partitionkey="клю́ч",
        subject="video/1",
        traceparent=TRACED,
        tracestate="vendor=1",
    )
    [record] = await place.records(place.settings.topics.video_events)
    assert decode_event(record.value) == event
    assert (event.id, event.time, event.key, event.subject) == ("mine", AT, "клю́ч", "video/1")
    assert event.data.video_id == VIDEO
    assert record.key == "клю́ч"
    assert record.partition == partition_of("клю́ч", PARTITIONS)
    assert record.properties == {"traceparent": TRACED, "tracestate": "vendor=1"}, "seen without decoding the event"


async def test_what_is_no_trace_is_kept_in_the_event_alone(place: Place, videos: VideoProducer) -> None:
    await videos.video_liked(**REACTION, traceparent="00-1-2-01")
    await videos.publish([liked()])
    records = await place.records(place.settings.topics.video_events)
    assert [record.properties for record in records] == [{}, {}]


async def test_numbers_have_no_gap_and_grow_within_a_partition(place: Place, videos: VideoProducer) -> None:
    for n in range(60):
        if n % 10 == 3:
            with pytest.raises(InvalidEventType):
                await videos.video_liked(**{**REACTION, "video_id": "x"})
        await videos.video_liked(**{**REACTION, "video_id": uuid.UUID(int=n % 7)})
    records = await place.records(place.settings.topics.video_events)
    numbers = [(record.partition, int(decode_event(record.value).sequence or 0)) for record in records]
    assert sorted(number for _, number in numbers) == list(range(1, 61))
    for (partition, number), (following_partition, following) in pairwise(numbers):
        assert partition != following_partition or number < following
    assert len({record.partition for record in records}) > 1


async def test_calls_at_the_same_time_share_no_number(place: Place, videos: VideoProducer) -> None:
    events = await asyncio.gather(*(videos.video_liked(**REACTION) for _ in range(50)))
    assert sorted(int(event.sequence or 0) for event in events) == list(range(1, 51))
    assert len(await place.records(place.settings.topics.video_events)) == 50


async def test_numbers_go_on_where_a_service_says(place: Place) -> None:
    async with VideoProducer(place.log, place.settings, source="/videos", sequence=800) as videos:
        assert (await videos.video_liked(**REACTION)).sequence == 800


@pytest.mark.guarantee("G6")
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"video_id": "video-17"}, "$.data.video_id"),
        ({"video_id": 17}, "$.data.video_id"),
        ({"actor_id": None}, "$.data.actor_id"),
        ({"owner_id": object()}, "$.data.owner_id"),
        ({"title": b"Holiday"}, "$.data.title"),
        ({"title": "half \ud83d"}, "$.data.title"),
        ({"actor_name": 5}, "$.data.actor_name"),
        ({"id": ""}, "$.id"),
        ({"time": datetime(2026, 11, 22)}, "$.time"),
        ({"time": "yesterday"}, "$.time"),
        ({"partitionkey": ""}, "$.partitionkey"),
        ({"partitionkey": "\udc00"}, "$.partitionkey"),
        ({"colour": "red"}, "$.colour"),
    ],
)
async def test_a_wrong_argument_is_named_and_nothing_is_published(
    place: Place, videos: VideoProducer, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidEventType) as caught:
        await videos.video_liked(**{**REACTION, **wrong})
    assert str(caught.value.cause).endswith(f" - at `{field}`")
    assert await place.records(place.settings.topics.video_events) == []


async def test_an_event_of_more_than_256_kib_is_refused(videos: VideoProducer) -> None:
    with pytest.raises(InvalidEventType, match="is more than 262144"):
        await videos.video_liked(**{**REACTION, "title": "x" * 262_144})


@pytest.mark.parametrize("source", ["", "x" * 1025, None])
async def test_a_source_is_checked_at_once(place: Place, source: Any) -> None:
    with pytest.raises(InvalidEventType, match=r"\$\.source"):
        VideoProducer(place.log, place.settings, source=source)


async def test_ready_events_are_published_in_one_run_as_they_are(place: Place, videos: VideoProducer) -> None:
    events = [liked(sequence="0007"), liked(partitionkey="k"), liked()]
    await videos.publish(events)
    await videos.publish([])
    records = await place.records(place.settings.topics.video_events)
    assert {record.value for record in records} == {encode_event(event) for event in events}
    assert {record.key for record in records} == {str(VIDEO), "k"}


async def test_an_event_of_another_group_is_refused_and_nothing_of_its_run_is_published(
    place: Place, videos: VideoProducer
) -> None:
    data = UserFollowedData(followed_id=BRUNO, actor_id=ADA)
    followed: Any = UserFollowed(specversion="1.0", id="1", source="/users", time=AT, data=data)
    with pytest.raises(InvalidEventType, match=r"followed\.v1 is not an event of VideoProducer") as caught:
        await videos.publish([liked(), followed])
    assert caught.value.context == {"index": 1}
    strange: Any = [{"type": "pavilion.video.liked.v1"}]
    with pytest.raises(InvalidEventType, match="dict is not an event of VideoProducer"):
        await videos.publish(strange)
    assert await place.records(place.settings.topics.video_events) == []


@pytest.mark.guarantee("G6")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": 5}, "$.id"),
        ({"specversion": "2"}, "$.specversion"),
        ({"data": None}, "$.data"),
        ({"data": VideoReactionData(**{**REACTION, "owner_id": "bruno"})}, "$.data.owner_id"),
        ({"data": VideoReactionData(**{**REACTION, "title": "\ud800"})}, "$.data.title"),
    ],
)
async def test_a_ready_event_that_breaks_its_schema_is_refused(
    place: Place, videos: VideoProducer, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidEventType) as caught:
        await videos.publish([liked(), liked(**changes)])
    assert str(caught.value.cause).endswith(f" - at `{field}`")
    assert caught.value.context == {"index": 1}
    assert await place.records(place.settings.topics.video_events) == []


async def test_events_of_all_groups_go_to_their_topics(place: Place) -> None:
    names = {uuid.UUID(int=n): f"user {n}" for n in range(5)}
    events: Any = list(demo_events(3, users=names, favourite=uuid.UUID(int=9), count=60))
    async with EventProducer(place.log, place.settings, source="/demo") as producer:
        await producer.publish(events)
    received = set()
    for kind in METHODS:
        records = await place.records(place.topic(kind))
        assert {type(decode_event(record.value)) for record in records} == set(kind.event_types)
        received |= {record.value for record in records}
    assert received == {encode_event(event) for event in events}
    assert {type(event) for event in events} == set(EVENT_TYPES)


async def test_a_closed_producer_publishes_nothing_and_leaves_the_log_open(place: Place) -> None:
    async with VideoProducer(place.log, place.settings, source="/videos") as videos:
        await videos.video_liked(**REACTION)
    await videos.close()
    with pytest.raises(ConnectionFailed, match="VideoProducer is closed"):
        await videos.video_liked(**REACTION)
    async with CommentProducer(place.log, place.settings, source="/comments") as comments:
        assert await comments.comment_liked(**METHODS[CommentProducer]["comment_liked"][1])


async def test_a_topic_that_migrate_has_not_made_is_named_at_the_start(place: Place) -> None:
    settings = place.settings.model_copy(
        update={"topics": place.settings.topics.model_copy(update={"video_events": "not-made"})}
    )
    with pytest.raises(ConnectionFailed, match="pavilion migrate"):
        async with VideoProducer(place.log, settings, source="/videos"):
            pass


async def test_a_method_returns_only_after_the_receipt() -> None:
    log = _SlowLog()
    videos = VideoProducer(log, Settings(), source="/videos")  # type: ignore[arg-type]
    call = asyncio.create_task(videos.video_liked(**REACTION))
    async with asyncio.timeout(LIMIT):
        await log.asked.wait()
    assert not call.done()
    log.receipt.set_result(None)
    assert (await call).sequence == 1
    log.receipt = asyncio.get_running_loop().create_future()
    log.receipt.set_exception(ConnectionFailed("publish", "no receipt within 10 s"))
    with pytest.raises(ConnectionFailed, match="no receipt"):
        await videos.video_liked(**REACTION)


class _SlowLog:
    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.receipt: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def publisher(self, topic: str) -> _SlowLog:
        return self

    async def publish(self, records: object) -> None:
        self.asked.set()
        await self.receipt


# -- a service with a connection of its own


async def test_a_service_publishes_in_three_lines(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = f"p{uuid.uuid4().hex[:8]}"
    settings = pulsar_settings(request, topics={"video_events": topic})
    monkeypatch.setenv("PAVILION_BROKER__URL", settings.broker.url)
    monkeypatch.setenv("PAVILION_BROKER__ADMIN_URL", settings.broker.admin_url)
    monkeypatch.setenv("PAVILION_TOPICS__VIDEO_EVENTS", topic)
    async with open_log(settings, tmp_path, [TopicSpec(topic, PARTITIONS, retention_seconds=3600)]) as log:
        async with VideoProducer.connect(source="videos") as videos:
            event = await videos.video_liked(video_id=VIDEO, actor_id=ADA, owner_id=BRUNO, title="Holiday")
        async with VideoProducer.connect(source="videos", settings=settings, sequence=2) as videos:
            other = await videos.video_liked(**REACTION)
        records = await Place(log, settings).records(topic)
    assert [decode_event(record.value) for record in records] == [event, other]
    assert (event.sequence, other.sequence) == (1, 2)
    with pytest.raises(ConnectionFailed, match="closed"):
        await videos.video_liked(**REACTION)


async def test_a_connection_that_cannot_be_opened_is_closed_again() -> None:
    broker = {"url": "pulsar://127.0.0.1:9", "admin_url": "http://127.0.0.1:9", "operation_timeout": "2s"}
    videos = VideoProducer.connect(source="videos", settings=Settings(broker=broker))
    with pytest.raises(ConnectionFailed):
        await videos.__aenter__()
    with pytest.raises(ConnectionFailed, match="closed"):
        await videos.publish([liked()])


def test_the_embedded_log_is_none_to_connect_to() -> None:
    with pytest.raises(SettingsError, match="PAVILION_BROKER__URL"):
        VideoProducer.connect(source="videos", settings=Settings())


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAVILION_BROKER__URL", "http://broker")
    with pytest.raises(SettingsError, match="PAVILION_BROKER__URL"):
        VideoProducer.connect(source="videos")


def test_producers_send_every_type_between_them() -> None:
    assert {kind for producer in METHODS for kind in producer.event_types} == set(EVENT_TYPES)
