"""The command line. Every command exits non-zero on failure, with one line that says why."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path
from typing import Annotated

import faust.exceptions
import typer

from pavilion.console import AsJson, run_async, say, tell
from pavilion.letters_cli import dead_letters
from pavilion.logs import configure
from pavilion.maintain import maintain
from pavilion.scaling import scaling
from pavilion.stats_cli import stats
from pavilion.topology_cli import new, topology
from schemas.backfill import DEFAULT_RATE, BackfillRequest
from schemas.errors import NotificationError
from schemas.explain import MOST_RECORDS
from schemas.settings import SettingsError, load_settings

cli = typer.Typer(
    name="pavilion",
    help="Platform events become notifications in a user's inbox and on the user's WebSocket.\n\n"
    "Settings are environment variables with the prefix PAVILION_, see docs/settings.md.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
events = typer.Typer(help="Platform events.", no_args_is_help=True)
schemas = typer.Typer(help="JSON Schemas, OpenAPI and AsyncAPI of what crosses a boundary.", no_args_is_help=True)
for name, group in (
    ("events", events),
    ("dead-letters", dead_letters),
    ("topology", topology),
    ("new", new),
    ("schemas", schemas),
    ("maintain", maintain),
):
    cli.add_typer(group, name=name)
cli.command()(stats)
cli.command("scaling")(scaling)


# -- processes


@cli.command()
def run(
    reload: Annotated[
        bool | None, typer.Option("--reload/--no-reload", help="Begin anew when code changes; on in a source tree.")
    ] = None,
) -> None:
    """Run everything in one process: the embedded log and stores, worker, gateway, and a demo page.

    Listens on PAVILION_GATEWAY__PORT (8000) and keeps its data under PAVILION_DATA_DIR (.pavilion).
    PAVILION_DEMO=0 turns the demo page and its event generator off.
    """
    configure(logging.WARNING)
    settings = load_settings()
    from pavilion.reload import run_reloading, source_tree

    root = source_tree()
    if reload and root is None:
        raise NotificationError("run", "--reload: an installed package has no source tree to watch")
    if root is not None and reload is not False:
        run_reloading(root, settings, say, tell)
        return
    from pavilion import process

    process.run_process(lambda stop: process.everything(settings, stop, say))


@cli.command()
def worker(
    processes: Annotated[int, typer.Option(min=1, max=64, help="How many workers, each a process of its own.")] = 1,
    until_stdin_closes: Annotated[bool, typer.Option("--until-stdin-closes", hidden=True)] = False,
) -> None:
    """Run the agents on Pulsar; health, metrics and statistics on PAVILION_WORKER__PORT (6066).

    Workers with the same broker and namespace share the partitions. With --processes, worker k of N listens on the
    port + k, and one that ends is started again.
    """
    configure(logging.INFO)
    settings = load_settings()
    from pavilion import process
    from pavilion.processes import run_workers

    async def one(stop: process.Stop) -> None:
        watching = asyncio.create_task(process.stop_at_end_of_input(stop)) if until_stdin_closes else None
        try:
            await process.worker(settings, stop, say)
        finally:
            if watching is not None:
                watching.cancel()

    process.refuse_embedded(settings, "worker")
    process.run_process(one if processes == 1 else lambda stop: run_workers(settings, processes, stop, say))


@cli.command()
def drain() -> None:
    """Let the worker on PAVILION_WORKER__PORT finish what it has and hand its partitions to the others.

    It stays up, unready, until it is stopped. Waits until nothing is owned any more.
    """
    configure(logging.WARNING)
    from pavilion.operate import drain_worker

    run_async(lambda settings: drain_worker(settings, say=say))


@cli.command()
def gateway() -> None:
    """Serve WebSocket and REST on PAVILION_GATEWAY__PORT (8000)."""
    configure(logging.INFO)
    settings = load_settings()
    from pavilion import process

    process.run_process(lambda stop: process.gateway(settings, stop, say))


@cli.command()
def migrate() -> None:
    """Make topics, subscriptions, retention and the CQL schema; safe to repeat, and changes no partition counts."""
    configure(logging.WARNING)
    from pavilion.migrate import migrate as run_migrate

    run_async(lambda settings: run_migrate(settings, say))


# -- events


@events.command("publish")
def publish_events(
    source: Annotated[str, typer.Argument(metavar="FILE|-", help="CloudEvents, one a line or one JSON array.")] = "",
    demo: Annotated[bool, typer.Option("--demo", help="Publish made-up events of all ten types instead.")] = False,
    count: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many, with --demo.")] = 100,
    raw: Annotated[bool, typer.Option("--raw", help="Publish each line as it is, unchecked.")] = False,
    group: Annotated[str, typer.Option(help="With --raw: video, comment or user events.")] = "video",
) -> None:
    """Publish events and wait until the log has them.

    Each event is checked first; the first that is not valid is named by its number, and nothing is published. --raw
    is for trying what happens to bytes that are no events: they become dead letters.
    """
    configure(logging.WARNING)
    from pavilion.publish import publish

    if demo == bool(source):
        raise typer.BadParameter("give either FILE (- for standard input) or --demo")
    content = b"" if demo else sys.stdin.buffer.read() if source == "-" else _read(Path(source))
    made, unchecked = count if demo else 0, group if raw else None
    run_async(lambda settings: publish(settings, content, demo=made, raw=unchecked, say=say))


@events.command("example")
def example_event(
    type: Annotated[str, typer.Argument(metavar="TYPE", help="Such as pavilion.video.liked.v1.")],
) -> None:
    """Print a made-up event of any type that tells the demo user something, for `pavilion events publish -`."""
    from pavilion.example import example

    say(example(type).decode())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotificationError("read events", f"{path}: {error.strerror}") from error


@cli.command("replay")
def replay_events(
    since: Annotated[str, typer.Option("--from", help="Published at this time or later: 2026-11-22T14:00:00Z.")],
    until: Annotated[str | None, typer.Option("--to", help="Published before this time; by default now.")] = None,
    agent: Annotated[str | None, typer.Option(help="Only for this agent.")] = None,
    topic: Annotated[str | None, typer.Option(help="Only from this topic.")] = None,
    rate: Annotated[float, typer.Option(min=1, help="At most so many events a second.")] = DEFAULT_RATE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say how many, and publish nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Give events of the past to their agents once more, after a rule was mended: nobody is told twice.

    Topics of events keep 7 days; an earlier time is refused. It waits for agents that fall behind, and for a broker
    that is away. Interrupted, it says how to go on; doing it again changes nothing.
    """
    configure(logging.WARNING)
    from pavilion.backfill_cli import replay_events as replay

    chosen = BackfillRequest(since=since, until=until, agent=agent, topic=topic, rate=rate, dry_run=dry_run)
    run_async(lambda settings: replay(settings, chosen, as_json=as_json, say=say, tell=tell))


