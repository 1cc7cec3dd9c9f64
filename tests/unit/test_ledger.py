"""The ledger of one epoch: what is done, in order of delivery."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.log.ports import Record
from streams.transport.ledger import Ledger


def record(offset: int) -> Record:
    return Record("topic", 0, offset, "", b"", {}, 0)


@settings(deadline=None)
@given(st.data(), st.sets(st.integers(1, 1 << 100), min_size=1, max_size=30))
@pytest.mark.guarantee("G4")
def test_committable_is_the_end_of_what_is_done_without_a_gap(data: st.DataObject, offsets: set[int]) -> None:
    ledger, order = Ledger(), sorted(offsets)
    for offset in order:
        ledger.deliver(record(offset))
    done: set[int] = set()
    committed = 0
    for offset in data.draw(st.permutations(order)):
        ledger.done(offset)
        done.add(offset)
        found = ledger.committable()
        before = committed
        while committed < len(order) and order[committed] in done:
            committed += 1
        assert (found.offset if found else None) == (order[committed - 1] if committed > before else None)
        assert len(ledger) == len(order) - committed
    assert committed == len(order)


def test_each_record_is_answered_once() -> None:
    ledger = Ledger()
    ledger.deliver(record(5))
    assert ledger.committable() is None
    ledger.done(5)
    assert ledger.committable() == record(5)
    assert ledger.committable() is None


@pytest.mark.parametrize("again", [3, 5])
@pytest.mark.parametrize("done", [True, False])
@pytest.mark.guarantee("G5")
def test_a_redelivery_is_refused_also_when_nothing_waits(again: int, done: bool) -> None:
    ledger = Ledger()
    ledger.deliver(record(5))
    if done:
        ledger.done(5)
        ledger.committable()
    with pytest.raises(ValueError, match="delivered before"):
        ledger.deliver(record(again))
    ledger.deliver(record(6))
