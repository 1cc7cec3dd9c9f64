"""The Python client against a real gateway: services, lists, and a stream that loses and finds its gateway."""

from __future__ import annotations

import ast
import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from gateway.client import (
    Arrived,
    Changed,
    Item,
    Refused,
    Reloaded,
    ServiceClient,
    SessionEnded,
    Stream,
    Unreachable,
    UserClient,
)
from gateway.demo import random_event
from gateway.limits import Limits
from gateway.tokens import Tokens
from schemas.preferences import QuietHours
from schemas.rest import OpenedSession
from schemas.settings import GatewaySettings
from tests.integration.gateway.harness import QUIET, Platform, Running, eventually, running
from tests.snippets import snippets

KEY = "service-key-of-the-tests"


@pytest.fixture
async def service(server: Running) -> AsyncIterator[ServiceClient]:
    async with ServiceClient(server.url, KEY) as service:
        yield service


@pytest.fixture
async def device(server: Running, service: ServiceClient, user: str) -> AsyncIterator[UserClient]:
    async with UserClient(server.url, await service.open_session(user)) as device:
        yield device


async def take(stream: Stream, count: int, seconds: float = 10.0) -> list[Item]:
    async with asyncio.timeout(seconds):
        return [await anext(stream) for _ in range(count)]


