"""The memory of a window table's bucket, against a dict."""

import hashlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams import keytable
from streams.keytable import FEW, KeyTable

batches = st.lists(
    st.tuples(st.integers(0, 3), st.lists(st.tuples(st.integers(0, 400), st.integers(1, 2**32 - 1)), max_size=150)),
    max_size=12,
)


def key(number: int) -> bytes:
    return hashlib.blake2b(b"%d" % number, digest_size=16).digest()


def check(table: KeyTable, model: dict[bytes, int], strangers: list[bytes]) -> None:
    asked = [*model, *strangers]
    random.Random(1).shuffle(asked)
    expected = [model.get(one, 0) for one in asked]
    assert table.find(asked) == expected
    assert [time for one in asked for time in table.find([one])] == expected
    assert dict(table.items()) == model


@settings(deadline=None, max_examples=60)
@given(batches)
def test_it_answers_as_a_dict_that_keeps_the_latest_time(batches: list[tuple[int, list[tuple[int, int]]]]) -> None:
    table, model = KeyTable(), dict[bytes, int]()
    for crowd, marks in batches:
        # Numbers of one crowd share the first bytes, and so the row that they belong to, and some the tag too.
        made = [(key(crowd)[:8] + key(number)[:7] + bytes([number % 3]), time) for number, time in marks]
        table.mark([digest for digest, _ in made], [time for _, time in made])
        for digest, time in made:
            model[digest] = max(time, model.get(digest, 0))
    check(table, model, [key(number) for number in range(5000, 5040)])


@pytest.mark.parametrize("size", [1, FEW, FEW + 1, 1000, 5000])
def test_it_grows_without_losing_a_key_whatever_the_size_of_its_batches(size: int) -> None:
    table, model = KeyTable(), dict[bytes, int]()
    for start in range(0, 30_000, size):
        batch = [key(number) for number in range(start, min(start + size, 30_000))]
        assert not any(table.find(batch))
        table.mark(batch, [start + 1] * len(batch))
        model |= dict.fromkeys(batch, start + 1)
        # One that was there before, while it may be on its way to a larger table.
        old = key(start // 2)
        table.mark([old], [40_000])
        model[old] = 40_000
        assert table.find([old]) == [40_000]
    check(table, model, [key(number) for number in range(50_000, 51_000)])
    assert len(table) >= len(model)


def test_no_batch_waits_for_a_whole_table_to_move(monkeypatch: pytest.MonkeyPatch) -> None:
    moved: list[int] = []
    part = keytable._Table.part

    def counted(table: keytable._Table, start: int, end: int) -> object:
        moved.append(end - start)
        return part(table, start, end)

    monkeypatch.setattr(keytable._Table, "part", counted)
    table = KeyTable()
    for start in range(0, 200_000, 500):
        table.mark([key(number) for number in range(start, start + 500)], [1] * 500)
    assert sum(moved) > 10_000
    assert max(moved) <= 512


def test_its_memory_is_a_fraction_of_a_dicts() -> None:
    table = KeyTable()
    for start in range(0, 100_000, 1000):
        table.mark([key(number) for number in range(start, start + 1000)], [1] * 1000)
    assert 21 < table.size / len(table) < 80
