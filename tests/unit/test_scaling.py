"""What docs/scaling.md says is what `pavilion scaling` prints, and the model behaves as its text says."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import pytest

from infra.scaling import Load, comeback, gateways, needs, reading_limit, redis
from tests.commands import invoke

DOCUMENT = (Path(__file__).parents[2] / "docs" / "scaling.md").read_text()
EXAMPLES = re.findall(r"```sh\npavilion (scaling [^\n]*)\n```\n\n```text\n(.*?)\n```", DOCUMENT, re.DOTALL)


@pytest.mark.parametrize(("command", "printed"), EXAMPLES, ids=[command[8:60] for command, _ in EXAMPLES])
def test_the_document_shows_what_the_command_prints(command: str, printed: str) -> None:
    result = invoke(command.split())
    assert result.exit_code == 0, result.output
    assert result.stdout.rstrip("\n") == printed


def test_every_example_of_the_document_is_compared() -> None:
    assert len(EXAMPLES) == 5
    assert DOCUMENT.count("pavilion scaling --") == 5


def test_the_simulation_says_what_the_document_says_of_it() -> None:
    said = re.search(r"with 105 served a second, says (\d+) and (\d+) s; with 60 a second (\d+) and (\d+) s", DOCUMENT)
    assert said is not None
    found = [comeback(2500, rate) for rate in (105, 60)]
    assert [round(number) for one in found for number in (one.half, one.all)] == list(map(int, said.groups()))


def test_at_the_limit_of_reading_no_number_of_gateways_is_enough() -> None:
    assert f"At {reading_limit():,.0f} notifications" in DOCUMENT
    below = Load(10**8, 10**6, reading_limit() * 0.9, recipients=1.0)
    above = Load(10**8, 10**6, reading_limit() * 1.1, recipients=1.0)
    assert math.isfinite(max(gateways(below).bounds.values()))
    assert math.isinf(max(gateways(above).bounds.values()))
    assert all(need.count for need in needs(below))


def test_more_load_never_takes_fewer_machines() -> None:
    loads = [Load(10**7, 10**5, events) for events in (10, 100, 1000, 10_000, 30_000)]
    counts = [[need.count for need in needs(load)] for load in loads]
    for before, after in itertools.pairwise(counts):
        assert all(one <= other for one, other in zip(before, after, strict=True))


def test_fewer_items_take_less_of_redis() -> None:
    assert redis(Load(10**7, 10**6, 10_000, inbox_items=100)).count < redis(Load(10**7, 10**6, 10_000)).count


def test_all_come_back_and_no_sooner_than_they_can_be_served() -> None:
    for lost, rate in ((1, 10.0), (1000, 50.0), (20_000, 2000.0)):
        found = comeback(lost, rate)
        assert found.attempts >= lost
        assert lost / rate <= found.all < lost / rate + 45
        assert found.half <= found.all
