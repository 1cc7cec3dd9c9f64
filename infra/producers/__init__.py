"""Typed producers for platform services: one method per event, which returns once the broker has the event.

>>> async with VideoProducer.connect(source="videos") as videos:
...     await videos.video_liked(video_id=video, actor_id=ada, owner_id=bruno, title="Holiday")
"""

from infra.producers.base import Attributes, EventProducer, Id, Producer
from infra.producers.comment import CommentProducer
from infra.producers.user import UserProducer
from infra.producers.video import VideoProducer

__all__ = ["Attributes", "CommentProducer", "EventProducer", "Id", "Producer", "UserProducer", "VideoProducer"]