@cli.command("explain")
def explain_event(
    id: Annotated[str | None, typer.Argument(metavar="[EVENT_ID|USER_ID]", help="An event's id, or a user's.")] = None,
    event: Annotated[str | None, typer.Option(help="The event, where the id might be a user's.")] = None,
    user: Annotated[str | None, typer.Option(help="Only what became of the event for this user.")] = None,
    since: Annotated[str | None, typer.Option(help="Look for the event from here on: 2026-11-22T14:00:00Z.")] = None,
    most: Annotated[int, typer.Option(min=1, help="Give up after so many records.")] = MOST_RECORDS,
    as_json: AsJson = False,
) -> None:
    """Say why a user was told of an event, or was not; of a user alone, what is stored.

    Never what a notification says. Exits with 3 if somebody who was asked about was not told.
    """
    configure(logging.WARNING)
    from pavilion.explain_cli import explain

    if (id is None and event is None and user is None) or (id is not None and event is not None and user is not None):
        raise typer.BadParameter("give an event, a user, or one of each")
    run_async(
        lambda settings: explain(
            settings, id, event=event, user=user, since=since, most=most, as_json=as_json, say=say, tell=tell
        )
    )


# -- tables, schemas


@cli.command()
def tables(as_json: AsJson = False) -> None:
    """Show the window tables of all workers, asked of the one on PAVILION_WORKER__PORT, or of `pavilion run`."""
    configure(logging.WARNING)
    from pavilion.operate import show_tables

    run_async(lambda settings: show_tables(settings, as_json=as_json, say=say))


@schemas.command("export")
def export_schemas(
    directory: Annotated[Path, typer.Argument(help="Made if it is not there.")],
    breaking: Annotated[bool, typer.Option("--breaking", help="Also what no longer reads stored events.")] = False,
) -> None:
    """Write the JSON Schema of every event, record, frame and setting into DIRECTORY.

    Refused if a type no longer reads what was stored under the schema that is there.
    """
    from schemas.export import export_schemas as export

    written = export(directory, breaking=breaking)
    say(f"{len(written)} schemas in {directory}")


@schemas.command("openapi")
def print_openapi() -> None:
    """Print the OpenAPI document of REST; a gateway serves it at /v1/openapi.json."""
    from gateway.export import documents

    say(documents()["openapi.json"])


@schemas.command("asyncapi")
def print_asyncapi() -> None:
    """Print the AsyncAPI document of the socket and the topics; a gateway serves it at /v1/asyncapi.json."""
    from gateway.export import documents

    say(documents()["asyncapi.json"])


@schemas.command("avro")
def print_avro(
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="A topic of events, such as video-events.")],
) -> None:
    """Print the schema of a topic of events, as `pavilion migrate` registers it: an Avro record, for JSON payloads."""
    from streams.topics import required_topics
    from topologies import app

    found = {spec.name: spec.schema for spec in required_topics(load_settings(), app.conf.id, app.specs())}
    schema = found.get(topic)
    if schema is None:
        known = ", ".join(sorted(name for name, one in found.items() if one is not None))
        raise NotificationError("print schema", f"{topic} is no topic of events; there are {known}")
    say(schema)


def main() -> None:
    try:
        cli()
    except (NotificationError, SettingsError, faust.exceptions.ImproperlyConfigured) as error:
        tell(f"pavilion: {error}")
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
