"""A seed gives one schedule; a round that is long enough has every fault on every link."""

import asyncio

import pytest

from tests.chaos.cluster import LINKS
from tests.chaos.nemesis import KINDS, LINK_KINDS, TOXICS, Turns, schedule


def test_a_seed_replays() -> None:
    assert schedule(7, 600, 4) == schedule(7, 600, 4)
    assert schedule(7, 600, 4) != schedule(8, 600, 4)


def test_a_short_round_has_every_kind_and_ends_in_time() -> None:
    for seed in range(100):
        faults = schedule(seed, 75, 4)
        assert {fault.kind for fault in faults} == set(KINDS)
        assert all(fault.at > 0 and fault.at + fault.hold <= 75 for fault in faults)


def test_a_long_round_has_every_toxic_on_every_link() -> None:
    every = {(toxic, *link) for toxic in TOXICS for link in LINK_KINDS}
    for seed in range(20):
        faults = schedule(seed, 1800, 4)
        assert {(fault.kind, *fault.target.split("/")[1:]) for fault in faults if fault.kind in TOXICS} == every


def test_targets_are_there() -> None:
    for fault in schedule(5, 3600, 4):
        if fault.kind in TOXICS:
            name, group, link = fault.target.split("/")
            assert name == "all" or (name.startswith(group) and link in LINKS[name])
        elif fault.kind.startswith(("worker", "gateway")):
            assert fault.target in LINKS


def test_only_some_kinds_can_be_asked_for() -> None:
    assert {fault.kind for fault in schedule(1, 300, 4, ["redis-kill"])} == {"redis-kill"}
    assert schedule(1, 300, 4, []) == []


async def test_a_fault_that_is_alone_has_none_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.chaos.nemesis.CALM_SECONDS", 0)
    turns, seen, under_way = Turns(), list[tuple[int, bool]](), 0

    async def fault(number: int, *, alone: bool) -> None:
        nonlocal under_way
        async with turns.take(alone=alone):
            under_way += 1
            await asyncio.sleep(0.01)
            seen.append((under_way, alone))
            await asyncio.sleep(0.01)
            under_way -= 1

    await asyncio.gather(*(fault(number, alone=number % 3 == 0) for number in range(12)))
    assert {number for number, alone in seen if alone} == {1}
    assert max(number for number, alone in seen if not alone) > 1
