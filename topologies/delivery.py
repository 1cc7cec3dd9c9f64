"""Notifications go to history, then to the inbox, then to the fan-out topic; keyed by recipient, so in order."""

from collections.abc import Iterator

from schemas.records import Added, NotificationRecord
from streams import Emit, Retry, Write, history, inbox, plan
from topologies.base import app, dead_letters, fan_out, notifications, notifications_bulk

lanes = app.topic(*notifications.topics, *notifications_bulk.topics, value_type=NotificationRecord)


@app.agent(lanes)
@plan(
    write=(Write(history, of=NotificationRecord), Write(inbox, of=NotificationRecord)),
    emit=Emit(fan_out, of=Added),
    retry=Retry(),
    dead_letter=dead_letters,
    background=notifications_bulk,
)
def delivery(record: NotificationRecord) -> Iterator[NotificationRecord]:
    """Every notification is kept, placed in its recipient's inbox, and told to the gateways."""
    yield record
