"""The processes: a worker, a gateway, or both in one loop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from typing import Any

import structlog
import uvicorn
import uvloop

from gateway.app import create_app
from gateway.server import serve
from gateway.services import Services
from infra.statistics.board import Board
from pavilion.backfill import Backfill
from pavilion.connect import connected
from pavilion.demo import generate_for_ever
from pavilion.explain import Explainer
from pavilion.keys import with_keys
from pavilion.redaction import hide
from pavilion.replay import Replayer
from pavilion.stall import watched_loop
from pavilion.statistics import group_statistics
from pavilion.worker_http import create_worker_app
from schemas.errors import NotificationError
from schemas.settings import Settings, SettingsError
from streams.engine import Connections, Engine
from topologies import app as faust_app

logger = structlog.get_logger()

Say = Callable[[str], None]


class Stop:
    """``asked`` on the first SIGTERM or SIGINT, ``forced`` on the second."""

    def __init__(self) -> None:
        self.asked, self.forced = asyncio.Event(), asyncio.Event()

    @contextlib.contextmanager
    def on_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._interrupted)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    def _interrupted(self) -> None:
        if self.asked.is_set():
            self.forced.set()
        self.asked.set()


async def stop_at_end_of_input(stop: Stop) -> None:
    """Ask for the stop when standard input ends: it is a pipe from a process that looks after this one."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(1024):
        pass
    stop.asked.set()


def run_process(main: Callable[[Stop], Coroutine[Any, Any, None]]) -> None:
    """Run ``main`` in a loop of its own until it returns."""

    async def started() -> None:
        stop = Stop()
        with stop.on_signals():
            await main(stop)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(started())


@contextlib.asynccontextmanager
async def running_engine(connections: Connections, stop: Stop) -> AsyncIterator[Engine]:
    """The Faust app with its engine, for as long as the block lasts; if it stops by itself, ``stop`` is asked for."""

    async def use(settings: Settings) -> tuple[Connections, Callable[[], Awaitable[None]]]:
        async def nothing() -> None:
            pass

        return connections, nothing

    faust_app.compose(use)
    try:
        await faust_app.start()
        watcher = asyncio.create_task(_watch(stop))
        try:
            yield faust_app.require_engine()
        finally:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)
    finally:
        await faust_app.stop()
    if faust_app.crash_reason is not None:
        raise NotificationError("run worker", faust_app.crash_reason)


async def _watch(stop: Stop) -> None:
    await faust_app.wait_until_stopped()
    stop.asked.set()


async def everything(settings: Settings, stop: Stop, say: Say) -> None:
    """``pavilion run``: worker, gateway and demo in one process, on the embedded log and stores."""
    if not settings.broker.embedded:
        raise SettingsError("PAVILION_BROKER__URL: `pavilion run` is for embedded:// alone; see `pavilion --help`")
    settings = with_keys(settings, generate=True)
    hide(settings)
    async with (
        connected(settings, "run") as connections,
        running_engine(connections, stop),
        group_statistics(settings, connections.log) as board,
    ):
        app = create_app(services(settings, connections, board))
        chores = [asyncio.create_task(_clean_for_ever(connections), name="cleanup")]
        if settings.demo and settings.enabled:
            chores.append(asyncio.create_task(generate_for_ever(connections.log, settings), name="demo"))

        def listening(host: str, port: int) -> None:
            scheme = "http" if settings.gateway.tls_cert_path is None else "https"
            at = f"{scheme}://{host}:{port}"
            if settings.demo:
                say(f"Pavilion is running. Open {at}/ for the inbox of the demo user.")
            else:
                say(f"Pavilion is running on {at}.")
            say(f"Keys for services and operators are in {settings.data_dir / 'keys.json'}. Ctrl-C stops.")

        try:
            await serve(app, settings, stop=stop.asked, force=stop.forced, on_listening=listening)
        finally:
            for chore in chores:
                chore.cancel()
            await asyncio.gather(*chores, return_exceptions=True)


async def worker(settings: Settings, stop: Stop, say: Say) -> None:
    """``pavilion worker``: the agents, and a small listener for health, metrics and statistics."""
    refuse_embedded(settings, "worker")
    async with (
        watched_loop(settings.worker.processing_deadline.total_seconds()),
        connected(settings, "worker") as connections,
        running_engine(connections, stop) as engine,
        group_statistics(settings, connections.log) as board,
    ):
        http = create_worker_app(settings, engine, board, stop.asked.is_set)
        config = uvicorn.Config(
            http,
            settings.worker.host,
            settings.worker.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
        )
        server = _QuietServer(config)
        serving = asyncio.create_task(server.run_until(stop.asked))
        say(f"The worker is running; health and metrics on {settings.worker.host}:{settings.worker.port}.")
        await serving


async def gateway(settings: Settings, stop: Stop, say: Say) -> None:
    """``pavilion gateway``: sockets and REST."""
    refuse_embedded(settings, "gateway")
    settings = with_keys(settings)
    async with connected(settings, "gateway") as connections, group_statistics(settings, connections.log) as board:
        app = create_app(services(settings, connections, board))

        def listening(host: str, port: int) -> None:
            say(f"The gateway is listening on {host}:{port}.")

        await serve(app, settings, stop=stop.asked, force=stop.forced, on_listening=listening)


def services(settings: Settings, connections: Connections, board: Board) -> Services:
    """What the gateway's app needs."""
    stores = connections.stores
    return Services(
        settings=settings,
        inbox=stores.inbox,
        history=stores.history,
        people=stores.people,
        sessions=stores.sessions,
        audit=stores.audit,
        preferences=stores.preferences,
        log=connections.log,
        rates=stores.rates,
        sockets=stores.sockets,
        dead_letters=Replayer(connections.log, settings.topics.dead_letter, stores.replays),
        backfill=Backfill(connections.log, settings, faust_app.conf.id, faust_app.specs()),
        explainer=Explainer(connections.log, stores, settings, faust_app.specs()),
        erasure=stores.erasure,
        tracing=connections.tracing,
        topology=board.topology,
        tables=board.tables,
        streams=board.streams,
    )


def refuse_embedded(settings: Settings, command: str) -> None:
    if settings.broker.embedded:
        raise SettingsError(
            f"PAVILION_BROKER__URL: `pavilion {command}` needs pulsar://HOST:PORT; `pavilion run` does without"
        )


class _QuietServer(uvicorn.Server):
    """Signals are the process's own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def run_until(self, stop: asyncio.Event) -> None:
        serving = asyncio.create_task(self._served())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            self.should_exit = True
            await serving
        finally:
            stopping.cancel()

    async def _served(self) -> None:
        try:
            await self.serve()
        except SystemExit:  # how uvicorn says that the address is taken; from a task it would end the loop at once
            raise NotificationError("start worker", f"cannot listen on port {self.config.port}") from None


CLEANUP_SECONDS = 600.0


async def _clean_for_ever(connections: Connections) -> None:
    while True:
        try:
            await connections.stores.cleanup()
        except NotificationError as error:
            logger.warning("cleanup failed, it is tried again", cause=str(error))
        await asyncio.sleep(CLEANUP_SECONDS)
