"""Spans, and how they leave the process: OTLP over HTTP, in batches, on a thread. Imported only when tracing is on."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import structlog
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from infra.tracing import NO_SPAN, Attributes, Kind
from schemas.traces import TraceContext

logger = structlog.get_logger()

QUEUED_SPANS = 4096
"""What waits for the collector at most; while it is away, older spans give way to newer ones."""
SPANS_AT_ONCE = 512
DELAY_MS = 1000
REQUEST_SECONDS = 5

KINDS: dict[Kind, trace.SpanKind] = {
    "internal": trace.SpanKind.INTERNAL,
    "producer": trace.SpanKind.PRODUCER,
    "consumer": trace.SpanKind.CONSUMER,
}


class Span:
    """One piece of work on one event; ``context`` is what its children, here or elsewhere, are given."""

    __slots__ = ("_span", "context")

    def __init__(self, span: trace.Span, state: str) -> None:
        self._span = span
        own = span.get_span_context()
        self.context = TraceContext(f"{own.trace_id:032x}", f"{own.span_id:016x}", True, state)

    def set(self, attributes: Attributes) -> None:
        self._span.set_attributes(attributes)

    def happened(self, name: str, attributes: Attributes) -> None:
        """Something at one moment of the span."""
        self._span.add_event(name, attributes)

    def fail(self, error: BaseException) -> None:
        """The text of an error may quote what it is about: only its type is told."""
        self._span.set_status(trace.StatusCode.ERROR, type(error).__name__)
        self._span.set_attribute("error.type", type(error).__name__)

    def end(self) -> None:
        self._span.end()


class Spans:
    """Where spans are begun, all in one thread."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._ids = _Ids()
        provider.id_generator = self._ids
        self._tracer = provider.get_tracer("pavilion")

    def start(
        self, name: str, parent: TraceContext, kind: Kind, at_ns: int | None, attributes: Attributes | None
    ) -> Span:
        context = trace.set_span_in_context(trace.INVALID_SPAN)
        if parent.span_id == NO_SPAN:
            self._ids.trace_id = int(parent.trace_id, 16)
        else:
            flags = trace.TraceFlags(trace.TraceFlags.SAMPLED)
            ids = int(parent.trace_id, 16), int(parent.span_id, 16)
            above = trace.SpanContext(*ids, is_remote=True, trace_flags=flags)
            context = trace.set_span_in_context(trace.NonRecordingSpan(above))
        span = self._tracer.start_span(name, context, KINDS[kind], attributes, start_time=at_ns)
        return Span(span, parent.state)

    def shut_down(self) -> None:
        """Send what is left; blocks for as long as the collector lets it."""
        self._provider.shutdown()


class _Ids(RandomIdGenerator):
    """Random ids; but the trace of an event that nobody traced before is named after the event."""

    trace_id = 0

    def generate_trace_id(self) -> int:
        given, self.trace_id = self.trace_id, 0
        return given or super().generate_trace_id()

    def is_trace_id_random(self) -> bool:
        return False


def make_provider(endpoint: str, headers: Mapping[str, str], service: str, version: str) -> TracerProvider:
    """Sends to ``endpoint``. All that it is asked to record is sampled: that was decided before."""
    # The exporter writes a line for every batch that fails: ours is written once.
    logging.getLogger("opentelemetry.exporter").setLevel(logging.CRITICAL)
    url = endpoint if urlsplit(endpoint).path.strip("/") else endpoint.rstrip("/") + "/v1/traces"
    exporter = _Told(OTLPSpanExporter(url, headers=dict(headers), timeout=REQUEST_SECONDS), url)
    about = {"service.name": f"pavilion-{service}", "service.version": version, "service.instance.id": uuid.uuid4().hex}
    provider = TracerProvider(sampler=ALWAYS_ON, resource=Resource.create(about), shutdown_on_exit=False)
    provider.add_span_processor(
        BatchSpanProcessor(
            exporter,
            max_queue_size=QUEUED_SPANS,
            schedule_delay_millis=DELAY_MS,
            max_export_batch_size=SPANS_AT_ONCE,
        )
    )
    return provider


class _Told(SpanExporter):
    """Says once that the collector does not take spans, and once that it does again."""

    def __init__(self, exporter: SpanExporter, url: str) -> None:
        self._exporter = exporter
        self._url = url
        self._lost = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            if not self._lost:
                logger.warning("the collector does not take spans, they are lost until it does", url=self._url)
            self._lost += len(spans)
        elif self._lost:
            logger.info("the collector takes spans again", url=self._url, lost=self._lost)
            self._lost = 0
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return self._exporter.force_flush(timeout_millis)
