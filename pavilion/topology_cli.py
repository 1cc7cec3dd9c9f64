"""``pavilion new`` and ``pavilion topology``: for whoever writes agents."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import typer

from pavilion.console import say
from schemas.settings import load_settings

new = typer.Typer(help="Begin something new in the source tree.", no_args_is_help=True)
topology = typer.Typer(help="The declared agents.", no_args_is_help=True)


@new.command("agent")
def agent(
    name: Annotated[str, typer.Argument(help="Of the agent, and for good: it names its cursors and its log.")],
    event: Annotated[
        str | None, typer.Option(help="The type of event it reads; without it pavilion.NAME.created.v1.")
    ] = None,
) -> None:
    """Write a type of event, an agent that tells its owner, and a test that passes.

    Nothing that is there is overwritten. The tutorial (docs/tutorial.md) goes on from here.
    """
    load_settings()
    from pavilion.new_agent import new_agent

    new_agent(name, event, say)


@topology.command("show")
def show_topology(
    format: Annotated[str, typer.Option(help="text, json, mermaid or svg.")] = "text",
) -> None:
    """Show the agents, their steps, and what they read and write."""
    load_settings()
    from streams.graph import as_mermaid, as_text, describe
    from streams.svg import as_svg
    from topologies import app

    shapes: dict[str, Callable[[dict[str, Any]], str]] = {
        "text": as_text,
        "mermaid": as_mermaid,
        "svg": as_svg,
        "json": partial(json.dumps, indent=2),
    }
    if format not in shapes:
        raise typer.BadParameter(f"{format!r} is none of {', '.join(shapes)}")
    say(shapes[format](describe(app.specs())))
