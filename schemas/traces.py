"""W3C Trace Context: ``traceparent`` and ``tracestate``, as events, records and HTTP headers carry them.

See https://www.w3.org/TR/trace-context/ and CloudEvents' distributed tracing extension. What is not valid counts as not
there: a trace is never a reason to refuse an event.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

TRACEPARENT, TRACESTATE = "traceparent", "tracestate"
"""Names of the attributes of an event, of the properties of a record, and of the HTTP headers."""

MAX_STATE = 512
"""Characters of a ``tracestate`` that is passed on; a longer one is left out, which the standard allows."""

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)
_SAMPLED = 1


class TraceContext(NamedTuple):
    """A span that others may be children of. ``sampled`` says that the trace is recorded, ``state`` is vendors' own."""

    trace_id: str
    span_id: str
    sampled: bool
    state: str = ""

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{_SAMPLED if self.sampled else 0:02x}"

    def properties(self) -> dict[str, str]:
        """What a record carries of it."""
        state = {TRACESTATE: self.state} if self.state else {}
        return {TRACEPARENT: self.traceparent, **state}


def parse_trace(traceparent: str | None, tracestate: str | None = None) -> TraceContext | None:
    """The context that the two texts name; None without a valid ``traceparent``."""
    found = _TRACEPARENT.fullmatch(traceparent or "")
    if found is None:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    if version == "ff" or (version == "00" and more) or not int(trace_id, 16) or not int(span_id, 16):
        return None
    state = tracestate or ""
    kept = state if len(state) <= MAX_STATE and state.isascii() and state.isprintable() else ""
    return TraceContext(trace_id, span_id, bool(int(flags, 16) & _SAMPLED), kept)


def trace_of(carrier: Mapping[str, str]) -> TraceContext | None:
    """The context that a record's properties, or HTTP headers, name."""
    return parse_trace(carrier.get(TRACEPARENT), carrier.get(TRACESTATE))
