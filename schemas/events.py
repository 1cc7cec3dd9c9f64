"""The ten platform events, as CloudEvents 1.0 in structured JSON: one type per event, chosen by ``type``.

More types are declared in ``schemas/added``, see :mod:`schemas.registry`.

``source`` and ``id`` together are an event's identity. ``partitionkey`` routes it; without one, the key is the id of
what the event is about. Unknown extra fields are ignored.
"""

from __future__ import annotations

import functools
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, get_args
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from schemas.decoding import decode_json
from schemas.errors import InvalidEventType
from schemas.times import clamp_created_ms, from_ms, to_ms
from schemas.type_class import OPTIONAL, TypeClass

MAX_EVENT_BYTES = 256 * 1024

Name = Annotated[str, Meta(min_length=1, max_length=1024)]
Time = Annotated[datetime, Meta(tz=True)]


class VideoUploadedData(Struct, frozen=True, kw_only=True, omit_defaults=True):
    video_id: UUID
    actor_id: UUID
    title: str
    actor_name: str | None = None


class VideoReactionData(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A like or a share."""

    video_id: UUID
    actor_id: UUID
    owner_id: UUID
    title: str
    actor_name: str | None = None


class VideoCommentedData(Struct, frozen=True, kw_only=True, omit_defaults=True):
    video_id: UUID
    actor_id: UUID
    owner_id: UUID
    title: str
    comment_id: UUID
    commented_at: Time
    text: str
    actor_name: str | None = None


class CommentCreatedData(Struct, frozen=True, kw_only=True, omit_defaults=True):
    comment_id: UUID
    commented_at: Time
    video_id: UUID
    actor_id: UUID
    owner_id: UUID
    text: str
    actor_name: str | None = None


class CommentRepliedData(Struct, frozen=True, kw_only=True, omit_defaults=True):
    comment_id: UUID
    parent_id: UUID
    parent_author_id: UUID
    video_id: UUID
    actor_id: UUID
    text: str
    actor_name: str | None = None


class CommentLikedData(Struct, frozen=True, kw_only=True, omit_defaults=True):
    comment_id: UUID
    author_id: UUID
    video_id: UUID
    actor_id: UUID
    actor_name: str | None = None


class UserFollowedData(Struct, frozen=True, kw_only=True, omit_defaults=True):
    followed_id: UUID
    actor_id: UUID
    actor_name: str | None = None


class UserMentionedData(Struct, frozen=True, kw_only=True, omit_defaults=True):
    mentioned_id: UUID
    actor_id: UUID
    video_id: UUID
    text: str
    comment_id: UUID | None = None
    actor_name: str | None = None


class UserTaggedData(Struct, frozen=True, kw_only=True, omit_defaults=True):
    tagged_id: UUID
    actor_id: UUID
    video_id: UUID
    title: str
    actor_name: str | None = None


class CloudEvent(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """The attributes that every event shares; ``data`` is narrowed by each type.

    ``consent`` is what users may say of its notifications.
    """

    consent: ClassVar[TypeClass] = OPTIONAL

    specversion: Literal["1.0"]
    id: Name
    source: Name
    time: Time
    data: Any
    subject: str | None = None
    datacontenttype: str | None = None
    dataschema: str | None = None
    partitionkey: Annotated[str, Meta(min_length=1, max_length=1024)] | None = None
    sequence: int | str | None = None
    traceparent: str | None = None
    tracestate: str | None = None

    @classmethod
    def type_name(cls) -> str:
        return str(cls.__struct_config__.tag)

    @classmethod
    def verb_of_type(cls) -> str:
        """Group and verb, whatever the version: ``video.liked`` of ``pavilion.video.liked.v1``."""
        name = cls.type_name().removeprefix("pavilion.")
        head, _, version = name.rpartition(".v")
        return head if version.isdecimal() else name

    @classmethod
    def group_of_type(cls) -> str:
        return cls.verb_of_type().partition(".")[0]

    @property
    def type(self) -> str:
        return self.type_name()

    @property
    def verb(self) -> str:
        """Group and verb, the notification's type: ``video.liked``."""
        return self.verb_of_type()

    @property
    def group(self) -> str:
        """``video``, ``comment``, ``user`` or one that was added: it has a topic of its own."""
        return self.group_of_type()

    @property
    def actor(self) -> UUID:
        """Who did it."""
        actor: UUID = self.data.actor_id
        return actor

    @property
    def identity(self) -> str:
        """What deduplication compares: no two pairs of source and id share one, line breaks or not."""
        if "\n" in self.source:  # no URI has one, but nothing keeps a sender from it
            return f"\n{len(self.source)}\n{self.source}\n{self.id}"
        return f"{self.source}\n{self.id}"

    @property
    def time_ms(self) -> int:
        return to_ms(self.time)

    @property
    def key(self) -> str:
        """The partition key: given, or the id of the video, or of the user that the event is about.

        Of other groups it is the id that has the group's name, ``report_id`` of a report, else who did it.
        """
        if self.partitionkey is not None:
            return self.partitionkey
        for name in ("video_id", "followed_id", f"{self.group.replace('-', '_')}_id"):
            if (about := getattr(self.data, name, None)) is not None:
                return str(about)
        return str(self.actor)


class VideoUploaded(CloudEvent, frozen=True, kw_only=True, tag="pavilion.video.uploaded.v1"):
    """A new video: the followers of the actor are told."""

    data: VideoUploadedData


class VideoLiked(CloudEvent, frozen=True, kw_only=True, tag="pavilion.video.liked.v1"):
    """Somebody likes a video: its owner is told."""

    data: VideoReactionData


class VideoShared(CloudEvent, frozen=True, kw_only=True, tag="pavilion.video.shared.v1"):
    """Somebody shared a video: its owner is told."""

    data: VideoReactionData


class VideoCommented(CloudEvent, frozen=True, kw_only=True, tag="pavilion.video.commented.v1"):
    """Somebody commented on a video: its owner is told."""

    data: VideoCommentedData


class CommentCreated(CloudEvent, frozen=True, kw_only=True, tag="pavilion.comment.created.v1"):
    """A comment was made: the owner of the video is told."""

    data: CommentCreatedData


class CommentReplied(CloudEvent, frozen=True, kw_only=True, tag="pavilion.comment.replied.v1"):
    """A comment was answered: the author of what it answers is told."""

    data: CommentRepliedData


class CommentLiked(CloudEvent, frozen=True, kw_only=True, tag="pavilion.comment.liked.v1"):
    """Somebody likes a comment: its author is told."""

    data: CommentLikedData


class UserFollowed(CloudEvent, frozen=True, kw_only=True, tag="pavilion.user.followed.v1"):
    """Somebody follows a user, who is told."""

    data: UserFollowedData


class UserMentioned(CloudEvent, frozen=True, kw_only=True, tag="pavilion.user.mentioned.v1"):
    """Somebody mentioned a user, who is told."""

    data: UserMentionedData


class UserTagged(CloudEvent, frozen=True, kw_only=True, tag="pavilion.user.tagged.v1"):
    """Somebody tagged a user in a video; the user is told."""

    data: UserTaggedData


VideoEvent = VideoUploaded | VideoLiked | VideoShared | VideoCommented
CommentEvent = CommentCreated | CommentReplied | CommentLiked
UserEvent = UserFollowed | UserMentioned | UserTagged
Event = VideoEvent | CommentEvent | UserEvent

EVENT_TYPES: tuple[type[CloudEvent], ...] = get_args(Event)



def types_of(value_type: Any) -> tuple[type[CloudEvent], ...]:
    """The types of which a topic's values are, empty if they are no events."""
    kinds = get_args(value_type) or (value_type,)
    return kinds if all(isinstance(kind, type) and issubclass(kind, CloudEvent) for kind in kinds) else ()


_encoder = msgspec.json.Encoder()


@functools.cache
def _decoder() -> msgspec.json.Decoder[CloudEvent]:
    from schemas.registry import event_types, union_of  # whose modules are made of what is here

    return msgspec.json.Decoder(union_of(event_types()))


def decode_event(payload: bytes) -> CloudEvent:
    """Decode one event of any type, of the platform or added.

    Raises:
        InvalidEventType: with the path of the field that is wrong, as in ``$.data.owner_id``.
    """
    check_size(payload)
    try:
        return decode_json(_decoder(), payload)
    except msgspec.DecodeError as error:
        raise InvalidEventType("decode event", str(error)) from error


def check_size(payload: bytes, op: str = "decode event") -> None:
    """Raise InvalidEventType for more than 256 KiB."""
    if len(payload) > MAX_EVENT_BYTES:
        raise InvalidEventType(op, f"{len(payload)} bytes is more than {MAX_EVENT_BYTES}")


def clamp_times(event: CloudEvent, first_publish_ms: int, retention_ms: int) -> CloudEvent:
    """The event with its time, and that of its comment, replaced by the first publish time where it is implausible.

    Plausible is [publish - retention, publish + 5 min]. Two separate publishes of one event with a broken clock
    therefore make two notification ids.
    """

    def clamp(moment: datetime) -> datetime:
        clamped = clamp_created_ms(to_ms(moment), first_publish_ms, retention_ms)
        return moment if clamped == to_ms(moment) else from_ms(clamped)

    time = clamp(event.time)
    if time is not event.time:
        event = msgspec.structs.replace(event, time=time)
    commented_at = getattr(event.data, "commented_at", None)
    if commented_at is not None and (plausible := clamp(commented_at)) is not commented_at:
        event = msgspec.structs.replace(event, data=msgspec.structs.replace(event.data, commented_at=plausible))
    return event


def encode_event(event: CloudEvent) -> bytes:
    return _encoder.encode(event)
