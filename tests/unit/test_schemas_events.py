"""The ten events: what is accepted, what is refused and with which words, keys, identity, clock clamping."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.decoding import MAX_PATH
from schemas.errors import InvalidEventType
from schemas.events import (
    EVENT_TYPES,
    MAX_EVENT_BYTES,
    CloudEvent,
    CommentEvent,
    UserEvent,
    VideoEvent,
    clamp_times,
    decode_event,
    encode_event,
)
from schemas.records import AudiencePage, decode_record, encode_record
from schemas.times import CLOCK_SKEW_MS, format_ms, from_ms, to_ms

VIDEO, COMMENT, PARENT = (f"0d3a0000-0000-4000-8000-0000000000c{n}" for n in range(3))
ACTOR, OTHER = "0d3a0000-0000-4000-8000-00000000000a", "0d3a0000-0000-4000-8000-00000000000b"
AT = "2026-11-22T14:00:00Z"

REACTION = {"video_id": VIDEO, "actor_id": ACTOR, "owner_id": OTHER, "title": "Holiday"}
DATA: dict[str, dict[str, str]] = {
    "pavilion.video.uploaded.v1": {"video_id": VIDEO, "actor_id": ACTOR, "title": "Holiday"},
    "pavilion.video.liked.v1": REACTION,
    "pavilion.video.shared.v1": REACTION,
    "pavilion.video.commented.v1": {**REACTION, "comment_id": COMMENT, "commented_at": AT, "text": "Where?"},
    "pavilion.comment.created.v1": {
        "comment_id": COMMENT,
        "commented_at": AT,
        "video_id": VIDEO,
        "actor_id": ACTOR,
        "owner_id": OTHER,
        "text": "Where?",
    },
    "pavilion.comment.replied.v1": {
        "comment_id": COMMENT,
        "parent_id": PARENT,
        "parent_author_id": OTHER,
        "video_id": VIDEO,
        "actor_id": ACTOR,
        "text": "There.",
    },
    "pavilion.comment.liked.v1": {"comment_id": COMMENT, "author_id": OTHER, "video_id": VIDEO, "actor_id": ACTOR},
    "pavilion.user.followed.v1": {"followed_id": OTHER, "actor_id": ACTOR},
    "pavilion.user.mentioned.v1": {"mentioned_id": OTHER, "actor_id": ACTOR, "video_id": VIDEO, "text": "@b"},
    "pavilion.user.tagged.v1": {"tagged_id": OTHER, "actor_id": ACTOR, "video_id": VIDEO, "title": "Holiday"},
}
ATTRIBUTES = ("id", "source", "specversion", "time")
OPTIONAL = {"pavilion.user.mentioned.v1": {"comment_id": COMMENT}}
LIKED = "pavilion.video.liked.v1"


def document(kind: str, **changes: Any) -> dict[str, Any]:
    base = {"type": kind, "specversion": "1.0", "id": "e-1", "source": "/videos", "time": AT}
    return {**base, "data": copy.deepcopy(DATA[kind]), **changes}


def encode(value: Any) -> bytes:
    return json.dumps(value).encode()


def decode(kind: str = LIKED, **changes: Any) -> CloudEvent:
    return decode_event(encode(document(kind, **changes)))


def refused(payload: bytes) -> str:
    with pytest.raises(InvalidEventType) as caught:
        decode_event(payload)
    assert not caught.value.transient
    return str(caught.value.cause)


def test_these_are_the_ten_types_in_three_groups() -> None:
    assert {str(kind.__struct_config__.tag) for kind in EVENT_TYPES} == set(DATA)
    assert VideoEvent | CommentEvent | UserEvent
    assert [decode(kind).verb for kind in DATA] == [kind[len("pavilion.") : -len(".v1")] for kind in DATA]


@pytest.mark.parametrize("kind", DATA)
def test_what_is_encoded_is_decoded_again(kind: str) -> None:
    sent = document(kind, partitionkey="k", sequence=7, subject="s", traceparent="00-a-b-01", datacontenttype="a/b")
    sent["data"] |= {"actor_name": "Ada Okafor", **OPTIONAL.get(kind, {})}
    event = decode_event(encode(sent))
    assert event.type == kind
    assert str(event.actor) == ACTOR
    assert event.time_ms == to_ms(datetime(2026, 11, 22, 14, tzinfo=UTC))
    assert decode_event(encode_event(event)) == event
    assert json.loads(encode_event(event)) == sent


@pytest.mark.guarantee("G6")
@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind in DATA for field in DATA[kind]])
def test_a_missing_field_of_the_data_is_named(kind: str, field: str) -> None:
    event = document(kind)
    del event["data"][field]
    assert refused(encode(event)) == f"Object missing required field `{field}` - at `$.data`"


@pytest.mark.guarantee("G6")
@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind in DATA for field in DATA[kind]])
@pytest.mark.parametrize("wrong", [None, 7, ["x"]])
def test_a_wrong_type_in_the_data_is_named(kind: str, field: str, wrong: Any) -> None:
    event = document(kind)
    event["data"][field] = wrong
    assert refused(encode(event)).endswith(f" - at `$.data.{field}`")


@pytest.mark.parametrize("field", [*ATTRIBUTES, "data"])
def test_a_missing_attribute_is_named(field: str) -> None:
    event = document(LIKED)
    del event[field]
    assert refused(encode(event)) == f"Object missing required field `{field}`"


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("id", ""),
        ("id", "x" * 1025),
        ("id", 1),
        ("source", ""),
        ("specversion", "0.3"),
        ("specversion", 1.0),
        ("time", "2026-11-22T14:00:00"),
        ("time", "yesterday"),
        ("time", 1_795_000_000),
        ("partitionkey", ""),
        ("partitionkey", 3),
        ("sequence", True),
        ("sequence", 1.5),
        ("data", []),
        ("data", "base64"),
    ],
)
def test_a_wrong_attribute_is_named(field: str, wrong: Any) -> None:
    assert refused(encode(document(LIKED, **{field: wrong}))).endswith(f" - at `$.{field}`")


@pytest.mark.parametrize("field", ["video_id", "actor_id", "owner_id"])
def test_an_id_that_is_not_a_uuid_is_named(field: str) -> None:
    event = document(LIKED)
    event["data"][field] = "video-17"
    assert refused(encode(event)) == f"Invalid UUID - at `$.data.{field}`"


@pytest.mark.parametrize("kind", ["pavilion.video.liked.v2", "pavilion.video.watched.v1", "", "video.liked"])
def test_an_unknown_type_is_named(kind: str) -> None:
    assert refused(encode({**document(LIKED), "type": kind})) == f"Invalid value {kind!r} - at `$.type`"


def test_an_event_without_a_type_is_refused() -> None:
    event = document(LIKED)
    del event["type"]
    assert refused(encode(event)) == "Object missing required field `type`"


@pytest.mark.parametrize("payload", [b"", b"{", b"null", b"[]", b"17", b"\x00\x01\x02", b"{}x", b"\xef\xbb\xbf{}"])
def test_what_is_not_a_json_object_is_refused(payload: bytes) -> None:
    assert refused(payload)


@pytest.mark.guarantee("G6")
@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (b'"Holiday"', b'"Holi\xffday"', "$.data.title"),
        (b'"e-1"', b'"e\xc3\x28"', "$.id"),
        (b'"title"', b'"extra": {"list": ["a", "\x80"]}, "title"', "$.data.extra.list[1]"),
        (b'"title"', b'"ex\xfftra": 1, "title"', "$.data"),
        (b'"Holiday"', b'"\xed\xa0\x80"', "$.data.title"),  # a surrogate, encoded as if it were a character
    ],
)
def test_text_that_is_not_utf8_is_named_in_ignored_fields_too(old: bytes, new: bytes, place: str) -> None:
    assert refused(encode(document(LIKED)).replace(old, new)) == f"Invalid UTF-8 - at `{place}`"


def test_bytes_that_are_no_json_at_all_are_named_by_their_place() -> None:
    assert refused(b'{"a": \xff}') == "Invalid UTF-8 (byte 6)"


def test_half_of_a_surrogate_pair_is_named() -> None:
    payload = encode(document(LIKED))
    assert refused(payload.replace(b"Holiday", rb"Holi\ud83d")) == "Half of a surrogate pair - at `$.data.title`"
    event: CloudEvent = decode_event(payload.replace(b"Holiday", rb"\ud83d\ude00"))
    assert event.data.title == "😀"


@pytest.mark.guarantee("G6")
@pytest.mark.parametrize("depth", [2_000, 100_000])
def test_a_document_as_deep_as_its_sender_likes_is_refused(depth: int) -> None:
    payload = encode(document(LIKED)).replace(b'"title"', b'"x":' + b"[" * depth + b"]" * depth + b', "title"')
    assert refused(payload) == "JSON is nested too deeply"


def test_a_reason_stays_short_whatever_the_names_of_its_path() -> None:
    payload = b'{"' + b"n" * 100_000 + b'": "\xff"}'
    assert len(refused(payload)) < MAX_PATH + 50


def test_more_than_256_kib_is_refused_and_as_much_is_not() -> None:
    event = document(LIKED)
    event["data"]["title"] = "x" * (MAX_EVENT_BYTES - len(encode(event)) + len("Holiday"))
    assert len(encode(event)) == MAX_EVENT_BYTES
    assert decode_event(encode(event))
    assert refused(encode(event) + b" ") == f"{MAX_EVENT_BYTES + 1} bytes is more than {MAX_EVENT_BYTES}"


@pytest.mark.parametrize("kind", DATA)
def test_unknown_extra_fields_are_ignored(kind: str) -> None:
    event = document(kind, colour={"deep": [1, None]}, data_base64=None)
    event["data"]["extra"] = {"a": 1}
    assert decode_event(encode(event)) == decode(kind)


@pytest.mark.parametrize("sequence", [1, "0001", 2**70, None])
def test_the_producers_number_is_kept(sequence: int | str | None) -> None:
    assert decode(sequence=sequence).sequence == sequence


@pytest.mark.parametrize("kind", DATA)
def test_the_key_is_given_or_the_video_or_the_followed(kind: str) -> None:
    assert decode(kind, partitionkey="given").key == "given"
    assert decode(kind).key == (OTHER if kind == "pavilion.user.followed.v1" else VIDEO)


def test_ids_are_the_same_in_upper_case() -> None:
    event = document(LIKED)
    event["data"]["video_id"] = VIDEO.upper()
    assert decode_event(encode(event)).key == VIDEO


names = st.text("ab\n1", min_size=1, max_size=6)


@given(st.lists(st.tuples(names, names), unique=True, max_size=20))
def test_no_two_pairs_of_source_and_id_share_an_identity(pairs: list[tuple[str, str]]) -> None:
    event = decode()
    identities = {msgspec.structs.replace(event, source=source, id=name).identity for source, name in pairs}
    assert len(identities) == len(pairs)


def test_an_upload_survives_in_a_page_of_its_audience_and_its_bad_text_is_named() -> None:
    event = decode("pavilion.video.uploaded.v1")
    payload = encode_record(AudiencePage(event=event, published_ms=5))  # type: ignore[arg-type]
    assert decode_record(payload, AudiencePage).event == event
    with pytest.raises(msgspec.DecodeError, match=r"Invalid UTF-8 - at `\$\.event\.data\.title`"):
        decode_record(payload.replace(b"Holiday", b"\xff"), AudiencePage)


PUBLISHED = to_ms(datetime(2026, 11, 22, 14, tzinfo=UTC))
RETENTION = 90 * 86_400_000


@pytest.mark.parametrize(
    ("offset", "kept"),
    [
        (0, True),
        (CLOCK_SKEW_MS, True),
        (CLOCK_SKEW_MS + 1, False),
        (-RETENTION, True),
        (-RETENTION - 1, False),
        (10**12, False),
    ],
)
def test_a_time_is_kept_within_retention_and_five_minutes(offset: int, kept: bool) -> None:
    at = format_ms(PUBLISHED + offset)
    event = document("pavilion.video.commented.v1", time=at)
    event["data"]["commented_at"] = at
    clamped = clamp_times(decode_event(encode(event)), PUBLISHED, RETENTION)
    expected = from_ms(PUBLISHED + offset if kept else PUBLISHED)
    assert clamped.time == expected
    assert clamped.data.commented_at == expected


def test_the_comment_and_the_event_are_clamped_each_by_itself() -> None:
    event = decode("pavilion.comment.created.v1", time=format_ms(PUBLISHED + 10**9))
    clamped = clamp_times(event, PUBLISHED, RETENTION)
    assert clamped.time_ms == PUBLISHED
    assert clamped.data == event.data
    plausible = decode("pavilion.comment.created.v1")
    assert clamp_times(plausible, PUBLISHED, RETENTION) is plausible


def test_a_plausible_time_keeps_its_zone_and_its_microseconds() -> None:
    event = decode(time="2026-11-22T15:59:00.123456+02:00")
    assert clamp_times(event, PUBLISHED, RETENTION).time.utcoffset() == timedelta(hours=2)
    assert event.time_ms == to_ms(datetime(2026, 11, 22, 13, 59, tzinfo=UTC)) + 123


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-14:00"])
def test_the_ends_of_the_calendar_are_clamped_like_any_other_time(time: str) -> None:
    assert clamp_times(decode(time=time), PUBLISHED, RETENTION).time_ms == PUBLISHED


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-14))])))
def test_any_time_is_clamped_into_the_bounds(time: datetime) -> None:
    clamped = clamp_times(msgspec.structs.replace(decode(), time=time), PUBLISHED, RETENTION)
    assert PUBLISHED - RETENTION <= clamped.time_ms <= PUBLISHED + CLOCK_SKEW_MS
