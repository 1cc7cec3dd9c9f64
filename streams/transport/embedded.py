"""``embedded://``: one process on SQLite, for a first run, tests and demos."""

from __future__ import annotations

import sqlite3

from streams.transport.driver import LogTransport


class Transport(LogTransport):
    driver_version = f"sqlite={sqlite3.sqlite_version}"
