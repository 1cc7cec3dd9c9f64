"""What ``pavilion new agent`` writes: a type of event, an agent that tells its owner, and a test, as source text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import Template

WIDTH = 120

_SCHEMA = Template('''\
"""Events of the group ``$group``; services publish them to the topic ``$topic``."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct

from schemas.events import CloudEvent


class ${kind}Data(Struct, frozen=True, kw_only=True, omit_defaults=True):
$fields


class $kind(CloudEvent, frozen=True, kw_only=True, tag="$type"):
    """$sentence: the owner is told."""

    data: ${kind}Data
''')

_AGENT = Template('''\
"""Events of the group ``$group`` tell the owner."""

from collections.abc import Iterator

from schemas.added.$module import $kind
from schemas.notifications import Notification
from streams import Dedup, Lookup, Profiles, Retry, Suppressed, plan, profiles
from topologies.base import actor_of, app, dead_letters, event_identity, notifications, tell

$channel = app.topic("$topic", value_type=$kind)
seen = app.WindowTable("$table")


@app.agent($channel)
@plan(
    dedup=Dedup(seen, key=event_identity),
    lookup=Lookup(profiles, of=lambda event: event.actor),
    emit=notifications,
    retry=Retry(),
    dead_letter=dead_letters,
)
$signature
    """The owner is told; nobody is told of what they did themselves."""
    data, actor = event.data, actor_of(event, found)
    content = f"$said “{data.title}”"
    yield tell(event, data.owner_id, actor, content, f"$group/{data.$about}", $about=data.$about)
''')

_TEST = Template('''\
"""Who is told of the events of the group ``$group``."""

from uuid import UUID

import pytest

from schemas.added.$module import $kind, ${kind}Data
from streams.testing import Crash, TopologyTestDriver

ADA, BOB = UUID(int=1), UUID(int=2)


def event_for(owner: UUID, driver: TopologyTestDriver) -> $kind:
    data = ${kind}Data($about=UUID(int=9), actor_id=ADA, actor_name="Ada", owner_id=owner, title="Holiday")
    return $kind(specversion="1.0", id="1", source="/$group", time=driver.now, data=data)


@pytest.mark.guarantee("G2")
async def test_the_owner_is_told_once(driver: TopologyTestDriver) -> None:
    event = event_for(BOB, driver)
    await driver.play([event, Crash(), event])
    [told] = await driver.notifications(BOB)
    assert (told.type, told.content) == ("$verb", "Ada $said “Holiday”")


async def test_nobody_is_told_of_what_they_did_themselves(driver: TopologyTestDriver) -> None:
    await driver.play([event_for(ADA, driver)])
    assert await driver.notifications(ADA) == []
    assert driver.stats("$name")["suppressed"] == {"own-action": 1}


@pytest.mark.guarantee("G6")
async def test_what_is_no_event_becomes_a_dead_letter(driver: TopologyTestDriver) -> None:
    await driver.send(b"{}", topic="$topic")
    await driver.settle()
    [letter] = await driver.dead_letters()
    assert (letter.agent, letter.error) == ("$name", "InvalidEventType")
''')


@dataclass(frozen=True)
class AgentFiles:
    """An agent called ``name`` for events of ``type``, which is ``pavilion.GROUP.VERB.vN``."""

    name: str
    type: str

    @property
    def group(self) -> str:
        return self.type.split(".")[1]

    @property
    def verb(self) -> str:
        """The type of its notifications."""
        return ".".join(self.type.split(".")[1:3])

    @property
    def kind(self) -> str:
        """The name of the class: ``ReportCreated``, and ``ReportCreatedV2`` of the second version."""
        version = self.type.rpartition(".v")[2]
        return _camel(self.verb) + ("" if version == "1" else f"V{version}")

    @property
    def module(self) -> str:
        return self.group.replace("-", "_")

    @property
    def topic(self) -> str:
        return f"{self.group}-events"

    @property
    def paths(self) -> tuple[str, str, str]:
        """Of the type, the agent and the test, in the source tree."""
        schema, agent = f"schemas/added/{self.module}.py", f"topologies/{self.name}.py"
        return schema, agent, f"tests/topology/test_{self.name}.py"

    def texts(self) -> dict[str, str]:
        """The content of each file by its path; it passes the project's checks of style and types as it is."""
        about, verb = f"{self.module}_id", self.verb.partition(".")[2]
        fields = dict.fromkeys((about, "actor_id", "owner_id"), "UUID") | {"title": "str"}
        lines = [f"    {name}: {kind}" for name, kind in fields.items()] + ["    actor_name: str | None = None"]
        words = {
            "name": self.name,
            "type": self.type,
            "group": self.group,
            "verb": self.verb,
            "kind": self.kind,
            "module": self.module,
            "topic": self.topic,
            "about": about,
            "fields": "\n".join(lines),
            "channel": f"{self.module}_events",
            "table": f"{self.name.replace('_', '-')}-seen",
            "said": f"{verb.replace('-', ' ')} the {self.group.replace('-', ' ')}",
            "sentence": f"Somebody {verb.replace('-', ' ')} a {self.group.replace('-', ' ')}",
            "signature": self._signature(),
        }
        templates = (_SCHEMA, _AGENT, _TEST)
        return {path: one.substitute(words) for path, one in zip(self.paths, templates, strict=True)}

    def _signature(self) -> str:
        arguments, answer = f"event: {self.kind}, found: Profiles", "Iterator[Notification | Suppressed]"
        line = f"def {self.name}({arguments}) -> {answer}:"
        return line if len(line) <= WIDTH else f"def {self.name}(\n    {arguments}\n) -> {answer}:"


def _camel(text: str) -> str:
    return "".join(word.capitalize() for word in re.split(r"[.-]", text))
