"""Grafana's dashboards: ``python -m infra.monitoring.dashboards`` writes them to ``grafana/dashboards``.

They are checked in, for those who mount or import them; ``--check`` says whether they equal their declarations.
``--runbook`` and ``--console`` are where your docs/runbook and your gateway are, and ``--directory`` where to write.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from infra.monitoring.grafana import as_json
from infra.monitoring.panels import DASHBOARDS

DIRECTORY = Path(__file__).parent / "grafana" / "dashboards"
COMMAND = "python -m infra.monitoring.dashboards"
RUNBOOK = "https://runbook.example.com/pavilion"
CONSOLE = "http://127.0.0.1:8000/console"


def dashboards(*, runbook: str = RUNBOOK, console: str = CONSOLE) -> dict[str, str]:
    """The text of each file by its name."""
    made = {one.name: as_json(one, runbook=runbook, console=console) for one in DASHBOARDS}
    return {f"{name}.json": json.dumps(body, indent=1, ensure_ascii=False) + "\n" for name, body in made.items()}


def differences(directory: Path = DIRECTORY) -> list[str]:
    """One line for each file that is missing, differs, or has no declaration."""
    wanted = dashboards()
    found = {path.name: path.read_text(encoding="utf-8") for path in directory.glob("*.json")}
    return [f"{name} differs" for name in sorted(wanted.keys() | found.keys()) if wanted.get(name) != found.get(name)]


def main() -> None:
    parser = argparse.ArgumentParser(prog=COMMAND, description="Write Grafana's dashboards.")
    parser.add_argument("--check", action="store_true", help="only fail if a file does not equal its declaration")
    parser.add_argument("--runbook", default=RUNBOOK, metavar="URL", help=f"of docs/runbook ({RUNBOOK})")
    parser.add_argument("--console", default=CONSOLE, metavar="URL", help=f"of the gateway's console ({CONSOLE})")
    parser.add_argument("--directory", type=Path, default=DIRECTORY, help="made if it is not there")
    arguments = parser.parse_args()
    if arguments.check:
        if found := differences(arguments.directory):
            sys.exit("\n".join([*found, f"run `{COMMAND}`"]))
        return
    arguments.directory.mkdir(parents=True, exist_ok=True)
    for name, text in dashboards(runbook=arguments.runbook, console=arguments.console).items():
        (arguments.directory / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{arguments.directory / name}\n")


if __name__ == "__main__":
    main()
