"""An agent as a data engineer declares one, and the one of the documentation."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from msgspec import Struct

from schemas.errors import InvalidNotification
from schemas.events import CloudEvent
from schemas.notifications import Notification, make_notification
from streams import App, Dedup, Emit, Suppressed, plan
from streams.testing import Advance, Crash, NotSettled, TopologyTestDriver

DOCUMENT = Path(__file__).parents[2] / "docs" / "testing.md"


class TicketData(Struct, frozen=True):
    ticket: str
    actor_id: UUID
    watchers: list[UUID]


class TicketClosed(CloudEvent, frozen=True, kw_only=True, tag="desk.ticket.closed.v1"):
    data: TicketData


class Closing(Struct, frozen=True):
    """A record for another app."""

    ticket: str
    seconds: float
    priority: Any = None

    @property
    def key(self) -> str:
        return self.ticket


desk = App("desk")
tickets = desk.topic("tickets", value_type=TicketClosed)
seen = desk.WindowTable("tickets-seen", window=timedelta(hours=1), late="drop")


@desk.agent(tickets)
@plan(
    dedup=Dedup(seen, key=lambda event: event.data.ticket),
    emit=(desk.topic("notifications"), Emit(desk.topic("closings"), of=Closing)),
    dead_letter=desk.topic("dead-letters"),
)
def ticket(event: TicketClosed) -> Iterator[Notification | Closing | Suppressed]:
    """Whoever watches a ticket is told that it was closed."""
    for watcher in event.data.watchers:
        if watcher == event.actor:
            yield Suppressed(watcher, "own-action")
            continue
        yield make_notification(
            recipient=watcher,
            type="ticket.closed",
            content=f"{event.data.ticket} was closed",
            subject=f"ticket/{event.data.ticket}",
            subject_key=event.identity,
            family="ticket.closed",
            created_ms=event.time_ms,
        )
    yield Closing(event.data.ticket, 1.5, 1j if event.data.ticket == "odd" else None)


USERS = [UUID(int=number) for number in range(1, 4)]


def closed(at: datetime, ticket: str) -> TicketClosed:
    data = TicketData(ticket, USERS[0], USERS)
    return TicketClosed(specversion="1.0", id=ticket, source="/desk", time=at, data=data, partitionkey=ticket)


async def test_an_agent_of_another_app() -> None:
    async with TopologyTestDriver(desk) as driver:
        one = closed(driver.now, "T-1")
        await driver.play([one, Crash(), one, Advance(minutes=59), one, closed(driver.now, "T-2")])

        outputs = await driver.outputs("notifications")
        assert sorted((told.notification.user_id, told.notification.content) for told in outputs) == [
            (str(user), f"{ticket} was closed") for user in USERS[1:] for ticket in ("T-1", "T-2")
        ]
        assert driver.stats("ticket")["suppressed"] == {"own-action": 2}
        assert "T-1" in driver.table("tickets-seen")
        assert "T-3" not in driver.table("tickets-seen")
        closings = await driver.records("closings")
        assert {record.key for record in closings} == {"T-1", "T-2"}
        assert Closing("T-1", 1.5) in await driver.outputs("closings")


@pytest.mark.guarantee("G6")
async def test_a_record_that_cannot_be_encoded_is_a_dead_letter_not_a_wait() -> None:
    async with TopologyTestDriver(desk) as driver:
        await driver.send(closed(driver.now, "odd"), closed(driver.now, "T-1"), key="together")
        await driver.settle()
        [letter] = await driver.dead_letters()
        assert (letter.error, letter.key) == ("InvalidNotification", "together")
        assert "complex" in letter.message
        assert await driver.outputs("closings") == [Closing("T-1", 1.5)]


async def test_the_example_of_the_documentation_runs() -> None:
    blocks = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    [example] = [block for block in blocks if "async def test_" in block]
    namespace: dict[str, Any] = {}
    exec(compile(example, str(DOCUMENT), "exec"), namespace)
    [test] = [value for name, value in namespace.items() if name.startswith("test_")]
    await test()


async def test_a_driver_that_does_not_settle_says_who_waits_for_what() -> None:
    async with TopologyTestDriver(desk) as driver:
        driver.fail("emit notifications", OSError("no route"), times=None)
        await driver.send(closed(driver.now, "T-1"))
        await driver.until_waiting("ticket")
        with pytest.raises(NotSettled) as stuck:
            await driver.settle(limit=timedelta(milliseconds=20))
        assert re.fullmatch(
            r"after 0.02 s: ticket has 1 of tickets-\d to do \(ticket writes: no route\)", str(stuck.value)
        )


async def test_a_driver_names_what_it_does_not_know() -> None:
    async with TopologyTestDriver(desk) as driver:
        with pytest.raises(ValueError, match="there is no step 'inbox' to fail; there are acknowledge, append ticket"):
            driver.fail("inbox", InvalidNotification("x", "y"))
        with pytest.raises(ValueError, match="there is no agent video"):
            await driver.settle("video")
        with pytest.raises(ValueError, match="no agent reads a Closing; say topic="):
            await driver.send(Closing("T", 1))
        with pytest.raises(ValueError, match="there is no table other"):
            driver.table("other")
