"""A gateway that takes the tokens of an outside issuer, whose keys come over real HTTP."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from joserfc import jwt
from joserfc.jwk import ECKey

from schemas.settings import IssuerSettings, TokenSettings
from tests.integration.gateway.harness import SERVICE, Platform, Running, assert_problem, eventually, running

NAME = "https://accounts.example"


class Issuer:
    """Serves its keys on 127.0.0.1; ``answer`` says how: as it should, or wrongly."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "1"})
        self.answer = "keys"
        self.asked = 0
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
        self.asked += 1
        body = json.dumps({"keys": [self.key.as_dict(private=False)]}).encode()
        status, headers = "200 OK", ""
        if self.answer == "redirect" and path == b"/keys":
            status, headers, body = "302 Found", "location: /elsewhere\r\n", b""
        elif self.answer == "error":
            status, body = "500 No", b""
        elif self.answer == "large":
            body = b" " * 1024 * 1024 + body
        elif self.answer == "hang":
            await asyncio.sleep(30)
        head = f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n{headers}connection: close\r\n\r\n"
        writer.write(head.encode() + body)
        writer.close()

    def token(self, user: str, key: ECKey | None = None, **changes: Any) -> str:
        now = int(time.time())
        claims = {"iss": NAME, "aud": "inbox", "sub": user, "iat": now, "exp": now + 300, **changes}
        key = key or self.key
        return jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key)

    def bearer(self, user: str, **changes: Any) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token(user, **changes)}"}

    def settings(self, **changes: Any) -> dict[str, TokenSettings]:
        url = f"http://127.0.0.1:{self.port}/keys"
        one = IssuerSettings(issuer=NAME, jwks_url=url, audience="inbox", algorithms=["ES256"], **changes)
        return {"tokens": TokenSettings(issuers=[one])}


@asynccontextmanager
async def serving(issuer: Issuer) -> AsyncIterator[Issuer]:
    listener = await asyncio.start_server(issuer.serve, "127.0.0.1", issuer.port)
    issuer.port = listener.sockets[0].getsockname()[1]
    try:
        yield issuer
    finally:
        listener.close()


@pytest_asyncio.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with serving(Issuer()) as issuer:
        yield issuer


async def accepted(server: Running, issuer: Issuer, user: str) -> bool:
    return (await server.http.get("/v1/counts", headers=issuer.bearer(user))).status_code == 200


async def test_its_token_is_good_for_rest_and_sockets(platform: Platform, issuer: Issuer, user: str) -> None:
    [added] = await platform.deliver(user)
    async with running(platform, settings=issuer.settings()) as server:
        listed = await server.http.get("/v1/notifications", headers=issuer.bearer(user))
        assert [one["id"] for one in listed.json()["data"]] == [added.notification.id]
        async with server.client(user, token=issuer.token(user)) as client:
            assert (client.connected["user"], client.connected["session"]) == (user, "")
            assert 290 < client.connected["expires_in"] <= 300
            await client.send(type="refresh", token=issuer.token(user, exp=int(time.time()) + 500))
            assert 490 < (await client.next())["expires_in"] <= 500
            await client.send(type="refresh", token=issuer.token(str(uuid4())))
            assert await client.closed() == 4500
        async with server.client(user) as own:  # a session of ours beside it
            assert own.connected["session"]
        assert issuer.asked == 1
    async with running(platform) as without:
        assert_problem(await without.http.get("/v1/counts", headers=issuer.bearer(user)), 401)


@pytest.mark.guarantee("G9")
async def test_what_it_says_of_roles_and_of_others(platform: Platform, issuer: Issuer, user: str) -> None:
    async with running(platform, settings=issuer.settings()) as server:
        admin = issuer.bearer(user, role="admin")
        assert_problem(await server.http.get("/v1/audit", headers=admin), 403)
        assert_problem(await server.http.get(f"/v1/users/{uuid4()}/sessions", headers=admin), 404)
        ours = issuer.bearer(user, iss="pavilion", aud="pavilion-gateway", typ="access", sid=str(uuid4()))
        assert_problem(await server.http.get("/v1/counts", headers=ours), 401)
    async with running(platform, settings=issuer.settings(role_claim="role")) as server:
        assert (await server.http.get("/v1/audit", headers=admin)).status_code == 200
        line = (await server.http.get("/v1/audit?action=read-audit", headers=admin)).json()["data"][1]
        assert (line["role"], line["actor"], line["result"]) == ("admin", user, "done")
        async with server.open() as websocket:  # a stream is a user's
            await websocket.send(json.dumps({"type": "connect", "token": issuer.token(user, role="admin")}))
            await websocket.wait_closed()
            assert websocket.close_code == 4500


