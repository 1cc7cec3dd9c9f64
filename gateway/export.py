"""OpenAPI of REST, AsyncAPI of the socket and the topics: ``python -m gateway.export`` writes them to ``schemas``.

They are checked in, so that a change of a contract is seen as one; ``--check`` says whether they equal the types.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gateway.app import API_ROUTES
from gateway.asyncapi import asyncapi
from gateway.document_routes import DIRECTORY
from gateway.openapi import openapi
from schemas.components import text

COMMAND = "python -m gateway.export"


def documents() -> dict[str, str]:
    """The text of each document by its file name."""
    return {"openapi.json": text(openapi(API_ROUTES)), "asyncapi.json": text(asyncapi())}


def export_documents(directory: Path = DIRECTORY) -> list[Path]:
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in documents().items():
        path = directory / name
        path.write_text(content, encoding="utf-8")
        written.append(path)
    return written


def differences(directory: Path = DIRECTORY) -> list[str]:
    """One line for each document that is missing or does not equal the types."""
    return [
        f"{name} differs"
        for name, content in documents().items()
        if not (directory / name).exists() or (directory / name).read_text(encoding="utf-8") != content
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog=COMMAND, description="Write openapi.json and asyncapi.json to schemas.")
    parser.add_argument("--check", action="store_true", help="only fail if a document does not equal the types")
    if not parser.parse_args().check:
        sys.stdout.write("\n".join(map(str, export_documents())) + "\n")
    elif found := differences():
        sys.exit("\n".join([*found, f"run `{COMMAND}`"]))


if __name__ == "__main__":
    main()
