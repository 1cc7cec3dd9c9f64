"""The demo of the embedded mode: a trickle of events about the demo user, now and then a duplicate."""

from __future__ import annotations

import asyncio
import random

import structlog

from gateway.demo import DEMO_ACTORS, DEMO_USER
from infra.demo import demo_events
from infra.log.ports import LogClient
from infra.producers import EventProducer
from schemas.errors import NotificationError
from schemas.settings import Settings

logger = structlog.get_logger()

SECONDS_BETWEEN = (1.0, 6.0)
DUPLICATES = 0.1


async def generate_for_ever(log: LogClient, settings: Settings) -> None:
    producer = EventProducer(log, settings, source="/demo")
    for event in demo_events(users=DEMO_ACTORS, favourite=DEMO_USER, duplicates=DUPLICATES):
        try:
            await producer.publish([event])
        except NotificationError as error:
            logger.warning("a demo event was not published", cause=str(error))
        await asyncio.sleep(random.uniform(*SECONDS_BETWEEN))
