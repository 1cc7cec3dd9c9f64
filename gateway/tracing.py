"""Where traces come in and go out: events that services publish, and frames that devices are sent."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence

from infra.log.offsets import format_offset
from infra.log.ports import Record
from infra.tracing import Tracing, attributes_of, sent_with
from schemas.events import CloudEvent
from schemas.records import Added
from schemas.traces import TraceContext, trace_of

NOTHING: Mapping[str, str] = {}


@contextlib.contextmanager
def publishing(
    tracing: Tracing, events: Sequence[tuple[str, CloudEvent]], caller: TraceContext | None
) -> Iterator[Sequence[Mapping[str, str]]]:
    """A span for each event (with its topic) that is traced, for as long as the block lasts; and what its record
    carries, in the same order.

    What an event says of its trace goes before what its ``caller`` says, the sender of the request.
    """
    if not tracing.enabled:
        yield [NOTHING] * len(events)
        return
    spans, carried = [], list[Mapping[str, str]]()
    for topic, event in events:
        given = sent_with(event) or caller
        parent = tracing.admit(event, given)
        if parent is not None:
            attributes = {"messaging.destination.name": topic, **attributes_of(event)}
            span = tracing.start(f"publish {topic}", parent, kind="producer", attributes=attributes)
            spans.append(span)
            carried.append(span.context.properties())
        else:  # said again where it is not traced after all, so that agents do not look into the event
            carried.append(NOTHING if given is None else given._replace(sampled=False).properties())
    try:
        yield carried
    except BaseException as error:
        for span in spans:
            span.fail(error)
        raise
    finally:
        for span in spans:
            span.end()


class Push:
    """A traced notification from the fan-out topic on to the devices of its user here."""

    def __init__(self, tracing: Tracing, parent: TraceContext, record: Record, added: Added) -> None:
        self._tracing = tracing
        self._span = tracing.start(
            "push",
            parent,
            kind="consumer",
            attributes={
                "messaging.destination.name": record.topic,
                "messaging.destination.partition.id": str(record.partition),
                "messaging.message.id": format_offset(record.offset),
                "pavilion.notification.id": added.notification.id,
            },
        )
        self.traceparent = self._span.context.traceparent

    def told(self) -> None:
        """Its frame waits in the queues of the devices."""
        self._span.end()

    def sent(self) -> None:
        """The frame was handed to the network, for one device."""
        self._tracing.start("send", self._span.context).end()


class Traced(Added, frozen=True, kw_only=True, tag="added"):
    """An entry with its trace, in this gateway alone: what is read from the inbox later has none."""

    push: Push


def traced(tracing: Tracing, record: Record, added: Added) -> Added:
    """The entry of a fan-out record, with its trace if that is traced."""
    parent = trace_of(record.properties)
    if parent is None or not parent.sampled or not tracing.take():
        return added
    fields = {name: getattr(added, name) for name in added.__struct_fields__}
    return Traced(**fields, push=Push(tracing, parent, record, added))
