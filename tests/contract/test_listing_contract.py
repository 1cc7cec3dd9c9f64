"""The list over inbox and history: no seam, whatever is delivered, trimmed and marked while it is read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random

import pytest

from gateway.listing import list_page
from infra.stores.ports import Delivery, Filter
from schemas.notifications import Notification
from tests.contract.conftest import ITEMS, Box
from tests.contract.inbox_model import DAY_MS, START_MS, delivery, make, mark, new_user

TYPES = ["video.liked", "video.shared", "user.followed"]
FILTERS = [
    Filter(),
    Filter(type="video.shared"),
    *map(Filter, ("unseen", "unread", "read", "archived")),
    Filter("unread", "video.liked"),
]


def some(user: str, count: int, start_ms: int = START_MS - DAY_MS) -> list[Delivery]:
    return [delivery(make(user, start_ms + number, type=TYPES[number % 3])) for number in range(count)]


async def read_all(box: Box, user: str, filter: Filter, size: int = 3) -> list[Notification]:
    found: list[Notification] = []
    while True:
        before = found[-1].id if found else None
        page = await list_page(box.inbox, box.history, user, before, size, filter)
        found += page
        if len(page) < size:
            return found


def ids(notifications: Sequence[Notification]) -> list[str]:
    return [one.id for one in notifications]


async def filled(box: Box, user: str) -> list[Delivery]:
    """Three inboxes full, some marked, some of each in history alone."""
    sent = some(user, 3 * ITEMS)
    await box.deliver(*sent)
    every = [one.record.notification.id for one in sent]
    for number, state in enumerate(("seen", "read", "archived", "deleted")):
        await box.mark(mark(user, state, START_MS + number, *every[number::7]))
    return sent


@pytest.mark.parametrize("filter", FILTERS, ids=str)
@pytest.mark.parametrize("size", [1, 3, 200])
async def test_a_list_is_what_history_has(box: Box, filter: Filter, size: int) -> None:
    user = new_user()
    await filled(box, user)
    assert await read_all(box, user, filter, size) == await box.history.page(user, None, 1000, filter)


@pytest.mark.parametrize("filter", FILTERS[:2], ids=str)
async def test_what_arrives_while_it_is_read_moves_nothing(box: Box, filter: Filter) -> None:
    """New ones push the oldest out of the inbox, below and above the cursor; late ones have ids in the middle."""
    user = new_user()
    sent = await filled(box, user)
    before = await box.history.page(user, None, 1000, filter)
    chance, done = Random(1), False

    async def arrive() -> None:
        number = 0
        while not done:
            number += 1
            late = chance.choice(sent).record.notification.created_ms
            fresh = make(user, START_MS + number, type=chance.choice(TYPES))
            await box.deliver(delivery(fresh), delivery(make(user, late, type=chance.choice(TYPES))))
            await asyncio.sleep(0)

    arriving = asyncio.create_task(arrive())
    try:
        for _ in range(5):
            found = ids(await read_all(box, user, filter))
            assert found == sorted(set(found), reverse=True)
            assert set(ids(before)) <= set(found)
    finally:
        done = True
        await arriving


async def test_a_mark_that_history_has_not_yet_does_not_show_through(box: Box) -> None:
    """The inbox has it first: what is no longer unread there must not come from history, which says that it is."""
    user = new_user()
    sent = some(user, ITEMS + 5)
    every = [one.record.notification.id for one in sent]
    await box.deliver(*sent)
    one = mark(user, "read", START_MS, up_to=every[-2])
    await box.inbox.mark(one)
    assert ids(await read_all(box, user, Filter("unread"))) == [every[-1], *reversed(every[:5])]
    assert ids(await read_all(box, user, Filter("read"))) == list(reversed(every[5:-1]))
    await box.history.mark(one)
    assert ids(await read_all(box, user, Filter("unread"))) == [every[-1]]
    assert ids(await read_all(box, user, Filter("read"))) == list(reversed(every[:-1]))
