"""What the service that keeps comments tells."""

from __future__ import annotations

from datetime import datetime
from typing import Unpack, get_args

from infra.producers.base import Attributes, Id, Producer
from schemas.events import CommentCreated, CommentEvent, CommentLiked, CommentReplied


class CommentProducer(Producer[CommentEvent]):
    """Publishes to ``PAVILION_TOPICS__COMMENT_EVENTS``. Nobody is told of what they did themselves.

    Every method returns the event once the broker has it, and raises InvalidEventType, naming the field, before
    anything is sent, or ConnectionFailed when the receipt stays out.
    """

    event_types = get_args(CommentEvent)

    async def comment_created(
        self,
        *,
        comment_id: Id,
        commented_at: datetime,
        video_id: Id,
        actor_id: Id,
        owner_id: Id,
        text: str,
        actor_name: str | None = None,
        **attributes: Unpack[Attributes],
    ) -> CommentCreated:
        """Tell ``owner_id``, whose video it is, that ``actor_id`` commented on it.

        A ``video_commented`` with the same ``comment_id`` and ``commented_at`` makes no second notification.
        """
        return await self._emit(
            CommentCreated,
            attributes,
            comment_id=comment_id,
            commented_at=commented_at,
            video_id=video_id,
            actor_id=actor_id,
            owner_id=owner_id,
            text=text,
            actor_name=actor_name,
        )

    async def comment_replied(
        self,
        *,
        comment_id: Id,
        parent_id: Id,
        parent_author_id: Id,
        video_id: Id,
        actor_id: Id,
        text: str,
        actor_name: str | None = None,
        **attributes: Unpack[Attributes],
    ) -> CommentReplied:
        """Tell ``parent_author_id`` that ``actor_id`` replied to their comment ``parent_id``."""
        return await self._emit(
            CommentReplied,
            attributes,
            comment_id=comment_id,
            parent_id=parent_id,
            parent_author_id=parent_author_id,
            video_id=video_id,
            actor_id=actor_id,
            text=text,
            actor_name=actor_name,
        )

    async def comment_liked(
        self,
        *,
        comment_id: Id,
        author_id: Id,
        video_id: Id,
        actor_id: Id,
        actor_name: str | None = None,
        **attributes: Unpack[Attributes],
    ) -> CommentLiked:
        """Tell ``author_id`` that ``actor_id`` liked their comment."""
        return await self._emit(
            CommentLiked,
            attributes,
            comment_id=comment_id,
            author_id=author_id,
            video_id=video_id,
            actor_id=actor_id,
            actor_name=actor_name,
        )
