from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.stores.bodies import PLAIN
from infra.stores.inbox_rules import id_floor
from infra.stores.marks import (
    FLOOR_SKEW_MS,
    Floor,
    Kept,
    States,
    action,
    check_mark,
    covering,
    time_of,
)
from infra.stores.ports import Filter, Mark
from schemas.errors import InvalidNotification
from schemas.notifications import make_notification

times = st.integers(1, 5)
actions = st.tuples(st.sampled_from(["seen", "read", "unread", "archived", "deleted"]), times)


def note(created_ms: int = 1_000, key: str = "key"):
    return make_notification(
        recipient="u", type="video.liked", content="c", subject="s", subject_key=key, family="f", created_ms=created_ms
    )


@given(st.lists(actions, max_size=6))
def test_actions_come_in_any_order_and_number(done) -> None:
    def merged(sequence):
        states = States()
        for state, at in sequence:
            states = states.merged(action(state, at))
        return states

    orders = itertools.islice(itertools.permutations(done), 50)
    assert {merged(order) for order in orders} | {merged(done * 2)} == {merged(done)}


def test_read_implies_seen_and_a_later_unread_undoes_it() -> None:
    states = action("read", 5)
    assert (states.seen, states.is_read, states.counted) == (5, True, (0, 0))
    assert states.merged(action("unread", 4)).is_read
    assert states.merged(action("unread", 5)).counted == (0, 1)
    assert states.merged(action("unread", 6)).merged(action("read", 7)).is_read


@pytest.mark.parametrize("state", ["archived", "deleted"])
def test_what_is_put_away_does_not_count(state) -> None:
    assert States().counted == (1, 1)
    assert action(state, 1).counted == (0, 0)


def test_a_floor_reaches_what_existed_when_it_was_set() -> None:
    low, high = note(1_000).id, note(2_000).id
    floor = Floor("read", high, 3_000)
    assert covering([floor], low, 1_000) == action("read", 3_000)
    assert covering([floor], note(2_001).id, 2_001) == States()
    # Published after the floor, with an old time of its own.
    assert covering([floor], low, 3_000 + FLOOR_SKEW_MS + 1) == States()
    assert covering([floor], high, 3_000 + FLOOR_SKEW_MS + 1).is_read
    assert covering([floor, Floor("unread", low, 4_000)], low, 1_000).is_read is False


def test_filters() -> None:
    shown = {
        "plain": States(),
        "seen": action("seen", 1),
        "read": action("read", 1),
        "archived": action("archived", 1),
        "deleted": action("deleted", 1).merged(action("archived", 1)),
    }

    def passing(filter: Filter) -> set[str]:
        return {name for name, states in shown.items() if Kept(note(), states).passes(filter)}

    assert passing(Filter()) == {"plain", "seen", "read"}
    assert passing(Filter("unseen")) == {"plain"}
    assert passing(Filter("unread")) == {"plain", "seen"}
    assert passing(Filter("read")) == {"read"}
    assert passing(Filter("archived")) == {"archived"}
    assert passing(Filter(type="video.shared")) == set()


async def test_a_body_carries_no_state() -> None:
    plain = note()
    shown = Kept(plain, States(1, 2, 0, 3)).shown
    assert (shown.seen_at, shown.read_at, shown.archived_at) == tuple(
        f"1970-01-01T00:00:00.00{ms}Z" for ms in (1, 2, 3)
    )
    [body] = await PLAIN.encode([shown])
    assert await PLAIN.decode(plain.user_id, [(plain.id, body.data, States())]) == [Kept(plain, States())]


@given(st.integers(0, 2**47), st.integers(0, 2**47))
def test_the_floor_of_a_time_sorts_between_ids(at: int, created: int) -> None:
    assert (note(created).id < id_floor(at)) == (created < at)


@pytest.mark.parametrize("text", ["", "zzz", "0193abcd", note().id.upper(), note().id.replace("-", "")])
def test_what_is_no_id_has_no_time(text: str) -> None:
    assert time_of(text) is None
    assert time_of(note(123).id) == 123


def test_a_mark_names_ids_or_a_floor() -> None:
    check_mark(Mark("m", "u", "read", 1, notifications=("x",)))
    check_mark(Mark("m", "u", "read", 1, up_to=note().id))
    for wrong in (
        Mark("m", "u", "read", 1),
        Mark("m", "u", "read", 1, notifications=("x",), up_to=note().id),
        Mark("m", "u", "read", 1, notifications=()),
    ):
        with pytest.raises(InvalidNotification):
            check_mark(wrong)
