"""Who is in a group, and whose a place is: both without a broker."""

import asyncio
from collections import Counter

import pytest

from infra.log.ports import Member
from schemas.errors import ConnectionFailed
from streams.transport import group
from streams.transport.group import AGREE_SECONDS, SHRINK_SECONDS, STALE_SECONDS, Group, View, ranking

ME, HER, HIM = Member("me"), Member("her"), Member("him")
PLACES = [f"{agent}-{partition}" for agent in ("video", "comment", "user", "delivery") for partition in range(64)]


def owners(*members: Member) -> dict[str, str]:
    return {place: ranking(place, members)[0] for place in PLACES}


def test_every_place_has_one_owner_whatever_the_order_of_the_listing() -> None:
    assert owners(ME, HER, HIM) == owners(HIM, ME, HER)
    assert set(owners(ME, HER, HIM).values()) == {"me", "her", "him"}


def test_a_newcomer_takes_its_share_and_moves_nothing_else() -> None:
    before, after = owners(ME, HER), owners(ME, HER, HIM)
    moved = {place for place in PLACES if before[place] != after[place]}
    assert {after[place] for place in moved} == {"him"}
    assert 0.2 < len(moved) / len(PLACES) < 0.47


def test_who_leaves_hands_its_share_to_the_next_in_line_and_moves_nothing_else() -> None:
    before, after = owners(ME, HER, HIM), owners(ME, HER)
    assert {before[place] for place in PLACES if before[place] != after[place]} == {"him"}
    assert all(after[place] == ranking(place, (ME, HER, HIM))[1] for place in PLACES if before[place] == "him")


def test_shares_are_alike() -> None:
    members = [Member(f"worker-{number}") for number in range(4)]
    shares = Counter(owners(*members).values())
    assert min(shares.values()) > len(PLACES) / 4 * 0.6


def test_a_place_that_was_given_up_goes_to_another_and_no_other_place_moves() -> None:
    given_up = next(place for place, owner in owners(ME, HER, HIM).items() if owner == "me")
    stuck = ME._replace(avoids=frozenset({given_up}))
    before, after = owners(ME, HER, HIM), owners(stuck, HER, HIM)
    assert after[given_up] == ranking(given_up, (ME, HER, HIM))[1]
    assert {place for place in PLACES if before[place] != after[place]} == {given_up}


def test_a_place_that_all_have_given_up_is_not_nobodys() -> None:
    everybody = [member._replace(avoids=frozenset(PLACES)) for member in (ME, HER)]
    assert owners(*everybody) == owners(ME, HER)


@pytest.fixture
def view() -> View:
    """One that has counted with me and her since second 10."""
    made = View("me")
    made.observe([ME, HER], 10 - AGREE_SECONDS)
    made.observe([ME, HER], 10)
    assert made.counts(10)
    return made


def ids(view: View) -> set[str]:
    return {member.id for member in view.members}


def test_one_look_is_no_view() -> None:
    view = View("me")
    view.observe([ME], 0)
    assert not view.counts(0)
    assert view.members == ()


def test_a_listing_that_is_always_true_counts_at_once() -> None:
    view = View("me", exact=True)
    view.observe([ME], 0)
    assert view.counts(0)
    view.observe([ME, HER], 0.1)
    assert ids(view) == {"me", "her"}


@pytest.mark.guarantee("G5")
@pytest.mark.parametrize("listed", [[], None, [HER]], ids=["an unloaded topic", "no answer", "without me"])
def test_without_me_in_it_a_listing_changes_nothing(view: View, listed: list[Member] | None) -> None:
    for tenth in range(100):
        view.observe(listed, 10 + tenth / 10)
        assert not view.counts(10 + tenth / 10)
    assert ids(view) == {"me", "her"}


def test_a_newcomer_counts_when_two_looks_a_second_apart_agree(view: View) -> None:
    view.observe([ME, HER, HIM], 11)
    assert not view.counts(11), "what is being looked at twice lets nothing be taken"
    view.observe([ME, HER, HIM], 11 + AGREE_SECONDS / 2)
    assert ids(view) == {"me", "her"}
    view.observe([ME, HER, HIM], 11 + AGREE_SECONDS)
    assert ids(view) == {"me", "her", "him"}


@pytest.mark.guarantee("G5")
def test_who_is_missing_is_gone_after_three_seconds_only(view: View) -> None:
    view.observe([ME], 11)
    view.observe([ME], 11 + SHRINK_SECONDS - 0.1)
    assert ids(view) == {"me", "her"}
    assert not view.counts(11 + SHRINK_SECONDS - 0.1)
    view.observe([ME], 11 + SHRINK_SECONDS)
    assert ids(view) == {"me"}
    assert view.counts(11 + SHRINK_SECONDS)


def test_who_comes_back_within_that_time_was_never_gone(view: View) -> None:
    view.observe([ME], 11)
    view.observe([ME, HER], 12)
    view.observe([ME], 13)
    view.observe([ME], 11 + SHRINK_SECONDS)
    assert ids(view) == {"me", "her"}


def test_listings_that_never_agree_do_not_count(view: View) -> None:
    for second in range(11, 20):
        view.observe([ME, HER, Member(f"flapping-{second}")], second)
    assert ids(view) == {"me", "her"}


@pytest.mark.guarantee("G5")
def test_a_process_that_was_frozen_wakes_up_with_a_view_that_no_longer_counts(view: View) -> None:
    assert view.counts(10 + STALE_SECONDS - 0.1)
    assert not view.counts(10 + STALE_SECONDS)


class Broker:
    """Forgets whoever it is told to forget, or does not answer at all."""

    def __init__(self) -> None:
        self.consumers: list[Member] = []
        self.joined = 0
        self.answers = True

    async def join(self, topic: str, member: Member) -> "Broker":
        self.joined += 1
        self.consumers.append(member)
        return self

    exact = True

    async def listed(self) -> list[Member]:
        if not self.answers:
            raise ConnectionFailed("admin", "no answer")
        return list(self.consumers)

    async def close(self) -> None:
        pass


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(group, "REJOIN_SECONDS", 0.1)
    monkeypatch.setattr(group, "backoff", lambda failures: 0.01)


@pytest.mark.usefixtures("hasty")
async def test_whom_the_broker_has_forgotten_joins_again() -> None:
    broker = Broker()
    mine = Group(broker, "members", ME)  # type: ignore[arg-type]
    await mine.join(lambda: None)
    broker.consumers.clear()
    async with asyncio.timeout(10):
        while broker.joined < 2 or not mine.counts:
            await asyncio.sleep(0.01)
    await mine.leave()
    assert broker.consumers == [ME]


@pytest.mark.usefixtures("hasty")
async def test_while_nobody_answers_nobody_joins_again_and_the_watch_goes_on() -> None:
    broker = Broker()
    mine = Group(broker, "members", ME)  # type: ignore[arg-type]
    await mine.join(lambda: None)
    broker.answers = False
    await asyncio.sleep(0.5)
    assert not mine.counts
    assert mine.belongs("video", 0), "what it holds it keeps"
    assert broker.joined == 1
    broker.answers = True
    async with asyncio.timeout(10):
        while not mine.counts:
            await asyncio.sleep(0.01)
    await mine.leave()
