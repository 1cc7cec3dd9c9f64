"""What is SQLite's own: nothing expires by itself, so a clean-up trims the inboxes that rest."""

from __future__ import annotations

from infra.sqlite import Database
from infra.stores.ports import Filter
from infra.stores.sqlite_inbox import SqliteInbox
from tests.contract.conftest import DAYS, ITEMS
from tests.contract.inbox_model import DAY_MS, START_MS, Clock, delivery, make, mark, new_user


async def test_the_clean_up_trims_inboxes_at_rest(own_database: Database, clock: Clock) -> None:
    inbox = SqliteInbox(own_database, items=ITEMS, days=DAYS, clock=clock)
    users = [new_user() for _ in range(3)]
    old = [make(user, START_MS) for user in users]
    young = make(users[0], START_MS + 2 * DAY_MS)
    clock.ms += 2 * DAY_MS
    await inbox.append([*map(delivery, old), delivery(young)])
    await inbox.mark(mark(users[1], "read", clock.ms, old[1].id))
    tops = await inbox.summaries(users)
    assert await inbox.cleanup(START_MS + DAYS * DAY_MS) == 0
    assert await inbox.cleanup(START_MS + DAYS * DAY_MS + 1) == 3
    after = await inbox.summaries(users)
    assert [(one.unseen, one.unread) for one in after] == [(1, 1), (0, 0), (0, 0)]
    assert [one.position for one in after] == [one.position for one in tops]
    found, floor = await inbox.page(users[0], None, 10, Filter())
    assert ([one.id for one in found], floor) == ([young.id], old[0].id)


async def test_an_inbox_survives_a_restart(own_database: Database, clock: Clock) -> None:
    user = new_user()
    one = delivery(make(user, START_MS))
    placed = await SqliteInbox(own_database, items=ITEMS, days=DAYS, clock=clock).append([one])
    own_database.close()
    again = Database(own_database.path)
    again.open()
    inbox = SqliteInbox(again, items=ITEMS, days=DAYS, clock=clock)
    assert (await inbox.append([one]))[0].position == placed[0].position
    again.close()
