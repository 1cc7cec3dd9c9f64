"""What a socket is not told: types opted out of, and what comes in quiet hours; and the frame that releases it.

The clock of each gateway is moved by hand.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from gateway.limits import Limits
from infra.stores.ports import Filter, PreferencesVersion
from schemas.preferences import Preferences
from schemas.records import Added
from tests.integration.gateway.harness import Client, Platform, Running, as_json, eventually, running
from tests.integration.gateway.test_preferences import Away

HOUR = 3_600_000
MIDNIGHT = 1_795_046_400_000  # 2026-11-19T00:00Z
NIGHT = {"start": "22:00", "end": "07:00", "time_zone": "UTC"}
LIMITS = Limits(check=(60.0, 60.0), tick=0.01, reopen=(0.01, 0.05))


@dataclass
class Clock:
    ms: int = MIDNIGHT

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@asynccontextmanager
async def gateways(platform: Platform, *clocks: Clock, **changes: Any) -> AsyncIterator[list[Running]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(running(platform, LIMITS, clock=one, **changes)) for one in clocks]


async def choose(server: Running, user: str, **body: Any) -> None:
    response = await server.http.put("/v1/preferences", json=body, headers=await server.bearer(user))
    assert response.status_code == 200, response.text


def withheld(frame: dict[str, Any], added: Added) -> bool:
    return frame == {"type": "position", "position": as_json(added.position)}


def released(frame: dict[str, Any], *added: Added) -> bool:
    return (
        frame["type"] == "state"
        and frame["state"] == "released"
        and frame["notifications"] == [one.notification.id for one in added]
        and frame["position"]["tail"] == frame["id"]
    )


async def contiguous(platform: Platform, user: str, offsets: list[int]) -> None:
    [top] = await platform.stores.inbox.summaries([user])
    assert offsets == list(range(offsets[0], top.position.offset + 1))


@pytest.mark.guarantee("G3")
async def test_a_type_that_is_opted_out_of_between_delivery_and_socket(
    platform: Platform, clock: Clock, user: str
) -> None:
    async with gateways(platform, clock, clock) as (one, two), one.client(user) as client:
        offsets = []
        for allowed in (True, False, True):
            await choose(two, user, types={"video.liked": allowed})
            [liked] = await platform.deliver(user)
            [shared] = await platform.deliver(user, type="video.shared")
            first, second = await client.take(2)
            assert withheld(first, liked) is not allowed
            assert second["notification"]["id"] == shared.notification.id
            assert (second["unseen"], second["unread"]) == (shared.unseen, shared.unread)
            offsets += [first["position"]["offset"], second["position"]["offset"]]
        await contiguous(platform, user, offsets)
        mine = await one.bearer(user)
        assert len((await one.http.get("/v1/notifications", headers=mine)).json()["data"]) == 6
        assert (await one.http.get("/v1/counts", headers=mine)).json()["unread"] == 6


@pytest.mark.guarantee("G3")
async def test_recovery_withholds_too(platform: Platform, clock: Clock, user: str) -> None:
    async with gateways(platform, clock) as [server]:
        async with server.client(user) as client:
            position = client.position
        missed = [*await platform.deliver(user), *await platform.deliver(user, type="video.shared")]
        await choose(server, user, types={"video.liked": False})
        async with server.client(user, position) as client:
            assert client.connected["recovered"] is True
            assert client.connected["position"] == as_json(missed[1].position)
            assert client.connected["unread"] == 2
            first, second = await client.take(2)
            assert withheld(first, missed[0])
            assert second["position"] == as_json(missed[1].position)
            assert second["type"] == "notification"


@pytest.mark.guarantee("G3")
async def test_quiet_hours_end_with_one_frame_on_every_device(platform: Platform, clock: Clock, user: str) -> None:
    async with gateways(platform, clock, clock) as (one, two):
        await choose(one, user, quiet_hours=NIGHT)
        async with one.client(user) as phone, two.client(user) as tablet:
            sent = await platform.deliver(user, 2)
            for client in (phone, tablet):
                assert [withheld(frame, added) for frame, added in zip(await client.take(2), sent, strict=True)]
            await phone.send(type="mark", id="m", state="seen", notifications=[sent[0].notification.id])
            # A mark is told in quiet hours too, and its counts have what is withheld in them.
            [state] = [frame for frame in await phone.take(2) if frame["type"] == "state"]
            assert (state["unseen"], state["unread"]) == (1, 2)
            assert (await tablet.next())["position"] == state["position"]

            clock.ms += 7 * HOUR - 1
            await phone.silence()
            clock.ms += 1
            frames = [await client.next() for client in (phone, tablet)]
            assert frames[0] == frames[1]
            assert released(frames[0], *sent)
            assert (frames[0]["unseen"], frames[0]["unread"]) == (1, 2)
            assert frames[0]["position"]["offset"] == 4
            await phone.silence()

            [late] = await platform.deliver(user)
            for client in (phone, tablet):
                assert (await client.next())["notification"] == as_json(late.notification)
        mine = await one.bearer(user)
        listed = (await one.http.get("/v1/notifications", headers=mine)).json()["data"]
        assert {one["id"] for one in listed} == {one.notification.id for one in (*sent, late)}
        assert len(await platform.stores.history.page(user, None, 10, Filter())) == 3


async def test_a_quiet_night_ends_without_a_frame(platform: Platform, clock: Clock, user: str) -> None:
    async with gateways(platform, clock) as [server]:
        await platform.deliver(user)
        await choose(server, user, types={"video.liked": False}, quiet_hours=NIGHT)
        async with server.client(user) as client:
            # Nobody misses what is withheld for good.
            [added] = await platform.deliver(user)
            assert withheld(await client.next(), added)
            clock.ms += 12 * HOUR
            await client.silence()
        async with server.client(user) as client:
            await client.silence()


@pytest.mark.guarantee("G3")
async def test_who_left_before_the_end_is_told_on_coming_back(platform: Platform, clock: Clock, user: str) -> None:
    """To a gateway that knows of nothing: the one that withheld is gone."""
    async with gateways(platform, clock) as [server]:
        await choose(server, user, quiet_hours=NIGHT)
        async with server.client(user) as client:
            [added] = await platform.deliver(user)
            assert withheld(await client.next(), added)
            position = client.position
    clock.ms += 12 * HOUR
    async with gateways(platform, clock) as [server]:
        async with server.client(user, position) as client:
            assert client.connected["recovered"] is True
            assert released(await client.next(), added)
            position = client.position
        async with server.client(user, position) as client:
            assert client.connected["recovered"] is True
            await client.silence()


async def test_who_comes_back_before_the_end_is_not_told_yet(platform: Platform, clock: Clock, user: str) -> None:
    async with gateways(platform, clock) as [server]:
        await choose(server, user, quiet_hours=NIGHT)
        async with server.client(user) as client:
            position = client.position
        [missed] = await platform.deliver(user)
        async with server.client(user, position) as client:
            assert client.connected["recovered"] is True
            assert withheld(await client.next(), missed)
            await client.silence()
            clock.ms += 7 * HOUR
            assert released(await client.next(), missed)


async def test_what_was_missed_at_night_is_told_in_full_by_day(platform: Platform, clock: Clock, user: str) -> None:
    """Nobody was there, so nothing was withheld."""
    async with gateways(platform, clock) as [server]:
        await choose(server, user, quiet_hours=NIGHT)
        async with server.client(user) as client:
            position = client.position
        [missed] = await platform.deliver(user)
        clock.ms += 12 * HOUR
        async with server.client(user, position) as client:
            assert (await client.next())["notification"] == as_json(missed.notification)
            await client.silence()


@pytest.mark.parametrize("hours", [None, {**NIGHT, "start": "01:00"}])
async def test_changing_quiet_hours_while_they_are_on_releases(
    platform: Platform, clock: Clock, user: str, hours: Any
) -> None:
    async with gateways(platform, clock, clock) as (one, two), one.client(user) as client:
        await choose(two, user, quiet_hours=NIGHT)
        [added] = await platform.deliver(user)
        assert withheld(await client.next(), added)
        await choose(two, user, quiet_hours={**NIGHT, "start": "21:00"})
        await client.silence()
        await choose(two, user, quiet_hours=hours)
        assert released(await client.next(), added)
        [after] = await platform.deliver(user)
        assert (await client.next())["notification"] == as_json(after.notification)


@pytest.mark.guarantee("G3")
async def test_clocks_that_differ_lose_nothing(platform: Platform, clock: Clock, user: str) -> None:
    """The one that is ahead releases; what the other one goes on to withhold is released by a second entry."""
    ahead = Clock(clock.ms + 2_000)
    async with gateways(platform, ahead, clock) as (one, two):
        await choose(one, user, quiet_hours=NIGHT)
        async with one.client(user) as phone, two.client(user) as tablet:
            [first] = await platform.deliver(user)
            for client in (phone, tablet):
                assert withheld(await client.next(), first)
            clock.ms, ahead.ms = MIDNIGHT + 7 * HOUR - 1_000, MIDNIGHT + 7 * HOUR + 1_000
            for client in (phone, tablet):
                assert released(await client.next(), first)
            [second] = await platform.deliver(user)
            assert (await phone.next())["notification"] == as_json(second.notification)
            assert withheld(await tablet.next(), second)
            clock.ms += 2_000
            for client in (phone, tablet):
                assert released(await client.next(), second)
            await phone.silence()


@pytest.mark.guarantee("G3")
async def test_a_gateway_that_dies_before_its_release_owes_it_to_the_others(
    platform: Platform, clock: Clock, user: str
) -> None:
    """A device elsewhere that was told nothing is told by the comparison of positions."""
    async with gateways(platform, clock, clock) as (one, two):
        await choose(one, user, quiet_hours=NIGHT)
        async with two.client(user) as tablet:
            async with one.client(user) as phone:
                [added] = await platform.deliver(user, fan_out=False)
                await one.gateway.hub.compare()
                assert withheld(await phone.next(), added)
            clock.ms += 12 * HOUR
            await two.gateway.hub.compare()
            frames = await tablet.take(2)
            assert frames[0]["notification"] == as_json(added.notification)
            assert released(frames[1], added)


@pytest.mark.guarantee("G3")
async def test_a_release_that_fails_is_made_again(
    platform: Platform, clock: Clock, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it reached the inbox, and after: then the entry is there, and is found there."""
    async with gateways(platform, clock) as [server]:
        await choose(server, user, quiet_hours=NIGHT)
        async with server.client(user) as client:
            for what in ("_inbox", "_fan_out"):
                [added] = await platform.deliver(user)
                assert withheld(await client.next(), added)
                releases = server.gateway.hub._sources.releases
                away = Away(getattr(releases, what))
                with monkeypatch.context() as patch:
                    patch.setattr(releases, what, away)
                    clock.ms += 12 * HOUR
                    if what == "_inbox":
                        await client.silence()
                        away.away = False
                    assert released(await client.next(), added)
                clock.ms += 12 * HOUR


