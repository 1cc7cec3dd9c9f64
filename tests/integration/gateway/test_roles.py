"""Every route by every role, and every user's things by another user."""

from __future__ import annotations

from uuid import uuid4

import msgspec
import pytest
from starlette.routing import WebSocketRoute
from websockets.asyncio.client import connect

from gateway.policy import Role
from gateway.routes import ActionRoute
from infra.log.ports import Outgoing
from schemas.records import encode_record
from tests.integration.gateway.harness import ADMIN, OPERATOR, SERVICE, SUPPORTING, Client, Platform, Running, as_json

ALL = set(Role)
USER, SERVICES, SUPPORT, ADMINS = {Role.USER}, {Role.SERVICE}, {Role.SUPPORT}, {Role.ADMIN}
OPERATORS = {Role.OPERATOR} | ADMINS

MATRIX: dict[tuple[str, str], set[Role]] = {
    ("GET", "/v1/stream"): USER,
    ("POST", "/v1/sessions"): SERVICES,
    ("POST", "/v1/sessions/refresh"): ALL,
    ("DELETE", "/v1/sessions/{id}"): USER | SERVICES | SUPPORT | ADMINS,
    ("GET", "/v1/users/{id}/sessions"): USER | SERVICES | SUPPORT | ADMINS,
    ("DELETE", "/v1/users/{id}/sessions"): USER | SERVICES | SUPPORT | ADMINS,
    ("GET", "/v1/users/{id}/notifications"): SUPPORT | ADMINS,
    ("GET", "/v1/users/{id}/inbox"): SUPPORT | ADMINS,
    ("GET", "/v1/caller"): OPERATORS | SUPPORT,
    ("GET", "/v1/audit"): ADMINS,
    ("GET", "/.well-known/jwks.json"): ALL,
    ("GET", "/v1/notifications"): USER,
    ("POST", "/v1/notifications/mark"): USER,
    ("GET", "/v1/notifications/{id}"): USER,
    ("PATCH", "/v1/notifications/{id}"): USER,
    ("DELETE", "/v1/notifications/{id}"): USER,
    ("GET", "/v1/counts"): USER,
    ("GET", "/v1/preferences"): USER,
    ("PUT", "/v1/preferences"): USER,
    ("GET", "/v1/preferences/audit"): USER,
    ("PUT", "/v1/follows/{follower}/{followed}"): SERVICES,
    ("DELETE", "/v1/follows/{follower}/{followed}"): SERVICES,
    ("PUT", "/v1/profiles/{id}"): SERVICES,
    ("DELETE", "/v1/users/{id}"): ADMINS,
    ("POST", "/v1/events"): SERVICES,
    ("POST", "/v1/events/raw/{group}"): OPERATORS,
    ("GET", "/v1/dead-letters"): OPERATORS,
    ("POST", "/v1/dead-letters/replay"): OPERATORS,
    ("GET", "/v1/dead-letters/replays"): OPERATORS,
    ("GET", "/v1/dead-letters/{id:path}"): OPERATORS,
    ("POST", "/v1/events/replay"): OPERATORS,
    ("GET", "/v1/explain"): OPERATORS | SUPPORT,
    ("GET", "/stats/topology"): OPERATORS | SUPPORT,
    ("GET", "/stats/tables"): OPERATORS | SUPPORT,
    ("GET", "/stats/streams"): OPERATORS | SUPPORT,
    ("GET", "/healthz"): ALL,
    ("GET", "/readyz"): ALL,
    ("GET", "/metrics"): ALL,
    ("GET", "/client/{name}"): ALL,
    ("GET", "/console"): ALL,
    ("GET", "/console/{name}"): ALL,
    ("GET", "/v1/openapi.json"): ALL,
    ("GET", "/v1/asyncapi.json"): ALL,
    ("GET", "/"): ALL,
    ("GET", "/page/{name}"): ALL,
    ("POST", "/demo/session"): ALL,
    ("POST", "/demo/event"): ALL,
}


