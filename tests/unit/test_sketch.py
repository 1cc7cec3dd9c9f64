"""Quantiles from buckets: how far off they may be, and that they add up."""

import math
import random

import msgspec
import pytest

from schemas.sketch import BUCKETS, Quantiles, Sketch, merged


def filled(values: list[float]) -> Sketch:
    sketch = Sketch()
    for value in values:
        sketch.add(value)
    return sketch


def exact(values: list[float], part: float) -> float:
    return sorted(values)[math.ceil(len(values) * part) - 1]


@pytest.mark.parametrize("spread", [0.1, 1.0, 3.0])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_quantiles_are_right_to_ten_percent(seed: int, spread: float) -> None:
    chance = random.Random(seed)
    values = [chance.lognormvariate(-3, spread) for _ in range(5000)]
    found = filled(values).quantiles()
    assert found.count == len(values)
    assert found.max == max(values)
    for part, quantile in ((0.5, found.p50), (0.95, found.p95), (0.99, found.p99)):
        assert quantile == pytest.approx(exact(values, part), rel=0.105)


def test_sketches_of_workers_add_up_to_the_sketch_of_all() -> None:
    values = [random.Random(4).expovariate(10) for _ in range(999)]
    whole = merged(filled(values[start::3]) for start in range(3))
    assert whole == filled(values)
    assert msgspec.json.decode(msgspec.json.encode(whole), type=Sketch) == whole


def test_a_weight_counts_so_many_times() -> None:
    sketch = Sketch()
    sketch.add(0.5, 3)
    assert sketch == filled([0.5, 0.5, 0.5])


def test_nothing_has_no_quantiles_and_what_is_out_of_range_has_a_bucket() -> None:
    assert Sketch().quantiles() == Quantiles(0)
    assert filled([0.0]).quantiles() == Quantiles(1, 0.0, 0.0, 0.0, 0.0)
    assert filled([1e12]).counts == {BUCKETS: 1}
    assert len(filled([10.0**power for power in range(-12, 13)]).counts) <= BUCKETS
