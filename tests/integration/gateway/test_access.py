"""Tokens and roles at every door: each frame by each role, wrong tokens over REST and sockets, other users' ids."""

from __future__ import annotations

import base64
import json
from typing import Any, get_args
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from starlette.responses import Response

from gateway import policy
from gateway.app import create_app
from gateway.policy import Action, Role, check
from gateway.routes import ActionRoute, route
from schemas.frames import ClientFrame
from tests.integration.gateway.forgery import Forger
from tests.integration.gateway.harness import (
    ADMIN,
    OPERATOR,
    SERVICE,
    SUPPORTING,
    Client,
    Platform,
    Running,
    assert_problem,
)

ROLE_KEYS = {
    Role.SERVICE: SERVICE,
    Role.SUPPORT: SUPPORTING,
    Role.OPERATOR: OPERATOR,
    Role.ADMIN: ADMIN,
}
FRAMES: dict[str, dict[str, Any]] = {
    "connect": {},
    "mark": {"id": "m", "state": "read", "up_to": str(uuid4())},
    "refresh": {},
    "pong": {},
}


async def credential(server: Running, role: Role, user: str) -> str:
    if role is Role.USER:
        return str((await server.session(user))["access_token"])
    return ROLE_KEYS[role]["authorization"].removeprefix("Bearer ") if role in ROLE_KEYS else ""


def test_every_frame_is_in_the_matrix() -> None:
    assert {kind.__struct_config__.tag for kind in get_args(ClientFrame)} == set(FRAMES)


@pytest.mark.guarantee("G9")
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("frame", FRAMES)
async def test_every_frame_by_every_role_first(server: Running, user: str, frame: str, role: Role) -> None:
    """A user's `connect` opens the stream; a key of another role does not, and no other frame does."""
    token = await credential(server, role, user)
    async with server.open() as websocket:
        client = Client(websocket)
        await client.send(type=frame, token=token, **FRAMES[frame])
        if frame != "connect":
            assert await client.closed() == 4501
        elif role is Role.USER:
            assert (await client.next())["type"] == "connected"
        else:
            assert await client.closed() == 4500


@pytest.mark.guarantee("G9")
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("frame", FRAMES)
async def test_every_frame_by_every_role_on_an_open_stream(server: Running, user: str, frame: str, role: Role) -> None:
    """The stream is a user's: what a frame on it carries of another role never counts."""
    token = await credential(server, role, user)
    async with server.client(user) as client:
        await client.send(type=frame, token=token, **FRAMES[frame])
        if frame == "connect":
            assert await client.closed() == 4501
        elif frame == "refresh" and role is not Role.USER:
            assert await client.closed() == 4500
        elif frame == "refresh":
            assert (await client.next())["type"] == "refreshed"
        elif frame == "mark":
            assert {one["type"] for one in await client.take(2)} == {"marked", "state"}
        else:
            await client.silence()


