"""Statistics of the whole group, in a process that has an engine and in one that has none."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import msgspec

from infra.log.ports import LogClient
from infra.statistics.board import Board
from infra.statistics.follow import following
from schemas.reports import Topology
from schemas.settings import Settings
from streams.graph import describe
from streams.topics import stats_topic
from topologies import app


@contextlib.asynccontextmanager
async def group_statistics(settings: Settings, log: LogClient) -> AsyncIterator[Board]:
    """A board that hears all workers for as long as the block lasts, and the one in this process first of all.

    The embedded mode is one process: there is nobody else to hear.
    """
    board = Board(msgspec.convert(describe(app.specs()), Topology))
    if app.reporter is not None:
        app.reporter.tell(board.hear_own)
    if settings.broker.embedded:
        yield board
        return
    async with following(log, stats_topic(app.conf.id), board):
        yield board
