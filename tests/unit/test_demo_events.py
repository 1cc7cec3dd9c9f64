"""The demo: ten types, follows first, mostly about one user, some events twice."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from uuid import UUID

import msgspec
import pytest

from infra.demo import demo_events
from schemas.events import EVENT_TYPES, CloudEvent, UserFollowed, VideoUploaded, decode_event, encode_event
from schemas.times import now_ms

FAVOURITE = UUID("0d3a0000-0000-4000-8000-000000000001")
NAMES = {UUID(f"0d3a0000-0000-4000-8000-00000000000{n}"): name for n, name in zip("abcde", "ABCDE", strict=True)}
RECIPIENTS = ("owner_id", "parent_author_id", "author_id", "followed_id", "mentioned_id", "tagged_id")


def recipient(event: CloudEvent) -> UUID | None:
    data = msgspec.structs.asdict(event.data)
    return next((data[field] for field in RECIPIENTS if field in data), None)


def take(count: int, seed: int = 1, duplicates: float = 0.0) -> list[CloudEvent]:
    return list(demo_events(seed, users=NAMES, favourite=FAVOURITE, count=count, duplicates=duplicates))


@pytest.mark.parametrize("seed", range(20))
def test_follows_come_first_and_then_all_ten_types(seed: int) -> None:
    events = take(26, seed)
    follows = events[:6]
    assert {type(event) for event in follows} == {UserFollowed}
    assert [event.data.followed_id for event in follows[:3]] == [FAVOURITE] * 3
    assert [event.actor for event in follows[3:]] == [FAVOURITE] * 3
    assert {type(event) for event in events[6:]} == set(EVENT_TYPES)


def test_every_event_is_valid_new_and_of_now() -> None:
    before = now_ms()
    events = take(500)
    for event in events:
        assert decode_event(encode_event(event)) == event
        assert before <= event.time_ms <= now_ms()
    assert len({event.identity for event in events}) == 500


def test_most_tell_the_favourite_and_nobody_tells_himself() -> None:
    events = take(1000)
    told = Counter(recipient(event) for event in events)
    assert told[FAVOURITE] > 600
    assert set(told) == {None, FAVOURITE, *NAMES}
    assert all(recipient(event) != event.actor for event in events)
    others = [event for event in events if event.actor == FAVOURITE]
    assert others == events[3:6]
    followed = {event.data.followed_id for event in others}
    assert {event.actor for event in events if isinstance(event, VideoUploaded)} <= followed


def test_actors_have_their_names() -> None:
    assert all(event.data.actor_name == NAMES.get(event.actor) for event in take(200))


def test_a_tenth_comes_again_unchanged() -> None:
    events = take(2000, duplicates=0.1)
    again = len(events) - len({event.identity for event in events})
    assert 140 < again < 260
    assert len(set(map(encode_event, events))) == len(events) - again


def test_a_seed_gives_the_same_and_another_seed_others() -> None:
    def at(seed: int) -> list[CloudEvent]:
        return list(demo_events(seed, users=NAMES, favourite=FAVOURITE, count=50, clock=lambda: 5))

    assert at(1) == at(1)
    assert not {event.id for event in at(1)} & {event.id for event in at(2)}


def test_it_takes_ids_as_text_goes_on_for_ever_and_needs_no_favourite() -> None:
    users = {str(user): name for user, name in NAMES.items()}
    endless = demo_events(users=users, favourite=str(FAVOURITE))
    assert len(list(islice(endless, 3000))) == 3000
    assert len(list(demo_events(1, users=users, count=40))) == 40
    assert list(demo_events(1, users=users, count=0)) == []


@pytest.mark.parametrize("users", [{}, {"a": "A"}, {FAVOURITE: "F", UUID(int=1): "A"}])
def test_it_needs_two_others(users: dict[UUID, str]) -> None:
    with pytest.raises(ValueError, match=r"two users|UUID"):
        demo_events(1, users=users, favourite=FAVOURITE)
