"""The demo of the embedded mode: a trickle of events about the demo user."""

from __future__ import annotations

import asyncio
import random

import structlog

from gateway.demo import random_event
from infra.log.ports import LogClient, Outgoing
from schemas.errors import NotificationError
from schemas.events import encode_event
from schemas.settings import Settings
from streams.topics import topic_name

logger = structlog.get_logger()

SECONDS_BETWEEN = (1.0, 6.0)


async def generate_for_ever(log: LogClient, settings: Settings) -> None:
    rng = random.Random()
    while True:
        event = random_event(rng)
        topic = topic_name(settings, f"{event.verb.partition('.')[0]}-events")
        try:
            await log.publisher(topic).publish([Outgoing(event.key, encode_event(event))])
        except NotificationError as error:
            logger.warning("a demo event was not published", cause=str(error))
        await asyncio.sleep(rng.uniform(*SECONDS_BETWEEN))
