"""What the service that keeps users tells."""

from __future__ import annotations

from typing import Unpack, get_args

from infra.producers.base import Attributes, Id, Producer
from schemas.events import UserEvent, UserFollowed, UserMentioned, UserTagged


class UserProducer(Producer[UserEvent]):
    """Publishes to ``PAVILION_TOPICS__USER_EVENTS``. Nobody is told of what they did themselves.

    Every method returns the event once the broker has it, and raises InvalidEventType, naming the field, before
    anything is sent, or ConnectionFailed when the receipt stays out.
    """

    event_types = get_args(UserEvent)

    async def user_followed(
        self,
        *,
        followed_id: Id,
        actor_id: Id,
        actor_name: str | None = None,
        **attributes: Unpack[Attributes],
    ) -> UserFollowed:
        """Tell ``followed_id`` that ``actor_id`` follows them, and tell ``actor_id`` of their uploads from now on."""
        return await self._emit(
            UserFollowed, attributes, followed_id=followed_id, actor_id=actor_id, actor_name=actor_name
        )

    async def user_mentioned(
        self,
        *,
        mentioned_id: Id,
        actor_id: Id,
        video_id: Id,
        text: str,
        comment_id: Id | None = None,
        actor_name: str | None = None,
        **attributes: Unpack[Attributes],
    ) -> UserMentioned:
        """Tell ``mentioned_id`` that ``actor_id`` named them in ``text``: of a comment, or of the video itself."""
        return await self._emit(
            UserMentioned,
            attributes,
            mentioned_id=mentioned_id,
            actor_id=actor_id,
            video_id=video_id,
            text=text,
            comment_id=comment_id,
            actor_name=actor_name,
        )

    async def user_tagged(
        self,
        *,
        tagged_id: Id,
        actor_id: Id,
        video_id: Id,
        title: str,
        actor_name: str | None = None,
        **attributes: Unpack[Attributes],
    ) -> UserTagged:
        """Tell ``tagged_id`` that ``actor_id`` tagged them in a video."""
        return await self._emit(
            UserTagged,
            attributes,
            tagged_id=tagged_id,
            actor_id=actor_id,
            video_id=video_id,
            title=title,
            actor_name=actor_name,
        )
