"""Parts of the Python client: what it ignores, how it waits, and that it knows nothing of the gateway's inside."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from gateway.client import Changed, Item, ProtocolError, Reloaded, SessionEnded, UserClient
from gateway.client.buffer import Buffer
from gateway.client.closes import Advice, advice
from gateway.client.session import SessionKeeper
from gateway.client.waiting import Pace, full_jitter
from gateway.client.wire import Unknown, decode
from gateway.closes import MEANINGS
from schemas.frames import Connected
from schemas.notifications import Notification
from schemas.records import Position
from schemas.rest import Listed, OpenedSession, Page
from tests.unit.test_layout import imports

ROOT = Path(__file__).parents[2]
SESSION = OpenedSession("s", "access", "refresh", 600)
OLD = Position("e", 1, "n1")


def at(offset: int) -> dict[str, Any]:
    return {"epoch": "e", "offset": offset, "tail": f"n{offset}"}


CONNECTED = {
    "type": "connected",
    "user": "u",
    "session": "s",
    "position": at(1),
    "recovered": True,
    "unseen": 0,
    "unread": 0,
    "ping_seconds": 25,
    "expires_in": 600,
}
STATE = {"type": "state", "unseen": 0, "unread": 0, "id": "m", "state": "read", "at": "2026-11-22T14:00:00.000Z"}


def test_the_client_imports_schemas_and_itself_alone() -> None:
    outside = {"schemas", "httpx", "msgspec", "websockets"} | sys.stdlib_module_names
    wrong = [
        f"{path.name} imports {module}"
        for path in sorted((ROOT / "gateway" / "client").glob("*.py"))
        for module, _ in imports(path)
        if not module.startswith("gateway.client") and module.partition(".")[0] not in outside
    ]
    assert wrong == []


@asynccontextmanager
async def stream_of(*connections: list[Any], position: Position | None = OLD) -> AsyncIterator[Any]:
    """A stream to a server that answers each connection in turn with frames, or closes it with a code (an int)."""
    script, seen = [*connections], []

    async def one(socket: ServerConnection) -> None:
        seen.append(json.loads(await socket.recv()))
        for step in script.pop(0):
            if isinstance(step, int):
                await socket.close(step)
                return
            await socket.send(step if isinstance(step, str) else json.dumps(step))
        await socket.wait_closed()

    async with serve(one, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with UserClient(f"http://127.0.0.1:{port}", SESSION) as user:

            async def page(**_: Any) -> Listed[Notification]:
                return Listed([], Page(None))

            user.page = page  # type: ignore[method-assign, assignment]
            async with user.stream(position) as stream:
                yield stream, seen


async def take(stream: Any, count: int) -> list[Item]:
    async with asyncio.timeout(10):
        return [await anext(stream) for _ in range(count)]


async def test_unknown_frames_and_fields_are_ignored_and_their_positions_kept() -> None:
    async with stream_of(
        [
            {**CONNECTED, "mood": "sunny"},
            {"type": "weather", "mood": "sunny"},
            {**STATE, "position": at(2), "by": "somebody"},
            {"type": "reaction", "position": at(3), "emoji": "heart"},
            {**STATE, "position": at(4)},
        ]
    ) as (stream, _):
        items = await take(stream, 2)
        assert [type(item) for item in items] == [Changed, Changed]
        assert stream.position == Position("e", 4, "n4")


async def test_a_state_that_is_unknown_asks_for_a_reload() -> None:
    async with stream_of([CONNECTED, {**STATE, "state": "pinned", "position": at(2), "unread": 3}]) as (stream, _):
        [item] = await take(stream, 1)
        assert isinstance(item, Reloaded)
        assert (item.counts.unread, stream.position.offset) == (3, 2)


def states(*offsets: int) -> list[Any]:
    return [{**STATE, "id": str(offset), "position": at(offset)} for offset in offsets]


async def test_an_entry_again_is_ignored_and_after_a_gap_it_comes_back() -> None:
    async with stream_of([CONNECTED, *states(2, 2, 1, 3, 5)], [CONNECTED, *states(4)]) as (stream, seen):
        items = await take(stream, 3)
        assert [item.id for item in items if isinstance(item, Changed)] == ["2", "3", "4"]
        assert [one["position"] for one in seen] == [at(1), at(3)]


async def test_a_mark_that_was_not_answered_is_sent_again_on_the_next_connection() -> None:
    came: list[tuple[int, str]] = []
    connections = 0

    async def one(socket: ServerConnection) -> None:
        nonlocal connections
        connections += 1
        await socket.recv()
        await socket.send(json.dumps(CONNECTED))
        while len(came) < 3:
            mark = json.loads(await socket.recv())
            came.append((connections, mark["id"]))
            if mark["id"] == "answered":
                await socket.send('{"type":"marked","id":"answered"}')
            elif connections == 1:
                return  # which closes
            else:
                await socket.send(json.dumps({"type": "marked", "id": mark["id"]}))
        await socket.wait_closed()

    async with serve(one, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with UserClient(f"http://127.0.0.1:{port}", SESSION) as user, user.stream(OLD) as stream:
            await stream.mark("seen", up_to="n1", id="answered")
            await stream.mark("read", up_to="n1", id="lost")
    assert came == [(1, "answered"), (1, "lost"), (2, "lost")]


async def test_without_a_position_it_reloads_and_goes_on_from_the_connected_one() -> None:
    first = {**CONNECTED, "recovered": False, "position": at(7)}
    async with stream_of([first, 1012], [CONNECTED, {**STATE, "position": at(8)}], position=None) as (stream, seen):
        items = await take(stream, 2)
        assert [type(item) for item in items] == [Reloaded, Changed]
        assert [one.get("position") for one in seen] == [None, at(7)]


@pytest.mark.parametrize(
    ("code", "error"),
    [(4500, SessionEnded), (4503, SessionEnded), (4501, ProtocolError), (4777, ProtocolError), (1009, ProtocolError)],
)
async def test_codes_after_which_it_does_not_come_back(code: int, error: type[Exception]) -> None:
    async with stream_of([CONNECTED, code]) as (stream, seen):
        with pytest.raises(error, match=str(code)):
            await take(stream, 1)
        assert len(seen) == 1


@pytest.mark.parametrize("text", ["no json", "[]", "{}", '{"type": 5}'])
async def test_what_is_no_frame_ends_it(text: str) -> None:
    async with stream_of([CONNECTED, text]) as (stream, _):
        with pytest.raises(ProtocolError, match=r"no frame|no JSON"):
            await take(stream, 1)


def test_the_advice_is_what_the_protocol_says() -> None:
    for code, (_, words) in MEANINGS.items():
        told = advice(code)
        assert (told is Advice.NEW_SESSION) == ("new session" in words), code
        assert (told is Advice.STOP) == ("do not come back" in words), code
        assert (told is Advice.AT_ONCE or told is Advice.REFRESH) == ("at once" in words), code
        assert (told is Advice.REFRESH) == ("refresh" in words), code
    assert (advice(4321), advice(4999), advice(1006)) == (Advice.COME_BACK, Advice.STOP, Advice.COME_BACK)


def test_frames_are_decoded() -> None:
    assert isinstance(decode(json.dumps(CONNECTED)), Connected)
    assert decode('{"type":"new","position":{"epoch":"e","offset":1,"tail":""}}') == Unknown(
        "new", Position("e", 1, "")
    )


def test_backoff_is_spread_and_bounded() -> None:
    assert all(0 <= full_jitter(attempt) <= min(30.0, 0.5 * 2**attempt) for attempt in range(40) for _ in range(20))
    assert max(full_jitter(20) for _ in range(200)) > 20.0


async def test_the_pace() -> None:
    loop, pace = asyncio.get_running_loop(), Pace(100, 5)
    started = loop.time()
    for _ in range(15):
        await pace.wait()
    assert loop.time() - started >= 0.1


async def test_the_buffer_waits_when_full_and_ends_after_what_it_has() -> None:
    buffer: Buffer[int] = Buffer(2)
    await buffer.put(1)
    await buffer.put(2)
    third = asyncio.create_task(buffer.put(3))
    await asyncio.sleep(0.01)
    assert not third.done()
    assert await buffer.get() == 1
    await third
    buffer.finish(SessionEnded("over"))
    assert [await buffer.get(), await buffer.get()] == [2, 3]
    with pytest.raises(SessionEnded):
        await buffer.get()


async def test_a_refresh_outlives_who_asked_for_it() -> None:
    """The gateway has used up the token: its answer is kept, whoever is cancelled, and by a client that closes."""
    came, go_on = asyncio.Event(), asyncio.Event()
    asked: list[str] = []
    kept: list[OpenedSession] = []

    class Gateway:
        async def ask(self, method: str, path: str, answer: Any, *, body: Any) -> OpenedSession:
            asked.append(body.refresh_token)
            came.set()
            await go_on.wait()
            return OpenedSession("s", "access 2", "refresh 2", 600)

    async def keep(session: OpenedSession) -> None:
        kept.append(session)

    keeper = SessionKeeper(Gateway(), SESSION, keep)  # type: ignore[arg-type]
    callers = [asyncio.create_task(keeper.token(refused="access")) for _ in range(3)]
    await came.wait()
    for one in callers:
        one.cancel()
    ended = await asyncio.gather(*callers, return_exceptions=True)
    assert [type(one) for one in ended] == [asyncio.CancelledError] * 3
    asyncio.get_running_loop().call_soon(go_on.set)
    await keeper.close()
    assert (asked, [one.refresh_token for one in kept]) == (["refresh"], ["refresh 2"])
    assert await keeper.token(refused="access") == "access 2"
