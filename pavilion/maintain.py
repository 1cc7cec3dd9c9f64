"""``pavilion maintain``."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

from pavilion.console import run_async, say, tell
from pavilion.logs import configure

maintain = typer.Typer(help="Chores.", no_args_is_help=True)


@maintain.command("cleanup")
def cleanup() -> None:
    """Delete what is past its time. A running `pavilion run` does this by itself, Redis and Scylla do too."""
    configure(logging.WARNING)
    from pavilion.operate import clean

    run_async(lambda settings: clean(settings, say=say))


@maintain.command("backup")
def backup(
    destination: Annotated[
        str | None, typer.Argument(help="A directory or s3://BUCKET/PREFIX; by default PAVILION_BACKUP__URL.")
    ] = None,
    keep: Annotated[
        int | None, typer.Option(min=1, help="How many backups stay there; by default PAVILION_BACKUP__KEEP (4).")
    ] = None,
) -> None:
    """Write what the broker's topics hold, and where everyone stands in them; in the embedded mode its database.

    Workers and gateways go on meanwhile. What is interrupted is no backup, and the next one clears it away.
    """
    configure(logging.WARNING)
    from pavilion.backup import backup as run_backup

    run_async(lambda settings: run_backup(settings, destination, keep, say=say))


@maintain.command("restore")
def restore(
    source: Annotated[
        str | None, typer.Argument(help="Backups, of which the newest is taken, or one of them; PAVILION_BACKUP__URL.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Delete what is there first.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Make the topics again on an empty broker, before workers and gateways are started.

    Every record, and where everyone stood: what was not acknowledged is processed, what was is not told again.
    """
    configure(logging.WARNING)
    from pavilion.backup import restore as run_restore

    if replace and not yes:
        typer.confirm("Delete what is there for good?", abort=True)
    run_async(lambda settings: run_restore(settings, source, replace=replace, say=say))


@maintain.command("verify-backup")
def verify_backup(
    source: Annotated[
        str | None, typer.Argument(help="Backups, of which the newest is taken, or one of them; PAVILION_BACKUP__URL.")
    ] = None,
) -> None:
    """Read a backup as a whole, and say whether everything is there as it was written."""
    configure(logging.WARNING)
    from pavilion.backup import verify

    run_async(lambda settings: verify(settings, source, say=say))


@maintain.command("erase-user")
def erase_user(
    user_id: Annotated[str, typer.Argument(metavar="USER_ID", help="The user's UUID.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete what is stored about a user, and destroy the user's data key, so that no backup of it can be read.

    Takes a minute and a half where several processes may know the key. Doing it again changes nothing, or goes on
    where it was interrupted.
    """
    configure(logging.WARNING)
    from pavilion.user_keys import erase

    if not yes:
        typer.confirm(f"Erase the notifications, the name and the followers of {user_id} for good?", abort=True)
    run_async(lambda settings: erase(settings, user_id, say=say))


@maintain.command("rotate-keys")
def rotate_keys() -> None:
    """Wrap all data keys under the first key of PAVILION_ENCRYPTION__KEYS, after which the others may leave it.

    Every process must have been started with that first key before. May be interrupted, and repeated.
    """
    configure(logging.WARNING)
    from pavilion.user_keys import rotate_all

    run_async(lambda settings: rotate_all(settings, say=say, progress=tell))
