"""The main job: connect, receive live, mark, come back."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from gateway.limits import Limits
from infra.log.ports import Reader, Record
from infra.stores.ports import Summary
from schemas.errors import ConnectionFailed
from tests.integration.gateway.harness import PARTITIONS, Client, Platform, Running, as_json, eventually, running

pytestmark = pytest.mark.guarantee("G3")


async def test_connect_receive_and_mark(platform: Platform, server: Running, user: str) -> None:
    async with server.client(user) as client:
        connected = client.connected
        assert connected["user"] == user
        assert connected["recovered"] is False
        assert (connected["unseen"], connected["unread"]) == (0, 0)
        assert 0 < connected["expires_in"] <= 600
        [added] = await platform.deliver(user)
        frame = await client.next()
        assert next(iter(frame)) == "type"
        assert frame == {
            "type": "notification",
            "position": as_json(added.position),
            "unseen": 1,
            "unread": 1,
            "notification": as_json(added.notification),
        }
        await client.send(type="mark", id="m1", state="read", notifications=[added.notification.id])
        frames = {frame["type"]: frame for frame in await client.take(2)}
        assert frames["marked"] == {"type": "marked", "id": "m1"}
        assert frames["state"]["unread"] == 0
        assert frames["state"]["notifications"] == [added.notification.id]
        assert frames["state"]["position"]["offset"] == added.position.offset + 1


async def test_resume_brings_what_was_missed(platform: Platform, server: Running, user: str) -> None:
    await platform.deliver(user, 2)
    async with server.client(user) as client:
        position = client.position
    missed = await platform.deliver(user, 3)
    async with server.client(user, position) as client:
        assert client.connected["recovered"] is True
        assert client.connected["position"] == as_json(missed[-1].position)
        frames = await client.take(3)
        assert [frame["position"] for frame in frames] == [as_json(added.position) for added in missed]
        [live] = await platform.deliver(user)
        assert (await client.next())["position"] == as_json(live.position)


async def test_resume_table_over_the_server(platform: Platform, server: Running, user: str) -> None:
    added = await platform.deliver(user, 310)
    top = as_json(added[-1].position)
    at = {entry.position.offset: as_json(entry.position) for entry in added}
    table = [
        ("no position", None, False, 0),
        ("same position", top, True, 0),
        ("from a position", at[305], True, 5),
        ("limited: 300 missed", at[10], True, 300),
        ("limited: 301 missed", at[9], False, 0),
        ("from the start, too far", {**top, "offset": 0, "tail": ""}, False, 0),
        ("not yet existing", {**top, "offset": 311}, False, 0),
        ("wrong epoch", {**at[305], "epoch": "another"}, False, 0),
        ("wrong tail", {**at[305], "tail": at[304]["tail"]}, False, 0),
        ("wrong tail at the top", {**top, "tail": at[304]["tail"]}, False, 0),
        ("negative", {**top, "offset": -1}, False, 0),
        ("beyond any integer of a store", {**top, "offset": 10**30}, False, 0),
    ]
    token = (await server.session(user))["access_token"]
    for name, position, recovered, count in table:
        async with server.client(user, position, token) as client:
            assert client.connected["recovered"] is recovered, name
            assert client.connected["position"] == top, name
            frames = await client.take(count)
            expected = range(310 - count + 1, 311)
            assert [frame["position"]["offset"] for frame in frames] == list(expected), name
            await client.silence(0.02)


async def test_position_already_gone_from_the_log(platform: Platform, server: Running, user: str) -> None:
    async with server.client(user) as client:
        start = client.position
        [added] = await platform.deliver(user)
        await client.next()
        # A deleted notification cannot be replayed: all or nothing means nothing.
        await client.send(type="mark", id="gone", state="deleted", notifications=[added.notification.id])
        await client.take(2)
    async with server.client(user, start) as client:
        assert client.connected["recovered"] is False
        await client.silence()


async def test_a_lost_fan_out_record_is_read_from_the_inbox(platform: Platform, server: Running, user: str) -> None:
    async with server.client(user) as client:
        lost = await platform.deliver(user, 2, fan_out=False)
        [later] = await platform.deliver(user)
        offsets = [frame["position"]["offset"] for frame in await client.take(3)]
        assert offsets == [entry.position.offset for entry in (*lost, later)]
        await client.silence()


async def test_fan_out_records_again_and_out_of_order_change_nothing(
    platform: Platform, server: Running, user: str
) -> None:
    async with server.client(user) as client:
        added = await platform.deliver(user, 3, fan_out=False)
        await platform.fan_out(added[2], added[0], added[1], *added, *reversed(added))
        frames = await client.take(3)
        assert [frame["position"]["offset"] for frame in frames] == [1, 2, 3]
        await client.silence()
        [later] = await platform.deliver(user)
        assert (await client.next())["position"] == as_json(later.position)


async def test_comparing_positions_finds_a_lost_tail(platform: Platform, user: str) -> None:
    limits = Limits(check=(0.1, 0.2))
    async with running(platform, limits) as server, server.client(user) as client:
        lost = await platform.deliver(user, 2, fan_out=False)
        offsets = [frame["position"]["offset"] for frame in await client.take(2)]
        assert offsets == [entry.position.offset for entry in lost]
        await client.silence(0.5)


async def test_a_history_that_does_not_continue_closes_4010(platform: Platform, server: Running, user: str) -> None:
    """The inbox lost what this client was told, as after a failover to a replica that was behind."""
    async with server.client(user) as client:
        await platform.deliver(user, 3)
        await client.take(3)
        position = client.position

        def lose(db: sqlite3.Connection) -> None:
            db.execute("UPDATE inbox SET epoch = 'after-failover', top = 0, tail = '' WHERE user_id = ?", (user,))
            for table in ("inbox_log", "inbox_ids", "inbox_items"):
                db.execute(f"DELETE FROM {table} WHERE user_id = ?", (user,))

        await platform.database.write(lose)
        await platform.deliver(user)
        assert await client.closed() == 4010
    async with server.client(user, position) as client:
        assert client.connected["recovered"] is False


async def test_a_device_that_joined_ahead_is_told_when_its_last_entry_is_another(
    platform: Platform, server: Running, user: str
) -> None:
    """As after a failover, of a server that tells nobody, to a replica without the entry that only one device has."""
    async with server.client(user) as one:
        await platform.deliver(user, fan_out=False)
        async with server.client(user) as two:
            assert two.position["offset"] == 1

            def lose(db: sqlite3.Connection) -> None:
                db.execute("UPDATE inbox SET top = 0, tail = '', unseen = 0, unread = 0 WHERE user_id = ?", (user,))
                for table in ("inbox_log", "inbox_ids", "inbox_items"):
                    db.execute(f"DELETE FROM {table} WHERE user_id = ?", (user,))

            await platform.database.write(lose)
            [another] = await platform.deliver(user)
            assert (await one.next())["position"] == as_json(another.position)
            assert await two.closed() == 4010


async def test_two_devices_in_step(platform: Platform, server: Running, user: str) -> None:
    async with server.client(user) as one, server.client(user) as two:
        added = await platform.deliver(user, 2)
        assert await one.take(2) == await two.take(2)
        await one.send(type="mark", id="all", state="read", up_to=added[-1].notification.id)
        told = await two.next()
        assert (told["type"], told["id"], told["up_to"]) == ("state", "all", added[-1].notification.id)
        assert (told["unseen"], told["unread"]) == (0, 0)
        assert {frame["type"] for frame in await one.take(2)} == {"marked", "state"}
        # Sent again because the answer was lost: answered again, and nobody is told twice.
        await one.send(type="mark", id="all", state="read", up_to=added[-1].notification.id)
        assert await one.next() == {"type": "marked", "id": "all"}
        await two.silence()


async def test_a_device_that_joins_while_the_stream_is_behind_gets_no_double(
    platform: Platform, server: Running, user: str
) -> None:
    async with server.client(user) as one:
        start = one.position
        lost = await platform.deliver(user, 2, fan_out=False)
        async with server.client(user, start) as two:
            assert two.connected["recovered"] is True
            await two.take(2)
            await platform.fan_out(*lost)
            assert [frame["position"]["offset"] for frame in await one.take(2)] == [1, 2]
            await two.silence()
            await platform.deliver(user)
            assert (await one.next())["position"] == (await two.next())["position"]


async def test_only_a_device_that_is_too_far_behind_loses_its_place(
    platform: Platform, server: Running, user: str
) -> None:
    async with server.client(user) as behind:
        await platform.deliver(user, 301, fan_out=False)
        async with server.client(user) as ahead:
            await platform.deliver(user)
            assert await behind.closed() == 4010
            assert (await ahead.next())["position"]["offset"] == 302
            await platform.deliver(user)
            assert (await ahead.next())["position"]["offset"] == 303


async def test_no_gap_and_no_double_while_connecting_under_load(platform: Platform, server: Running, user: str) -> None:
    """Live items that arrive while the log is read are merged by offset."""
    publishing = asyncio.create_task(platform_load(platform, user, 150))
    position, seen = None, 0
    token = (await server.session(user))["access_token"]
    async with server.client(user, None, token) as client:
        position, seen = client.position, client.position["offset"]
    while seen < 150:
        async with server.client(user, position, token) as client:
            assert client.connected["recovered"] is True
            for _ in range(7):
                if client.position["offset"] == 150 and seen == 150:
                    break
                frame = await client.next()
                assert frame["position"]["offset"] == seen + 1
                seen = frame["position"]["offset"]
                position = frame["position"]
    await publishing


async def platform_load(platform: Platform, user: str, count: int) -> None:
    for number in range(count):
        # Every fifth is lost on its way to the gateway; the last is not, so the test needs no clock.
        await platform.deliver(user, fan_out=number % 5 != 1 or number == count - 1)


async def test_a_reader_that_fails_is_opened_again_and_nothing_is_missed(
    platform: Platform, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*args: object, **kwargs: object) -> list[Record]:
        raise ConnectionFailed("read", "the broker is away")

    async with running(platform) as server, server.client(user) as client:
        hub = server.gateway.hub
        with monkeypatch.context() as broken:
            broken.setattr(platform.log, "select", away)
            await platform.deliver(user)
            await eventually(lambda: not hub.ready)
            await platform.deliver(user, 2)
        await eventually(lambda: hub.ready)
        assert [frame["position"]["offset"] for frame in await client.take(3)] == [1, 2, 3]


async def test_a_reader_that_fails_is_opened_again_where_it_was(
    platform: Platform, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it had read is not read again: an hour of it may be retained."""
    places: list[int | None] = []
    opened = platform.log.reader

    async def reader(topic: str, partition: int, *, after: int | None = None) -> Reader:
        places.append(after)
        return await opened(topic, partition, after=after)

    async def away(*args: object, **kwargs: object) -> list[Record]:
        raise ConnectionFailed("read", "the broker is away")

    monkeypatch.setattr(platform.log, "reader", reader)
    async with running(platform) as server, server.client(user) as client:
        assert set(places) == {None}
        await platform.deliver(user, 3)
        await client.take(3)
        with monkeypatch.context() as broken:
            broken.setattr(platform.log, "select", away)
            await platform.deliver(user)
            await eventually(lambda: not server.gateway.hub.ready)
        await eventually(lambda: server.gateway.hub.ready)
        assert (await client.next())["position"]["offset"] == 4
        assert any(places[PARTITIONS:])


