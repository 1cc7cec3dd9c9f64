"""A group of workers: who is in it, and which of them each partition belongs to.

Members are what the broker lists, and a listing can be wrong: an unloaded topic answers with nobody, and a frozen
process stays listed for two keep-alives. So a view counts only when it contains me and two looks a second apart agree;
one that lacks somebody has to last for three seconds. While no view counts, a worker keeps what it holds and takes
nothing.

A place, an agent and a partition number, belongs to the member with the highest hash of both (rendezvous hashing). The
answer is the same everywhere and needs no leader; a member that comes takes its own share and moves nothing else. All
topics and the table of an agent on one partition are one place, so they stay together. What a place's owner does is not
decided here: see ownership.py.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import structlog

from infra.log.ports import LogClient, Member, Membership
from streams.failures import backoff

logger = structlog.get_logger()

POLL_SECONDS = 0.5
AGREE_SECONDS = 1.0
SHRINK_SECONDS = 3.0
STALE_SECONDS = 3.0
"""A process that was frozen wakes up with an old view: after this time without a look, none counts."""
REJOIN_SECONDS = 10.0
"""Not listed for so long, although the broker answers: this process joins again, and says so."""
AVOID_SECONDS = 600.0


def place_name(agent: str, partition: int) -> str:
    return f"{agent}-{partition}"


def ranking(place: str, members: Iterable[Member]) -> list[str]:
    """Ids of the members, the one that ``place`` belongs to first; those that gave it up come last."""

    def weight(member: Member) -> tuple[bool, bytes, str]:
        hashed = hashlib.blake2b(f"{member.id}\n{place}".encode(), digest_size=8).digest()
        return (place not in member.avoids, hashed, member.id)

    return [member.id for member in sorted(members, key=weight, reverse=True)]


class View:
    """The listings that one member has seen, and the one that counts. Times are seconds of a monotonic clock."""

    def __init__(self, me: str, *, exact: bool = False) -> None:
        self.members: tuple[Member, ...] = ()
        self._me = me
        self._agree = 0.0 if exact else AGREE_SECONDS
        self._shrink = 0.0 if exact else SHRINK_SECONDS
        self._candidate: frozenset[Member] | None = None
        self._since = 0.0
        self._confirmed: float | None = None

    def observe(self, listed: Sequence[Member] | None, now: float) -> None:
        """Take a listing into account; None for one that could not be had."""
        seen = frozenset(listed or ())
        if all(member.id != self._me for member in seen):
            self._candidate = self._confirmed = None
            return
        if seen != self._candidate:
            self._candidate, self._since = seen, now
        gone = {member.id for member in self.members} - {member.id for member in seen}
        if seen == frozenset(self.members) or now - self._since >= (self._shrink if gone else self._agree):
            self.members = tuple(sorted(seen))
            self._confirmed = now
        else:
            self._confirmed = None

    def counts(self, now: float) -> bool:
        return self._confirmed is not None and now - self._confirmed < STALE_SECONDS


class Group:
    """This process as a member."""

    def __init__(self, log: LogClient, topic: str, member: Member) -> None:
        self.member = member
        self._log = log
        self._topic = topic
        self._membership: Membership | None = None
        self._view = View(member.id)
        self._avoided: dict[str, float] = {}
        self._watching: asyncio.Task[None] | None = None
        self._missing_since: float | None = None

    @property
    def joined(self) -> bool:
        return self._watching is not None

    async def join(self, on_look: Callable[[], None]) -> None:
        """Be listed, and look who else is, now and for ever; raises ConnectionFailed.

        ``on_look`` is called after every look.
        """
        self._membership = await self._log.join(self._topic, self.member)
        self._view = View(self.member.id, exact=self._membership.exact)
        await self._look()
        on_look()
        self._watching = asyncio.create_task(self._watch(on_look), name="group")

    async def leave(self) -> None:
        """Be listed no more, so that others take over. What is owned has to be released by the caller."""
        watching, self._watching = self._watching, None
        if watching is not None:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        membership, self._membership = self._membership, None
        if membership is not None:
            await membership.close()
        self._view = View(self.member.id)

    @property
    def known(self) -> bool:
        """Whether there has been a view that counted since joining."""
        return bool(self._view.members)

    @property
    def counts(self) -> bool:
        """Whether the view of the group may be acted upon."""
        return self._view.counts(time.monotonic())

    def rank(self, agent: str, partition: int) -> int | None:
        """0 if the place is mine by the last view that counted, 1 if I am next in line, and so on; None without one."""
        name = place_name(agent, partition)
        ranked = list(dict.fromkeys(ranking(name, self._view.members)))
        if self.member.id not in ranked:
            return None
        if self._avoided.get(name, 0) > time.monotonic():  # it is not mine even before the others have heard of it
            return len(ranked) - 1
        return ranked.index(self.member.id)

    def belongs(self, agent: str, partition: int) -> bool:
        return self.rank(agent, partition) == 0

    def avoid(self, agent: str, partition: int) -> None:
        """Leave a place to the others for some time, if there are any."""
        self._avoided[place_name(agent, partition)] = time.monotonic() + AVOID_SECONDS

    async def _watch(self, on_look: Callable[[], None]) -> None:
        failures = 0
        while True:
            await asyncio.sleep(POLL_SECONDS if not failures else backoff(failures))
            try:
                await self._be_listed()
                await self._look()
                on_look()
                failures = 0
            except Exception as error:  # whatever it is, a worker that no longer looks would never learn of anything
                failures += 1
                self._view.observe(None, time.monotonic())
                logger.warning("no view of the group", topic=self._topic, cause=str(error), attempt=failures)

    async def _look(self) -> None:
        assert self._membership is not None
        before, listed, now = self._view.members, await self._membership.listed(), time.monotonic()
        if any(member.id == self.member.id for member in listed):
            self._missing_since = None
        elif self._missing_since is None:
            self._missing_since = now
        self._view.observe(listed, now)
        if self._view.members != before:
            logger.info("the group is", topic=self._topic, members=sorted({one.id for one in self._view.members}))

    async def _be_listed(self) -> None:
        """Join again when what is to be avoided has changed, or when the broker has forgotten this process.

        Properties are fixed when a consumer is made, so another one is made before the old one is closed.
        """
        now = time.monotonic()
        avoids = frozenset(place for place, until in self._avoided.items() if until > now)
        forgotten = self._missing_since is not None and now - self._missing_since > REJOIN_SECONDS
        if avoids == self.member.avoids and not forgotten:
            return
        logger.info("joining the group again", topic=self._topic, avoids=sorted(avoids))
        member = self.member._replace(avoids=avoids)
        old, self._membership = self._membership, await self._log.join(self._topic, member)
        self.member, self._missing_since = member, None
        if old is not None:
            await old.close()

    def snapshot(self) -> dict[str, Any]:
        """What ``/stats/streams`` shows."""
        members = [{"id": one.id, "version": one.version, "avoids": sorted(one.avoids)} for one in self._view.members]
        return {"id": self.member.id, "joined": self.joined, "view_counts": self.counts, "members": members}
