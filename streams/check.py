"""What is wrong with the declared agents, seen without running them and without a log.

What a declaration refuses by itself (two agents on a topic, a plan without dead letters) never comes this far.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from schemas.errors import NotificationError
from schemas.registry import groups
from schemas.settings import Settings
from streams.app import App
from streams.findings import Finding, error, warning
from streams.outcomes import Suppressed
from streams.plan import AgentSpec
from streams.retry import policy_of


def check_declarations(app: App, settings: Settings) -> list[Finding]:
    """Everything there is to find in what ``app`` declares, under ``settings``; the worst first."""
    specs = app.specs()
    found = [
        *_retries(specs, settings),
        *_tables(app, settings),
        *_unread_types(specs, settings),
        *_unreachable_agents(specs, settings),
        *(one for spec in specs for one in _unreachable_steps(spec)),
    ]
    return sorted(found)


def _retries(specs: Sequence[AgentSpec], settings: Settings) -> Iterator[Finding]:
    for spec in specs:
        try:
            policy_of(spec, settings)
        except NotificationError as refused:
            reason = str(refused.cause).removeprefix(f"agent {spec.name}: ")
            yield error("retry-span", f"agent {spec.name}", reason, "make fewer or shorter retries")


def _tables(app: App, settings: Settings) -> Iterator[Finding]:
    remembered = timedelta(days=settings.inbox.days)
    used = {table.name for spec in app.specs() for table in spec.tables}
    for table in app.tables_declared.values():
        where, window = f"table {table.name}", table.window or settings.deduplication.window
        if window > remembered:
            what = f"its window of {window} is longer than ids are remembered ({remembered}, PAVILION_INBOX__DAYS)"
            yield error("unbounded-table", where, what, "every key of it stays in memory that long: shorten window=")
        elif window <= timedelta(0):
            yield error("unbounded-table", where, f"its window of {window} remembers nothing", "give a window=")
        if table.name not in used:
            yield warning("unused-table", where, "no plan uses it", "name it in a dedup=, or take it out")


def _unread_types(specs: Sequence[AgentSpec], settings: Settings) -> Iterator[Finding]:
    """Types of events that are taken from publishers, and that no agent can read."""
    readers = {topic: spec for spec in specs for topic in spec.topics}
    for group, kinds in groups().items():
        topic = settings.topics.of_group(group)
        spec = readers.get(topic)
        if spec is None:
            advice = "declare one, or take the types out of schemas/added"
            yield error("unread-type", f"topic {topic}", f"events of the group {group} have no agent", advice)
            continue
        if spec.planned is None:
            continue  # a plain Faust agent decodes as it likes
        read = _members(spec.value_type)
        for kind in kinds:
            if kind not in read:
                what = f"agent {spec.name} does not read it, every such event becomes a dead letter"
                advice = f"add {kind.__name__} to the value_type= of {topic}"
                yield error("unread-type", kind.type_name(), what, advice)


def _unreachable_agents(specs: Sequence[AgentSpec], settings: Settings) -> Iterator[Finding]:
    sources = {settings.topics.of_group(group) for group in groups()}
    reached, specs_left = set(sources), list(specs)
    while ready := [spec for spec in specs_left if reached & set(spec.topics)]:
        for spec in ready:
            specs_left.remove(spec)
            if spec.planned is not None:
                reached |= {emit.name for emit in spec.planned.plan.emit}
    for spec in specs_left:
        what = f"nothing that is declared leads to {', '.join(spec.topics)}"
        advice = "declare its events in schemas/added, or let an agent emit to it; fine if others publish to the broker"
        yield warning("unreachable-stage", f"agent {spec.name}", what, advice)
    read = {topic for spec in specs for topic in spec.lanes} | {settings.topics.fan_out}
    for spec in specs:
        for emit in spec.planned.plan.emit if spec.planned is not None else ():
            if emit.name not in read:
                what, advice = f"agent {spec.name} emits to it, no agent reads it", "fine if others read it"
                yield warning("dead-end", f"topic {emit.name}", what, advice)


def _unreachable_steps(spec: AgentSpec) -> Iterator[Finding]:
    """Steps whose type the function never yields, and types that it yields and no step takes."""
    if spec.planned is None:
        return
    where, plan = f"agent {spec.name}", spec.planned.plan
    if plan.background is not None and (strange := set(plan.background.topics) - set(spec.topics)):
        what = f"background= names {min(strange)}, which it does not read"
        yield error("unreachable-stage", where, what, "name one of its topics, or none")
    yielded = _yielded(spec.planned.function)
    if yielded is None:
        what = "its function does not say what it yields, so its steps cannot be checked"
        yield warning("no-annotation", where, what, "annotate it, as in -> Iterator[Notification | Suppressed]")
        return
    there = set(yielded)
    for kind, name, taken, given in (
        *(("write", one.sink.name, one.of, getattr(one.sink, "gives", ())) for one in plan.write),
        *(("emit", one.name, one.of, ()) for one in plan.emit),
    ):
        if not any(issubclass(one, taken) for one in there):
            what = f"{kind} {name} takes {taken.__name__}, which nothing before it gives"
            yield error("unreachable-stage", where, what, "yield it from the function, or take the step out")
        there |= set(given)
    takers = (*(one.of for one in plan.write), *(one.of for one in plan.emit))
    for one in sorted(yielded - {Suppressed}, key=lambda one: one.__name__):
        if not issubclass(one, takers):
            what = f"{one.__name__} is yielded, and no step takes it: its events become dead letters"
            yield error("unreachable-stage", where, what, f"add a step with of={one.__name__}")


def _yielded(function: Any) -> set[type] | None:
    """The types that a function says it yields; None if it does not say."""
    try:
        answer = typing.get_type_hints(function).get("return")
    except (NameError, TypeError):  # a name that only a type checker knows
        return None
    arguments = typing.get_args(answer)
    if not arguments:
        return None
    found = _members(arguments[0])
    return set(found) if all(isinstance(one, type) for one in found) else None


def _members(kind: Any) -> tuple[Any, ...]:
    return typing.get_args(kind) or (kind,)
