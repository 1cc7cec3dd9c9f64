"""A seeded round, as `make chaos` plays it: every kind of fault, and no guarantee violated."""

import json
import os
import sys
from pathlib import Path

import pytest

from infra.local.processes import Process
from tests.chaos.nemesis import KINDS

SEED = int(os.environ.get("CHAOS_SEED", "4"))
SECONDS = 75
LIMIT_SECONDS = 900.0
"""Far more than a round takes, even where starts are slow: when this has passed something hangs."""


@pytest.mark.guarantee("G1")
@pytest.mark.guarantee("G2")
@pytest.mark.guarantee("G3")
@pytest.mark.guarantee("G4")
@pytest.mark.guarantee("G5")
@pytest.mark.guarantee("G6")
@pytest.mark.guarantee("G7")
@pytest.mark.guarantee("G8")
async def test_a_round_with_every_fault_violates_nothing(tmp_path: Path) -> None:
    log = tmp_path / "round.log"
    arguments = ["--seconds", str(SECONDS), "--seed", str(SEED), "--directory", str(tmp_path)]
    process = Process([sys.executable, "-m", "tests.chaos", *arguments], log=log, cwd=Path(__file__).parents[2])
    try:
        status = process.wait(LIMIT_SECONDS)
    finally:
        process.terminate(30)
    assert status == 0, f"{log.read_text()}\nlogs are in {tmp_path}"
    report = json.loads((tmp_path / "report.json").read_text())
    assert set(report["faults"]) == set(KINDS)
    assert all(claim["checked"] > 0 for claim in report["claims"])
