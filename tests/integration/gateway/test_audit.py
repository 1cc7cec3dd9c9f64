"""The audit over REST: what is in it, who reads it, and what is never in it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from gateway.audit import SESSION_OPENED
from infra.stores.ports import AuditFilter, AuditLine
from schemas.errors import ConnectionFailed
from schemas.times import format_ms, now_ms
from tests.integration.gateway.harness import (
    ADMIN,
    OPERATOR,
    SERVICE,
    SUPPORTING,
    Platform,
    Running,
    assert_problem,
    running,
)


async def lines(server: Running, **query: Any) -> list[dict[str, Any]]:
    response = await server.http.get("/v1/audit", params={"limit": 200, **query}, headers=ADMIN)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["data"]
    return found


async def test_a_session_from_its_opening_to_its_end(server: Running, user: str) -> None:
    session = await server.session(user)
    bearer = {"authorization": f"Bearer {session['access_token']}"}
    await server.http.delete(f"/v1/sessions/{session['session_id']}", headers=bearer)
    ended, opened = await lines(server, user=user)
    assert opened["time"] <= ended["time"]
    of_both = {"user": user, "subject": session["session_id"], "result": "done", "address": "127.0.0.1", "times": 1}
    assert {**of_both, "action": "session-opened", "role": "service", "actor": ""}.items() <= opened.items()
    by_user = {"action": "session-ended", "role": "user", "actor": user, "session": session["session_id"]}
    assert {**of_both, **by_user}.items() <= ended.items()


async def test_reuse_of_a_refresh_token(server: Running, user: str) -> None:
    session = await server.session(user)
    token = session["refresh_token"]
    for _ in range(2):
        refreshed = await server.http.post("/v1/sessions/refresh", json={"refresh_token": token})
        token = refreshed.json()["refresh_token"]
    await server.http.post("/v1/sessions/refresh", json={"refresh_token": session["refresh_token"]})
    reused = (await lines(server, user=user))[0]
    assert (reused["action"], reused["result"]) == ("refresh-token-reused", "revoking")
    assert (reused["subject"], reused["address"], reused["role"]) == (session["session_id"], "127.0.0.1", "anyone")


async def test_reuse_is_written_even_if_the_session_cannot_be_revoked_now(
    platform: Platform, server: Running, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(session_id: str) -> None:
        raise ConnectionFailed("sessions", "away")

    session = await server.session(user)
    token = session["refresh_token"]
    for _ in range(2):
        refreshed = await server.http.post("/v1/sessions/refresh", json={"refresh_token": token})
        token = refreshed.json()["refresh_token"]
    used = {"refresh_token": session["refresh_token"]}
    with monkeypatch.context() as patched:
        patched.setattr(platform.stores.sessions, "revoke", away)
        assert_problem(await server.http.post("/v1/sessions/refresh", json=used), 503)
    assert (await lines(server, user=user))[0]["action"] == "refresh-token-reused"
    assert_problem(await server.http.post("/v1/sessions/refresh", json=used), 401)
    assert_problem(await server.http.post("/v1/sessions/refresh", json={"refresh_token": token}), 401)


async def test_what_support_does(server: Running, user: str) -> None:
    session = await server.session(user)
    named = {**SUPPORTING, "x-operator": "sam"}
    await server.http.get(f"/v1/users/{user}/sessions", headers=named)
    await server.http.delete(f"/v1/users/{user}/sessions", headers=named)
    await server.http.delete(f"/v1/sessions/{session['session_id']}", headers=named)
    found = [(line["action"], line["role"], line["actor"], line["result"]) for line in await lines(server, user=user)]
    assert sorted(found[:-1]) == sorted(
        [
            ("session-ended", "support", "sam", "done"),
            ("end-session", "support", "sam", "done"),
            ("all-sessions-ended", "support", "sam", "done"),
            ("manage-sessions", "support", "sam", "done"),
            ("manage-sessions", "support", "sam", "done"),
        ]
    )
    assert found[-1] == ("session-opened", "service", "", "done")


async def test_what_operators_and_admins_do_and_are_refused(server: Running) -> None:
    who = str(uuid4())
    for method, path, headers in (
        ("GET", "/v1/dead-letters", OPERATOR),
        ("POST", "/v1/dead-letters/replay", ADMIN),
        ("GET", "/v1/audit?limit=1", ADMIN),
        ("GET", "/v1/audit", OPERATOR),
        ("POST", "/v1/sessions", SUPPORTING),
        ("GET", "/stats/tables", OPERATOR),
        ("GET", "/healthz", ADMIN),
    ):
        await server.http.request(method, path, headers={**headers, "x-operator": who})
    found = [(line["action"], line["role"], line["result"]) for line in await lines(server) if line["actor"] == who]
    assert sorted(found) == sorted(
        [
            ("read-dead-letters", "operator", "failed: not-found"),  # this gateway reads none
            ("replay-dead-letters", "admin", "failed: invalid-notification"),  # it said nothing
            ("read-audit", "admin", "done"),
            ("read-audit", "operator", "refused: forbidden"),
            ("open-session", "support", "refused: forbidden"),
        ]
    )


async def test_failed_authentications_are_summed_up(server: Running) -> None:
    since = format_ms(now_ms())
    for number in range(5):
        await server.http.get("/v1/counts", headers={"authorization": f"Bearer wrong {number}"})
        await server.http.post("/v1/sessions/refresh", json={"refresh_token": f"wrong.{number}"})
        async with server.open() as websocket:
            await websocket.send('{"type":"connect","token":"wrong"}')
            await websocket.wait_closed()
    # "from" is a word of Python's.
    assert await lines(server, action="authentication-failed", **{"from": since}) == []
    await server.gateway.trail.flush()
    [line] = await lines(server, action="authentication-failed", **{"from": since})
    assert (line["address"], line["role"], line["times"] >= 15) == ("127.0.0.1", "anyone", True)


async def test_an_ended_gateway_has_written_what_it_counted(platform: Platform) -> None:
    since = now_ms()
    async with running(platform) as server:
        await server.http.get("/v1/counts", headers={"authorization": "Bearer wrong"})
    page = await platform.stores.audit.page(None, 10, AuditFilter(None, "authentication-failed", since))
    assert [line.times for line in page.lines] == [1]


async def test_pages_and_filters(server: Running, user: str) -> None:
    ids = [(await server.session(user))["session_id"] for _ in range(5)]
    found: list[str] = []
    cursor = ""
    while True:
        query = f"/v1/audit?limit=2&user={user.upper()}&action={SESSION_OPENED}{cursor}"
        page = (await server.http.get(query, headers=ADMIN)).json()
        found += [line["subject"] for line in page["data"]]
        if page["page"]["next"] is None:
            break
        cursor = f"&cursor={page['page']['next']}"
    assert sorted(found) == sorted(ids)
    assert await lines(server, user=user, action="session-ended") == []
    assert await lines(server, user=user, to=format_ms(now_ms() - 3_600_000)) == []
    assert len(await lines(server, user=user, **{"from": format_ms(now_ms() - 3_600_000)})) == 5


@pytest.mark.parametrize(
    ("query", "field"),
    [("user=x", "user"), ("from=x", "from"), ("to=2026-11-22", "to"), ("cursor=x", "cursor"), ("limit=0", "limit")],
)
async def test_what_is_wrong_is_named(server: Running, query: str, field: str) -> None:
    response = await server.http.get(f"/v1/audit?{query}", headers=ADMIN)
    assert_problem(response, 422)
    assert f"`{field}`" in response.json()["detail"]


@pytest.mark.guarantee("G9")
async def test_neither_tokens_nor_keys_nor_content_are_in_it(platform: Platform, server: Running, user: str) -> None:
    session = await server.session(user)
    bearer = {"authorization": f"Bearer {session['access_token']}"}
    await platform.deliver(user, content="the secret content")
    await server.http.get("/v1/notifications", headers=bearer)
    await server.http.post("/v1/sessions/refresh", json={"refresh_token": session["refresh_token"]})
    await server.http.get(f"/v1/sessions/{session['refresh_token']}", headers=SUPPORTING)
    await server.http.get("/v1/counts", headers={"authorization": f"Bearer x{session['access_token']}"})
    await server.http.delete(f"/v1/users/{user}/sessions", headers=SUPPORTING)
    await server.gateway.trail.flush()
    written = str(await platform.database.read(lambda c: [tuple(row) for row in c.execute("SELECT * FROM audit")]))
    keys = [headers["authorization"].removeprefix("Bearer ") for headers in (SERVICE, OPERATOR, SUPPORTING, ADMIN)]
    for secret in (*keys, session["access_token"], session["refresh_token"], "the secret content"):
        assert secret not in written


async def test_without_the_audit_nobody_signs_in_or_uses_a_role_but_everybody_signs_out(
    platform: Platform, server: Running, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(line: AuditLine) -> None:
        raise ConnectionFailed("audit", "away")

    session = await server.session(user)
    bearer = {"authorization": f"Bearer {session['access_token']}"}
    async with server.client(user, token=session["access_token"]) as client:
        monkeypatch.setattr(platform.stores.audit, "put", away)
        assert_problem(await server.http.post("/v1/sessions", json={"user_id": user}, headers=SERVICE), 503)
        assert_problem(await server.http.delete(f"/v1/users/{user}/sessions", headers=SUPPORTING), 503)
        await client.silence()
        path = f"/v1/sessions/{session['session_id']}"
        assert (await server.http.delete(path, headers=bearer)).status_code == 204
        assert await client.closed() == 4503
