"""Judges the round in a directory and writes `report.json` and `report.md` there; exits with 1 on a violation."""

import argparse
import json
import sys
from pathlib import Path

from tests.chaos.verifier.evidence import collect
from tests.chaos.verifier.report import as_markdown, judge


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.verifier", description=__doc__)
    parser.add_argument("--directory", type=Path, required=True, help="of a round whose services are still running")
    directory = parser.parse_args().directory
    report = judge(collect(directory))
    (directory / "report.json").write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    text = as_markdown(report)
    (directory / "report.md").write_text(text)
    sys.stdout.write(text)
    sys.stdout.write(f"\n{report['violations']} violations; the report is in {directory}\n")
    return 1 if report["violations"] else 0


if __name__ == "__main__":
    sys.exit(main())
