"""The traces of a batch: a span for each record that is traced, and under it one for each step that it goes through.

Work is done by batch, so a step's span has the times of the batch's step. In a batch without a traced record, as nearly
all are, nothing is begun, and every question is answered by that.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from infra.log.offsets import format_offset
from infra.log.ports import Outgoing, Record
from infra.tracing import Kind, Tracing, attributes_of, sent_with
from schemas.events import CloudEvent
from schemas.named import names_in
from schemas.traces import TRACEPARENT, TraceContext, trace_of

if TYPE_CHECKING:
    from infra.spans import Span

logger = structlog.get_logger()

MAX_STEPS = 60
"""Of one batch: while a dependency is away for hours, each attempt is one more."""
MAX_CHILDREN = 10
"""Records that take a trace further, of all that one record leads to: an upload has as many as there are followers."""


class Of(Protocol):
    """Something that is worked on, and the record that it comes from."""

    @property
    def record(self) -> Record: ...


class Decoded(Of, Protocol):
    @property
    def value(self) -> Any: ...


Begun = Mapping[int, "Span"]
"""The spans of one step, by the offset of the record."""


class BatchTrace:
    """Of one batch of one agent. What it is asked about records that are not traced changes nothing."""

    def __init__(self, tracing: Tracing, agent: str) -> None:
        self._tracing = tracing
        self._agent = agent
        self._started_ns = time.time_ns()
        self._spans: dict[int, Span] = {}
        self._steps = 0
        self._debugging = logger.is_enabled_for(logging.DEBUG)

    def begin(self, records: Iterable[Record], items: Iterable[Decoded], failed: Iterable[Of]) -> None:
        """All ``records`` of the batch were read, ``items`` go on and ``failed`` do not: the others were dropped."""
        if self._tracing.enabled:
            self._begin_carried([record for record in records if TRACEPARENT in record.properties], items, failed)
            self._begin_events(items)
        if self._debugging:
            kept = {one.record.offset for one in (*items, *failed)}
            for record in records:
                if record.offset not in kept:
                    logger.debug("dropped as a duplicate, or late", agent=self._agent, **self.names(record))

    def _begin_carried(self, records: list[Record], items: Iterable[Decoded], failed: Iterable[Of]) -> None:
        """It was decided where the event came in, and travels with the record."""
        if not records:
            return
        values = {item.record.offset: item.value for item in items}
        kept = values.keys() | {one.record.offset for one in failed}
        for record in records:
            parent = trace_of(record.properties)
            if parent is not None and parent.sampled and self._tracing.take():
                span = self._start(record, values.get(record.offset), parent)
                if record.offset not in kept:
                    span.set({"pavilion.outcome": "dropped"})

    def _begin_events(self, items: Iterable[Decoded]) -> None:
        """Events whose producers say nothing beside the event are decided on here."""
        for item in items:
            event = item.value
            if isinstance(event, CloudEvent) and TRACEPARENT not in item.record.properties:
                parent = self._tracing.admit(event, sent_with(event) if event.traceparent else None)
                if parent is not None:
                    self._start(item.record, event, parent)

    def _start(self, record: Record, value: Any, parent: TraceContext) -> Span:
        span = self._spans[record.offset] = self._tracing.start(
            f"process {self._agent}",
            parent,
            kind="consumer",
            at_ns=self._started_ns,
            attributes={
                "pavilion.agent": self._agent,
                "messaging.destination.name": record.topic,
                "messaging.destination.partition.id": str(record.partition),
                "messaging.message.id": format_offset(record.offset),
                **attributes_of(value),
            },
        )
        self._tracing.start("decode and deduplicate", span.context, at_ns=self._started_ns).end()
        return span

    def step(self, name: str, of: Iterable[Of], kind: Kind = "internal") -> AbstractContextManager[Begun]:
        """Spans of a step for as long as the block lasts, for those of its records that are traced."""
        if not self._spans or self._steps >= MAX_STEPS:
            return nullcontext({})
        self._steps += 1
        return self._measured(name, of, kind)

    @contextlib.contextmanager
    def _measured(self, name: str, of: Iterable[Of], kind: Kind) -> Generator[Begun, None, None]:
        offsets = dict.fromkeys(one.record.offset for one in of)
        spans = {
            offset: self._tracing.start(name, self._spans[offset].context, kind=kind)
            for offset in offsets
            if offset in self._spans
        }
        try:
            yield spans
        except BaseException as error:
            for span in spans.values():
                span.fail(error)
            raise
        finally:
            for span in spans.values():
                span.end()

    def carried(self, of: Sequence[Of], outgoing: list[Outgoing], begun: Begun) -> list[Outgoing]:
        """``outgoing``, one for each of ``of``, with the trace where it goes on."""
        if not begun:
            return outgoing
        children = Counter[int]()

        def carry(one: Of, record: Outgoing) -> Outgoing:
            offset = one.record.offset
            span = begun.get(offset)
            if span is None or children[offset] >= MAX_CHILDREN:
                return record
            children[offset] += 1
            return record._replace(properties={**record.properties, **span.context.properties()})

        return [carry(one, record) for one, record in zip(of, outgoing, strict=True)]

    def put_aside(self, record: Record, error: Exception) -> Record:
        """The record as it is written to the retry topic or into a dead letter: its trace goes on from here."""
        span = self._spans.get(record.offset)
        if span is None:
            return record
        span.fail(error)
        span.set({"pavilion.outcome": "put aside"})
        return record._replace(properties={**record.properties, **span.context.properties()})

    def context(self, record: Record) -> TraceContext | None:
        """Of the span of a record that is traced."""
        span = self._spans.get(record.offset)
        return None if span is None else span.context

    def exemplar(self, record: Record) -> dict[str, str] | None:
        """What a measurement of a traced record is told with."""
        found = self.context(record)
        return None if found is None else {"trace_id": found.trace_id, "span_id": found.span_id}

    def suppressed(self, record: Record, reasons: Sequence[str]) -> None:
        """Recipients were not told."""
        if not reasons:
            return
        if self._debugging:
            logger.debug("suppressed", agent=self._agent, reasons=sorted(set(reasons)), **self.names(record))
        span = self._spans.get(record.offset)
        if span is not None:
            span.set({"pavilion.suppressed": ",".join(sorted(set(reasons)))})

    def names(self, record: Record) -> dict[str, str]:
        """The ids of a record for a log line; of its trace, too, if it is traced."""
        found = self.context(record)
        trace = {} if found is None else {"trace_id": found.trace_id}
        return {**names_in(record.value), **trace}

    @contextlib.contextmanager
    def whole(self) -> Iterator[None]:
        """The spans of the records end with the block, and fail with it: what is not committed comes again."""
        try:
            yield
        except BaseException as error:
            for span in self._spans.values():
                span.fail(error)
            raise
        finally:
            for span in self._spans.values():
                span.end()