async def test_a_change_nobody_was_told_of_is_found(platform: Platform, clock: Clock, user: str) -> None:
    """Its control record was lost."""
    async with gateways(platform, clock) as [server], server.client(user) as client:
        version = PreferencesVersion(user, 1, 0, "test", Preferences(types={"video.liked": False}), ("video.liked",))
        assert await platform.stores.preferences.put(version)
        await server.gateway.hub.compare()
        [added] = await platform.deliver(user)
        assert withheld(await client.next(), added)


@pytest.mark.guarantee("G3")
async def test_while_changed_preferences_cannot_be_read_nothing_is_told(
    platform: Platform, clock: Clock, user: str
) -> None:
    away = Away(platform.stores.preferences)
    away.away = False
    async with (
        gateways(platform, clock, preferences=away) as [server],
        gateways(platform, clock) as [other],
        server.client(user) as client,
    ):
        away.away = True
        await choose(other, user, types={"video.liked": False})
        sent = [*await platform.deliver(user), *await platform.deliver(user, type="video.shared")]
        await client.silence()
        away.away = False
        first, second = await client.take(2)
        assert withheld(first, sent[0])
        assert second["notification"] == as_json(sent[1].notification)


async def test_a_connect_while_preferences_are_away_is_told_to_come_back(
    platform: Platform, clock: Clock, user: str
) -> None:
    away = Away(platform.stores.preferences)
    away.away = False
    async with gateways(platform, clock, preferences=away) as [server]:
        token = (await server.session(user))["access_token"]
        async with server.client(user, token=token) as held:
            away.away = True
            async with server.open() as socket:
                client = Client(socket)
                await client.send(type="connect", token=token)
                assert (await client.next())["problem"]["type"] == "urn:pavilion:connection-failed"
                assert await client.closed() == 1013
            # Whoever was there before goes on.
            [added] = await platform.deliver(user)
            assert (await held.next())["notification"] == as_json(added.notification)
        await eventually(lambda: server.gateway.hub.users == 0)
