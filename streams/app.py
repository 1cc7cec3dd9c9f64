"""A Faust app whose agents may carry plans, on our logs.

It is an ordinary Faust app: ``faust -A pavilion.app worker`` runs it, and plain per-event agents work beside planned
ones. What Faust would do differently here than it promises is refused with the reason: its changelog tables, and
``processing_guarantee="exactly_once"``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import faust
import msgspec
from faust.events import Event
from faust.exceptions import ImproperlyConfigured
from faust.types.tuples import Message

from schemas.settings import Settings, load_settings
from streams.engine import Connections, Engine
from streams.plan import AgentSpec, Planned
from streams.reporter import Reporter
from streams.topics import stats_topic, topic_name
from streams.transport.ownership import Batch
from streams.windows import LatePolicy, WindowTable

Opener = Callable[[Settings], Awaitable[tuple[Connections, Callable[[], Awaitable[None]]]]]

TABLES_REFUSED = (
    "Faust tables need a changelog that this log does not keep: use app.WindowTable for deduplication, or a store"
)


class Topic(faust.Topic):
    """A Faust topic that hands batches through, and decodes msgspec types for plain agents."""

    def get_topic_name(self) -> str:
        """Its name, or names: Faust's listing of agents has no word for several."""
        return ",".join(self.topics)

    def _compile_decode(self) -> None:
        super()._compile_decode()
        decode_event = self.decode
        decoder = _struct_decoder(self.value_type)

        async def decode(message: Message, *, propagate: bool = False) -> Any:
            if isinstance(message.value, Batch):
                return Event(self.app, None, message.value, None, message)
            if decoder is None:
                return await decode_event(message, propagate=propagate)
            try:
                value = decoder.decode(message.value or b"")
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                if propagate:
                    raise faust.exceptions.ValueDecodeError(str(error)) from error
                await self.on_value_decode_error(error, message)
                return None
            return Event(self.app, message.key, value, None, message)

        self.decode = decode  # type: ignore[method-assign]


def _struct_decoder(value_type: Any) -> msgspec.json.Decoder[Any] | None:
    members = getattr(value_type, "__args__", (value_type,))
    if all(isinstance(member, type) and issubclass(member, msgspec.Struct) for member in members):
        return msgspec.json.Decoder(value_type)
    return None


