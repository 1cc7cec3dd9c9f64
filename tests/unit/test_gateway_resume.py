"""The recovery decision and the live merge rule, as tables."""

from __future__ import annotations

import pytest

from gateway.resume import MAX_MISSED, Step, merge, plausible, recover, step
from infra.stores.ports import Summary
from schemas.notifications import Notification
from schemas.records import Added, InboxEntry, Position, StateChanged

pytestmark = pytest.mark.guarantee("G3")


def at(offset: int, epoch: str = "e", tail: str | None = None) -> Position:
    return Position(epoch, offset, ("" if offset == 0 else f"t{offset}") if tail is None else tail)


def entry(offset: int, epoch: str = "e", tail: str | None = None, before: str | None = None) -> InboxEntry:
    position = at(offset, epoch, tail)
    before = at(offset - 1).tail if before is None else before
    if offset % 2:
        return StateChanged(
            user_id="u", position=position, before=before, unseen=0, unread=0, id="m", state="read", at="", up_to="x"
        )
    notification = Notification(id=position.tail, user_id="u", type="video.liked", content="", created_at="")
    return Added(user_id="u", position=position, before=before, unseen=0, unread=0, notification=notification)


def top(offset: int, epoch: str = "e", tail: str | None = None) -> Summary:
    return Summary(at(offset, epoch, tail), 0, 0)


def log(first: int, last: int) -> list[InboxEntry]:
    return [entry(offset) for offset in range(first, last + 1)]


@pytest.mark.parametrize(
    ("position", "summary", "entries", "expected"),
    [
        pytest.param(None, top(3), [], None, id="no position"),
        pytest.param(at(3), top(3), [], 0, id="same position"),
        pytest.param(at(1), top(3), log(2, 3), 2, id="from a position"),
        pytest.param(at(0), top(3), log(1, 3), 3, id="from the start"),
        pytest.param(at(0), top(0), [], 0, id="empty inbox"),
        pytest.param(None, top(0), [], None, id="empty inbox, no position"),
        pytest.param(at(5), top(5 + MAX_MISSED), log(6, 5 + MAX_MISSED), MAX_MISSED, id="as many as may be missed"),
        pytest.param(at(5), top(6 + MAX_MISSED), log(6, 5 + MAX_MISSED), None, id="limited: one too many"),
        pytest.param(at(5), top(6 + MAX_MISSED), log(6, 6 + MAX_MISSED), None, id="limited, though all are there"),
        pytest.param(at(1), top(9), log(5, 9), None, id="already gone: the front is trimmed"),
        pytest.param(at(1), top(9), [], None, id="already gone: all is trimmed"),
        pytest.param(at(1), top(9), log(2, 6), None, id="the end cannot be replayed"),
        pytest.param(at(1), top(5), [*log(2, 3), entry(5)], None, id="a hole"),
        pytest.param(at(4), top(3), [], None, id="not yet existing"),
        pytest.param(at(2, epoch="old"), top(3), log(3, 3), None, id="wrong epoch"),
        pytest.param(at(3, epoch="old"), top(3), [], None, id="wrong epoch at the same offset"),
        pytest.param(at(2, tail="x"), top(3), log(3, 3), None, id="wrong tail"),
        pytest.param(at(3, tail="x"), top(3), [], None, id="wrong tail at the same offset"),
        pytest.param(at(2), top(4), [entry(3), entry(4, before="x")], None, id="a log that does not chain"),
        pytest.param(at(2), top(3, tail="x"), log(3, 3), None, id="a top that is not the last entry"),
        pytest.param(at(2), top(3), [entry(3), entry(4)], 1, id="more than the top is not replayed"),
    ],
)
def test_recovery(position: Position | None, summary: Summary, entries: list[InboxEntry], expected: int | None) -> None:
    recovery = recover(position, summary, entries)
    assert recovery.recovered is (expected is not None)
    assert list(recovery.entries) == entries[: expected or 0]


@pytest.mark.parametrize(
    ("last", "live", "expected"),
    [
        pytest.param(at(2), entry(3), Step.SEND, id="next"),
        pytest.param(at(0), entry(1), Step.SEND, id="first"),
        pytest.param(at(2), entry(2), Step.IGNORE, id="same again"),
        pytest.param(at(2), entry(1), Step.IGNORE, id="older"),
        pytest.param(at(2), entry(4), Step.READ, id="one is missing"),
        pytest.param(at(2), entry(3, before="x"), Step.READ, id="next of another history"),
        pytest.param(at(2), entry(2, tail="x"), Step.READ, id="same offset given to another entry"),
        pytest.param(at(2), entry(3, epoch="new"), Step.READ, id="new epoch"),
        pytest.param(at(2), entry(1, epoch="old"), Step.READ, id="another epoch, lower"),
    ],
)
def test_live_step(last: Position, live: InboxEntry, expected: Step) -> None:
    assert step(last, live) is expected


@pytest.mark.parametrize(
    ("held", "expected", "complete"),
    [
        pytest.param([], [], True, id="nothing"),
        pytest.param([entry(4), entry(3)], [3, 4], True, id="out of order"),
        pytest.param([entry(1), entry(2), entry(3)], [3], True, id="covered by the log"),
        pytest.param([entry(3), entry(3), entry(4), entry(4)], [3, 4], True, id="doubles"),
        pytest.param([entry(3), entry(5)], [3], False, id="a hole"),
        pytest.param([entry(5)], [], False, id="the next is missing"),
        pytest.param([entry(1, epoch="new")], [], False, id="another epoch"),
    ],
)
def test_merge_at_offset_two(held: list[InboxEntry], expected: list[int], complete: bool) -> None:
    merged = merge(at(2), held)
    assert [each.position.offset for each in merged.entries] == expected
    assert merged.complete is complete


def test_positions_that_no_store_is_asked_about() -> None:
    assert plausible(at(0))
    assert not plausible(at(-1))
    assert not plausible(at(2**53))
