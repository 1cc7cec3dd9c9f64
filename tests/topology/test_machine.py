"""A state machine sends, breaks, moves and waits in any order, and holds the guarantees against a model of the input.

A failing example is printed as a script, shrunk, and found again by its blob: chance is an input (``replayable.py``).
MACHINE_EXAMPLES and MACHINE_STEPS make longer runs.
"""

import contextlib
import logging
import os
from collections.abc import Coroutine, Iterator
from datetime import timedelta
from random import Random
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import pytest
import structlog
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from infra.stores.ports import Follow
from schemas.errors import ConnectionFailed
from schemas.events import EVENT_TYPES, CloudEvent
from schemas.settings import DeduplicationSettings, Settings, WorkerSettings
from streams.testing import OwnershipLost, TopologyTestDriver
from streams.testing.driver import START
from tests.topology.events import TOLD, event
from tests.topology.machine_checks import AGENTS, check_always, check_settled, check_tables, check_work, own_actions
from tests.topology.machine_model import INPUT
from tests.topology.replayable import ReplayableDatabase, ReplayableLoop, turns
from topologies import app

PROFILE = settings(
    max_examples=int(os.environ.get("MACHINE_EXAMPLES", "80")),
    stateful_step_count=int(os.environ.get("MACHINE_STEPS", "30")),
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
T = TypeVar("T")
AWAY = ConnectionFailed("call", "the server is away")
WINDOW = timedelta(minutes=4)
PARTITIONS = 2
USERS = [UUID(int=0xA0000 + number) for number in range(5)]
VIDEOS = [UUID(int=0xB0000 + number) for number in range(3)]
COMMENTS = [UUID(int=0xC0000 + number) for number in range(len(VIDEOS))]
UPLOADERS = [USERS[0], USERS[4]]
FOLLOWERS: dict[UUID, set[UUID]] = {UPLOADERS[0]: {*USERS[:3]}, UPLOADERS[1]: set()}
"""Fixed, and nobody follows them later: who is told of an upload must not depend on what was processed first."""

KINDS: dict[str, type[CloudEvent]] = {kind.__struct_config__.tag[9:-3]: kind for kind in EVENT_TYPES}
POSTED = ("video.commented", "comment.created")
BROKEN = [b"", b"\x00\x01", b'{"type":"pavilion.video.burned.v1"}', b"[" * 5000]
LATER_AGENTS = set(AGENTS) - set(INPUT)
LOGS = [f"{name}-log" for name in AGENTS]
SINKS = ["history", "inbox", "emit notifications", "emit fan-out", "lookup profiles"]
STEPS = [
    *SINKS,
    *("lookup followers", "lookup preferences", "write profiles", "write follows"),
    *("emit notifications-bulk", "emit audience-pages", "emit dead-letters"),
    *("acknowledge", *LOGS),
]
LATER_STEPS = {"history", "inbox", "emit fan-out", "emit notifications-bulk"} | {
    *("lookup followers", "lookup preferences", *(f"{name}-log" for name in LATER_AGENTS))
}
"""Steps of no agent that reads events: what is done again for them repeats no notification."""

REPEATING = {"acknowledge", "emit audience-pages", *(f"{name}-log" for name in INPUT)}
"""While these fail, the notifications of a batch are sent again at each attempt; no attempt gets past the others."""

agents, partitions = st.sampled_from(AGENTS), st.integers(0, PARTITIONS - 1)
events = Bundle("events")


class Draft(NamedTuple):
    """What an event says; its id and its time are given when it is sent. Numbers are places in the pools above."""

    kind: str
    actor: int = 0
    told: int = 0
    about: int = 0
    minutes: int = 0

    @property
    def fields(self) -> dict[str, Any]:
        kind, actor, told = self.kind, USERS[self.actor], USERS[self.told]
        video, comment = VIDEOS[self.about], COMMENTS[self.about]
        if kind == "video.uploaded":
            actor = UPLOADERS[self.actor % 2]
        elif kind == "user.followed" and told in UPLOADERS:
            told = USERS[1]
        elif kind in POSTED:  # of one comment, whoever tells of it, everything is the same
            actor, told = USERS[self.about], USERS[self.about + 1]
        return {
            **{"actor_id": actor, "video_id": video, "comment_id": comment, "commented_at": START},
            **dict.fromkeys(TOLD, told),
        }


users, abouts = st.integers(0, len(USERS) - 1), st.integers(0, len(VIDEOS) - 1)
minutes = st.sampled_from([0, 0, 0, 0, -1, -3, -6, -40, 1, 5])
drafts = st.builds(Draft, st.sampled_from(sorted(KINDS)), users, users, abouts, minutes)


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.calm = True
        """Nothing happened yet after which the work of an agent that reads events is repeated."""
        self.down: set[str] = set()
        self.failed = False
        self.started = False

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        try:
            return self.loop.run(coroutine)
        except BaseException:
            self.failed = True
            raise

    @initialize(chance=st.integers(0, 999), batch=st.sampled_from([1, 2, 100]))
    def start(self, chance: int, batch: int) -> None:
        own = Settings(
            deduplication=DeduplicationSettings(window=WINDOW), worker=WorkerSettings(batch_max_events=batch)
        )
        self.loop = ReplayableLoop()
        self.started = True
        self.driver = TopologyTestDriver(
            app,
            settings=own,
            partitions=PARTITIONS,
            limit=timedelta(minutes=10),
            database=lambda path: ReplayableDatabase(path, Random(chance)),
        )

        async def begin() -> None:
            await self.driver.__aenter__()
            follows = [Follow(str(one), str(followed), 1) for followed, some in FOLLOWERS.items() for one in some]
            await self.driver.stores.people.put_follows(follows)

        self.own_before = own_actions()
        self.run(begin())

    # -- what comes in

    @rule(target=events, drafts=st.lists(drafts, min_size=1, max_size=5), times=st.sampled_from([1, 1, 2]))
    def send(self, drafts: list[Draft], times: int) -> Any:
        """On time, late, and from a clock that is fast; also twice in one batch, or in two that overlap."""
        return self.sent(*drafts, times=times)

    def sent(self, *drafts: Draft, times: int = 1) -> Any:
        made = []
        for draft in drafts:
            self.count += 1
            at = self.driver.now + timedelta(minutes=draft.minutes)
            made.append(event(KINDS[draft.kind], at, id=str(self.count), **draft.fields))
        self.run(self.driver.send(*made * times))
        return multiple(*made)

    @rule(sent=events, key=st.sampled_from([None, "a", "b"]))
    def send_again(self, sent: CloudEvent, key: str | None) -> None:
        """A duplicate, in the same partition or in another."""
        self.run(self.driver.send(sent, key=key))

    @rule(target=events, about=abouts)
    def two_services_tell_of_one_comment(self, about: int) -> Any:
        return self.sent(*(Draft(kind, about=about) for kind in POSTED))

    @rule(topic=st.sampled_from([*INPUT.values()]), payload=st.sampled_from(BROKEN), key=st.sampled_from("ab"))
    def send_broken_bytes(self, topic: str, payload: bytes, key: str) -> None:
        self.run(self.driver.send(payload, topic=topic, key=key))

    @rule(sent=events, topic=st.sampled_from([*INPUT.values()]))
    def send_to_any_topic(self, sent: CloudEvent, topic: str) -> None:
        self.run(self.driver.send(sent, topic=topic))

    @rule(seconds=st.sampled_from([1, 30, 120, 239, 240, 600]))
    def advance(self, seconds: int) -> None:
        self.driver.advance(timedelta(seconds=seconds))

    @rule(count=st.integers(1, 300))
    def go_on(self, count: int) -> None:
        self.run(turns(count))

    # -- what goes wrong

    @rule(how=st.sampled_from(["crash", "crash one", "move", "move", "restart"]), agent=agents, partition=partitions)
    def change_hands(self, how: str, agent: str, partition: int) -> None:
        """Killed or drained, all or one partition: everything is taken again from the log."""
        # What cannot be drained is cut off.
        self.calm &= (how == "crash one" and agent in LATER_AGENTS) or not (self.down or how.startswith("crash"))
        self.up(self.down & {"acknowledge", *LOGS})  # nothing can be taken, or held, without these
        match how:
            case "crash":
                self.run(self.driver.crash())
            case "crash one":
                self.run(self.driver.crash(agent, partition))
            case "move":
                self.run(self.driver.move(agent, partition))
            case _:
                self.run(self.driver.restart())

    @rule(agent=agents, partition=partitions)
    def supersede(self, agent: str, partition: int) -> None:
        self.calm &= agent in LATER_AGENTS
        self.run(self.driver.supersede(agent, partition))

    @rule(step=st.sampled_from(STEPS), after=st.booleans(), times=st.integers(1, 3))
    def crash_at(self, step: str, after: bool, times: int) -> None:
        self.calm &= step in LATER_STEPS
        self.driver.fail(step, OwnershipLost("killed"), after=after, times=times)

    @rule(step=st.sampled_from(STEPS) | st.sampled_from(SINKS))
    def goes_down(self, step: str) -> None:
        self.calm &= step not in REPEATING
        self.down.add(step)
        self.driver.fail(step, AWAY, times=None)

    @precondition(lambda self: self.down)
    @rule()
    def comes_up(self) -> None:
        self.up(self.down)

    def up(self, steps: set[str]) -> None:
        for step in sorted(steps):
            self.driver.restore(step)
        self.down -= steps

    # -- what must hold

    @invariant()
    @precondition(lambda self: self.started)
    def always(self) -> None:
        self.run(check_always(self.driver, FOLLOWERS))

    @precondition(lambda self: not self.down)
    @rule()
    def settle(self) -> None:
        self.run(self.settled())

    async def settled(self) -> None:
        await check_settled(self.driver, FOLLOWERS, USERS, self.own_before)
        await check_tables(self.driver, WINDOW)
        if self.calm:
            await check_work(self.driver, FOLLOWERS, WINDOW)

    async def at_the_end(self) -> None:
        """G7 and G8: with everything up again nothing is missing, and the tables are read back as they were."""
        self.driver.restore()
        await self.settled()
        await self.driver.crash()
        await check_tables(self.driver, WINDOW)

    def teardown(self) -> None:
        if not self.started:
            return
        try:
            if not self.failed:
                self.run(self.at_the_end())
        finally:
            self.loop.run(self.driver.__aexit__())
            self.loop.end()


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """A run logs tens of thousands of warnings, as it should."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)


@pytest.mark.guarantee("G1")
@pytest.mark.guarantee("G2")
@pytest.mark.guarantee("G3")
@pytest.mark.guarantee("G4")
@pytest.mark.guarantee("G5")
@pytest.mark.guarantee("G6")
@pytest.mark.guarantee("G7")
@pytest.mark.guarantee("G8")
def test_whatever_is_sent_broken_and_moved_the_guarantees_hold() -> None:
    with silence():
        run_state_machine_as_test(Machine, settings=PROFILE)
