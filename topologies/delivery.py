"""Notifications go to history, then to the inbox, then to the fan-out topic; keyed by recipient, so in order."""

from collections.abc import Iterator
from datetime import timedelta

from schemas.records import Added, NotificationRecord
from streams import Consents, Emit, Lookup, Retry, Suppressed, Write, consents, history, inbox, plan
from topologies.base import app, dead_letters, fan_out, notifications, notifications_bulk

lanes = app.topic(*notifications.topics, *notifications_bulk.topics, value_type=NotificationRecord)


@app.agent(lanes)
@plan(
    # Half a second, and what writing takes: an opt-out holds within a second.
    lookup=Lookup(consents, of=lambda record: record.notification.user_id, fresh=timedelta(milliseconds=500)),
    write=(Write(history, of=NotificationRecord), Write(inbox, of=NotificationRecord)),
    emit=Emit(fan_out, of=Added),
    retry=Retry(),
    dead_letter=dead_letters,
    background=notifications_bulk,
)
def delivery(record: NotificationRecord, found: Consents) -> Iterator[NotificationRecord | Suppressed]:
    """A notification its recipient consents to is kept, placed in the inbox, and told to the gateways."""
    if found.allow(record.notification):
        yield record
    else:
        yield Suppressed(record.notification.user_id, "opted-out")
