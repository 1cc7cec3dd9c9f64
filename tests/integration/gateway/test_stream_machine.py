"""A state machine publishes, breaks and moves in any order, on the real gateway and both inboxes, and holds G3.

Each device's entries are compared with the inbox: in offset order, without gap or double, or it was told to reload. A
failing example is printed as a script, shrunk, and found again by its blob (``tests/topology/replayable.py``).
MACHINE_EXAMPLES and MACHINE_STEPS make longer runs.
"""

from __future__ import annotations

import asyncio
import os
from random import Random

import pytest
import redis as blocking
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from infra.local import Redis
from schemas.notifications import MarkState
from tests.integration.gateway.machine_ground import A_WHILE, ALICE, BOB, LIMITS, LOG, MISSED, OWNERS, Ground, Race
from tests.topology.replayable import ReplayableLoop, turns
from tests.topology.test_machine import silence

# The same examples each time, unless more are asked for: a search for what is not known yet is no part of every run.
PROFILE = settings(
    derandomize="MACHINE_EXAMPLES" not in os.environ,
    database=None,
    max_examples=int(os.environ.get("MACHINE_EXAMPLES", "80")),
    stateful_step_count=int(os.environ.get("MACHINE_STEPS", "40")),
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
devices = st.integers(0, len(OWNERS) - 1)
gateways = st.integers(0, 1)
users = st.sampled_from([ALICE, ALICE, ALICE, BOB])
places = st.integers(0, 30)
seldom = st.sampled_from([False, False, True])
races = st.builds(
    Race, st.integers(0, 5), st.sampled_from([0, 4, 12, A_WHILE]), st.booleans(), seldom, seldom, seldom, st.booleans()
)
STATES: list[MarkState] = ["seen", "read", "unread", "archived", "deleted"]


class Machine(Ground, RuleBasedStateMachine):
    @initialize(chance=st.integers(0, 999))
    def start(self, chance: int) -> None:
        self.loop = ReplayableLoop()
        self.started = True
        self.run(self.begin(Random(chance)))

    # -- what comes in

    @rule(user=users, count=st.sampled_from([1, 1, 1, 2, 3, 6, 12]), old=st.booleans(), told=st.booleans())
    def publish(self, user: str, count: int, old: bool, told: bool) -> None:
        """``old`` ones are replayed from long ago; those not ``told`` are lost on their way to the gateways."""
        made = self.made(user, count, old)
        self.unseen |= not told
        self.spawn(self.delivered(made, told))

    @precondition(lambda self: self.deliveries)
    @rule(place=places)
    def deliver_again(self, place: int) -> None:
        self.spawn(self.delivered([self.deliveries[place % len(self.deliveries)]], True))

    @precondition(lambda self: self.deliveries)
    @rule(place=places, state=st.sampled_from(STATES), gateway=gateways, up_to=st.booleans(), again=st.booleans())
    def mark(self, place: int, state: MarkState, gateway: int, up_to: bool, again: bool) -> None:
        notification = self.deliveries[place % len(self.deliveries)].record.notification
        self.count += not again
        self.calm &= state != "deleted" and self.count + len(self.sent) <= MISSED
        ids = None if up_to else [notification.id]
        last = notification.id if up_to else None
        name = f"mark {self.count}"
        self.spawn(self.gateways[gateway].marks.apply(notification.user_id, name, state, ids, last))

    @rule(user=users, wanted=st.booleans(), told=st.booleans())
    def choose(self, user: str, wanted: bool, told: bool) -> None:
        """Of what comes while it is not wanted only the position is told."""
        self.unseen |= not told
        self.wanted[user] = wanted
        self.spawn(self.chosen(user, wanted, told))

    # -- the log

    @rule(gateway=gateways, count=st.sampled_from([1, 2, 5, 100]))
    def arrive(self, gateway: int, count: int) -> None:
        self.feeds[gateway].deliver(count)

    @precondition(lambda self: self.sent)
    @rule(gateway=gateways, place=places, count=st.integers(1, 5))
    def arrive_again(self, gateway: int, place: int, count: int) -> None:
        place %= len(self.sent)
        self.feeds[gateway].waiting[:0] = self.sent[place : place + count]

    @rule(gateway=gateways, chance=st.randoms(use_true_random=False))
    def reorder(self, gateway: int, chance: Random) -> None:
        chance.shuffle(self.feeds[gateway].waiting)

    @rule(gateway=gateways, place=places, count=st.integers(1, 3))
    def drop(self, gateway: int, place: int, count: int) -> None:
        waiting = self.feeds[gateway].waiting
        if waiting:
            self.unseen = True
            place %= len(waiting)
            del waiting[place : place + count]

    @rule(gateway=gateways)
    def disconnect_reader(self, gateway: int) -> None:
        self.feeds[gateway].cut()

    # -- the inbox

    @rule(gateway=gateways, before=st.booleans(), calls=st.sampled_from([1, 1, 100]))
    def hold_reads(self, gateway: int, before: bool, calls: int) -> None:
        self.gates[gateway].hold(before, calls)

    @rule(gateway=gateways)
    def reads_go_on(self, gateway: int) -> None:
        self.gates[gateway].go_on()

    @rule(gateway=gateways, away=st.booleans())
    def inbox_goes_and_comes(self, gateway: int, away: bool) -> None:
        self.gates[gateway].away = away

    @rule(user=users)
    def expire(self, user: str) -> None:
        self.calm, self.unseen = False, True
        self.faults.expire(user)

    @rule()
    def flush(self) -> None:
        self.calm, self.unseen = False, True
        self.faults.flush()

    @rule()
    def promote(self) -> None:
        self.calm, self.unseen = False, True
        self.faults.promote()

    @rule(
        device=devices,
        lost=st.integers(0, 4),
        after=st.sampled_from([0, 0, -1, 1]),
        told=st.booleans(),
        marked=st.booleans(),
    )
    def fail_over_unseen(self, device: int, lost: int, after: int, told: bool, marked: bool) -> None:
        """To a replica that was behind, of a server that tells nobody: the same epoch, and its last entries gone.

        In their places come as many others, or one more, or less.
        """
        self.calm, self.unseen, self.rolled_back = False, True, True
        after = max(0, lost + after - marked)
        self.run(self.failed_over(self.devices[device], lost, after, told, marked))

    # -- devices

    @rule(device=devices, gateway=gateways, with_position=st.sampled_from([True, True, True, False]))
    def connect(self, device: int, gateway: int, with_position: bool) -> None:
        model = self.devices[device]
        if not model.online:
            self.run(self.connected(model, gateway, with_position))

    @rule(device=devices, gateway=gateways, race=races)
    def meanwhile(self, device: int, gateway: int, race: Race) -> None:
        self.run(self.race(self.devices[device], gateway, race))

    @rule(device=devices, gateway=gateways)
    def overwhelm(self, device: int, gateway: int) -> None:
        self.run(self.overwhelmed(self.devices[device], gateway))

    @rule(device=devices)
    def leave(self, device: int) -> None:
        self.devices[device].leave()

    @rule(device=devices)
    def stop_reading(self, device: int) -> None:
        self.devices[device].stop_reading()

    @rule(device=devices)
    def read_on(self, device: int) -> None:
        self.devices[device].read_on()

    @rule(gateway=gateways)
    def crash(self, gateway: int) -> None:
        self.run(self.crashed(gateway))

    # -- time

    @rule(count=st.integers(1, 2 * A_WHILE))
    def go_on(self, count: int) -> None:
        self.run(turns(count))

    @rule(seconds=st.sampled_from([1, 3, 45]))
    def wait(self, seconds: int) -> None:
        self.run(asyncio.sleep(seconds))

    # -- what must hold

    @invariant()
    @precondition(lambda self: self.started)
    def bounded(self) -> None:
        for model in self.devices:
            if model.wrong is not None:
                raise model.wrong
            if model.device is not None:
                assert model.device.connection.queued <= LIMITS.queue_frames
        for gateway in self.gateways:
            for stream in gateway.hub._users.values():
                assert len(stream._held) <= LIMITS.held_entries

    @rule()
    def settle(self) -> None:
        self.run(self.settled())

    def teardown(self) -> None:
        if not self.started:
            return
        try:
            if not self.failed:
                self.run(self.settled())
        finally:
            self.loop.end()
            self.database.close()


@pytest.mark.guarantee("G3")
@pytest.mark.parametrize("store", ["sqlite", "redis"])
def test_whatever_happens_a_device_has_what_the_inbox_has(
    store: str, redis_server: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("gateway.resume", "gateway.user_stream"):
        monkeypatch.setattr(f"{module}.MAX_MISSED", MISSED)
    for module in ("infra.stores.redis_inbox", "infra.stores.sqlite_inbox_rows"):
        monkeypatch.setattr(f"{module}.LOG_ENTRIES", LOG)
    server = blocking.Redis.from_url(redis_server.url) if store == "redis" else None
    monkeypatch.setattr(Machine, "server", server)
    with silence():
        run_state_machine_as_test(Machine, settings=PROFILE)
    if server is not None:
        server.close()
