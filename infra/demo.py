"""Plausible events without a platform: a handful of people who follow, upload, like, comment, mention and tag."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from schemas.events import (
    CommentCreated,
    CommentCreatedData,
    CommentLiked,
    CommentLikedData,
    CommentReplied,
    CommentRepliedData,
    Event,
    UserFollowed,
    UserFollowedData,
    UserMentioned,
    UserMentionedData,
    UserTagged,
    UserTaggedData,
    VideoCommented,
    VideoCommentedData,
    VideoLiked,
    VideoReactionData,
    VideoShared,
    VideoUploaded,
    VideoUploadedData,
)
from schemas.times import from_ms, now_ms

SOURCE = "/demo"
FAVOURITE_SHARE = 0.75
"""How often an event is about the favourite, where it has a choice."""

FIRST_FOLLOWS = 3
REMEMBERED = 50

_TITLES = (
    "Holiday",
    "First snow",
    "How to bake rye bread",
    "Night train to Lisbon",
    "Unboxing nothing",
    "Tuning a piano by ear",
    "Three days on the Danube",
    "Repairing a 1978 radio",
)
_TEXTS = (
    "Where was this?",
    "Made my day.",
    "More of these, please!",
    "The light at 1:20 is unreal.",
    "Agreed.",
    "I laughed so hard at the end 😂",
    "Which camera did you use?",
    "Das muss ich auch versuchen!",
)
_WEIGHTS = {
    "video_liked": 5,
    "video_commented": 3,
    "comment_liked": 3,
    "comment_replied": 2,
    "comment_created": 2,
    "video_shared": 1,
    "video_uploaded": 1,
    "user_mentioned": 1,
    "user_tagged": 1,
    "user_followed": 1,
}


class _Video(NamedTuple):
    id: UUID
    owner: UUID
    title: str


class _Comment(NamedTuple):
    id: UUID
    author: UUID
    video: _Video


def demo_events(
    seed: int | None = None,
    *,
    users: Mapping[str, str] | Mapping[UUID, str],
    favourite: UUID | str | None = None,
    count: int | None = None,
    duplicates: float = 0.0,
    clock: Callable[[], int] = now_ms,
) -> Iterator[Event]:
    """Events of all ten types by ``users`` (names by id), endless or ``count`` of them; follows come first.

    Most tell ``favourite`` something, who need not be one of ``users`` and only follows. Every 20 events after the
    follows hold each type. ``duplicates`` is the share of events that come again unchanged, such as 0.1. The time of an
    event is that of ``clock`` when it is taken. A seed gives the same ids again, within the window all duplicates then.

    Raises:
        ValueError: with fewer than two users besides the favourite, or an id that is not a UUID.
    """
    world = _World(random.Random(seed), {_uuid(user): name for user, name in users.items()}, favourite, clock)
    return _with_duplicates(world, count, duplicates)


def _with_duplicates(world: _World, count: int | None, duplicates: float) -> Iterator[Event]:
    recent: deque[Event] = deque(maxlen=REMEMBERED)
    events, given = world.events(), 0
    while count is None or given < count:
        given += 1
        if recent and world.rng.random() < duplicates:
            yield world.rng.choice(recent)
        else:
            recent.append(next(events))
            yield recent[-1]


def _uuid(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


class _World:
    """Who there is, which videos and comments there are; each method makes one event and remembers what it made."""

    def __init__(
        self, rng: random.Random, names: dict[UUID, str], favourite: UUID | str | None, clock: Callable[[], int]
    ) -> None:
        self.rng = rng
        self._names = names
        self._favourite = None if favourite is None else _uuid(favourite)
        self._clock = clock
        self._actors = [user for user in names if user != self._favourite]
        if len(self._actors) < 2:
            raise ValueError("the demo needs two users besides the favourite")
        everyone = [*self._actors, *([] if self._favourite is None else [self._favourite])]
        # What was there before the first event: everyone has a video, and a comment under another's.
        self._videos = deque([_Video(self._new_id(), user, rng.choice(_TITLES)) for user in everyone], REMEMBERED)
        self._comments = deque(
            [_Comment(self._new_id(), user, self._video_of_another(user)) for user in everyone], REMEMBERED
        )

    def events(self) -> Iterator[Event]:
        for followed, follower in self._first_follows():
            yield self._follow(followed, follower)
        while True:
            verbs = [verb for verb, weight in _WEIGHTS.items() for _ in range(weight)]
            self.rng.shuffle(verbs)
            for verb in verbs:
                yield getattr(self, f"_{verb}")()

    def _first_follows(self) -> Iterator[tuple[UUID, UUID]]:
        some = self._actors[:FIRST_FOLLOWS]
        centre = self._favourite or self._actors[-1]
        yield from ((centre, user) for user in some if user != centre)
        yield from ((user, centre) for user in some if user != centre)

    # -- choices

    def _new_id(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)

    def _recipient(self) -> UUID:
        if self._favourite is not None and self.rng.random() < FAVOURITE_SHARE:
            return self._favourite
        return self.rng.choice(self._actors)

    def _actor(self, recipient: UUID) -> UUID:
        return self.rng.choice([user for user in self._actors if user != recipient])

    def _video_of(self, owner: UUID) -> _Video:
        known = [video for video in self._videos if video.owner == owner]
        if not known:  # forgotten since
            known = [_Video(self._new_id(), owner, self.rng.choice(_TITLES))]
            self._videos.append(known[0])
        return self.rng.choice(known)

    def _video_of_another(self, user: UUID) -> _Video:
        return self._video_of(self._actor(user))

    def _comment_of(self, author: UUID) -> _Comment:
        known = [comment for comment in self._comments if comment.author == author]
        if not known:
            known = [_Comment(self._new_id(), author, self._video_of_another(author))]
            self._comments.append(known[0])
        return self.rng.choice(known)

    # -- events, one method a type

    def _video_uploaded(self) -> Event:
        # The favourite follows these, so the upload tells the favourite.
        video = _Video(self._new_id(), self.rng.choice(self._actors[:FIRST_FOLLOWS]), self.rng.choice(_TITLES))
        self._videos.append(video)
        name = self._names.get(video.owner)
        data = VideoUploadedData(video_id=video.id, actor_id=video.owner, title=video.title, actor_name=name)
        return self._event(VideoUploaded, data)

    def _video_liked(self) -> Event:
        return self._event(VideoLiked, self._reaction())

    def _video_shared(self) -> Event:
        return self._event(VideoShared, self._reaction())

    def _reaction(self) -> VideoReactionData:
        video = self._video_of(self._recipient())
        actor = self._actor(video.owner)
        return VideoReactionData(
            video_id=video.id,
            actor_id=actor,
            owner_id=video.owner,
            title=video.title,
            actor_name=self._names[actor],
        )

    def _video_commented(self) -> Event:
        comment = self._write_comment()
        data = VideoCommentedData(
            video_id=comment.video.id,
            actor_id=comment.author,
            owner_id=comment.video.owner,
            title=comment.video.title,
            comment_id=comment.id,
            commented_at=from_ms(self._clock()),
            text=self.rng.choice(_TEXTS),
            actor_name=self._names[comment.author],
        )
        return self._event(VideoCommented, data)

    def _comment_created(self) -> Event:
        comment = self._write_comment()
        data = CommentCreatedData(
            comment_id=comment.id,
            commented_at=from_ms(self._clock()),
            video_id=comment.video.id,
            actor_id=comment.author,
            owner_id=comment.video.owner,
            text=self.rng.choice(_TEXTS),
            actor_name=self._names[comment.author],
        )
        return self._event(CommentCreated, data)

    def _write_comment(self) -> _Comment:
        video = self._video_of(self._recipient())
        comment = _Comment(self._new_id(), self._actor(video.owner), video)
        self._comments.append(comment)
        return comment

    def _comment_replied(self) -> Event:
        parent = self._comment_of(self._recipient())
        actor = self._actor(parent.author)
        reply = _Comment(self._new_id(), actor, parent.video)
        self._comments.append(reply)
        data = CommentRepliedData(
            comment_id=reply.id,
            parent_id=parent.id,
            parent_author_id=parent.author,
            video_id=parent.video.id,
            actor_id=actor,
            text=self.rng.choice(_TEXTS),
            actor_name=self._names[actor],
        )
        return self._event(CommentReplied, data)

    def _comment_liked(self) -> Event:
        comment = self._comment_of(self._recipient())
        actor = self._actor(comment.author)
        data = CommentLikedData(
            comment_id=comment.id,
            author_id=comment.author,
            video_id=comment.video.id,
            actor_id=actor,
            actor_name=self._names[actor],
        )
        return self._event(CommentLiked, data)

    def _user_followed(self) -> Event:
        followed = self._recipient()
        return self._follow(followed, self._actor(followed))

    def _follow(self, followed: UUID, follower: UUID) -> Event:
        data = UserFollowedData(followed_id=followed, actor_id=follower, actor_name=self._names.get(follower))
        return self._event(UserFollowed, data)

    def _user_mentioned(self) -> Event:
        mentioned = self._recipient()
        actor = self._actor(mentioned)
        video = self._video_of_another(mentioned)
        data = UserMentionedData(
            mentioned_id=mentioned,
            actor_id=actor,
            video_id=video.id,
            text=f"@{self._names.get(mentioned, 'you')} {self.rng.choice(_TEXTS)}",
            comment_id=self._new_id() if self.rng.random() < 0.5 else None,
            actor_name=self._names[actor],
        )
        return self._event(UserMentioned, data)

    def _user_tagged(self) -> Event:
        tagged = self._recipient()
        video = self._video_of_another(tagged)
        data = UserTaggedData(
            tagged_id=tagged,
            actor_id=video.owner,
            video_id=video.id,
            title=video.title,
            actor_name=self._names[video.owner],
        )
        return self._event(UserTagged, data)

    def _event(self, kind: type[Event], data: Any) -> Event:
        time = from_ms(self._clock())
        return kind(specversion="1.0", id=str(self._new_id()), source=SOURCE, time=time, data=data)
