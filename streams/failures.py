"""What happens when something fails: wait for a dependency, or put one event aside as a dead letter.

A failure is an event's own (bytes, schema, a rule that raises, a record that no log takes) or a dependency's (anything
else). The first becomes a dead letter; the second pauses the partition, with full-jitter backoff and no limit of
attempts, until it passes.
"""

from __future__ import annotations

import asyncio
import base64
import random
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import TypeVar

import structlog

from infra.log.offsets import format_offset
from infra.log.ports import OwnershipLost, Record
from schemas.errors import ConnectionFailed, InvalidEventType, InvalidNotification, NotificationError
from schemas.records import DeadLetter
from schemas.times import format_ms

logger = structlog.get_logger()
T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]

FIRST_DELAY = 0.1
LONGEST_DELAY = 10.0
LONGEST_PACED_DELAY = 1.0
"""The longest pause before a call that will wait for a breaker: it must not miss for long that the breaker closed."""
KEPT_BYTES = 2 * 1024 * 1024
"""What a dead letter keeps of a payload at most: in base64, and with all else, it is a record that the log takes."""
KEPT_KEY, KEPT_PROPERTIES = 4 * 1024, 64 * 1024
FIRST_PUBLISH = "first-publish"
"""Property that carries the first publish time, in ms, of a record that is published again."""
REPLAYED = "replayed"
"""Property of a replayed record: the id of the dead letter that it was."""
ATTEMPTS = "attempts"
"""Property of a replayed record: how often it failed until then."""

BACKFILL = "backfill"
"""Property of a record that was read again from its topic: when that was begun. No table is asked about it, since the
table of now has what the agent has seen, whatever it made of it; duplicates were left out when it was read."""


class LateEvent(NotificationError):
    """An event older than the window of a table that dead-letters late events."""

    slug = "late-event"


def is_own_fault(error: Exception) -> bool:
    """Whether an effect's failure is about what was written, so that waiting would not help."""
    return isinstance(error, (InvalidNotification, InvalidEventType))


def backoff(failures: int, longest: float = LONGEST_DELAY) -> float:
    """Seconds to wait after the given number of failures in a row: full jitter, however long it has been going on."""
    return random.uniform(0, min(longest, FIRST_DELAY * 2 ** min(failures, 16)))


def describe(error: Exception) -> str:
    """The error, and which dependency it is about."""
    if isinstance(error, ConnectionFailed) and error.dependency is not None:
        return f"{error.dependency} is {'overloaded' if error.overload else 'away'}: {error}"
    return str(error)


def loggable(error: Exception) -> str:
    """Why an event failed, for a log line: of an error that may quote the event only its type.

    What our own checks say names places, not values; a rule's or a driver's exception says anything. The dead letter
    has the whole of it.
    """
    if isinstance(error, (ConnectionFailed, InvalidEventType, LateEvent)):
        return str(error)
    return f"{error.op}: {type(error).__name__}" if isinstance(error, NotificationError) else type(error).__name__


_on_wait: ContextVar[Callable[[str], None] | None] = ContextVar("on_wait", default=None)


def tell_waiting(reason: str) -> None:
    """Say that a call inside :func:`until_it_passes` waits before it is made, and for what."""
    report = _on_wait.get()
    if report is not None:
        report(reason)


async def until_it_passes(
    attempt: Callable[[], Awaitable[T]],
    *,
    what: str,
    on_wait: Callable[[str | None], None],
    own_fault: Callable[[Exception], bool] = is_own_fault,
    paced: Callable[[Exception], bool] = lambda error: False,
    sleep: Sleep = asyncio.sleep,
) -> T:
    """Repeat ``attempt`` while a dependency fails; ``on_wait`` learns the reason, and None when it is over.

    ``paced`` says of an error whether the next attempt will wait by itself, for a circuit breaker. Raises
    OwnershipLost, and errors that are the data's own.
    """
    failures, waited = 0, False

    def waits(reason: str) -> None:
        nonlocal waited
        waited = True
        on_wait(f"{what}: {reason}")

    token = _on_wait.set(waits)
    try:
        while True:
            try:
                result = await attempt()
            except OwnershipLost:
                raise
            except Exception as error:
                if own_fault(error):
                    raise
                failures += 1
                delay = backoff(failures, LONGEST_PACED_DELAY) if paced(error) else backoff(failures)
                waits(describe(error))
                # An error that is none of ours may quote an event: /stats/streams has its text, for operators alone.
                cause = str(error) if isinstance(error, NotificationError) else type(error).__name__
                logger.warning("waiting for a dependency", what=what, cause=cause, attempt=failures, delay=delay)
                await sleep(delay)
            else:
                if failures:
                    logger.info("the dependency is back", what=what, attempts=failures)
                return result
    finally:
        _on_wait.reset(token)
        if waited:
            on_wait(None)


def first_publish_ms(record: Record) -> int:
    """When the event was first published: it travels with a record that is published again."""
    carried = record.properties.get(FIRST_PUBLISH, "")
    return int(carried) if carried.isdigit() else record.publish_ms


def earlier_attempts(record: Record) -> int:
    """How often a replayed record had failed before it was replayed; 0 for any other."""
    carried = record.properties.get(ATTEMPTS, "")
    return int(carried) if REPLAYED in record.properties and carried.isdigit() else 0


def dead_letter(
    record: Record, error: Exception, *, agent: str, generation: str, attempts: int, now: int
) -> DeadLetter:
    """The letter for a record; a batch that is repeated makes the same id again.

    A replayed record that fails again is the same letter with one more attempt, whatever its offset is now: an
    operator sees one letter that was tried twice, not a second one.

    Of more than 2 MiB, which no event may have, it keeps the beginning, and says so: the letter must fit into the log,
    or this record would stop the partition.
    """
    offset = format_offset(record.offset)
    cause = error.cause if isinstance(error, NotificationError) else error
    cut = f" (the first {KEPT_BYTES} bytes of {len(record.value)})" if len(record.value) > KEPT_BYTES else ""
    size = sum(len(name) + len(text) for name, text in record.properties.items())
    return DeadLetter(
        id=record.properties.get(REPLAYED) or f"{generation}-{record.partition}-{offset}",
        topic=record.topic,
        partition=record.partition,
        offset=offset,
        time=format_ms(now),
        agent=agent,
        error=type(error).__name__,
        message=f"{str(cause)[:1000]}{cut}",
        payload=base64.b64encode(record.value[:KEPT_BYTES]).decode(),
        key=record.key[:KEPT_KEY],
        attempts=earlier_attempts(record) + attempts,
        published_ms=first_publish_ms(record),
        properties=dict(record.properties) if size <= KEPT_PROPERTIES else {},
    )
