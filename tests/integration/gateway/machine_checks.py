"""What must hold of every device of the stream machine: G3, compared with the inbox entry by entry."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from infra.stores.ports import Inbox
from schemas.records import Position
from tests.integration.gateway.machine_parts import Chain, DeviceModel

SOON = 12
"""Seconds: less than the time between two comparisons of positions."""


class Checks:
    inbox: Inbox
    devices: list[DeviceModel]
    chain: Chain
    calm: bool
    """Nothing was lost, and no device can have missed more than is replayed."""

    async def check_soon(self, models: Sequence[DeviceModel]) -> None:
        """The record of the top has come: a device that is not past it is there soon, or knows that it cannot be."""
        concerned = []
        for model in models:
            [top] = await self.inbox.summaries([model.user])
            if model.online and model.position is not None:
                past = model.position.epoch == top.position.epoch and model.position.offset > top.position.offset
                concerned += [] if past else [model]
        await asyncio.sleep(SOON)
        for model in concerned:
            await self.check(model)

    async def check_all(self) -> None:
        for model in self.devices:
            await self.check(model)

    async def check(self, model: DeviceModel) -> None:
        """What the device was told, from where it loaded, is what the inbox's entries say from its top down."""
        if model.wrong is not None:
            raise model.wrong
        model.prove()
        if self.calm:
            assert not model.refused, "not recovered with nothing lost"
            assert 4010 not in model.codes, "a position was lost with nothing lost"
        if not model.online:
            return
        [top] = await self.inbox.summaries([model.user])
        assert model.position == top.position
        assert model.counts in (None, (top.unseen, top.unread))
        assert model.base is not None
        chained: list[str] = []
        place = top.position
        while place != model.base:
            assert place.offset > model.base.offset
            chained.append(place.tail)
            before = self.chain[model.user, place.epoch, place.offset, place.tail]
            place = Position(place.epoch, place.offset - 1, before)
        assert model.applied == chained[::-1]
