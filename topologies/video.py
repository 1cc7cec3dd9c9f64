"""Video events tell the owner; an upload tells the creator's followers, page by page."""

from collections.abc import Iterator

from schemas.events import VideoCommented, VideoEvent, VideoLiked, VideoUploaded
from schemas.notifications import Notification
from schemas.records import AudiencePage
from streams import Dedup, Emit, Lookup, Profile, Profiles, Retry, Suppressed, Write, names, plan, profiles
from topologies.base import (
    actor_of,
    app,
    audience_pages,
    dead_letters,
    event_identity,
    introduce,
    notifications,
    tell,
    video_events,
)

seen = app.WindowTable("video-seen")


@app.agent(video_events)
@plan(
    dedup=Dedup(seen, key=event_identity),
    lookup=Lookup(profiles, of=lambda event: event.actor),
    write=Write(names, of=Profile),
    emit=(notifications, Emit(audience_pages, of=AudiencePage)),
    retry=Retry(),
    dead_letter=dead_letters,
)
def video(event: VideoEvent, found: Profiles) -> Iterator[Notification | AudiencePage | Profile | Suppressed]:
    """Likes, shares and comments tell the video's owner; an upload begins a page of followers."""
    yield from introduce(event)
    if isinstance(event, VideoUploaded):
        yield AudiencePage(event=event)
        return
    data, ids = event.data, {"video_id": event.data.video_id}
    if isinstance(event, VideoCommented):
        content = f"commented on your video “{data.title}”: {event.data.text}"
        ids["comment_id"] = event.data.comment_id
    else:
        content = f"{'liked' if isinstance(event, VideoLiked) else 'shared'} your video “{data.title}”"
    yield tell(event, data.owner_id, actor_of(event, found), content, f"video/{data.video_id}", **ids)
