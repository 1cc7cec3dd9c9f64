"""What Prometheus reads, in the format that it asks for: exemplars are told in OpenMetrics alone."""

from __future__ import annotations

from prometheus_client import REGISTRY
from prometheus_client.exposition import choose_encoder


def exposition(accept: str | None) -> tuple[bytes, str]:
    """The measures of this process, and the content type; ``accept`` is the request's header."""
    try:
        encoder, content_type = choose_encoder(accept or "")
    except ValueError:  # a version that is none
        encoder, content_type = choose_encoder("")
    return encoder(REGISTRY), content_type