async def ids_of(stream: Stream, count: int) -> list[str]:
    """The ids of as many notifications as arrive next; nothing else comes between."""
    items = await take(stream, count)
    assert {type(item) for item in items} == {Arrived}
    return [item.notification.id for item in items if isinstance(item, Arrived)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# -- services


async def test_events_go_out_in_requests_within_the_limits(platform: Platform, service: ServiceClient) -> None:
    events = [random_event() for _ in range(2300)]
    assert await service.publish(events) == 2300
    stored = {value for group in ("video", "comment", "user") for value in await platform.published(f"{group}-events")}
    assert {msgspec.json.encode(event) for event in events} <= stored
    large = [msgspec.structs.replace(event, subject="x" * 200_000) for event in events[:45]]
    assert await service.publish(large) == 45  # 9 MB


async def test_events_that_are_not_valid_are_counted_over_all_requests(service: ServiceClient) -> None:
    events: list[Any] = [random_event() for _ in range(1004)]
    events[1002] = msgspec.structs.replace(events[1002], id="")
    with pytest.raises(Refused) as refused:
        await service.publish(events)
    assert refused.value.problem.type == "urn:pavilion:invalid-events"
    assert [one["index"] for one in refused.value.problem.errors] == [1002]


async def test_people(platform: Platform, service: ServiceClient) -> None:
    ada, bob = str(uuid4()), uuid4()
    await service.follow(bob, ada)
    assert await platform.stores.people.followers(ada, "", 10) == [str(bob)]
    await service.unfollow(bob, ada)
    assert await platform.stores.people.followers(ada, "", 10) == []
    await service.put_profile(ada, "Ada")
    with pytest.raises(Refused, match="name"):
        await service.put_profile(ada, "")


async def test_a_wrong_key_is_refused_at_once(server: Running) -> None:
    async with ServiceClient(server.url, "wrong") as service:
        with pytest.raises(Refused) as refused:
            await service.open_session(uuid4())
        assert refused.value.problem.status == 401


async def test_a_gateway_that_is_away_is_unreachable() -> None:
    async with ServiceClient(f"http://127.0.0.1:{free_port()}", KEY) as service:
        with pytest.raises(Unreachable, match="4 attempts"):
            await service.open_session(uuid4())


# -- a device over REST


async def test_lists_come_page_by_page(platform: Platform, device: UserClient, user: str) -> None:
    added = await platform.deliver(user, 7)
    listed = [one.id async for one in device.notifications(page=3)]
    assert listed == sorted((one.notification.id for one in added), reverse=True)
    assert (await device.set_state(listed[0], "read")).read_at is not None
    unread = [one.id async for one in device.notifications(state="unread", type="video.liked", page=3)]
    assert unread == listed[1:]
    await device.delete(listed[1])
    with pytest.raises(Refused) as refused:
        await device.get(listed[1])
    assert refused.value.problem.type == "urn:pavilion:notification-not-found"
    counts = await device.mark("read", up_to=listed[3], id="once")
    assert (await device.mark("read", up_to=listed[3], id="once")).position == counts.position
    assert (await device.counts()).unread == counts.unread == 1


async def test_preferences(platform: Platform, device: UserClient, user: str) -> None:
    hours = QuietHours("22:00", "07:00", "Europe/Berlin")
    changed = await device.set_preferences({"video.liked": False}, quiet_hours=hours)
    assert (changed.types["video.liked"], changed.quiet_hours) == (False, hours)
    await device.set_preferences(quiet_hours=None)
    kept = await device.preferences()
    assert (kept.types["video.liked"], kept.types["video.shared"], kept.quiet_hours) == (False, True, None)


@pytest.mark.guarantee("G3")
async def test_what_is_withheld_moves_the_position(platform: Platform, device: UserClient, user: str) -> None:
    await device.set_preferences({"video.liked": False})
    async with device.stream() as stream:
        await take(stream, 1)
        await platform.deliver(user, 3)
        [shared] = await platform.deliver(user, type="video.shared")
        assert await ids_of(stream, 1) == [shared.notification.id]
        assert stream.position == shared.position
        await stream.mark("seen", position=stream.position)
        [changed] = await take(stream, 1)
        assert isinstance(changed, Changed)
        assert changed.up_to == shared.notification.id


async def test_a_token_that_is_refused_is_refreshed(server: Running, service: ServiceClient, user: str) -> None:
    kept: list[OpenedSession] = []

    async def keep(session: OpenedSession) -> None:
        kept.append(session)

    stale = msgspec.structs.replace(await service.open_session(user), access_token="a.b.c")
    async with UserClient(server.url, stale, on_refresh=keep) as device:
        await asyncio.gather(device.counts(), device.counts(), device.page())
        assert [device.session] == kept  # one refresh for all of them
        async with device.stream() as stream:
            await take(stream, 1)
        await device.sign_out()


# -- a stream


async def test_it_begins_with_the_list_and_goes_on_live(platform: Platform, device: UserClient, user: str) -> None:
    before = await platform.deliver(user, 3)
    async with device.stream(page=2) as stream:
        [first] = await take(stream, 1)
        assert isinstance(first, Reloaded)
        assert [one.id for one in first.notifications] == [one.notification.id for one in (before[2], before[1])]
        assert (first.more, first.counts.unread, stream.live) == (True, 3, True)
        [added] = await platform.deliver(user)
        [arrived] = await take(stream, 1)
        assert isinstance(arrived, Arrived)
        assert (arrived.notification, arrived.counts.unread) == (added.notification, 4)
        assert stream.position == arrived.counts.position == added.position


async def test_marks_are_told_to_every_device(
    platform: Platform, server: Running, device: UserClient, user: str
) -> None:
    [added] = await platform.deliver(user)
    async with device.stream() as one, device.stream() as two:
        await take(one, 1)
        await take(two, 1)
        await one.mark("read", notifications=[added.notification.id], id="mine")
        for stream in (one, two):
            [changed] = await take(stream, 1)
            assert isinstance(changed, Changed)
            assert (changed.id, changed.state, changed.counts.unread) == ("mine", "read", 0)
        with pytest.raises(Refused, match="exactly one of"):
            await one.mark("read")
        connections = server.gateway.hub.connections_of(user)
        await asyncio.gather(*(one.mark("seen", up_to=added.notification.id) for _ in range(95)))
        assert server.gateway.hub.connections_of(user) == connections  # that was as fast as the gateway takes it


@pytest.mark.guarantee("G3")
async def test_a_new_stream_goes_on_from_the_position(platform: Platform, device: UserClient, user: str) -> None:
    async with device.stream() as stream:
        await take(stream, 1)
        [seen] = await platform.deliver(user)
        assert await ids_of(stream, 1) == [seen.notification.id]
        position = stream.position
    missed = await platform.deliver(user, 20)
    async with device.stream(position) as stream:
        assert await ids_of(stream, 20) == [one.notification.id for one in missed]
    far_behind = await platform.deliver(user, 301)
    async with device.stream(position, page=200) as stream:
        [reloaded] = await take(stream, 1)
        assert isinstance(reloaded, Reloaded)
        assert reloaded.notifications[0] == far_behind[-1].notification
        assert stream.position == far_behind[-1].position


@pytest.mark.guarantee("G3")
async def test_a_gateway_is_restarted_under_it(platform: Platform, user: str) -> None:
    gateway = GatewaySettings(port=free_port(), drain="200ms")
    url = f"http://127.0.0.1:{gateway.port}"
    async with ServiceClient(url, KEY) as service:
        async with running(platform, settings={"gateway": gateway}):
            device = UserClient(url, await service.open_session(user))
            stream = device.stream()
            await stream.__aenter__()
            await take(stream, 1)
            first = await platform.deliver(user, 2)
        await eventually(lambda: not stream.live)
        marking = asyncio.create_task(stream.mark("seen", notifications=[first[0].notification.id], id="waits"))
        second = await platform.deliver(user, 2)
        async with running(platform, settings={"gateway": gateway}):
            third = await platform.deliver(user, 2, fan_out=False)
            items = await take(stream, 7, 20.0)
            arrived = [item.notification.id for item in items if isinstance(item, Arrived)]
            assert arrived == [one.notification.id for one in (*first, *second, *third)]
            [changed] = [item for item in items if isinstance(item, Changed)]
            assert changed.id == "waits"
            await marking
            await stream.close()
            await device.close()


async def test_the_token_is_refreshed_inside_the_socket(
    platform: Platform, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.tokens.ACCESS_SECONDS", 3)
    monkeypatch.setattr("gateway.sessions.ACCESS_SECONDS", 3)
    async with running(platform) as server, ServiceClient(server.url, KEY) as service:
        session = await service.open_session(user)
        async with UserClient(server.url, session) as device, device.stream() as stream:
            await take(stream, 1)
            [connection] = server.gateway.hub.connections
            await asyncio.sleep(4.5)
            assert server.gateway.hub.connections == [connection]
            assert device.session.refresh_token != session.refresh_token
            [added] = await platform.deliver(user)
            assert await ids_of(stream, 1) == [added.notification.id]


async def test_an_expired_token_is_refreshed_before_it_comes_back(
    service: ServiceClient, server: Running, user: str
) -> None:
    session = await service.open_session(user)
    old = Tokens(KEY, now=lambda: 1_700_000_000).issue_access(user, session.session_id)
    async with UserClient(server.url, msgspec.structs.replace(session, access_token=old)) as device:
        async with device.stream() as stream:
            assert isinstance((await take(stream, 1))[0], Reloaded)
        assert device.session.refresh_token != session.refresh_token


@pytest.mark.guarantee("G9")
async def test_sign_out_ends_it(device: UserClient) -> None:
    async with device.stream() as stream:
        await take(stream, 1)
        await device.sign_out()
        with pytest.raises(SessionEnded):
            await take(stream, 1)
        with pytest.raises(SessionEnded):
            await stream.mark("seen", up_to=uuid4())


@pytest.mark.guarantee("G3")
async def test_slow_iteration_misses_nothing(platform: Platform, user: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The buffer is full, the socket is not read, the gateway closes it: what follows comes over the next one."""
    monkeypatch.setattr("gateway.client.stream.BUFFER", 5)
    limits = Limits(check=QUIET.check, queue_frames=20, ping=0.5, pong=1.0, close=1.0)
    async with (
        running(platform, limits) as server,
        ServiceClient(server.url, KEY) as service,
        UserClient(server.url, await service.open_session(user)) as device,
        device.stream() as stream,
    ):
        await take(stream, 1)
        [connection] = server.gateway.hub.connections
        added = [one for _ in range(25) for one in await platform.deliver(user, 10, padding=7000)]
        await eventually(lambda: connection.ended, 10.0)
        assert connection.queued <= limits.queue_frames
        assert await ids_of(stream, 250) == [one.notification.id for one in added]


async def test_a_call_that_is_given_up_loses_nothing(platform: Platform, device: UserClient, user: str) -> None:
    async with device.stream() as stream:
        await eventually(lambda: stream.live)
        loading = asyncio.create_task(anext(stream))
        await asyncio.sleep(0.001)
        loading.cancel()
        assert isinstance((await take(stream, 1))[0], Reloaded)
        with pytest.raises(TimeoutError):
            await take(stream, 1, 0.1)
        [added] = await platform.deliver(user)
        assert await ids_of(stream, 1) == [added.notification.id]


async def test_a_mark_that_is_not_answered_says_so(platform: Platform, user: str) -> None:
    async with running(platform) as server, ServiceClient(server.url, KEY) as service:
        device = UserClient(server.url, await service.open_session(user))
        stream = device.stream()
        await stream.__aenter__()
        await take(stream, 1)
    with pytest.raises(Unreachable, match="done or not"):
        await stream.mark("seen", up_to=uuid4(), timeout=0.3)
    closing = asyncio.create_task(stream.mark("seen", up_to=uuid4()))
    await asyncio.sleep(0)
    await stream.close()
    with pytest.raises(Unreachable, match="closed before"):
        await closing
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    await device.close()


# -- the document


@pytest.mark.parametrize("number", range(3))
async def test_the_examples_of_the_document_run(
    platform: Platform, server: Running, service: ServiceClient, user: str, number: int
) -> None:
    path = Path(__file__).parents[3] / "docs" / "python-client.md"
    source = [one.text for one in snippets(path) if one.language == "python"][number]
    await platform.deliver(user, 2)
    names = {"URL": server.url, "SERVICE_KEY": KEY, "SESSION": await service.open_session(user)}
    example = asyncio.ensure_future(eval(compile(source, path.name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names))
    if "stream" in source:
        await eventually(lambda: "position" in names)
        await platform.deliver(user)
    async with asyncio.timeout(10):
        await example
    assert {0: "accepted", 1: "counts", 2: "ids"}[number] in names
