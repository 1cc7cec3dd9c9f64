"""Retry: an event that failed for a reason that may pass goes round, so that others pass meanwhile.

It is published to the retry topic with a delay, together with where it came from and what it went through. When it is
due, the forwarder of its agent (:mod:`streams.forwarder`) brings it back to its partition of ``AGENT-retry-in``, which
the owner of the source partition reads as one more lane. After the last attempt it is a dead letter.

A dependency that is away is not an event's failure: its partition waits in place, and nothing goes round for it. Nor is
it one's failure when event after event fails and none passes in between (see ``FAILURES_IN_A_ROW``).
"""

from __future__ import annotations

import random
from collections import Counter as Tally
from dataclasses import dataclass, replace
from datetime import timedelta

from infra.log.offsets import OFFSET_DIGITS, format_offset, parse_offset
from infra.log.ports import Outgoing, Record, check_size
from schemas.errors import ConnectionFailed, InvalidEventType, InvalidNotification, NotificationError
from schemas.settings import Settings
from schemas.times import format_ms
from streams.failures import FIRST_PUBLISH, KEPT_PROPERTIES, first_publish_ms
from streams.plan import AgentSpec

AGENT = "retry-agent"
TOPIC, PARTITION, GENERATION, OFFSET = "retry-topic", "retry-partition", "retry-generation", "retry-offset"
ATTEMPT = "retry-attempt"
FAILED_AT, ERROR, MESSAGE = "retry-first-time", "retry-first-error", "retry-first-message"

FAILURES_IN_A_ROW = 20
"""So many events of an agent failed in a step one after the other, each for the first time, and none passed in
between: it is not they. What fails there waits then, until something passes."""
MESSAGE_LENGTH = 500


@dataclass(frozen=True)
class Origin:
    """Where an event was read first, how often it was tried again since, and how it failed the first time."""

    agent: str
    topic: str
    partition: int
    generation: str
    offset: int
    attempt: int = 0
    failed_at: str = ""
    error: str = ""
    message: str = ""

    @classmethod
    def of(cls, record: Record, agent: str, generation: str) -> Origin:
        """Of a record that its agent reads for the first time."""
        return cls(agent, record.topic, record.partition, generation, record.offset)

    @classmethod
    def carried(cls, record: Record) -> Origin:
        """Of a record that came back; raises InvalidEventType for one that nobody sent round."""
        given = record.properties
        try:
            if len(given[OFFSET]) != OFFSET_DIGITS:
                raise ValueError(f"{given[OFFSET]!r} is no offset")
            return cls(
                given[AGENT],
                given[TOPIC],
                int(given[PARTITION]),
                given[GENERATION],
                parse_offset(given[OFFSET]),
                int(given[ATTEMPT]),
                given.get(FAILED_AT, ""),
                given.get(ERROR, ""),
                given.get(MESSAGE, ""),
            )
        except (KeyError, ValueError) as error:
            raise InvalidEventType("retry", f"its properties do not say where it came from: {error}") from error

    def place(self, record: Record) -> Record:
        """The record as it was read first, so that its dead letter names the source."""
        return record._replace(topic=self.topic, partition=self.partition, offset=self.offset)

    def properties(self) -> dict[str, str]:
        return {
            AGENT: self.agent,
            TOPIC: self.topic,
            PARTITION: str(self.partition),
            GENERATION: self.generation,
            OFFSET: format_offset(self.offset),
            ATTEMPT: str(self.attempt),
            FAILED_AT: self.failed_at,
            ERROR: self.error,
            MESSAGE: self.message,
        }


@dataclass(frozen=True)
class Policy:
    """How often an event is tried again, and after how many seconds: ``first``, then ``factor`` times as long."""

    attempts: int
    first: float
    factor: float

    def delay(self, attempt: int) -> float:
        """Seconds before the attempt of that number, from 1: between half of its share and all of it."""
        return self.longest(attempt) * random.uniform(0.5, 1.0)

    def longest(self, attempt: int) -> float:
        """The longest that :meth:`delay` may be."""
        return float(self.first * self.factor ** (attempt - 1))

    @property
    def span(self) -> float:
        """Seconds from the first failure to the last attempt at most, beside the attempts themselves."""
        return sum(self.longest(attempt) for attempt in range(1, self.attempts + 1))


def policy_of(spec: AgentSpec, settings: Settings) -> Policy | None:
    """What the agent declares, and the settings where it leaves it open; None for an agent without retry.

    Raises NotificationError if its ids would be forgotten before its last attempt: the event could then be told twice.
    """
    declared = spec.planned.plan.retry if spec.planned is not None else None
    if declared is None:
        return None
    given = settings.retry
    policy = Policy(
        given.max_retries if declared.attempts is None else declared.attempts,
        (given.delay if declared.first is None else declared.first).total_seconds(),
        given.backoff_factor if declared.factor is None else declared.factor,
    )
    if policy.span > timedelta(days=settings.inbox.days).total_seconds():
        raise NotificationError(
            "start worker",
            f"agent {spec.name}: {policy.attempts} retries from {policy.first:g} s on, each {policy.factor:g} times as"
            f" long (retry=, PAVILION_RETRY__MAX_RETRIES, __DELAY, __BACKOFF_FACTOR), take up to"
            f" {policy.span / 86400:.3g} days; ids are remembered for {settings.inbox.days} (PAVILION_INBOX__DAYS)",
        )
    return policy


class Retries:
    """The retries of one agent in this process."""

    def __init__(self, topic: str, policy: Policy) -> None:
        self.topic = topic
        self.policy = policy
        self._in_a_row = Tally[str]()

    def takes(self, step: str, error: Exception) -> bool:
        """Whether an event for which a step fails so is put aside, rather than waited for."""
        return not isinstance(error, ConnectionFailed) and self._in_a_row[step] < FAILURES_IN_A_ROW

    def failed(self, step: str) -> None:
        """For one event by itself, which had not failed before."""
        self._in_a_row[step] += 1

    def passed(self, step: str) -> None:
        self._in_a_row[step] = 0

    def again(self, record: Record, origin: Origin, error: Exception, now: int) -> Outgoing | None:
        """What to publish so that the event is tried again; None if it had its last attempt, or has no room for more.

        The bytes and the key are those of the source, and so are its properties unless they are very large.
        """
        if origin.attempt >= self.policy.attempts:
            return None
        if not origin.attempt:
            cause = error.cause if isinstance(error, NotificationError) else error
            origin = replace(
                origin,
                failed_at=format_ms(now),
                error=type(error).__name__,
                message=str(cause)[:MESSAGE_LENGTH],
            )
        origin = replace(origin, attempt=origin.attempt + 1)
        size = sum(len(name) + len(text) for name, text in record.properties.items())
        kept = record.properties if size <= KEPT_PROPERTIES else {}
        properties = {**kept, **origin.properties(), FIRST_PUBLISH: str(first_publish_ms(record))}
        due_ms = now + round(self.policy.delay(origin.attempt) * 1000)
        outgoing = Outgoing(record.key, record.value, properties, due_ms=due_ms)
        try:
            check_size(self.topic, outgoing)
        except InvalidNotification:
            return None
        return outgoing
