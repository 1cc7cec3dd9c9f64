"""Trying to own a partition for as long as it belongs to this worker: one epoch after the other."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable

import structlog

from infra.log.ports import OwnershipLost, PartitionBusy, Record
from streams.failures import backoff
from streams.stats import OWNED, OWNERSHIP_LOST
from streams.transport.ownership import Epoch, Lane, Stuck

logger = structlog.get_logger()

BUSY_SECONDS = 0.5


class Owner:
    """Keeps trying to own one (agent, partition) while it is ``permitted``, and runs an epoch whenever it does."""

    def __init__(
        self,
        name: str,
        partition: int,
        new_epoch: Callable[[], Epoch],
        *,
        permitted: Callable[[], bool],
        on_stuck: Callable[[], None],
    ) -> None:
        self.name = name
        self.partition = partition
        self.epoch: Epoch | None = None
        self.taking: Epoch | None = None
        self._new_epoch = new_epoch
        self._permitted = permitted
        self._on_stuck = on_stuck

    async def run(self, deliver: Callable[[Lane, list[Record]], None], on_acquired: Callable[[Epoch], None]) -> None:
        failures = 0
        while True:
            # Asked before every attempt: a rival that keeps trying takes the partition of a healthy owner in a blip.
            if not self._permitted():
                await asyncio.sleep(BUSY_SECONDS)
                continue
            epoch = self.taking = self._new_epoch()
            try:
                started = time.monotonic()
                await epoch.acquire()
            except PartitionBusy:
                await asyncio.sleep(BUSY_SECONDS * random.uniform(0.5, 1.5))
                continue
            except Exception as error:  # also a log that this release cannot read: say so, and do not give up silently
                failures += 1
                logger.warning("cannot take partition", agent=self.name, partition=self.partition, cause=str(error))
                await asyncio.sleep(backoff(failures))
                continue
            finally:
                self.taking = None
            failures = 0
            self.epoch = epoch
            OWNED.labels(self.name).inc()
            logger.info(
                "partition taken",
                agent=self.name,
                partition=self.partition,
                epoch=f"{epoch.number:x}",
                keys=epoch.recovery.keys,
                records=epoch.recovery.records,
                warm=epoch.recovery.warm,
                seconds=round(time.monotonic() - started, 3),
            )
            on_acquired(epoch)
            try:
                await epoch.run(deliver)
            except asyncio.CancelledError:
                await epoch.drain()
                raise
            except OwnershipLost as error:
                OWNERSHIP_LOST.labels(self.name, error.reason).inc()
                logger.warning("ownership ended", agent=self.name, partition=self.partition, cause=str(error))
                if isinstance(error, Stuck):
                    self._on_stuck()
            except Exception:
                OWNERSHIP_LOST.labels(self.name, "failed").inc()
                logger.exception("the epoch failed", agent=self.name, partition=self.partition)
                await asyncio.sleep(random.uniform(0.5, 1.5))
            finally:
                self.epoch = None
                OWNED.labels(self.name).dec()
                await epoch.release()
