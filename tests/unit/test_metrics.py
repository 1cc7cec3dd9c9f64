"""docs/metrics.md lists what exists, by the names that Prometheus reads."""

import re
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

import pavilion.process

TEXT = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()


def measures() -> set[str]:
    """Every measure of a process that is worker and gateway, under the name that queries use."""
    assert pavilion.process  # what it imports has registered
    found = set()
    for family in REGISTRY.collect():
        if family.name.startswith("pavilion_"):
            assert family.type in ("counter", "gauge", "histogram")
            found.add(f"{family.name}_total" if family.type == "counter" else family.name)
    return found


def test_the_document_lists_exactly_what_exists() -> None:
    listed, promises = TEXT.split("## What shows that a promise holds")
    [_, listed] = listed.split("\n## Metrics\n")
    rows = [line.split("|")[1] for line in listed.splitlines() if line.startswith("| `")]
    named = [name for row in rows for name in re.findall(r"`(pavilion_[a-z_]+)", row)]
    assert len(named) == len(set(named))
    assert set(named) == measures()
    assert set(re.findall(r"pavilion_[a-z_]+", promises)) <= measures()


def test_labels_are_those_that_exist() -> None:
    for family in REGISTRY.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        shown = re.search(rf"`{name}\{{([a-z,]+)\}}`", TEXT)
        for sample in family.samples:
            if sample.name.endswith(("_created", "_bucket")) or not family.name.startswith("pavilion_"):
                continue
            assert set(sample.labels) == (set(shown[1].split(",")) if shown else set()), sample


@pytest.mark.parametrize("number", range(1, 10))
def test_each_promise_has_a_measure(number: int) -> None:
    [row] = [line for line in TEXT.splitlines() if line.startswith(f"| G{number} ")]
    assert re.search(r"pavilion_[a-z_]+", row)
