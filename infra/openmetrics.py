"""What Prometheus reads, in the format that it asks for: exemplars are told in OpenMetrics alone."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, openmetrics

MEDIA_TYPE = "application/openmetrics-text"


def exposition(accept: str | None) -> tuple[bytes, str]:
    """The measures of this process, and the content type; ``accept`` is the request's header."""
    if MEDIA_TYPE in (accept or "").lower():
        encode: Callable[[CollectorRegistry], bytes] = openmetrics.exposition.generate_latest
        return encode(REGISTRY), openmetrics.exposition.CONTENT_TYPE_LATEST
    return generate_latest(), CONTENT_TYPE_LATEST