@pytest.mark.guarantee("G9")
async def test_signing_out_everywhere_closes_its_sockets(platform: Platform, issuer: Issuer, user: str) -> None:
    """Its token stays good until it expires, which is as its issuer and `max_age` say."""
    settings, other = issuer.settings(), str(uuid4())
    async with running(platform, settings=settings) as one, running(platform, settings=settings) as two:
        his, hers = two.client(user, token=issuer.token(user)), two.client(other, token=issuer.token(other))
        async with his as his_socket, hers as her_socket:
            await one.http.delete(f"/v1/users/{user}/sessions", headers=SERVICE)
            assert await his_socket.closed() == 4503
            await her_socket.silence()
        assert await accepted(two, issuer, user)


async def test_a_token_that_ends_closes_its_socket(platform: Platform, issuer: Issuer, user: str) -> None:
    async with running(platform, settings=issuer.settings(max_age="1m")) as server:
        nearly = issuer.token(user, iat=int(time.time()) - 58, exp=int(time.time()) + 86_400)
        async with server.client(user, token=nearly) as client:
            assert client.connected["expires_in"] <= 2
            assert await client.closed() == 4005
        old = issuer.bearer(user, iat=int(time.time()) - 61, exp=int(time.time()) + 86_400)
        refused = await server.http.get("/v1/counts", headers=old)
        assert refused.json()["type"] == "urn:pavilion:token-expired"


async def test_its_new_key_is_found_by_the_first_token(platform: Platform, issuer: Issuer, user: str) -> None:
    async with running(platform, settings=issuer.settings()) as server:
        assert await accepted(server, issuer, user)
        issuer.key = ECKey.generate_key("P-256", {"kid": "2"})
        assert await accepted(server, issuer, user)
        assert issuer.asked == 2
        for number in range(20):
            unknown = issuer.token(user, ECKey.generate_key("P-256", {"kid": f"made up {number}"}))
            refused = await server.http.get("/v1/counts", headers={"authorization": f"Bearer {unknown}"})
            assert_problem(refused, 401)
        assert issuer.asked == 2


@pytest.mark.parametrize("answer", ["redirect", "error", "large", "hang"])
async def test_wrong_answers_change_nothing_and_hold_nobody_up(
    platform: Platform, issuer: Issuer, user: str, answer: str
) -> None:
    async with running(platform, settings=issuer.settings()) as server:
        assert await accepted(server, issuer, user)
        good = issuer.bearer(user)
        # What the wrong answer has in it, or leads to, would let this one in.
        issuer.key, issuer.answer = ECKey.generate_key("P-256", {"kid": "2"}), answer
        looking = asyncio.create_task(server.http.get("/v1/counts", headers=issuer.bearer(user)))
        await eventually(lambda: issuer.asked >= 2)
        assert (await server.http.get("/v1/counts", headers=good)).status_code == 200, "what came last stays"
        assert (await server.http.get("/healthz")).status_code == 200
        assert_problem(await looking, 401)
        assert not await accepted(server, issuer, user)


async def test_an_issuer_that_is_away_when_the_gateway_starts(platform: Platform, user: str) -> None:
    """The gateway starts, says "later" to its users and nothing to others, and takes them when it is there."""
    issuer = Issuer()
    async with serving(issuer):
        pass
    async with running(platform, settings=issuer.settings()) as server:
        assert_problem(await server.http.get("/v1/counts", headers=issuer.bearer(user)), 503)
        async with server.open() as websocket:
            await websocket.send(json.dumps({"type": "connect", "token": issuer.token(user)}))
            await websocket.wait_closed()
            assert websocket.close_code == 1013
        async with server.client(user):
            pass
        async with serving(issuer):
            async with asyncio.timeout(20):
                while not await accepted(server, issuer, user):
                    await asyncio.sleep(0.05)
            metrics = (await server.http.get("/metrics")).text
            url = f'url="http://127.0.0.1:{issuer.port}/keys"'
            assert f'pavilion_gateway_issuer_refreshes_total{{result="failed",{url}}}' in metrics
            assert f"pavilion_gateway_issuer_keys_timestamp_seconds{{{url}}}" in metrics
