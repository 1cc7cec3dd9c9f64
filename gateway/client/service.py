"""What a platform service does: it opens sessions for its users, publishes events, and keeps follows and names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

import msgspec

from gateway.client.closing import Closing
from gateway.client.errors import Refused
from gateway.client.rest import Rest
from schemas.errors import Problem
from schemas.events import CloudEvent, check_size, encode_event
from schemas.rest import Accepted, NameProfile, OpenedSession, OpenSession

BATCH_EVENTS = 1000
BATCH_BYTES = 4 * 1024 * 1024
_BATCH = "application/cloudevents-batch+json"

Id = UUID | str


class ServiceClient(Closing):
    """With the service key. Used with ``async with``; every call tries for some seconds and may be repeated.

    All raise Refused for a problem, and Unreachable when the gateway stays away.
    """

    def __init__(self, url: str, key: str, *, timeout: float = 10.0) -> None:
        self._rest = Rest(url, timeout=timeout)
        self._key = key

    async def close(self) -> None:
        await self._rest.close()

    async def open_session(self, user_id: Id) -> OpenedSession:
        """For the client of a user whom the caller knows; a repetition after a lost answer opens one more."""
        body = OpenSession(str(user_id))
        return await self._rest.ask("POST", "/v1/sessions", OpenedSession, token=self._key, body=body)

    async def end_session(self, session_id: Id) -> None:
        """Sign a user out: his sockets of this session close at once."""
        await self._rest.ask("DELETE", f"/v1/sessions/{session_id}", type(None), token=self._key)

    async def publish(self, events: Iterable[CloudEvent]) -> int:
        """Publish events in order, in as many requests as it takes; return how many, once the log has them.

        Each event is checked before anything is sent. The same events again are harmless, since `source` and `id`
        tell that they are the same.

        Raises:
            InvalidEventType: an event over 256 KiB; nothing was sent.
            Refused: ``problem.errors`` has the index of each event that is not valid, counted over all; what came
                before the first of its request may have been published.
        """
        encoded = []
        for event in events:
            raw = encode_event(event)
            check_size(raw, "publish events")
            encoded.append(raw)
        done = 0
        for batch in _batches(encoded):
            try:
                accepted = await self._rest.ask(
                    "POST",
                    "/v1/events",
                    Accepted,
                    token=self._key,
                    content=b"[" + b",".join(batch) + b"]",
                    media=_BATCH,
                )
            except Refused as refused:
                raise Refused(_counted_from(done, refused)) from None
            done += accepted.accepted
        return done

    async def follow(self, follower: Id, followed: Id) -> None:
        """``follower`` is told of what ``followed`` uploads."""
        await self._rest.ask("PUT", f"/v1/follows/{follower}/{followed}", type(None), token=self._key)

    async def unfollow(self, follower: Id, followed: Id) -> None:
        await self._rest.ask("DELETE", f"/v1/follows/{follower}/{followed}", type(None), token=self._key)

    async def put_profile(self, user_id: Id, name: str) -> None:
        """The name with which a user is shown, where an event does not give it."""
        body = NameProfile(name)
        await self._rest.ask("PUT", f"/v1/profiles/{user_id}", type(None), token=self._key, body=body)


def _batches(encoded: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Within both limits of a request."""
    batch: list[bytes] = []
    size = 2
    for raw in encoded:
        if batch and (len(batch) == BATCH_EVENTS or size + len(raw) + 1 > BATCH_BYTES):
            yield batch
            batch, size = [], 2
        batch.append(raw)
        size += len(raw) + 1
    if batch:
        yield batch


def _counted_from(done: int, refused: Refused) -> Problem:
    problem = refused.problem
    errors = [{**one, "index": one["index"] + done} if "index" in one else one for one in problem.errors]
    return msgspec.structs.replace(problem, errors=errors)
