"""A plan is data: the declared steps around one pure function. Runtime, graph and statistics come from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from faust.exceptions import ImproperlyConfigured

from infra.log.ports import Outgoing, Record
from infra.stores.open import Stores
from schemas.notifications import Notification
from streams.windows import WindowTable


@dataclass(frozen=True, slots=True)
class Effect:
    """One outcome on its way through the effects, with where it came from."""

    outcome: Any
    record: Record
    published_ms: int
    lane: str


class LookupSource(Protocol):
    """Something that is asked once for the keys of a whole batch."""

    @property
    def name(self) -> str: ...

    async def fetch(self, stores: Stores, keys: Sequence[Any]) -> Any: ...


class Sink(Protocol):
    """Where a write step puts outcomes. ``apply`` is idempotent, and answers what the next steps see in their place."""

    @property
    def name(self) -> str: ...

    async def apply(self, stores: Stores, effects: Sequence[Effect]) -> Sequence[Effect]: ...


class Channel(Protocol):
    """A topic of the app."""

    topics: Sequence[str]


@dataclass(frozen=True)
class Dedup:
    """Drop events whose ``key`` the table has seen within its window."""

    table: WindowTable
    key: Callable[[Any], str]


@dataclass(frozen=True)
class Lookup:
    """Ask ``source`` for what ``of`` names in each event; the function receives the answer as its next argument.

    An answer that is older than ``fresh`` when the effects are tried (the batch before took long, or a dependency was
    away) is asked for again, and the function called again with it. None takes it however old it is.
    """

    source: LookupSource
    of: Callable[[Any], Any]
    fresh: timedelta | None = None


@dataclass(frozen=True)
class Write:
    """Put outcomes of type ``of`` into ``sink``."""

    sink: Sink
    of: type


@dataclass(frozen=True)
class Emit:
    """Publish outcomes of type ``of`` to ``topic`` and await the receipts."""

    topic: Channel
    of: type = Notification

    @property
    def name(self) -> str:
        return self.topic.topics[0]


@dataclass(frozen=True)
class Retry:
    """Send an event that failed for a reason that may pass round again, and let others pass meanwhile.

    It is tried ``attempts`` times more: after ``first``, and then after ``factor`` times as long each time. None takes
    ``PAVILION_RETRY__MAX_RETRIES``, ``__DELAY`` and ``__BACKOFF_FACTOR``.
    """

    attempts: int | None = None
    first: timedelta | None = None
    factor: float | None = None


@dataclass(frozen=True)
class Plan:
    """The steps in their order: decode, ``dedup``, ``lookup``, the function, ``write``, ``emit``, mark, acknowledge.

    ``background`` names those of the agent's topics that give way to the others: small batches, few at a time.
    ``batch_events`` bounds a batch below the worker's own bound, for an agent whose events each make many outcomes.
    """

    dedup: Dedup | None = None
    lookup: tuple[Lookup, ...] = ()
    write: tuple[Write, ...] = ()
    emit: tuple[Emit, ...] = ()
    dead_letter: Channel | None = None
    background: Channel | None = None
    batch_events: int | None = None
    retry: Retry | None = None

    @property
    def steps(self) -> tuple[tuple[str, str], ...]:
        """Kind and name of each step, as the graph shows them."""
        return (
            ("decode", ""),
            *((("dedup", self.dedup.table.name),) if self.dedup else ()),
            *(("lookup", lookup.source.name) for lookup in self.lookup),
            ("notify", ""),
            *(("write", write.sink.name) for write in self.write),
            *(("emit", emit.name) for emit in self.emit),
        )


@dataclass(frozen=True)
class Planned:
    """A function with its plan, ready for ``@app.agent(topic)``. Calling it calls the function."""

    function: Callable[..., Iterable[Any]]
    plan: Plan

    @property
    def name(self) -> str:
        return self.function.__name__

    def __call__(self, *arguments: Any) -> Iterable[Any]:
        return self.function(*arguments)


def _tuple(value: Any) -> tuple[Any, ...]:
    return () if value is None else tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _check_retry(retry: Retry) -> None:
    if retry.attempts is not None and not 0 <= retry.attempts <= 100:
        raise ImproperlyConfigured(f"retry=: {retry.attempts} attempts are not from 0 to 100")
    if retry.first is not None and retry.first <= timedelta(0):
        raise ImproperlyConfigured("retry=: first must be longer than nothing")
    if retry.factor is not None and not 1 <= retry.factor <= 10:
        raise ImproperlyConfigured(f"retry=: a factor of {retry.factor:g} is not from 1 to 10")


def plan(
    *,
    dedup: Dedup | None = None,
    lookup: Lookup | Sequence[Lookup] | None = None,
    write: Write | Sequence[Write] | None = None,
    emit: Channel | Emit | Sequence[Channel | Emit] | None = None,
    retry: Retry | None = None,
    dead_letter: Channel | None = None,
    background: Channel | None = None,
    batch_events: int | None = None,
) -> Callable[[Callable[..., Iterable[Any]]], Planned]:
    """Declare the steps around a pure function from one event to its outcomes.

    ``emit`` may be a bare topic: it takes the notifications. Without ``retry``, an event that fails for a reason that
    may pass makes its partition wait. Raises ImproperlyConfigured for what cannot run.
    """
    if retry is not None:
        _check_retry(retry)
    if dead_letter is None:
        raise ImproperlyConfigured("dead_letter=: name the topic for what cannot be processed")
    emits = tuple(one if isinstance(one, Emit) else Emit(one) for one in _tuple(emit))
    declared = Plan(dedup, _tuple(lookup), _tuple(write), emits, dead_letter, background, batch_events, retry)

    def decorate(function: Callable[..., Iterable[Any]]) -> Planned:
        return Planned(function, declared)

    return decorate


@dataclass(frozen=True)
class AgentSpec:
    """A planned agent as the engine runs it: its persistent name, the topics it reads and their value type.

    ``retry_topic`` is where its events wait to be tried again, if it declares that.
    """

    name: str
    topics: tuple[str, ...]
    value_type: Any
    planned: Planned | None = None
    tables: tuple[WindowTable, ...] = field(default=())
    retry_topic: str | None = None

    @property
    def log(self) -> str:
        return f"{self.name}-log"

    @property
    def retry_in(self) -> str | None:
        """The topic through which its events come back, with the partitions of its topics."""
        return None if self.retry_topic is None else retry_in(self.name)

    @property
    def lanes(self) -> tuple[str, ...]:
        """All that the owner of a partition reads: the declared topics, and what comes back."""
        return self.topics if self.retry_in is None else (*self.topics, self.retry_in)


def retry_in(agent: str) -> str:
    return f"{agent}-retry-in"


Encoder = Callable[[Any, Effect], Outgoing]
