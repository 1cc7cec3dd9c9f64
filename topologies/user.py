"""User events tell the followed, the mentioned and the tagged; a follow also joins the audience of later uploads."""

from collections.abc import Iterator

from schemas.events import UserEvent, UserFollowed, UserMentioned
from schemas.notifications import Notification
from streams import Dedup, Follow, Lookup, Profile, Profiles, Retry, Suppressed, Write, follows, names, plan, profiles
from topologies.base import actor_of, app, dead_letters, event_identity, introduce, notifications, tell, user_events

seen = app.WindowTable("user-seen")


@app.agent(user_events)
@plan(
    dedup=Dedup(seen, key=event_identity),
    lookup=Lookup(profiles, of=lambda event: event.actor),
    write=(Write(names, of=Profile), Write(follows, of=Follow)),
    emit=notifications,
    retry=Retry(),
    dead_letter=dead_letters,
)
def user(event: UserEvent, found: Profiles) -> Iterator[Notification | Follow | Profile | Suppressed]:
    """A follow, a mention or a tag tells the user it is about."""
    yield from introduce(event)
    actor = actor_of(event, found)
    if isinstance(event, UserFollowed):
        if event.data.followed_id != event.actor:
            yield Follow(str(event.actor), str(event.data.followed_id), event.time_ms)
        yield tell(event, event.data.followed_id, actor, "started following you", f"user/{event.actor}")
    elif isinstance(event, UserMentioned):
        data = event.data
        ids = {"video_id": data.video_id, "comment_id": data.comment_id}
        yield tell(event, data.mentioned_id, actor, f"mentioned you: {data.text}", f"video/{data.video_id}", **ids)
    else:
        tagged = event.data
        subject, content = f"video/{tagged.video_id}", f"tagged you in “{tagged.title}”"
        yield tell(event, tagged.tagged_id, actor, content, subject, video_id=tagged.video_id)
