"""Support over REST: a user's inbox as the user has it, without metadata, and each look in the audit."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.integration.gateway.harness import ADMIN, OPERATOR, SUPPORTING, Client, Platform, Running, as_json
from tests.integration.gateway.test_rest import assert_problem


async def looks(server: Running) -> list[dict[str, Any]]:
    answer = await server.http.get("/v1/audit", params={"action": "read-user"}, headers=ADMIN)
    assert answer.status_code == 200, answer.text
    lines: list[dict[str, Any]] = answer.json()["data"]
    return lines


@pytest.mark.guarantee("G9")
async def test_the_list_is_the_users_own_without_what_metadata_holds(
    platform: Platform, server: Running, user: str
) -> None:
    added = await platform.deliver(user, 3, padding=10)
    own = await server.http.get("/v1/notifications", headers=await server.bearer(user))
    answer = await server.http.get(f"/v1/users/{user}/notifications", headers=SUPPORTING)
    assert answer.status_code == 200, answer.text
    seen = answer.json()["data"]
    assert [one["id"] for one in seen] == [one["id"] for one in own.json()["data"]]
    assert {one["content"] for one in seen} == {one.notification.content for one in added}
    assert [one["metadata_fields"] for one in seen] == [["padding"]] * 3
    assert "xxxxxxxxxx" in own.text
    assert "xxxxxxxxxx" not in answer.text


async def test_the_list_has_the_users_pages_and_filters(platform: Platform, server: Running, user: str) -> None:
    added = await platform.deliver(user, 3)
    path = f"/v1/users/{user}/notifications"
    own = await server.bearer(user)
    await server.http.patch(f"/v1/notifications/{added[0].notification.id}", json={"state": "read"}, headers=own)
    read = (await server.http.get(path, params={"state": "read"}, headers=SUPPORTING)).json()["data"]
    assert [one["id"] for one in read] == [added[0].notification.id]
    first = (await server.http.get(path, params={"limit": 2}, headers=SUPPORTING)).json()
    rest = {"limit": 2, "cursor": first["page"]["next"]}
    second = (await server.http.get(path, params=rest, headers=SUPPORTING)).json()
    assert [one["id"] for one in first["data"] + second["data"]] == [one.notification.id for one in reversed(added)]
    assert_problem(await server.http.get(path, params={"state": "strange"}, headers=SUPPORTING), 422)


async def test_the_inbox_says_where_it_and_its_sockets_are(platform: Platform, server: Running, user: str) -> None:
    [first] = await platform.deliver(user)
    session = await server.session(user)
    async with server.client(user, token=session["access_token"]) as client:
        await platform.deliver(user, 1)
        await told(client)
        inbox = (await server.http.get(f"/v1/users/{user}/inbox", headers=ADMIN)).json()
        [socket] = inbox["sockets"]
        assert (inbox["user_id"], inbox["unseen"], inbox["unread"], inbox["position"]["offset"]) == (user, 2, 2, 2)
        assert (socket["session_id"], socket["position"]["offset"], socket["queued"]) == (session["session_id"], 2, 0)
        assert inbox["withheld_since"] is None
        assert inbox["preferences"]["types"]["video.liked"] is True
        assert inbox["position"]["epoch"] == as_json(first.position)["epoch"]
    unknown = (await server.http.get(f"/v1/users/{uuid4()}/inbox", headers=ADMIN)).json()
    assert (unknown["unseen"], unknown["position"]["offset"], unknown["sockets"]) == (0, 0, [])


async def told(client: Client) -> None:
    assert (await client.next())["type"] == "notification"


@pytest.mark.guarantee("G9")
async def test_each_look_and_each_refusal_is_in_the_audit_with_whom_it_concerns(server: Running, user: str) -> None:
    name = uuid4().hex
    named = {**SUPPORTING, "x-operator": name}
    for path in (f"/v1/users/{user.upper()}/inbox", f"/v1/users/{user}/notifications"):
        assert (await server.http.get(path, headers=named)).status_code == 200
        assert (await server.http.get(path, headers={**OPERATOR, "x-operator": name})).status_code == 403
    lines = [line for line in await looks(server) if line["actor"] == name]
    done, refused = ("support", user, "done"), ("operator", "", "refused: forbidden")
    assert sorted((line["role"], line["user"], line["result"]) for line in lines) == [refused, refused, done, done]
    assert_problem(await server.http.get("/v1/users/nobody/inbox", headers=named), 422)


@pytest.mark.guarantee("G9")
async def test_a_key_can_ask_what_it_may_do(server: Running, user: str) -> None:
    operator = (await server.http.get("/v1/caller", headers=OPERATOR)).json()
    assert (operator["role"], operator["user_id"], operator["expires_at"]) == ("operator", "", None)
    assert "replay-dead-letters" in operator["may"]
    assert "read-user" not in operator["may"]
    assert_problem(await server.http.get("/v1/caller", headers=await server.bearer(user)), 403)
    assert_problem(await server.http.get("/v1/caller"), 401)
    assert (await server.http.get("/v1/audit", headers=ADMIN)).json()["data"][0]["action"] != "read-caller"


async def test_the_page_is_for_everybody_and_loads_nothing_from_elsewhere(server: Running) -> None:
    page = await server.http.get("/console")
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'" in policy
    assert "unsafe" not in policy
    assert page.headers["referrer-policy"] == "no-referrer"
    for name in ("console.js", "console.css", "graph.css"):
        assert f"/console/{name}" in page.text
        assert (await server.http.get(f"/console/{name}")).status_code == 200
    for name in ("page.js", "..%2Fclient%2Fpavilion-client.js"):
        assert_problem(await server.http.get(f"/console/{name}"), 404)
