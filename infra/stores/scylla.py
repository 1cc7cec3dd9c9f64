"""A CQL session for asyncio: prepared statements, a bound on what is in flight, retries with full jitter.

The driver runs its own threads; a call hands its statement over and is woken by the loop. Every statement of these
stores may be repeated (its time is part of it, or it is conditional), so a timeout is tried again like a refusal.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cassandra import ConsistencyLevel
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from cassandra.policies import DCAwareRoundRobinPolicy, ReconnectionPolicy, TokenAwarePolicy

from infra.dependencies import classify, failure
from infra.tls import client_tls
from schemas.errors import ConnectionFailed
from schemas.settings import ScyllaSettings

PROTOCOL = 4
PORT = 9042
IN_FLIGHT_PER_CONNECTION = 16
RECONNECT_SECONDS, LONGEST_RECONNECT_SECONDS = 0.5, 10.0
SCHEMA_SECONDS = 60.0
"""A change of the schema ends when every node has it, which takes longer than any request of the service."""


class ScyllaSession:
    """Open with :meth:`open`. Table names in queries are written ``$ks.table``.

    The driver itself keeps one connection per host, on ScyllaDB one per shard, whatever it is asked for since protocol
    3; ``MAX_CONNECTIONS`` therefore bounds the requests in flight, 16 for each.
    """

    def __init__(self, settings: ScyllaSettings) -> None:
        self.settings = settings
        self._in_flight = asyncio.Semaphore(settings.max_connections * IN_FLIGHT_PER_CONNECTION)
        self._prepared: dict[str, Any] = {}
        self._preparing = asyncio.Lock()
        self._cluster: Any = None
        self._session: Any = None

    async def open(self) -> None:
        """Connect; raises ConnectionFailed, naming the contact points, when none answers, and SettingsError."""
        self._cluster = _cluster(self.settings)
        try:
            self._session = await asyncio.to_thread(self._cluster.connect)
        except Exception as error:
            await self.close()
            points = ",".join(self.settings.contact_points)
            raise failure("scylla", "connect to scylla", error, {"contact_points": points}) from error

    async def close(self) -> None:
        if self._cluster is not None:
            await asyncio.to_thread(self._cluster.shutdown)
            self._cluster = self._session = None

    def hosts(self) -> int:
        """Nodes of our data centre."""
        hosts = self._cluster.metadata.all_hosts()
        return sum(host.datacenter == self.settings.datacenter for host in hosts)

    async def execute(self, query: str, values: Sequence[Any] = (), *, serial: bool = False) -> list[Any]:
        """Run a prepared statement and return its rows; ``serial`` reads what lightweight transactions wrote.

        Raises ConnectionFailed after the attempts that settings allow, NotificationError for what cannot be repeated.
        """
        query = query.replace("$ks", self.settings.keyspace)
        for attempt in range(self.settings.max_retries + 1):
            try:
                return await self._attempt(query, values, serial)
            except ConnectionFailed:  # the session is closed: nothing to wait for
                raise
            except Exception as error:
                kind = classify(error)
                if kind == "permanent" or attempt == self.settings.max_retries:
                    context = {"attempts": attempt + 1, "query": query}
                    raise failure("scylla", "scylla", error, context) from error
                await asyncio.sleep(self._delay(attempt, kind == "overload"))
        raise AssertionError("unreachable")

    async def execute_all(self, query: str, rows: Iterable[Sequence[Any]], *, serial: bool = False) -> list[list[Any]]:
        """Run a statement once per row, side by side; the first failure is raised when all have ended."""
        running = (self.execute(query, row, serial=serial) for row in rows)
        results = await asyncio.gather(*running, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return [result for result in results if not isinstance(result, BaseException)]

    async def run(self, statement: str) -> list[Any]:
        """Run one statement as it stands, without preparing or repeating it: for the schema."""
        try:
            return await self._send(statement, SCHEMA_SECONDS)
        except Exception as error:
            raise failure("scylla", "scylla", error, {"statement": statement.split("(")[0].strip()}) from error

    def _delay(self, attempt: int, overloaded: bool) -> float:
        # Full jitter spreads those that failed together; an overloaded cluster is left alone for longer.
        ceiling = self.settings.retry_interval.total_seconds() * 2 ** (attempt + 2 * overloaded)
        return random.uniform(0, min(ceiling, 10.0))

    async def _attempt(self, query: str, values: Sequence[Any], serial: bool) -> list[Any]:
        bound = (await self._prepare(query)).bind(values)
        if serial:
            bound.consistency_level = ConsistencyLevel.LOCAL_SERIAL
        async with self._in_flight:
            return await self._send(bound, self.settings.timeout.total_seconds())

    async def _send(self, statement: Any, timeout: float) -> list[Any]:
        if self._session is None:
            raise ConnectionFailed("scylla", "the session is closed", dependency="scylla")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Any]] = loop.create_future()

        def settle(rows: Any, error: BaseException | None) -> None:
            if answer.done():  # the caller was cancelled
                return
            if error is None:
                answer.set_result(list(rows or ()))
            else:
                answer.set_exception(error)

        def hand_over(rows: Any, error: BaseException | None) -> None:
            with contextlib.suppress(RuntimeError):  # the loop closed while the request was under way
                loop.call_soon_threadsafe(settle, rows, error)

        self._session.execute_async(statement, timeout=timeout).add_callbacks(
            lambda rows: hand_over(rows, None), lambda error: hand_over(None, error)
        )
        return await answer

    async def _prepare(self, query: str) -> Any:
        statement: Any = self._prepared.get(query)
        if statement is None:
            async with self._preparing:
                statement = self._prepared.get(query)
                if statement is None:
                    if self._session is None:
                        raise ConnectionFailed("scylla", "the session is closed", dependency="scylla")
                    statement = await asyncio.to_thread(self._session.prepare, query)
                    # All rows in one answer: queries bound their rows by LIMIT, and a page of the driver's own would
                    # look like the end.
                    statement.fetch_size = None
                    self._prepared[query] = statement
        return statement


class FullJitterReconnection(ReconnectionPolicy):  # type: ignore[misc]
    """Seconds before each attempt to reach a node again, without end.

    The driver's own policy varies its delays by 15 %: a fleet that lost a node together comes back together.
    """

    def new_schedule(self) -> Iterator[float]:
        ceiling = RECONNECT_SECONDS
        while True:
            yield random.uniform(0, ceiling)
            ceiling = min(2 * ceiling, LONGEST_RECONNECT_SECONDS)


def _cluster(settings: ScyllaSettings) -> Any:
    seconds = settings.connect_timeout.total_seconds()
    profile = ExecutionProfile(
        load_balancing_policy=TokenAwarePolicy(DCAwareRoundRobinPolicy(settings.datacenter)),
        consistency_level=ConsistencyLevel.LOCAL_QUORUM,
        serial_consistency_level=ConsistencyLevel.LOCAL_SERIAL,
        request_timeout=settings.timeout.total_seconds(),
    )
    auth = None
    if settings.username is not None:
        password = settings.password.get_secret_value() if settings.password is not None else ""
        auth = PlainTextAuthProvider(settings.username, password)
    points = [contact_point(text) for text in settings.contact_points]
    return Cluster(
        points,
        port=points[0][1],  # of the nodes that the cluster names by itself
        protocol_version=PROTOCOL,
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        auth_provider=auth,
        ssl_context=client_tls(settings).context if settings.tls_enabled else None,
        connect_timeout=seconds,
        control_connection_timeout=seconds,
        reconnection_policy=FullJitterReconnection(),
    )


def contact_point(text: str) -> tuple[str, int]:
    """``HOST``, ``HOST:PORT``, ``[::1]`` or ``[::1]:PORT``; raises ValueError for a port that is no number."""
    host, separator, port = text.rpartition(":")
    if not separator or text.endswith("]"):
        host, port = text, str(PORT)
    if not port.isdecimal():
        raise ValueError(f"PAVILION_SCYLLA__CONTACT_POINTS: {text!r} is not HOST or HOST:PORT")
    return host.strip("[]"), int(port)
