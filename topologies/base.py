"""The app, its topics, and what the topologies share."""

from collections.abc import Iterator
from uuid import UUID

from schemas.events import CloudEvent, CommentEvent, UserEvent, VideoEvent
from schemas.notifications import Actor, Notification, make_notification
from schemas.records import AudiencePage, NotificationRecord
from schemas.times import to_ms
from streams import App, Profile, Profiles, Suppressed

app = App("pavilion")

video_events = app.topic("video-events", value_type=VideoEvent)
comment_events = app.topic("comment-events", value_type=CommentEvent)
user_events = app.topic("user-events", value_type=UserEvent)
audience_pages = app.topic("audience-pages", value_type=AudiencePage)
notifications = app.topic("notifications", value_type=NotificationRecord)
notifications_bulk = app.topic("notifications-bulk", value_type=NotificationRecord)
fan_out = app.topic("fan-out")
dead_letters = app.topic("dead-letters")


def event_identity(event: CloudEvent) -> str:
    """What deduplication compares: source and id."""
    return event.identity


def actor_of(event: CloudEvent, found: Profiles) -> Actor:
    """Who did it, by the name in the event or the one in the profiles."""
    return Actor(id=str(event.actor), name=event.data.actor_name or found.get(event.actor))


def introduce(event: CloudEvent) -> Iterator[Profile]:
    """The name that an event tells of its actor."""
    if event.data.actor_name:
        yield Profile(str(event.actor), event.data.actor_name, event.time_ms)


def tell(
    event: CloudEvent, recipient: UUID, actor: Actor, content: str, subject: str, **ids: UUID | None
) -> Notification | Suppressed:
    """A notification of the event for one recipient; nobody is told of what they did themselves.

    The id comes from the event's identity, except for a posted comment: two services tell of it, in events of their
    own, so there it comes from the comment and the time it was posted.
    """
    if recipient == event.actor:
        return Suppressed(recipient, "own-action")
    posted_at = getattr(event.data, "commented_at", None)
    metadata = {name: str(value) for name, value in ids.items() if value is not None}
    return make_notification(
        recipient=recipient,
        type=event.verb,
        content=f"{actor.name or 'Someone'} {content}",
        subject=subject,
        subject_key=event.identity if posted_at is None else f"comment/{event.data.comment_id}",
        family=event.verb if posted_at is None else "comment.posted",
        created_ms=event.time_ms if posted_at is None else to_ms(posted_at),
        actor=actor,
        metadata={**metadata, "event_id": event.id},
    )
