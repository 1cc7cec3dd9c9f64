"""A user's stream: it connects, comes back, resumes, refreshes its token, and yields what happens, in order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, Self, get_args
from uuid import UUID, uuid4

import msgspec

from gateway.client.buffer import Buffer
from gateway.client.closes import Advice, advice
from gateway.client.closing import Closing
from gateway.client.errors import ClientError, ProtocolError, SessionEnded, Unreachable
from gateway.client.items import Arrived, Changed, Item, Reloaded
from gateway.client.marks import Marks
from gateway.client.session import SessionKeeper
from gateway.client.waiting import full_jitter
from gateway.client.wire import Gone, Unknown, Wire, opened
from schemas.frames import (
    Connect,
    Connected,
    ErrorFrame,
    Mark,
    Marked,
    NotificationFrame,
    Ping,
    Pong,
    PositionFrame,
    Reconnect,
    Refresh,
    Refreshed,
    ServerFrame,
    StateFrame,
)
from schemas.notifications import MarkState, Notification
from schemas.records import Position
from schemas.rest import Counts, Listed

logger = logging.getLogger(__name__)

BUFFER = 1000
"""Entries that may wait for whoever iterates; then the socket is not read, and in the end the gateway closes it."""

CONNECT_SECONDS = 15.0
GRACE_SECONDS = 15.0
"""What a ping may be late by."""

STABLE_SECONDS = 10.0
"""A connection that lived for so long was one: the backoff starts over."""

MARGIN_SECONDS = 60.0
"""So long before it expires the token is refreshed, or for short ones after two thirds."""

MARKS = frozenset(get_args(MarkState))

Load = Callable[[], Awaitable[Listed[Notification]]]


class _Entry(NamedTuple):
    """``item`` is None for what only moves the position; ``reload`` are the counts at a reload that is due."""

    position: Position
    item: Item | None = None
    reload: Counts | None = None


class Stream(Closing):
    """Iterate over it: ``async with user.stream(position) as stream: async for item in stream: …``.

    The first item without a position is :class:`Reloaded`. ``position`` belongs to the item that was yielded last:
    keep it once that is handled, and give it to the next stream. Iterating ends when the stream is closed, and raises
    SessionEnded when a new session is needed, or ProtocolError; anything else is waited for, and come back from.
    """

    def __init__(
        self, load: Load, keeper: SessionKeeper, url: str, position: Position | None, *, device: str | None
    ) -> None:
        self.position = position
        self.live = False
        """Whether it is connected at this moment, as an interface may want to show."""
        self._load = load
        self._keeper = keeper
        self._url = url
        self._device = device
        self._received = position
        self._buffer: Buffer[_Entry] = Buffer(BUFFER)
        self._due: _Entry | None = None
        self._marks = Marks()
        self._token = ""
        self._refused: str | None = None
        self._refreshed: asyncio.Future[int] | None = None
        self._noticed = False
        self._ended: ClientError | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def close(self) -> None:
        self._buffer.finish()
        self._marks.end(Unreachable("the stream was closed before the mark was answered; it may be done or not"))
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Item:
        while True:
            # Kept until it is done: whoever cancels this call while it loads gets the same entry next.
            entry = self._due = self._due or await self._buffer.get()
            item = entry.item if entry.reload is None else await self._reload(entry.reload)
            self._due = None
            self.position = entry.position
            if item is not None:
                return item

    async def mark(
        self,
        state: MarkState,
        *,
        notifications: Sequence[UUID | str] | None = None,
        up_to: UUID | str | None = None,
        position: Position | None = None,
        id: str | None = None,
        timeout: float = 30.0,
    ) -> None:
        """Change up to 200 of them, all up to one, or all that was told up to a position; wait until it is durable.

        Every device is told. It is sent again over new connections until it is answered. Raises Refused for what is
        not valid, Unreachable if there was no answer within ``timeout`` seconds: the same ``id`` again is the same
        mark.
        """
        if self._ended is not None:
            raise self._ended
        ids = None if notifications is None else [str(one) for one in notifications]
        last = None if up_to is None else str(up_to)
        mark = Mark(id=id or str(uuid4()), state=state, notifications=ids, up_to=last, position=position)
        await self._marks.ask(mark, timeout)

    # -- connections, one after another

    async def _run(self) -> None:
        try:
            await self._stay_connected()
        except ClientError as error:
            self._end(error)
        except Exception as error:
            logger.exception("the stream ends on an error of its own")
            self._end(ProtocolError(f"{type(error).__name__}: {error}"))

    def _end(self, error: ClientError) -> None:
        self._ended = error
        self._marks.end(error)
        self._buffer.finish(error)

    async def _stay_connected(self) -> None:
        loop, attempt = asyncio.get_running_loop(), 0
        while True:
            self._noticed = False
            began = loop.time()
            try:
                await self._connection()
            except Gone as gone:
                if self._ended is not None:
                    raise self._ended from None
                if loop.time() - began >= STABLE_SECONDS:
                    attempt = 0
                delay = self._delay(gone, attempt)
                logger.info("connection ended: %s %s, again in %.1f s", gone.code, gone.reason, delay)
            except Unreachable as error:
                delay = full_jitter(attempt)
                logger.info("%s, again in %.1f s", error, delay)
            finally:
                self.live = False
            attempt += 1
            await asyncio.sleep(delay)

    def _delay(self, gone: Gone, attempt: int) -> float:
        """Seconds to wait before coming back; raises if there is no coming back."""
        what = advice(gone.code)
        if what is Advice.NEW_SESSION:
            raise SessionEnded(f"the gateway closed with {gone.code} {gone.reason}")
        if what is Advice.STOP:
            raise ProtocolError(f"the gateway closed with {gone.code} {gone.reason}")
        if what is Advice.REFRESH:
            self._refused = self._token
        # At once only the first time: whatever goes on happening must not happen as fast as it can.
        if attempt == 0 and (what is not Advice.COME_BACK or self._noticed):
            return 0.0
        return gone.retry_after + full_jitter(attempt)

    async def _connection(self) -> None:
        """One connection, to its end; raises Gone, or what ends the stream."""
        self._token = await self._keeper.token(refused=self._refused)
        self._refused = None
        async with opened(self._url) as wire:
            connected = await self._greet(wire)
            self.live = True
            self._marks.connected()
            helpers = [
                asyncio.create_task(self._marks.pump(wire.send)),
                asyncio.create_task(self._keep_fresh(wire, connected.expires_in)),
            ]
            try:
                while True:
                    await self._take(wire, await wire.receive(connected.ping_seconds + GRACE_SECONDS))
            finally:
                for helper in helpers:
                    helper.cancel()
                await asyncio.gather(*helpers, return_exceptions=True)

    async def _greet(self, wire: Wire) -> Connected:
        await _send(wire, Connect(token=self._token, position=self._received, device=self._device))
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                while not isinstance(frame := await wire.receive(CONNECT_SECONDS), Connected):
                    _log_error(frame)
        except TimeoutError:
            raise Gone(1006, f"not connected within {CONNECT_SECONDS:g} s") from None
        if not frame.recovered:
            self._received = frame.position
            counts = Counts(frame.unseen, frame.unread, frame.position)
            await self._buffer.put(_Entry(frame.position, reload=counts))
        return frame

    # -- frames

    async def _take(self, wire: Wire, frame: ServerFrame | Unknown) -> None:
        match frame:
            case Ping():
                await _send(wire, Pong())
            case NotificationFrame():
                counts = Counts(frame.unseen, frame.unread, frame.position)
                await self._entry(frame.position, Arrived(frame.notification, counts))
            case StateFrame():
                counts = Counts(frame.unseen, frame.unread, frame.position)
                if frame.state in MARKS:
                    changed = Changed(frame.id, frame.state, frame.at, frame.notifications, frame.up_to, counts)
                    await self._entry(frame.position, changed)
                else:  # quiet hours are over: what they withheld is in the list
                    await self._entry(frame.position, reload=counts)
            case PositionFrame():
                await self._entry(frame.position)
            case Unknown(position=Position() as position):
                # It took an offset. If it told of a notification or a state, then in words that this version lacks.
                counts = Counts(frame.unseen or 0, frame.unread or 0, position)
                known = frame.type in ("notification", "state") and frame.unseen is not None
                await self._entry(position, reload=counts if known else None)
            case Marked():
                self._marks.answer(frame.id)
            case ErrorFrame(id=str() as id):
                self._marks.answer(id, frame.problem)
            case Refreshed():
                if self._refreshed is not None and not self._refreshed.done():
                    self._refreshed.set_result(frame.expires_in)
            case Reconnect():
                self._noticed = True  # the gateway closes when it is time to come back
            case _:
                _log_error(frame)

    async def _entry(self, position: Position, item: Item | None = None, reload: Counts | None = None) -> None:
        """Take the entry at ``position`` if it is the next; an earlier one was taken, a later one asks to resume."""
        last = self._received
        if last is not None and last.epoch == position.epoch and position.offset <= last.offset:
            return
        if last is None or last.epoch != position.epoch or position.offset != last.offset + 1:
            raise Gone(1006, f"entry {position.offset} does not follow {last and last.offset}")
        self._received = position
        await self._buffer.put(_Entry(position, item, reload))

    async def _reload(self, counts: Counts) -> Reloaded:
        """Load the list; what came meanwhile is behind it in the buffer."""
        attempt = 0
        while True:
            try:
                page = await self._load()
                return Reloaded(page.data, page.page.next is not None, counts)
            except Unreachable as error:
                delay = full_jitter(attempt)
                logger.info("the list cannot be loaded: %s, again in %.1f s", error, delay)
                if self._buffer.finished:
                    raise
                attempt += 1
                await asyncio.sleep(delay)
            except ClientError as error:
                self._end(error)
                raise

    # -- the token

    async def _keep_fresh(self, wire: Wire, expires_in: int) -> None:
        """Refresh inside the socket, again and again; if that fails for too long the gateway closes with 4005."""
        attempt = 0
        while True:
            if attempt == 0:
                await asyncio.sleep(expires_in - min(MARGIN_SECONDS, expires_in / 3))
            else:
                await asyncio.sleep(full_jitter(attempt, 1.0, 10.0))
            attempt += 1
            try:
                # The socket's own token is the one to be replaced, whatever its clock says.
                token = await self._keeper.token(refused=self._token)
                self._refreshed = asyncio.get_running_loop().create_future()
                await _send(wire, Refresh(token=token))
                async with asyncio.timeout(10.0):
                    expires_in = await self._refreshed
            except (Unreachable, TimeoutError):
                continue
            except Gone:
                return
            except ClientError as error:
                self._ended = error
                await wire.close()
                return
            self._token, attempt = token, 0


async def _send(wire: Wire, frame: Connect | Pong | Refresh) -> None:
    await wire.send(msgspec.json.encode(frame).decode())


def _log_error(frame: object) -> None:
    """What is not known is ignored; a problem of the connection is for whoever looks into why it closed."""
    if isinstance(frame, ErrorFrame):
        logger.info("the gateway says: %s %s", frame.problem.title, frame.problem.detail)
