"""Every client's log against its inbox, read from the stores themselves."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from infra.stores.open import open_stores
from infra.stores.ports import Inbox
from schemas.records import Added
from schemas.settings import Settings

AT_ONCE = 50
SHOWN = 20


@dataclass(frozen=True)
class Received:
    epoch: str
    offset: int
    id: str
    at: float


@dataclass(frozen=True)
class Connect:
    at: float
    gateway: int
    away: float
    """Seconds since the connection before was lost, or since it tried first."""
    recovered: bool


@dataclass(frozen=True)
class Log:
    """What one client saw."""

    user: str
    received: list[Received]
    connects: list[Connect]
    closes: list[tuple[float, int, int | None]]
    lost: int

    @classmethod
    def of(cls, line: dict[str, Any]) -> Self:
        return cls(
            user=line["user"],
            received=[Received(*each) for each in line["received"]],
            connects=[Connect(*each) for each in line["connects"]],
            closes=[(at, gateway, code) for at, gateway, code in line["closes"]],
            lost=line["lost"],
        )


async def violations_of(logs: Sequence[Log], users: Sequence[str], events: int, settings: Settings) -> list[str]:
    """One line for each that is wrong: a gap, a double, another order, something unknown, a position not continued."""
    found = [f"{log.user}: {log.lost} times a position was not continued" for log in logs if log.lost]
    by_user = {log.user: log for log in logs}
    if len(by_user) != len(users) or len(logs) != len(users):
        found.append(f"{len(logs)} logs of {len(by_user)} clients, there were {len(users)}")
    stores = await open_stores(settings, database=None)
    try:
        free, total = asyncio.Semaphore(AT_ONCE), 0

        async def compare(log: Log) -> int:
            async with free:
                wrong, top = await _compared(log, stores.inbox)
            found.extend(wrong)
            return top

        total = sum(await asyncio.gather(*(compare(log) for log in by_user.values())))
    finally:
        await stores.close()
    if total != events:
        found.append(f"the inboxes have {total} entries of {events} events")
    return found


async def _compared(log: Log, inbox: Inbox) -> tuple[list[str], int]:
    top, entries = await inbox.entries(log.user, 0, 1000)
    position = top.position
    expected = [
        (position.epoch, entry.position.offset, entry.notification.id) for entry in entries if isinstance(entry, Added)
    ]
    seen = [(each.epoch, each.offset, each.id) for each in log.received]
    if [offset for _, offset, _ in expected] != list(range(1, position.offset + 1)):
        return [f"{log.user}: the inbox's log is not whole, so it proves nothing"], position.offset
    if seen == expected:
        return [], position.offset
    missing, more = sorted(set(expected) - set(seen))[:SHOWN], sorted(set(seen) - set(expected))[:SHOWN]
    doubled = len(seen) - len(set(seen))
    return [f"{log.user}: missing {missing}, unknown {more}, {doubled} doubled, of {len(expected)}"], position.offset
