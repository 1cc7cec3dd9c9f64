"""The audit of replayed dead letters on ScyllaDB: by letter for the lists, by month for reading it."""

from __future__ import annotations

from collections.abc import Sequence

from infra.stores.ports import Replay
from infra.stores.scylla import ScyllaSession
from infra.stores.scylla_history import month_of

PUT_LETTER = "INSERT INTO $ks.dead_letter_replays (at_ms, letter_id, attempts, operator, result) VALUES (?, ?, ?, ?, ?)"
PUT_MONTH = (
    "INSERT INTO $ks.dead_letter_audit (month, at_ms, letter_id, attempts, operator, result) VALUES (?, ?, ?, ?, ?, ?)"
)
PUT_MONTHS = "INSERT INTO $ks.dead_letter_months (all_of, month) VALUES ('all', ?)"
LATEST = "SELECT letter_id, attempts, at_ms, operator, result FROM $ks.dead_letter_replays WHERE letter_id = ? LIMIT 1"
MONTHS = "SELECT month FROM $ks.dead_letter_months WHERE all_of = 'all'"
PAGE = (
    "SELECT letter_id, attempts, at_ms, operator, result FROM $ks.dead_letter_audit"
    " WHERE month = ? AND (at_ms, letter_id) < (?, ?) LIMIT ?"
)


class ScyllaReplays:
    def __init__(self, session: ScyllaSession) -> None:
        self._session = session

    async def put(self, replays: Sequence[Replay]) -> None:
        # The letter's own row comes last: what a list shows is in the audit.
        months = {month_of(replay.at_ms) for replay in replays}
        await self._session.execute_all(PUT_MONTHS, [(month,) for month in sorted(months)])
        rows = [(at, letter, attempts, by, result) for letter, attempts, at, by, result in replays]
        await self._session.execute_all(PUT_MONTH, [(month_of(row[0]), *row) for row in rows])
        await self._session.execute_all(PUT_LETTER, rows)

    async def latest(self, letter_ids: Sequence[str]) -> dict[str, Replay]:
        answers = await self._session.execute_all(LATEST, [(id,) for id in dict.fromkeys(letter_ids)])
        return {rows[0][0]: Replay(*rows[0]) for rows in answers if rows}

    async def page(self, before: tuple[int, str] | None, limit: int) -> list[Replay]:
        at, letter = before or (1 << 62, "")
        found: list[Replay] = []
        for (month,) in await self._session.execute(MONTHS):
            if len(found) < limit and (before is None or month <= month_of(at)):
                rows = await self._session.execute(PAGE, (month, at, letter, limit - len(found)))
                found += [Replay(*row) for row in rows]
        return found
