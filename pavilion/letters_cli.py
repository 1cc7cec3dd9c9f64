"""``pavilion dead-letters``."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

from pavilion.console import AsJson, run_async, say
from pavilion.logs import configure
from schemas.dead_letters import ALL, LetterFilter, State

dead_letters = typer.Typer(help="What could not be processed.", no_args_is_help=True)

Topic = Annotated[str | None, typer.Option(help="Only what came from this topic.")]
Type = Annotated[str | None, typer.Option(help="Only this type of event: video.liked, or its full name.")]
Error = Annotated[str | None, typer.Option(help="Only this error, as `list` names it: InvalidEventType.")]
Agent = Annotated[str | None, typer.Option(help="Only what this agent put aside.")]
Text = Annotated[str | None, typer.Option(help="Only with this in the bytes, the reason, the key or the id.")]
Since = Annotated[str | None, typer.Option("--from", help="Put aside at this time or later: 2026-11-22T14:00:00Z.")]
Until = Annotated[str | None, typer.Option("--to", help="Put aside before this time.")]


@dead_letters.command("list")
def list_dead_letters(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 50,
    after: Annotated[str | None, typer.Option(help="Go on after the letter with this id.")] = None,
    topic: Topic = None,
    type: Type = None,
    error: Error = None,
    agent: Agent = None,
    text: Text = None,
    since: Since = None,
    until: Until = None,
    pending: Annotated[bool, typer.Option("--pending", help="Only what was not replayed since it failed.")] = False,
    replayed: Annotated[bool, typer.Option("--replayed", help="Only what was replayed.")] = False,
    as_json: AsJson = False,
) -> None:
    """List dead letters, oldest first: when, where from, why, and who replayed them."""
    configure(logging.WARNING)
    from pavilion.letters import list_letters

    if pending and replayed:
        raise typer.BadParameter("give either --pending or --replayed")
    state: State | None = "pending" if pending else "replayed" if replayed else None
    chosen = LetterFilter(
        topic=topic, type=type, error=error, agent=agent, text=text, since=since, until=until, state=state
    )
    run_async(lambda settings: list_letters(settings, chosen, limit=limit, after=after, as_json=as_json, say=say))


@dead_letters.command("show")
def show_dead_letter(
    id: Annotated[str, typer.Argument(help="The letter's id, from `dead-letters list`.")],
    as_json: AsJson = False,
) -> None:
    """Show one dead letter with its original bytes."""
    configure(logging.WARNING)
    from pavilion.letters import show_letter

    run_async(lambda settings: show_letter(settings, id, as_json=as_json, say=say))


@dead_letters.command("replay")
def replay_dead_letters(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]", help="These letters, or give filters.")] = None,
    all: Annotated[bool, typer.Option("--all", help="Everything that is pending.")] = False,
    topic: Topic = None,
    type: Type = None,
    error: Error = None,
    agent: Agent = None,
    text: Text = None,
    since: Since = None,
    until: Until = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say how many, and publish nothing.")] = False,
    rate: Annotated[float | None, typer.Option(min=0.01, help="At most so many letters a second.")] = None,
    by: Annotated[str | None, typer.Option(help="Who does it, for the audit; by default who is logged in.")] = None,
    as_json: AsJson = False,
) -> None:
    """Publish letters again to where they failed, oldest first, once their cause is gone.

    By filter only what is pending is replayed; an id names a letter whatever became of it. Doing it twice changes
    nothing for users. What fails again is the same letter with one more attempt, and pending again.
    """
    configure(logging.WARNING)
    from pavilion.letters import replay_letters

    chosen = LetterFilter(topic=topic, type=type, error=error, agent=agent, text=text, since=since, until=until)
    if bool(ids) + (chosen != ALL) + all != 1:
        raise typer.BadParameter("give either ids, filters, or --all")
    run_async(
        lambda settings: replay_letters(
            settings, ids or (), chosen, dry_run=dry_run, rate=rate, by=by, as_json=as_json, say=say
        )
    )


@dead_letters.command("audit")
def show_audit(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List who replayed what, when, and with which result, newest first."""
    configure(logging.WARNING)
    from pavilion.letters import show_audit

    run_async(lambda settings: show_audit(settings, limit=limit, as_json=as_json, say=say))
