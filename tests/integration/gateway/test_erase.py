"""DELETE /v1/users/{id}: an admin erases a user, who is then as if never there."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import uuid4

from pydantic import SecretStr

from infra.stores.ports import Profile
from schemas.settings import EncryptionSettings
from tests.integration.gateway.harness import ADMIN, Platform, Running, assert_problem, open_platform, running

KEY = SecretStr("k1:" + "A" * 43 + "=")


async def erase(server: Running, user: str) -> list[str]:
    """Repeats the request for as long as it is asked to; returns every line of what was done."""
    done: list[str] = []
    while True:
        response = await server.http.delete(f"/v1/users/{user}", headers=ADMIN)
        body = response.json()
        done += body["done"]
        if response.status_code == 200:
            assert (body["state"], body["retry_after"]) == ("erased", 0)
            return done
        assert response.status_code == 202, response.text
        assert body["state"] == "erasing"
        assert response.headers["retry-after"] == str(body["retry_after"])
        await asyncio.sleep(body["retry_after"])


async def lists(server: Running, headers: dict[str, str]) -> tuple[list[str], dict[str, int]]:
    page = (await server.http.get("/v1/notifications", headers=headers)).json()
    counts = (await server.http.get("/v1/counts", headers=headers)).json()
    return [one["id"] for one in page["data"]], {name: counts[name] for name in ("unseen", "unread")}


async def test_an_erased_user_is_as_if_never_there(tmp_path: Path) -> None:
    encryption = EncryptionSettings(keys=[KEY])
    async with open_platform(tmp_path, encryption=encryption) as platform, running(platform) as server:
        user, other = str(uuid4()), str(uuid4())
        sent = [added.notification for added in await platform.deliver(user, 3)]
        kept = [added.notification.id for added in await platform.deliver(other, 2)]
        await platform.stores.people.put_profiles([Profile(user, "Ada", 1)])
        mine, theirs = await server.bearer(user), await server.bearer(other)
        assert (await lists(server, mine))[1] == {"unseen": 3, "unread": 3}
        backup = await rows(platform, user)

        async with server.client(user) as device:
            position = device.connected["position"]
            done = await erase(server, user)
            assert await device.closed() == 4503
        assert "data key 1: destroyed" in done
        assert (await server.http.get("/v1/counts", headers=mine)).status_code == 401
        mine = await server.bearer(user)
        assert await lists(server, mine) == ([], {"unseen": 0, "unread": 0})
        # With a position of the time before, the client is told to load its list anew.
        async with server.client(user, position) as device:
            assert device.connected["recovered"] is False

        # Nor does a backup that is put back bring anything back: not found, rather than an error.
        statement = "INSERT OR REPLACE INTO history VALUES (?, ?, ?, ?, ?)"
        await platform.database.write(lambda connection: connection.executemany(statement, backup))
        for notification in sent:
            assert_problem(await server.http.get(f"/v1/notifications/{notification.id}", headers=mine), 404)
        assert (await lists(server, mine))[0] == []
        assert await platform.stores.people.names([user]) == {}

        # The user may come back, and the other never left.
        [added] = await platform.deliver(user)
        assert await lists(server, mine) == ([added.notification.id], {"unseen": 1, "unread": 1})
        assert sorted((await lists(server, theirs))[0]) == sorted(kept)


async def rows(platform: Platform, user: str) -> list[tuple[object, ...]]:
    found = await platform.database.read(
        lambda connection: connection.execute("SELECT * FROM history WHERE user_id = ?", (user,)).fetchall()
    )
    return [tuple(row) for row in found]


async def test_a_key_that_is_not_there_is_no_empty_list(tmp_path: Path) -> None:
    """503 says that it passes; the log, not the client, is told which key."""
    user = str(uuid4())
    async with open_platform(tmp_path, encryption=EncryptionSettings(keys=[KEY])) as platform:
        await platform.deliver(user)
    async with open_platform(tmp_path) as platform, running(platform) as server:
        response = await server.http.get("/v1/notifications", headers=await server.bearer(user))
        assert_problem(response, 503)
        assert response.json()["type"] == "urn:pavilion:encryption-key-missing"
        assert "k1" not in response.text


async def test_who_is_erased_is_named_by_a_uuid(server: Running) -> None:
    assert_problem(await server.http.delete("/v1/users/ada", headers=ADMIN), 422)
    unknown = await server.http.delete(f"/v1/users/{uuid4()}", headers=ADMIN)
    assert (unknown.status_code, unknown.json()["state"]) == (200, "erased")
