"""The Faust app, composed: ``faust -A pavilion.app worker``."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable

from pavilion.connect import connected
from schemas.settings import Settings
from streams.engine import Connections
from topologies import app

__all__ = ["app"]


async def _open(settings: Settings) -> tuple[Connections, Callable[[], Awaitable[None]]]:
    stack = contextlib.AsyncExitStack()
    return await stack.enter_async_context(connected(settings, "worker")), stack.aclose


app.compose(_open)
