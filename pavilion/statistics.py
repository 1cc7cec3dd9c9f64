"""Statistics of the whole group, in a process that has an engine and in one that has none."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import msgspec
from prometheus_client import Gauge

from infra.log.ports import LogClient
from infra.statistics.board import Board
from infra.statistics.follow import following
from schemas.reports import Topology
from schemas.settings import Settings
from streams.engine import VERSION
from streams.graph import describe
from streams.topics import stats_topic
from topologies import app

BUILD_INFO = Gauge("pavilion_build_info", "1, labelled with the release that runs.", ["version"])


@contextlib.asynccontextmanager
async def group_statistics(settings: Settings, log: LogClient) -> AsyncIterator[Board]:
    """A board that hears all workers for as long as the block lasts, and the one in this process first of all.

    The embedded mode is one process: there is nobody else to hear.
    """
    BUILD_INFO.labels(VERSION).set(1)
    own = None if app.reporter is None else app.reporter.words
    board = Board(msgspec.convert(describe(app.specs()), Topology), own)
    if settings.broker.embedded:
        yield board
        return
    async with following(log, stats_topic(app.conf.id), board):
        yield board
