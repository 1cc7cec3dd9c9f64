"""Commands in this process."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from unittest.mock import patch

import structlog
from click.testing import Result
from typer.testing import CliRunner

from pavilion.cli import cli


def invoke(words: Sequence[str], environment: Mapping[str, str] | None = None, *, catch: bool = True) -> Result:
    """Run one, without its set-up of logs: the loggers of this process would keep the stream that ends with it."""
    with patch.object(structlog, "configure"), patch.object(logging, "basicConfig"):
        return CliRunner(env=environment).invoke(cli, list(words), catch_exceptions=catch)