@pytest.mark.guarantee("G9")
@pytest.mark.parametrize("action", [Action.STREAM, Action.MARK])
async def test_a_frame_whose_action_is_not_in_the_table_is_refused(
    server: Running, user: str, action: Action, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await credential(server, Role.USER, user)
    monkeypatch.delitem(policy._ALLOWED, action)
    async with server.open() as websocket:
        client = Client(websocket)
        await client.send(type="connect", token=token)
        if action is Action.STREAM:
            assert await client.closed() == 4500
            return
        await client.next()
        await client.send(type="mark", **FRAMES["mark"])
        error = await client.next()
        assert (error["type"], error["id"], error["problem"]["status"]) == ("error", "m", 403)


@pytest.mark.guarantee("G9")
async def test_a_route_whose_action_is_not_in_the_table_is_refused_to_all(
    server: Running, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every route of the app, by every role: nothing is let in by being forgotten."""
    headers = [{}, await server.bearer(user), *ROLE_KEYS.values()]
    monkeypatch.setattr(policy, "_ALLOWED", {})
    assert check.__globals__["_ALLOWED"] == {}
    for found in [found for found in server.app.routes if isinstance(found, ActionRoute)]:
        path = found.path.replace("{id:path}", "x")
        for name in ("id", "follower", "followed", "name", "group"):
            path = path.replace(f"{{{name}}}", str(uuid4()))
        for method in sorted((found.methods or set()) - {"HEAD"}):
            answers = [await server.http.request(method, path, headers=given) for given in headers]
            assert [answer.status_code for answer in answers] == [401, 403, 403, 403, 403, 403], (method, path)


@pytest.mark.guarantee("G9")
async def test_wrong_tokens_over_rest_and_sockets(server: Running, user: str) -> None:
    session = (await server.session(user))["session_id"]
    forger = Forger(server, user, session)
    bearer = {"authorization": f"Bearer {forger.made()}"}
    assert (await server.http.get("/v1/counts", headers=bearer)).status_code == 200, "the forger knows how"
    async with server.client(user, token=forger.made()) as client:
        await client.silence(0.05)
    for name, token in forger.wrong(str(uuid4())).items():
        refused = await server.http.get("/v1/counts", headers={"authorization": f"Bearer {token}"})
        assert refused.status_code == 401, name
        assert refused.json()["type"] == "urn:pavilion:unauthorized", name
        async with server.open() as websocket:
            await websocket.send(json.dumps({"type": "connect", "token": token}))
            assert await Client(websocket).closed() == 4500, name
    expired = forger.made(claims={"iat": forger.claims["iat"], "exp": forger.claims["iat"]})
    refused = await server.http.get("/v1/counts", headers={"authorization": f"Bearer {expired}"})
    assert (refused.status_code, refused.json()["type"]) == (401, "urn:pavilion:token-expired")
    async with server.open() as websocket:
        await websocket.send(json.dumps({"type": "connect", "token": expired}))
        assert await Client(websocket).closed() == 4005


@pytest.mark.guarantee("G9")
async def test_wrong_tokens_in_a_refresh_close_the_stream(server: Running, user: str) -> None:
    session = (await server.session(user))["session_id"]
    wrong = Forger(server, user, session).wrong(str(uuid4()))
    for name in ("typ refresh", "another issuer", "HS256 with the public key", "tampered", "not yet valid"):
        async with server.client(user) as client:
            await client.send(type="refresh", token=wrong[name])
            assert await client.closed() == 4500, name


@pytest.mark.guarantee("G9")
async def test_other_users_ids_on_every_path(platform: Platform, server: Running) -> None:
    """Each path that a user may call and that names something: what is hers is not there for him."""
    alice, bob = str(uuid4()), str(uuid4())
    session = await server.session(alice)
    [added] = await platform.deliver(alice)
    his = await server.bearer(bob)
    hers = {
        "/v1/sessions/{id}": session["session_id"],
        "/v1/notifications/{id}": added.notification.id,
        "/v1/users/{id}/sessions": alice,
    }
    tried = 0
    for found in server.app.routes:
        if not isinstance(found, ActionRoute) or "{" not in found.path or "{name}" in found.path:
            continue
        if Role.USER not in policy._ALLOWED[found.action]:
            continue
        for method in (found.methods or set()) - {"HEAD"}:
            body = {"state": "read"} if method == "PATCH" else None
            path = found.path.replace("{id}", hers[found.path])
            refused = await server.http.request(method, path, json=body, headers=his)
            assert_problem(refused, 404)
            nowhere = found.path.replace("{id}", str(uuid4()))
            unknown = await server.http.request(method, nowhere, json=body, headers=his)
            assert unknown.json() == refused.json(), "it tells that the other one is there"
            tried += 1
    assert tried == 6
    async with server.client(alice, token=session["access_token"]) as client:
        assert client.connected["unread"] == 1


class TestKeySet:
    async def test_it_is_public_and_may_be_cached(self, server: Running, user: str) -> None:
        response = await server.http.get("/.well-known/jwks.json")
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/jwk-set+json"
        assert response.headers["cache-control"] == "public, max-age=600"
        keys = response.json()["keys"]
        assert len(keys) == 3
        assert all(set(key) == {"kty", "crv", "x", "kid", "use", "alg"} for key in keys)

    async def test_with_it_anybody_can_check_our_tokens(self, server: Running, user: str) -> None:
        token = (await server.session(user))["access_token"]
        header, claims, signature = token.split(".")
        kid = json.loads(base64.urlsafe_b64decode(header + "=="))["kid"]
        keys = {key["kid"]: key for key in (await server.http.get("/.well-known/jwks.json")).json()["keys"]}
        public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(keys[kid]["x"] + "=="))
        public.verify(base64.urlsafe_b64decode(signature + "=="), f"{header}.{claims}".encode())


@pytest.mark.guarantee("G9")
async def test_a_new_route_is_checked_before_its_handler_runs(platform: Platform) -> None:
    called = []

    async def handler(request: Any, caller: Any) -> Response:
        called.append(caller)
        return Response()

    app = create_app(platform.services())
    app.router.routes.append(route("GET", "/new", Action.READ_AUDIT, handler))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        assert (await client.get("/new")).status_code == 401
        assert (await client.get("/new", headers=OPERATOR)).status_code == 403
        assert called == []
        assert (await client.get("/new", headers=ADMIN)).status_code == 200
        assert [caller.role for caller in called] == [Role.ADMIN]
