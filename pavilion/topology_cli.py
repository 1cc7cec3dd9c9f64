"""``pavilion new`` and ``pavilion topology``: for whoever writes agents."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from pavilion.console import AsJson, run_async, say
from pavilion.logs import configure
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


@topology.command("check")
def check_topology(
    baseline: Annotated[
        Path | None, typer.Option(help="Schemas of an earlier state; without it those in schemas/json.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Leave out what the log has.")] = False,
    as_json: AsJson = False,
) -> None:
    """Find what is wrong before it runs: one line for each finding, exit code 1 if one is an error.

    Missing topics and cursors, keys on the wrong partition, renamed agents, retries beyond the ids' memory, topics that
    differ in partitions, steps and agents that nothing reaches, tables without bounds, types that no longer read what
    is stored. Changes nothing, and may be run beside a running platform.
    """
    configure(logging.WARNING)
    from pavilion.topology_check import check_topology as check
    from schemas.export import DIRECTORY

    run_async(
        lambda settings: check(settings, say, baseline=baseline or DIRECTORY, offline=offline, as_json=as_json)
    )
