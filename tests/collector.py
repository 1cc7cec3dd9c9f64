"""A collector of traces for tests: OTLP over HTTP in, spans as plain values out."""

import asyncio
import gzip
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from infra.spans import Spans
from infra.tracing import Tracing

SECONDS = 20.0


def recording() -> tuple[Tracing, InMemorySpanExporter]:
    """Tracing of what senders say is sampled, and where its spans are once they have ended."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return Tracing(Spans(provider), per_second=1000), exporter


@dataclass(frozen=True)
class Told:
    """A span as it arrived; ids are hexadecimal, ``parent`` is empty for the first of a trace."""

    name: str
    service: str
    trace: str
    id: str
    parent: str
    failed: bool
    attributes: dict[str, str] = field(hash=False)


class Collector:
    """Listens on a free port of this machine while the block lasts."""

    def __init__(self) -> None:
        self.spans: list[Told] = []
        self.headers: list[dict[str, str]] = []
        self.raw = b""
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                body = gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body
                collector.take(body, {name.lower(): value for name, value in self.headers.items()})
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def take(self, body: bytes, headers: dict[str, str]) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        self.headers.append(headers)
        self.raw += body
        for group in request.resource_spans:
            about = {one.key: one.value.string_value for one in group.resource.attributes}
            for scope in group.scope_spans:
                self.spans += [
                    Told(
                        span.name,
                        about["service.name"],
                        span.trace_id.hex(),
                        span.span_id.hex(),
                        span.parent_span_id.hex(),
                        span.status.code == 2,
                        {one.key: one.value.string_value for one in span.attributes},
                    )
                    for span in scope.spans
                ]

    async def until(self, condition: Callable[[list[Told]], bool]) -> list[Told]:
        """All spans, once they are as the condition says."""
        try:
            async with asyncio.timeout(SECONDS):
                while not condition(self.spans):
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"after {SECONDS:g} s: {[one.name for one in self.spans]}") from None
        return list(self.spans)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def path_to(spans: list[Told], last: Told) -> list[str]:
    """The names from the first span of the trace that was told down to ``last``."""
    by_id = {one.id: one for one in spans if one.trace == last.trace}
    names, span = [last.name], last
    while span.parent in by_id:
        span = by_id[span.parent]
        names.insert(0, span.name)
    return names
