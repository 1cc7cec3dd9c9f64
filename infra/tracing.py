"""Which events are traced, and their spans. Nothing of OpenTelemetry is imported while tracing is off.

What is sampled is decided once, where an event comes in, and travels with its records (see :mod:`schemas.traces`): what
is not sampled carries nothing and costs nothing. Spans tell ids, types, topics and times, never content, and of an
error only its type.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal
from zlib import crc32

from schemas.events import CloudEvent
from schemas.named import names_of
from schemas.settings import Settings
from schemas.telemetry import read_headers
from schemas.traces import TraceContext, parse_trace

if TYPE_CHECKING:
    from infra.spans import Span, Spans

Kind = Literal["internal", "producer", "consumer"]
Attributes = Mapping[str, str | int]

NO_SPAN = "0" * 16
"""In place of a parent's id: the span is the first of its trace."""
CLOSE_SECONDS = 3.0
"""How long the end of a process waits for its last spans to be sent."""


class Tracing:
    """What one process traces: nothing without ``spans``.

    ``ratio`` is of the events whose sender says nothing; ``per_second`` bounds the records that are traced, so that
    nobody outside decides what tracing costs here.
    """

    def __init__(
        self,
        spans: Spans | None = None,
        *,
        ratio: float = 0.0,
        per_second: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.enabled = spans is not None
        self._spans = spans
        self._below = int(ratio * 2**32)
        self._per_second = per_second
        self._clock = clock
        self._left, self._at = float(per_second), clock()

    def admit(self, event: CloudEvent, given: TraceContext | None) -> TraceContext | None:
        """The parent of the first span of an event that comes in, ``given`` that of its sender; None: it is not traced.

        Without a sender's word the event's identity decides, and names the trace: the same event, published again or
        met by another process, is sampled again or again not, and its trace is found by what it is.
        """
        if given is None:
            if not self._below:
                return None
            identity = event.identity.encode()
            if crc32(identity) >= self._below:
                return None
            given = TraceContext(hashlib.blake2b(identity, digest_size=16).hexdigest(), NO_SPAN, True)
        return given if given.sampled and self.take() else None

    def take(self) -> bool:
        """Whether one more record may be traced now: ``per_second`` of them, and as many at once after a pause."""
        now = self._clock()
        self._left = min(self._per_second, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def start(
        self,
        name: str,
        parent: TraceContext,
        *,
        kind: Kind = "internal",
        at_ns: int | None = None,
        attributes: Attributes | None = None,
    ) -> Span:
        """Begin a span, at a moment of the wall clock if one is given; only while tracing is on."""
        assert self._spans is not None
        return self._spans.start(name, parent, kind, at_ns, attributes)

    async def close(self) -> None:
        """Send what is left, for up to 3 s: a collector that is away does not keep the process."""
        if self._spans is None:
            return
        done, loop, shut_down = asyncio.Event(), asyncio.get_running_loop(), self._spans.shut_down

        def finish() -> None:
            shut_down()
            if not loop.is_closed():
                loop.call_soon_threadsafe(done.set)

        threading.Thread(target=finish, name="tracing-close", daemon=True).start()
        try:
            await asyncio.wait_for(done.wait(), CLOSE_SECONDS)
        except TimeoutError:
            return


OFF = Tracing()


def attributes_of(value: Any) -> dict[str, str]:
    """The ids of an event or notification as attributes of a span: ``pavilion.event.id``."""
    return {f"pavilion.{name.replace('_', '.')}": text for name, text in names_of(value).items()}


def sent_with(event: CloudEvent) -> TraceContext | None:
    """What the event itself says that it is part of."""
    return parse_trace(event.traceparent, event.tracestate) if event.traceparent else None


def open_tracing(settings: Settings, service: str, version: str) -> Tracing:
    """Tracing as the settings say: :data:`OFF` without an endpoint, or where OpenTelemetry's own switch says so.

    ``service`` is the kind of this process.
    """
    given = settings.tracing
    if given.endpoint is None or os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return OFF
    from infra.spans import Spans, make_provider

    headers = read_headers("" if given.headers is None else given.headers.get_secret_value())
    spans = Spans(make_provider(given.endpoint, headers, service, version))
    return Tracing(spans, ratio=given.sample_ratio, per_second=given.per_second)
