"""Putting records of one lane aside, so that the rest of their batch goes on: to be tried again, or as dead letters."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import structlog

from infra.log.ports import Outgoing, Publisher, Record
from schemas.errors import InvalidEventType
from schemas.records import DeadLetter, encode_record
from streams.failures import dead_letter, loggable
from streams.plan import AgentSpec
from streams.retry import ATTEMPT, Origin, Retries
from streams.stats import AgentStats
from streams.tracing import BatchTrace

logger = structlog.get_logger()

Insist = Callable[[Callable[[], Awaitable[None]], str], Awaitable[None]]
"""Repeats a call, described by the text, until it passes."""


class Failed(NamedTuple):
    """A record that is put aside, and why; ``lasting`` if trying it again cannot help."""

    record: Record
    error: Exception
    lasting: bool = True


class Aside:
    """``came_back`` says that the lane is that of the agent's events that are tried again."""

    def __init__(
        self,
        spec: AgentSpec,
        *,
        generation: str,
        came_back: bool,
        retries: Retries | None,
        stats: AgentStats,
        publisher: Callable[[str], Publisher],
        clock: Callable[[], int],
        insist: Insist,
    ) -> None:
        assert spec.planned is not None
        assert spec.planned.plan.dead_letter is not None
        self._agent = spec.name
        self._letters = spec.planned.plan.dead_letter.topics[0]
        self._generation = generation
        self._came_back = came_back
        self._retries = retries
        self._stats = stats
        self._publisher = publisher
        self._clock = clock
        self._insist = insist

    async def put(self, records: Sequence[Failed], trace: BatchTrace) -> None:
        """Return once the log has all of them in their new place; raises OwnershipLost."""
        again, letters = list[Outgoing](), list[DeadLetter]()
        told = dict[str, dict[str, str]]()
        for failed in records:
            names = {"agent": self._agent, **trace.names(failed.record)}
            failed = failed._replace(record=trace.put_aside(failed.record, failed.error))
            outgoing = None if failed.lasting else self._again(failed)
            if outgoing is not None:
                again.append(outgoing)
                attempt, cause = outgoing.properties[ATTEMPT], loggable(failed.error)
                logger.warning("an event is tried again later", attempt=attempt, cause=cause, **names)
            else:
                letter = self._letter(failed)
                letters.append(letter)
                told[letter.id] = {"cause": loggable(failed.error), **names}
        if again:
            assert self._retries is not None
            await self._publish(self._retries.topic, again, "sends events to be tried again")
            self._stats.retry(len(again))
        if letters:
            await self._publish(
                self._letters, [Outgoing(letter.id, encode_record(letter)) for letter in letters], "writes dead letters"
            )
            self._count(letters, told)

    async def _publish(self, topic: str, records: list[Outgoing], what: str) -> None:
        publisher = self._publisher(topic)
        await self._insist(lambda: publisher.publish(records), what)

    def _again(self, failed: Failed) -> Outgoing | None:
        record, error, _ = failed
        if self._retries is None:
            return None
        return self._retries.again(record, self._origin(record), error, self._clock())

    def _origin(self, record: Record) -> Origin:
        """Raises InvalidEventType for a record that came back from nowhere."""
        return Origin.carried(record) if self._came_back else Origin.of(record, self._agent, self._generation)

    def _letter(self, failed: Failed) -> DeadLetter:
        """It names the source; what came back from nowhere has none but the place where it was found."""
        try:
            origin = self._origin(failed.record)
        except InvalidEventType:
            origin = Origin.of(failed.record, self._agent, self._generation)
        return dead_letter(
            origin.place(failed.record),
            failed.error,
            agent=self._agent,
            generation=origin.generation,
            attempts=origin.attempt + 1,
            now=self._clock(),
        )

    def _count(self, letters: list[DeadLetter], told: dict[str, dict[str, str]]) -> None:
        self._stats.dead_letter(Tally(letter.error for letter in letters))
        for letter in letters:
            logger.warning("dead letter", id=letter.id, topic=letter.topic, error=letter.error, **told[letter.id])
