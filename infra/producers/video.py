"""What the service that keeps videos tells."""

from __future__ import annotations

from datetime import datetime
from typing import Unpack, get_args

from infra.producers.base import Attributes, Id, Producer
from schemas.events import VideoCommented, VideoEvent, VideoLiked, VideoShared, VideoUploaded


class VideoProducer(Producer[VideoEvent]):
    """Publishes to ``PAVILION_TOPICS__VIDEO_EVENTS``. Nobody is told of what they did themselves.

    Every method returns the event once the broker has it, and raises InvalidEventType, naming the field, before
    anything is sent, or ConnectionFailed when the receipt stays out.
    """

    event_types = get_args(VideoEvent)

    async def video_uploaded(
        self,
        *,
        video_id: Id,
        actor_id: Id,
        title: str,
        actor_name: str | None = None,
        **attributes: Unpack[Attributes],
    ) -> VideoUploaded:
        """Tell the followers of ``actor_id`` of a new video."""
        return await self._emit(
            VideoUploaded, attributes, video_id=video_id, actor_id=actor_id, title=title, actor_name=actor_name
        )

    async def video_liked(
        self,
        *,
        video_id: Id,
        actor_id: Id,
        owner_id: Id,
        title: str,
        actor_name: str | None = None,
        **attributes: Unpack[Attributes],
    ) -> VideoLiked:
        """Tell ``owner_id`` that ``actor_id`` liked the video."""
        return await self._emit(
            VideoLiked,
            attributes,
            video_id=video_id,
            actor_id=actor_id,
            owner_id=owner_id,
            title=title,
            actor_name=actor_name,
        )

    async def video_shared(
        self,
        *,
        video_id: Id,
        actor_id: Id,
        owner_id: Id,
        title: str,
        actor_name: str | None = None,
        **attributes: Unpack[Attributes],
    ) -> VideoShared:
        """Tell ``owner_id`` that ``actor_id`` shared the video."""
        return await self._emit(
            VideoShared,
            attributes,
            video_id=video_id,
            actor_id=actor_id,
            owner_id=owner_id,
            title=title,
            actor_name=actor_name,
        )

    async def video_commented(
        self,
        *,
        video_id: Id,
        actor_id: Id,
        owner_id: Id,
        title: str,
        comment_id: Id,
        commented_at: datetime,
        text: str,
        actor_name: str | None = None,
        **attributes: Unpack[Attributes],
    ) -> VideoCommented:
        """Tell ``owner_id`` that ``actor_id`` commented on the video.

        A ``comment_created`` with the same ``comment_id`` and ``commented_at`` makes no second notification.
        """
        return await self._emit(
            VideoCommented,
            attributes,
            video_id=video_id,
            actor_id=actor_id,
            owner_id=owner_id,
            title=title,
            comment_id=comment_id,
            commented_at=commented_at,
            text=text,
            actor_name=actor_name,
        )
