"""REST for services that publish platform events over HTTP rather than to the broker."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from gateway.gateway import Gateway, of
from gateway.metrics import EVENTS
from gateway.policy import Action, Caller
from gateway.problems import InvalidBatch, TooLarge, UnsupportedMediaType
from gateway.routes import ActionRoute, Query, json_response, read_body, route
from gateway.tracing import publishing
from infra.log.ports import Outgoing
from schemas.errors import InvalidEventType, ServiceDisabled
from schemas.events import MAX_EVENT_BYTES, CloudEvent, decode_event
from schemas.registry import event_types, union_of
from schemas.rest import Accepted
from schemas.traces import TraceContext, trace_of

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
JSON = "application/json"

MAX_BATCH_EVENTS = 1000
MAX_BATCH_BYTES = 4 * 1024 * 1024

AnyEvent: Any = union_of(event_types())
EventBatch: Any = Annotated[list[AnyEvent], Meta(max_length=MAX_BATCH_EVENTS)]


async def post_events(request: Request, caller: Caller) -> Response:
    """Publish one CloudEvent or an array of up to 1,000; 202 once the log has every one.

    One event has at most 256 KiB, an array 4 MiB. If one of an array is not valid, `errors` of the problem has the
    index and the reason of each, and none is accepted. After a 503 any part may have been written: send the whole
    again, which is harmless, since the same event again is a duplicate, by its source and id. `service-disabled`
    (503) means that the platform takes no events for now. An event without a `traceparent` is part of the trace that
    the request's header of that name tells, if there is one.
    """
    gateway = of(request)
    if not gateway.settings.enabled:
        raise ServiceDisabled("publish events", "the service is disabled, events are not accepted")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (ONE, BATCH, JSON):
        raise UnsupportedMediaType("publish events", f"send {ONE}, {BATCH} or {JSON}")
    body = await read_body(request, MAX_EVENT_BYTES if kind == ONE else MAX_BATCH_BYTES)
    if kind == ONE or (kind == JSON and not body.lstrip().startswith(b"[")):
        await publish_events(gateway, [(_decode(body), body)], caller=trace_of(request.headers))
        return json_response(Accepted(1), 202)
    events = _decode_batch(body)
    await publish_events(gateway, events, caller=trace_of(request.headers))
    return json_response(Accepted(len(events)), 202)


async def publish_events(
    gateway: Gateway, events: Sequence[tuple[CloudEvent, bytes]], *, caller: TraceContext | None = None
) -> None:
    """Publish each event's own bytes to the topic of its group, in the order given; raises ConnectionFailed.

    ``caller`` is the trace that an event without one of its own is part of.
    """
    places = [(gateway.settings.topics.of_group(event.group), event) for event, _ in events]
    by_topic: defaultdict[str, list[Outgoing]] = defaultdict(list)
    with publishing(gateway.services.tracing, places, caller) as carried:
        for (topic, event), (_, raw), properties in zip(places, events, carried, strict=True):
            by_topic[topic].append(Outgoing(event.key, raw, properties))
        for topic, records in by_topic.items():
            await gateway.publishers.publish(topic, records)
    for event, _ in events:
        EVENTS.labels(event.type).inc()


def _decode(raw: bytes) -> CloudEvent:
    try:
        return decode_event(raw)
    except RecursionError as error:
        raise InvalidEventType("decode event", "the JSON is nested too deeply") from error


def _decode_batch(body: bytes) -> list[tuple[CloudEvent, bytes]]:
    try:
        # Raw keeps each element's bytes as they were sent: what is stored is what the service signed off.
        raws = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidEventType("decode events", f"the body is not a JSON array of events: {error}") from error
    if len(raws) > MAX_BATCH_EVENTS:
        raise TooLarge("publish events", f"{len(raws)} events are more than {MAX_BATCH_EVENTS}")
    events: list[tuple[CloudEvent, bytes]] = []
    errors: list[tuple[int, str]] = []
    for index, element in enumerate(raws):
        raw = bytes(element)
        try:
            events.append((_decode(raw), raw))
        except InvalidEventType as error:
            errors.append((index, str(error.cause)))
    if errors:
        raise InvalidBatch("publish events", errors)
    return events


EVENT_ROUTES: list[ActionRoute] = [
    route(
        "POST",
        "/v1/events",
        Action.PUBLISH,
        post_events,
        bodies={ONE: AnyEvent, BATCH: EventBatch, JSON: AnyEvent | EventBatch},
        headers=(Query("traceparent", str, "W3C Trace Context, for events that have none of their own."),),
        answer=Accepted,
        status=202,
    )
]
