"""``pulsar://`` and ``pulsar+ssl://``: production."""

from __future__ import annotations

from importlib.metadata import version

from streams.transport.driver import LogTransport


class Transport(LogTransport):
    driver_version = f"pulsar-client={version('pulsar-client')}"
