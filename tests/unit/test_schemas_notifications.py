"""Notifications: ids that the same fact always gets, content cut between characters, limits, times."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import InvalidNotification
from schemas.notifications import (
    MAX_CONTENT_CODE_POINTS,
    MAX_CONTENT_GRAPHEMES,
    MAX_METADATA_BYTES,
    Actor,
    Notification,
    id_time_ms,
    make_notification,
    notification_id,
    truncate_content,
)
from schemas.times import format_ms, parse_ms, to_ms

ADA, BRUNO = UUID("0d3a0000-0000-4000-8000-00000000000a"), UUID("0d3a0000-0000-4000-8000-00000000000b")
AT = to_ms(datetime(2026, 11, 22, 14, tzinfo=UTC))

FAMILY = "👩‍👩‍👧‍👦"
FLAG = "🇩🇪"
ACCENTED = "e\u0301\u0323"
HANGUL = "\u1112\u1161\u11ab"


def make(content: str = "Ada liked your video", **changes: object) -> Notification:
    given = {
        "recipient": ADA,
        "type": "video.liked",
        "content": content,
        "subject": "video/1",
        "subject_key": "/videos\ne-1",
        "family": "video.liked",
        "created_ms": AT,
    }
    return make_notification(**{**given, **changes})  # type: ignore[arg-type]


def graphemes(text: str) -> list[str]:
    return regex.findall(r"\X", text)


# -- ids


@pytest.mark.guarantee("G2")
def test_the_same_fact_has_the_same_id_everywhere_and_for_ever() -> None:
    known = notification_id(AT, "/videos\ne-1", ADA, "video.liked")
    assert known == notification_id(AT, "/videos\ne-1", str(ADA), "video.liked")
    # A change of this value would tell everyone everything once more after a deploy.
    assert known == "01a2038e-7f00-826a-803f-2430b095413c"


def test_another_recipient_subject_family_or_time_has_another_id() -> None:
    ids = {
        notification_id(AT, "a", ADA, "video.liked"),
        notification_id(AT, "a", BRUNO, "video.liked"),
        notification_id(AT, "b", ADA, "video.liked"),
        notification_id(AT, "a", ADA, "video.shared"),
        notification_id(AT + 1, "a", ADA, "video.liked"),
    }
    assert len(ids) == 5


times = st.integers(0, 2**48 - 1)
Fact = tuple[str, UUID, str]
facts = st.tuples(st.text(max_size=20), st.uuids(), st.sampled_from(["video.liked", "comment.posted"]))


@given(times, facts)
def test_an_id_is_a_uuid_of_version_8_with_its_time_in_front(ms: int, fact: Fact) -> None:
    identifier = notification_id(ms, *fact)
    parsed = UUID(identifier)
    assert (parsed.version, parsed.variant) == (8, uuid.RFC_4122)
    assert str(parsed) == identifier
    assert id_time_ms(identifier) == ms


@given(st.tuples(times, facts), st.tuples(times, facts))
def test_ids_sort_by_time_as_text(one: tuple[int, Fact], other: tuple[int, Fact]) -> None:
    first, second = notification_id(one[0], *one[1]), notification_id(other[0], *other[1])
    if one[0] != other[0]:
        assert (first < second) == (one[0] < other[0])
    else:
        assert (first == second) == (one[1] == other[1])


def test_what_is_not_an_id_has_no_time() -> None:
    with pytest.raises(ValueError, match="UUID"):
        id_time_ms("nothing")


# -- content


@pytest.mark.parametrize("unit", ["a", "ß", FAMILY, FLAG, ACCENTED, HANGUL, "👍🏽", "1️⃣", "\r\n", "नि"])
def test_content_is_cut_between_characters_as_users_see_them(unit: str) -> None:
    assert len(graphemes(unit)) == 1
    assert truncate_content(unit * 280) == unit * 280
    assert truncate_content(unit * 281) == unit * 279 + "…"
    assert truncate_content(unit * 5, 3) == unit * 2 + "…"
    assert truncate_content(unit * 2, 1) == "…"


def test_flags_are_cut_between_pairs() -> None:
    assert truncate_content("🇩🇪🇫🇷🇮🇹", 2) == "🇩🇪…"


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_leaves_room_for_the_ellipsis(limit: int) -> None:
    with pytest.raises(ValueError, match="below 1"):
        truncate_content("text", limit)


pieces = st.sampled_from([FAMILY, FLAG, ACCENTED, HANGUL, "\u0301", "\u200d", "🇩", "\r", "\n", "\u0600", "a", " ", "…"])
texts = st.one_of(st.text(max_size=40), st.lists(pieces, max_size=40).map("".join))


@given(texts, st.integers(1, 12))
def test_no_character_is_split_and_the_limit_is_never_exceeded(text: str, limit: int) -> None:
    whole, cut = graphemes(text), truncate_content(text, limit)
    assert len(graphemes(cut)) <= limit
    assert cut == (text if len(whole) <= limit else "".join(whole[: limit - 1]) + "…")


def test_one_character_of_any_number_of_accents_does_not_fill_the_inbox() -> None:
    flood = "e" + "\u0301" * 200_000
    assert truncate_content(flood) == "…"
    assert truncate_content("Ada: " + flood) == "Ada: …"
    assert truncate_content(FAMILY * 300) == FAMILY * 279 + "…"
    assert len(truncate_content(("e" + "\u0301" * 99) * 280)) <= MAX_CONTENT_CODE_POINTS


# -- the whole


def test_a_notification_is_the_json_that_clients_know() -> None:
    made = make(actor=Actor(str(BRUNO), "Bruno"), metadata={"video_id": "1"}, expires_ms=AT + 1)
    assert json.loads(msgspec.json.encode(made)) == {
        "id": made.id,
        "user_id": str(ADA),
        "type": "video.liked",
        "content": "Ada liked your video",
        "metadata": {"video_id": "1"},
        "actor": {"id": str(BRUNO), "name": "Bruno"},
        "subject": "video/1",
        "priority": "normal",
        "created_at": "2026-11-22T14:00:00.000Z",
        "expires_at": "2026-11-22T14:00:00.001Z",
        "seen_at": None,
        "read_at": None,
        "archived_at": None,
    }
    assert msgspec.json.decode(msgspec.json.encode(made), type=Notification) == made
    assert made.created_ms == AT


def test_content_and_words_do_not_change_the_id() -> None:
    assert make("Ada liked it").id == make("Someone liked it", actor=Actor(str(BRUNO)), priority="high").id


def test_content_is_cut() -> None:
    assert len(graphemes(make("x" * 1000).content)) == MAX_CONTENT_GRAPHEMES


def test_metadata_has_a_limit_in_bytes() -> None:
    room = MAX_METADATA_BYTES - len('{"k":""}')
    assert make(metadata={"k": "x" * room}).metadata
    with pytest.raises(InvalidNotification, match="8193 bytes"):
        make(metadata={"k": "x" * (room + 1)})
    with pytest.raises(InvalidNotification, match="metadata"):
        make(metadata={"k": "é" * room})


# -- times


@given(st.integers(-(10**12), 10**13))
def test_a_time_in_milliseconds_comes_back_from_its_text(ms: int) -> None:
    assert parse_ms(format_ms(ms)) == ms
    assert format_ms(ms).endswith("Z")


@given(st.integers(0, 10**13), st.integers(0, 10**13))
def test_times_sort_as_text(one: int, other: int) -> None:
    assert (format_ms(one) < format_ms(other)) == (one < other)


def test_times_are_read_with_any_zone_and_not_without() -> None:
    assert parse_ms("2026-11-22T16:00:00.0005+02:00") == AT
    with pytest.raises(ValueError, match="no time zone"):
        parse_ms("2026-11-22T16:00:00")
