"""What the commands share: how they answer, and the loop that they run in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

import typer

from schemas.settings import Settings, load_settings

AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]


def say(line: str) -> None:
    typer.echo(line)


def tell(line: str) -> None:
    """To standard error: not part of the answer."""
    typer.echo(line, err=True)


def run_async(main: Callable[[Settings], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(main(load_settings()))