async def test_a_reader_that_was_disconnected_is_replaced_and_positions_are_compared(
    platform: Platform, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a broker's reader that comes back at a later point: what was published meanwhile is in the inbox only."""
    limits = Limits(check=(60.0, 60.0), watch=0.05)
    connected = True
    monkeypatch.setattr("infra.log.embedded._Reader.connected", lambda reader: connected)
    async with running(platform, limits) as server, server.client(user) as client:
        await platform.deliver(user, 2, fan_out=False)
        await client.silence()
        connected = False
        assert [frame["position"]["offset"] for frame in await client.take(2)] == [1, 2]
        connected = True
        await eventually(lambda: server.gateway.hub.ready)


async def test_a_device_that_cannot_join_takes_nothing_from_the_others(
    platform: Platform, server: Running, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, fail = asyncio.Event(), asyncio.Event()

    async def away(user_ids: object) -> list[Summary]:
        reading.set()
        await fail.wait()
        raise ConnectionFailed("read inbox", "the store is away")

    token = (await server.session(user))["access_token"]
    async with server.client(user, token=token) as one, server.open() as other:
        with monkeypatch.context() as broken:
            broken.setattr(platform.stores.inbox, "summaries", away)
            two = Client(other)
            await two.send(type="connect", token=token)
            await reading.wait()
            [added] = await platform.deliver(user)
            await one.silence(0.1)
            fail.set()
            error = await two.next()
            assert (error["type"], error["problem"]["status"]) == ("error", 503)
            assert "store" not in error["problem"].get("detail", "")
            assert await two.closed() == 1013
            assert (await one.next())["position"] == as_json(added.position)