def test_the_matrix_has_every_route(server: Running) -> None:
    routes = server.app.routes
    assert [route.path for route in routes if isinstance(route, WebSocketRoute)] == ["/v1/stream"]
    found = {
        (method, route.path)
        for route in routes
        if isinstance(route, ActionRoute)
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert found == set(MATRIX)
    assert len(routes) == len(MATRIX) + 1


@pytest.mark.guarantee("G9")
@pytest.mark.parametrize(("method", "path"), MATRIX)
async def test_every_role(server: Running, user: str, method: str, path: str) -> None:
    headers: dict[Role, dict[str, str]] = {
        Role.ANYONE: {},
        Role.USER: await server.bearer(user),
        Role.SERVICE: SERVICE,
        Role.SUPPORT: SUPPORTING,
        Role.OPERATOR: OPERATOR,
        Role.ADMIN: ADMIN,
    }
    allowed = MATRIX[method, path]
    target = path.replace(":path", "")
    for name in ("id", "follower", "followed", "name", "group"):
        target = target.replace(f"{{{name}}}", str(uuid4()))
    for role, credentials in headers.items():
        response = await server.http.request(method, target, headers=credentials)
        if role in allowed:
            # Let in: what is wrong then is the empty request, or that there is no such thing.
            assert response.status_code in (200, 201, 202, 204, 404, 406, 415, 422), (role, response.text)
        elif role is Role.ANYONE:
            assert response.status_code == 401, (role, response.text)
            assert response.headers["www-authenticate"] == "Bearer"
        else:
            assert response.status_code == 403, (role, response.text)
        for wrong in ("Bearer nonsense", "Basic eDp5", "Bearer", f"Bearer {SERVICE['authorization']}"):
            refused = await server.http.request(method, target, headers={"authorization": wrong})
            assert refused.status_code == 401, wrong


@pytest.mark.guarantee("G9")
async def test_credentials_do_not_count_in_a_url(server: Running, user: str) -> None:
    token = (await server.session(user))["access_token"]
    for query in (f"token={token}", f"access_token={token}", f"authorization=Bearer {token}"):
        assert (await server.http.get(f"/v1/counts?{query}")).status_code == 401
    async with connect(f"ws://127.0.0.1:{server.port}/v1/stream?token={token}") as websocket:
        await websocket.send('{"type":"mark","id":"1","state":"read","up_to":"x"}')
        assert await Client(websocket).closed() == 4501


@pytest.mark.guarantee("G9")
async def test_another_users_notifications_do_not_exist(platform: Platform, server: Running) -> None:
    alice, bob = str(uuid4()), str(uuid4())
    [added] = await platform.deliver(alice)
    secret = added.notification
    hers, his = await server.bearer(alice), await server.bearer(bob)
    path = f"/v1/notifications/{secret.id}"
    for method, body in (("GET", None), ("PATCH", {"state": "read"}), ("DELETE", None)):
        response = await server.http.request(method, path, headers=his, json=body)
        assert response.status_code == 404
        assert response.json()["type"] == "urn:pavilion:notification-not-found"
        unknown = await server.http.request(method, f"/v1/notifications/{uuid4()}", headers=his, json=body)
        assert unknown.json() == response.json()
    assert (await server.http.get("/v1/notifications", headers=his)).json()["data"] == []
    mark = {"state": "deleted", "notifications": [secret.id]}
    assert (await server.http.post("/v1/notifications/mark", headers=his, json=mark)).status_code == 200
    mark = {"state": "deleted", "up_to": "ffffffff-ffff-8fff-bfff-ffffffffffff"}
    assert (await server.http.post("/v1/notifications/mark", headers=his, json=mark)).status_code == 200
    assert (await server.http.get(path, headers=hers)).json() == as_json(secret)
    counts = (await server.http.get("/v1/counts", headers=hers)).json()
    assert (counts["unseen"], counts["unread"]) == (1, 1)


@pytest.mark.guarantee("G9")
async def test_another_users_stream_stays_silent(platform: Platform, server: Running) -> None:
    alice, bob = str(uuid4()), str(uuid4())
    [first] = await platform.deliver(alice)
    async with server.client(alice) as hers, server.client(bob, as_json(first.position)) as his:
        assert his.connected["user"] == bob
        assert his.connected["recovered"] is False
        assert his.connected["position"]["offset"] == 0
        [second] = await platform.deliver(alice)
        assert (await hers.next())["notification"]["id"] == second.notification.id
        await his.send(type="mark", id="m", state="read", notifications=[second.notification.id])
        assert {frame["type"] for frame in await his.take(2)} == {"marked", "state"}
        await his.silence()
        await hers.silence()


@pytest.mark.guarantee("G9")
async def test_a_fan_out_record_under_a_wrong_key_reaches_nobody(platform: Platform, server: Running) -> None:
    alice, bob = str(uuid4()), str(uuid4())
    async with server.client(bob) as his:
        [added] = await platform.deliver(alice, fan_out=False)
        # Made to continue his own position, as where all inboxes of one server share an epoch.
        position = msgspec.structs.replace(added.position, epoch=his.connected["position"]["epoch"])
        added = msgspec.structs.replace(added, position=position)
        topic = platform.settings.topics.fan_out
        await platform.log.publisher(topic).publish([Outgoing(bob, encode_record(added))])
        await platform.log.publisher(topic).publish([Outgoing(bob, b"not a record")])
        await his.silence()
        await platform.deliver(bob)
        assert (await his.next())["notification"]["user_id"] == bob


@pytest.mark.guarantee("G9")
async def test_another_users_session_cannot_be_ended(server: Running) -> None:
    alice, bob = str(uuid4()), str(uuid4())
    session, his = await server.session(alice), await server.bearer(bob)
    path = f"/v1/sessions/{session['session_id']}"
    assert (await server.http.delete(path, headers=his)).status_code == 404
    async with server.client(alice, token=session["access_token"]) as hers:
        await hers.silence()
