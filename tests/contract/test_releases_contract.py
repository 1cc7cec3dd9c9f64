"""What quiet hours withheld, whatever keeps the inbox: what is owed, and the one entry that releases it."""

from __future__ import annotations

import asyncio

import pytest

from infra.stores.inbox_rules import LOG_ENTRIES, MAX_RELEASED_IDS
from infra.stores.ports import Delivery, Filter
from infra.stores.redis_client import Client
from infra.stores.redis_inbox import RedisInbox
from schemas.notifications import Notification
from schemas.records import Position, StateChanged
from schemas.times import format_ms
from tests.contract.conftest import Box
from tests.contract.inbox_model import START_MS, delivery, make, mark, new_user

LATER = START_MS + 60_000


def some(user: str, count: int) -> list[Delivery]:
    return [delivery(make(user, START_MS - 1000 + number)) for number in range(count)]


def ids(deliveries: list[Delivery]) -> list[str]:
    return [one.record.notification.id for one in deliveries]


async def place(box: Box, deliveries: list[Delivery]) -> list[Position]:
    placed = await box.deliver(*deliveries)
    return [one.position for one in placed if one.position is not None]


@pytest.mark.guarantee("G3")
async def test_one_entry_releases_what_was_withheld(box: Box) -> None:
    user = new_user()
    sent = some(user, 3)
    positions = await place(box, sent)
    before = await box.inbox.page(user, None, 10, Filter())
    await box.inbox.withhold(user, positions[1])
    await box.inbox.withhold(user, positions[2])
    assert (await box.inbox.summaries([user]))[0].owed == 2

    released = await box.inbox.release(user, LATER)
    assert released is not None
    epoch = positions[0].epoch
    assert released == StateChanged(
        user_id=user,
        position=Position(epoch, 4, f"released-{epoch}-2"),
        before=positions[2].tail,
        unseen=3,
        unread=3,
        id=f"released-{epoch}-2",
        state="released",
        at=format_ms(LATER),
        notifications=ids(sent)[1:],
    )
    [top] = await box.inbox.summaries([user])
    assert (top.position, top.unseen, top.unread, top.owed) == (released.position, 3, 3, 0)
    assert await box.inbox.page(user, None, 10, Filter()) == before
    assert (await box.inbox.entries(user, 3, 10))[1] == [released]
    assert await box.inbox.release(user, LATER + 1) is None


async def test_nothing_withheld_is_nothing_released(box: Box) -> None:
    user = new_user()
    await place(box, some(user, 2))
    assert await box.inbox.release(user, LATER) is None
    assert (await box.inbox.summaries([user]))[0].position.offset == 2


@pytest.mark.guarantee("G3")
async def test_of_several_gateways_one_makes_the_entry(box: Box) -> None:
    user = new_user()
    [position] = await place(box, some(user, 1))
    await box.inbox.withhold(user, position)
    made = await asyncio.gather(*(box.inbox.release(user, LATER + number) for number in range(5)))
    assert sum(one is not None for one in made) == 1
    assert (await box.inbox.summaries([user]))[0].position.offset == 2


async def test_what_lies_before_a_release_is_released(box: Box) -> None:
    """A gateway that is behind withholds an entry which another one's release already covers."""
    user = new_user()
    first, second = await place(box, some(user, 2))
    await box.inbox.withhold(user, second)
    await box.inbox.release(user, LATER)
    await box.inbox.withhold(user, first)
    assert (await box.inbox.summaries([user]))[0].owed == 0

    later = some(user, 1)
    [third] = await place(box, later)
    await box.inbox.withhold(user, third)
    released = await box.inbox.release(user, LATER)
    assert released is not None
    assert (released.position.offset, released.notifications) == (5, ids(later))


async def test_a_position_of_another_epoch_owes_nothing(box: Box) -> None:
    user = new_user()
    [position] = await place(box, some(user, 1))
    await box.inbox.withhold(user, Position("another", position.offset, position.tail))
    assert await box.inbox.release(user, LATER) is None


async def test_a_mark_is_no_release_and_marks_what_was_withheld(box: Box) -> None:
    user = new_user()
    sent = some(user, 2)
    positions = await place(box, sent)
    await box.inbox.withhold(user, positions[0])
    await box.mark(mark(user, "read", LATER, *ids(sent)))
    released = await box.inbox.release(user, LATER)
    assert released is not None
    assert (released.unseen, released.unread, released.notifications) == (0, 0, ids(sent))
    # An id that a client gives to a mark of its own is not taken for the release.
    again = await box.mark(mark(user, "unread", LATER + 1, *ids(sent), id=released.id))
    assert (again.state, again.unread) == ("unread", 2)


async def test_many_are_released_up_to_the_newest(box: Box) -> None:
    user = new_user()
    sent = some(user, MAX_RELEASED_IDS + 1)
    positions = await place(box, sent)
    await box.inbox.withhold(user, positions[0])
    released = await box.inbox.release(user, LATER)
    assert released is not None
    assert (released.notifications, released.up_to) == (None, max(ids(sent)))


async def test_what_the_log_no_longer_has_is_released_all_the_same(box: Box) -> None:
    user = new_user()
    [position] = await place(box, some(user, 1))
    await box.inbox.withhold(user, position)
    for number in range(LOG_ENTRIES):
        await box.inbox.mark(mark(user, "seen", LATER + number, make(user, START_MS).id))
    released = await box.inbox.release(user, LATER)
    assert released is not None
    assert (released.notifications, released.position.offset) == ([], LOG_ENTRIES + 2)


@pytest.mark.guarantee("G3")
async def test_a_lost_redis_owes_nothing_under_its_new_epoch(redis: Client, box: Box) -> None:
    """Whoever was told of a position of the old epoch reloads."""
    user = new_user()
    [position] = await place(box, some(user, 1))
    await box.inbox.withhold(user, position)
    if isinstance(box.inbox, RedisInbox):
        await redis.delete(*[key async for key in redis.scan_iter(f"inbox:{{{user}}}:*")])
        assert await box.inbox.release(user, LATER) is None
        [top] = await box.inbox.summaries([user])
        assert (top.position.epoch != position.epoch, top.owed) == (True, 0)
    else:
        assert await box.inbox.release(user, LATER) is not None


def test_notifications_are_named_by_their_ids() -> None:
    """The script writes the JSON of a release by hand: an id has nothing in it to escape."""
    note: Notification = make(new_user(), START_MS)
    assert set(note.id) <= set("0123456789abcdef-")