class App(faust.App):
    """``settings`` None reads the environment; raises SettingsError, and ImproperlyConfigured for what cannot run."""

    def __init__(self, id: str, *, settings: Settings | None = None, **options: Any) -> None:
        self.settings = settings or load_settings()
        self.plans: dict[str, AgentSpec] = {}
        self.tables_declared: dict[str, WindowTable] = {}
        self.engine: Engine | None = None
        self.reporter: Reporter | None = None
        self._opener: Opener | None = None
        self._close_connections: Callable[[], Awaitable[None]] | None = None
        if options.get("processing_guarantee", "at_least_once") != "at_least_once":
            raise ImproperlyConfigured(
                "processing_guarantee: the log's client has no transactions; delivery is at least once,"
                " with idempotent effects"
            )
        options.setdefault("broker", self.settings.broker.url)
        super().__init__(
            id, Topic=Topic, topic_disable_leader=True, topic_allow_declare=False, web_enabled=False, **options
        )

    def compose(self, opener: Opener) -> None:
        """Say how to open the log and the stores when the worker starts; it also answers how to close them."""
        self._opener = opener

    # -- declaring

    def topic(self, *topics: str, **options: Any) -> Any:
        """As Faust's; the name of one of our own topics is looked up in the settings."""
        return super().topic(*(topic_name(self.settings, name) for name in topics), **options)

    def WindowTable(self, name: str, *, window: timedelta | None = None, late: LatePolicy = "accept") -> WindowTable:
        """Declare a window table; ``window`` None takes ``PAVILION_DEDUPLICATION__WINDOW``."""
        if name in self.tables_declared:
            raise ImproperlyConfigured(f"window table {name} is declared twice")
        table = self.tables_declared[name] = WindowTable(name, window, late)
        return table

    def agent(self, channel: Any = None, *, name: str | None = None, **options: Any) -> Callable[[Any], Any]:
        """As Faust's; given a function with a plan, the agent runs it on batches."""

        def declare(function: Any) -> Any:
            if not isinstance(function, Planned):
                return super(App, self).agent(channel, name=name, **options)(function)
            agent_name = name or function.name
            if agent_name in self.plans:
                raise ImproperlyConfigured(f"agent {agent_name} is declared twice")
            for other in self.plans.values():
                if shared := set(other.lanes) & set(channel.topics):
                    raise ImproperlyConfigured(f"topic {min(shared)} feeds agent {other.name} already")
            dedup = function.plan.dedup
            retries = function.plan.retry is not None
            spec = self.plans[agent_name] = AgentSpec(
                agent_name,
                tuple(channel.topics),
                channel.value_type,
                function,
                (dedup.table,) if dedup else (),
                topic_name(self.settings, "retry") if retries else None,
            )
            lanes = channel.derive_topic(topics=spec.lanes, value_type=spec.value_type) if retries else channel

            async def run(stream: Any) -> None:
                async for batch in stream:
                    batch.submit()

            run.__doc__ = function.function.__doc__
            return super(App, self).agent(lanes, name=agent_name, **options)(run)

        return declare

    def specs(self, topics: Sequence[str] | None = None) -> list[AgentSpec]:
        """The planned agents, and the plain ones that read ``topics`` (None: all that are declared)."""
        specs = list(self.plans.values())
        planned = {topic for spec in specs for topic in spec.lanes}
        for name, agent in self.agents.items():
            if name in self.plans:
                continue
            mine = tuple(one for one in getattr(agent.channel, "topics", ()) if topics is None or one in topics)
            if taken := set(mine) & planned:
                raise ImproperlyConfigured(f"topic {min(taken)} feeds two agents; on this log one topic feeds one")
            planned.update(mine)
            if mine:
                specs.append(AgentSpec(name, mine, None))
        return specs

    def Table(self, *arguments: Any, **options: Any) -> Any:
        raise ImproperlyConfigured(TABLES_REFUSED)

    GlobalTable = SetTable = SetGlobalTable = Table

    # -- running

    def _create_directories(self) -> None:
        """Faust would make directories for its tables, which there are none of."""

    async def on_start(self) -> None:
        if self.engine is None:
            if self._opener is None:
                raise ImproperlyConfigured("app.compose was not called: run the app through pavilion.app")
            connections, self._close_connections = await self._opener(self.settings)
            self.engine = Engine(self.settings, self.conf.id, connections)
            self.reporter = self._reporter(self.engine)
        await self.engine.check(self.specs())
        if self.reporter is not None:
            self.reporter.start()
        await super().on_start()

    async def on_shutdown(self) -> None:
        await super().on_shutdown()
        engine, self.engine = self.engine, None
        reporter, self.reporter = self.reporter, None
        if engine is not None:
            await engine.stop()
        if reporter is not None:
            await reporter.stop()
        if self._close_connections is not None:
            await self._close_connections()

    def _reporter(self, engine: Engine) -> Reporter:
        """On the embedded log this process is the whole group, so that nobody reads what it would write."""
        embedded = self.settings.broker.embedded
        place = self.settings.gateway if embedded else self.settings.worker
        publisher = None if embedded else engine.log.publisher(stats_topic(self.conf.id))
        return Reporter(engine, self.specs(), address=f"{place.host}:{place.port}", publisher=publisher)

    def require_engine(self) -> Engine:
        if self.engine is None:
            raise ImproperlyConfigured("the app is not running")
        return self.engine


def current(app: Any) -> App:
    """Faust hands its own type around; all apps on our transports are ours."""
    if not isinstance(app, App):
        raise ImproperlyConfigured(f"{app!r} is not a streams.App, which the pulsar and embedded transports need")
    return app
