"""Followers and names, whatever keeps them."""

from __future__ import annotations

import random

import pytest

from infra.stores.ports import Follow, People, Profile
from infra.stores.scylla import ScyllaSession
from infra.stores.scylla_people import CACHE_SECONDS, ScyllaPeople
from tests.contract.inbox_model import new_user


async def all_followers(people: People, user: str, limit: int) -> list[str]:
    found: list[str] = []
    after = ""
    while True:
        page = await people.followers(user, after, limit)
        found += page
        if len(page) < limit:
            return found
        after = page[-1]


async def test_nobody_follows_a_new_user(people: People) -> None:
    assert await people.followers(new_user(), "", 10) == []


@pytest.mark.parametrize(("count", "limit"), [(2_500, 1_000), (2_500, 2_500), (5_100, 6_000)])
async def test_followers_come_in_pages(people: People, count: int, limit: int) -> None:
    user = new_user()
    followers = sorted(new_user() for _ in range(count))
    follows = [Follow(follower, user, 1_000) for follower in followers]
    random.Random(1).shuffle(follows)
    await people.put_follows(follows)
    assert await all_followers(people, user, limit) == followers


async def test_those_who_left_are_passed_over(people: People) -> None:
    user = new_user()
    followers = sorted(new_user() for _ in range(30))
    await people.put_follows([Follow(follower, user, 1_000) for follower in followers])
    await people.put_follows([Follow(follower, user, 2_000, active=False) for follower in followers[5:25]])
    left = [*followers[:5], *followers[25:]]
    assert await people.followers(user, "", 7) == left[:7]
    assert await people.followers(user, followers[10], 10) == left[5:]


@pytest.mark.guarantee("G2")
async def test_a_replayed_follow_does_not_undo_a_later_end(people: People) -> None:
    user, follower = new_user(), new_user()
    follow = Follow(follower, user, 1_000)
    await people.put_follows([follow])
    await people.put_follows([Follow(follower, user, 2_000, active=False)])
    await people.put_follows([follow, follow])
    assert await people.followers(user, "", 10) == []
    await people.put_follows([Follow(follower, user, 3_000)])
    assert await people.followers(user, "", 10) == [follower]
    # Both at the same moment: following wins, in either order.
    await people.put_follows([Follow(follower, user, 3_000, active=False)])
    assert await people.followers(user, "", 10) == [follower]


async def test_the_later_name_wins(people: People) -> None:
    ada, bob, nobody = new_user(), new_user(), new_user()
    assert await people.names([ada, bob]) == {}
    await people.put_profiles([Profile(ada, "Ada", 2_000), Profile(bob, "Bob", 1_000)])
    await people.put_profiles([Profile(ada, "Old Ada", 1_000), Profile(bob, "Robert", 2_000)])
    assert await people.names([ada, bob, nobody, ada]) == {ada: "Ada", bob: "Robert"}
    assert await people.names([]) == {}


async def test_another_process_shows_a_change_within_a_minute(scylla: ScyllaSession) -> None:
    moment = 0.0
    here, there = ScyllaPeople(scylla, clock=lambda: moment), ScyllaPeople(scylla)
    ada = new_user()
    assert await here.names([ada]) == {}
    await there.put_profiles([Profile(ada, "Ada", 1_000)])
    assert await here.names([ada]) == {}
    moment = CACHE_SECONDS
    assert await here.names([ada]) == {ada: "Ada"}
