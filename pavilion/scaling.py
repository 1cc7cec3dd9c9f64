"""``pavilion scaling``: what a load takes, see docs/scaling.md."""

from __future__ import annotations

from typing import Annotated

import typer

from infra.scaling import Load, report
from pavilion.console import say


def scaling(
    users: Annotated[int, typer.Option(min=1, help="Users who are told something.")],
    connections: Annotated[int, typer.Option(min=1, help="Open at the peak.")],
    events_per_second: Annotated[float, typer.Option(min=0.001, help="At the peak.")],
    recipients: Annotated[float, typer.Option(min=0.001, help="Whom one event is told to, on average.")] = 1.5,
    retention_days: Annotated[int, typer.Option(min=1, help="As PAVILION_RETENTION_DAYS.")] = 90,
    inbox_items: Annotated[int, typer.Option(min=1, help="As PAVILION_INBOX__ITEMS.")] = 500,
    inbox_days: Annotated[int, typer.Option(min=1, help="As PAVILION_INBOX__DAYS.")] = 7,
    partitions: Annotated[int, typer.Option(min=1, help="As PAVILION_TOPICS__PARTITIONS.")] = 16,
) -> None:
    """Say how many machines of each part a load takes on paper, and what is full first.

    From costs measured on one machine; it asks nobody, and needs nothing that runs.
    """
    load = Load(
        users,
        connections,
        events_per_second,
        recipients=recipients,
        retention_days=retention_days,
        inbox_items=inbox_items,
        inbox_days=inbox_days,
        partitions=partitions,
    )
    for line in report(load):
        say(line)
