"""Sessions over two gateways on one log: refreshing, reuse, signing out here and everywhere, a new service key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from pydantic import SecretStr

from gateway import standing
from infra.log.ports import Outgoing
from infra.stores.ports import Session
from schemas.errors import ConnectionFailed
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

Pair = tuple[Running, Running]


@pytest_asyncio.fixture(scope="module")
async def pair(platform: Platform) -> AsyncIterator[Pair]:
    async with running(platform) as one, running(platform) as two:
        yield one, two


def bearer(session: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {session['access_token']}"}


async def refresh(server: Running, session: dict[str, Any]) -> Any:
    return await server.http.post("/v1/sessions/refresh", json={"refresh_token": session["refresh_token"]})


async def until_refused(server: Running, session: dict[str, Any], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while (await server.http.get("/v1/counts", headers=bearer(session))).status_code == 200:
            await asyncio.sleep(0.01)
    assert_problem(await server.http.get("/v1/counts", headers=bearer(session)), 401)


class TestRefresh:
    async def test_in_the_open_socket_with_a_token_of_another_gateway(self, pair: Pair, user: str) -> None:
        one, two = pair
        session = await one.session(user)
        async with two.client(user, token=session["access_token"]) as client:
            fresh = (await refresh(one, session)).json()
            await client.send(type="refresh", token=fresh["access_token"])
            assert (await client.next())["type"] == "refreshed"

    @pytest.mark.guarantee("G9")
    async def test_with_a_token_of_a_session_that_has_ended(self, pair: Pair, user: str) -> None:
        one, two = pair
        ended, staying = await one.session(user), await one.session(user)
        async with two.client(user, token=staying["access_token"]) as client:
            await one.http.delete(f"/v1/sessions/{ended['session_id']}", headers=SERVICE)
            await client.send(type="refresh", token=ended["access_token"])
            assert await client.closed() == 4503

    async def test_the_socket_then_belongs_to_the_new_session(self, pair: Pair, user: str) -> None:
        one, two = pair
        first, second = await one.session(user), await one.session(user)
        async with two.client(user, token=first["access_token"]) as client:
            await client.send(type="refresh", token=second["access_token"])
            assert (await client.next())["type"] == "refreshed"
            await one.http.delete(f"/v1/sessions/{first['session_id']}", headers=SERVICE)
            await client.silence()
            await one.http.delete(f"/v1/sessions/{second['session_id']}", headers=SERVICE)
            assert await client.closed() == 4503

    async def test_the_same_again_within_ten_seconds_gets_the_same(self, pair: Pair, user: str) -> None:
        """Its answer was lost, and the client came to the other gateway."""
        one, two = pair
        session = await one.session(user)
        first, again = (await refresh(one, session)).json(), (await refresh(two, session)).json()
        assert first["refresh_token"] == again["refresh_token"] != session["refresh_token"]
        assert (await refresh(one, again)).status_code == 200

    async def test_many_at_once_through_both(self, pair: Pair, user: str) -> None:
        session = await pair[0].session(user)
        answers = await asyncio.gather(*(refresh(pair[number % 2], session) for number in range(20)))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.json()["refresh_token"] for answer in answers}) == 1
        assert (await refresh(pair[1], answers[0].json())).status_code == 200

    @pytest.mark.guarantee("G9")
    async def test_reuse_ends_the_session_on_the_other_gateway_too(self, pair: Pair, user: str) -> None:
        """The thief refreshes at one gateway, later the owner at it too: sockets and tokens of both end everywhere."""
        one, two = pair
        session, another = await one.session(user), await one.session(user)
        async with (
            two.client(user, token=session["access_token"]) as client,
            two.client(user, token=another["access_token"]) as other_session,
        ):
            stolen = (await refresh(one, session)).json()
            stolen = (await refresh(one, stolen)).json()  # so the first one is no retry any more
            assert_problem(await refresh(one, session), 401)
            assert await client.closed() == 4503
            await other_session.silence()
            for server in pair:
                await until_refused(server, session)
                await until_refused(server, stolen)
                assert_problem(await refresh(server, stolen), 401)
            assert (await refresh(two, another)).status_code == 200

    @pytest.mark.guarantee("G9")
    async def test_made_up_tokens_end_no_session(self, pair: Pair, user: str) -> None:
        session = await pair[0].session(user)
        for forged in (f"{session['session_id']}.AAAA", f"{session['session_id']}.", session["access_token"], "", "é"):
            assert_problem(await pair[0].http.post("/v1/sessions/refresh", json={"refresh_token": forged}), 401)
        assert (await refresh(pair[0], session)).status_code == 200


class TestSignOut:
    @pytest.mark.guarantee("G9")
    async def test_it_is_known_at_once_on_every_gateway(self, pair: Pair, user: str) -> None:
        one, two = pair
        session = await one.session(user)
        token = session["access_token"]
        async with one.client(user, token=token) as here, two.client(user, token=token) as there:
            assert (await two.http.get("/v1/counts", headers=bearer(session))).status_code == 200
            path = f"/v1/sessions/{session['session_id']}"
            assert (await one.http.delete(path, headers=bearer(session))).status_code == 204
            assert [await here.closed(), await there.closed()] == [4503, 4503]
        assert (await one.http.get("/v1/counts", headers=bearer(session))).status_code == 401
        await until_refused(two, session)

    @pytest.mark.guarantee("G9")
    async def test_a_user_without_a_connection_is_refused_at_once_too(self, pair: Pair, user: str) -> None:
        """The other gateway has looked its session up a moment ago, and would not ask again for 30 s."""
        one, two = pair
        session = await one.session(user)
        assert (await two.http.get("/v1/counts", headers=bearer(session))).status_code == 200
        await one.http.delete(f"/v1/sessions/{session['session_id']}", headers=SERVICE)
        await until_refused(two, session)

    @pytest.mark.guarantee("G9")
    async def test_a_gateway_that_missed_the_record_asks_the_store(
        self, platform: Platform, user: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(standing, "KEPT_SECONDS", 0.2)
        async with running(platform) as server:
            session = await server.session(user)
            assert (await server.http.get("/v1/counts", headers=bearer(session))).status_code == 200
            await platform.stores.sessions.revoke(session["session_id"])
            await until_refused(server, session, seconds=3)

    async def test_while_the_store_is_away_tokens_are_good_until_they_expire(
        self, platform: Platform, user: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def away(session_id: str) -> Session | None:
            raise ConnectionFailed("sessions", "away")

        async with running(platform) as server:
            session = await server.session(user)
            monkeypatch.setattr(platform.stores.sessions, "get", away)
            assert (await server.http.get("/v1/counts", headers=bearer(session))).status_code == 200
            assert "pavilion_gateway_sessions_unchecked_total" in (await server.http.get("/metrics")).text


class TestSessionsOfAUser:
    async def test_the_list(self, pair: Pair, user: str) -> None:
        one, two = pair
        mine, other, ended = [await one.session(user) for _ in range(3)]
        await one.session(str(uuid4()))
        await one.http.delete(f"/v1/sessions/{ended['session_id']}", headers=SERVICE)
        rows = (await two.http.get(f"/v1/users/{user.upper()}/sessions", headers=bearer(mine))).json()
        assert rows["page"] == {"next": None}
        assert {row["session_id"]: row["current"] for row in rows["data"]} == {
            mine["session_id"]: True,
            other["session_id"]: False,
        }
        for row in rows["data"]:
            assert set(row) == {"session_id", "opened_at", "refreshed_at", "expires_at", "current"}
            assert row["opened_at"] == row["refreshed_at"] < row["expires_at"]
        for headers in (SERVICE, SUPPORTING, ADMIN):
            seen = (await two.http.get(f"/v1/users/{user}/sessions", headers=headers)).json()["data"]
            assert {row["session_id"] for row in seen} == {mine["session_id"], other["session_id"]}
            assert not any(row["current"] for row in seen)
        assert_problem(await two.http.get(f"/v1/users/{user}/sessions", headers=OPERATOR), 403)
        assert_problem(await two.http.get("/v1/users/x/sessions", headers=SUPPORTING), 422)

    @pytest.mark.guarantee("G9")
    @pytest.mark.parametrize("by", ["user", "support", "admin", "service"])
    async def test_signing_out_everywhere(self, pair: Pair, user: str, by: str) -> None:
        one, two = pair
        first, second, another = await one.session(user), await one.session(user), await one.session(str(uuid4()))
        headers = {"user": bearer(first), "support": SUPPORTING, "admin": ADMIN, "service": SERVICE}[by]
        here, there = one.client(user, token=first["access_token"]), two.client(user, token=second["access_token"])
        async with here as one_socket, there as another_socket:
            path = f"/v1/users/{user}/sessions"
            assert (await one.http.delete(path, headers=headers)).status_code == 204
            assert [await one_socket.closed(), await another_socket.closed()] == [4503, 4503]
        for session in (first, second):
            for server in pair:
                await until_refused(server, session)
                assert_problem(await refresh(server, session), 401)
        assert (await one.http.get("/v1/counts", headers=bearer(another))).status_code == 200
        new = await one.session(user)
        async with two.client(user, token=new["access_token"]) as back:
            await back.silence(0.1)

    @pytest.mark.guarantee("G9")
    async def test_it_can_be_repeated_when_its_record_did_not_get_out(
        self, pair: Pair, user: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, two = pair
        session = await one.session(user)
        publish = one.gateway.publishers.publish

        async def fails(topic: str, records: list[Outgoing]) -> None:
            raise ConnectionFailed("publish", "away")

        async with two.client(user, token=session["access_token"]) as client:
            monkeypatch.setattr(one.gateway.publishers, "publish", fails)
            path = f"/v1/users/{user}/sessions"
            assert_problem(await one.http.delete(path, headers=SERVICE), 503)
            await client.silence()
            monkeypatch.setattr(one.gateway.publishers, "publish", publish)
            assert (await one.http.delete(path, headers=SERVICE)).status_code == 204
            assert await client.closed() == 4503


def keys(current: str, previous: str | None = None) -> dict[str, SecretStr | None]:
    named = {"service_key": current, "previous_service_key": previous}
    return {name: None if key is None else SecretStr(f"the-{key}-service-key") for name, key in named.items()}


class TestANewServiceKey:
    async def open(self, server: Running, user: str, key: str = "old") -> Any:
        headers = {"authorization": f"Bearer the-{key}-service-key"}
        return await server.http.post("/v1/sessions", json={"user_id": user}, headers=headers)

    async def test_nobody_is_signed_out(self, platform: Platform, user: str) -> None:
        async with (
            running(platform, settings=keys("old")) as before,
            running(platform, settings=keys("new", "old")) as after,
        ):
            session = (await self.open(before, user)).json()
            async with after.client(user, token=session["access_token"]) as client:
                await client.silence(0.1)
            assert (await after.http.get("/v1/counts", headers=bearer(session))).status_code == 200
            assert (await self.open(after, user, "old")).status_code == 201, "services change their key in their time"
            assert (await self.open(after, user, "new")).status_code == 201
            assert len((await after.http.get("/.well-known/jwks.json")).json()["keys"]) == 6
            fresh = (await refresh(after, session)).json()
        async with running(platform, settings=keys("new")) as alone:
            assert (await self.open(alone, user, "old")).status_code == 401
            assert (await alone.http.get("/v1/counts", headers=bearer(session))).status_code == 401
            assert (await alone.http.get("/v1/counts", headers=bearer(fresh))).status_code == 200
            assert (await refresh(alone, fresh)).status_code == 200

    async def test_gateways_that_know_both_may_differ_in_which_comes_first(self, platform: Platform, user: str) -> None:
        """Between the two steps of the change; a retry at the other gateway gets what the first one gave."""
        async with (
            running(platform, settings=keys("old", "new")) as one,
            running(platform, settings=keys("new", "old")) as two,
        ):
            session = (await self.open(one, user)).json()
            for first, second in ((one, two), (two, one)):
                given, again = (await refresh(first, session)).json(), (await refresh(second, session)).json()
                assert given["refresh_token"] == again["refresh_token"]
                session = (await refresh(second, given)).json()
            answers = await asyncio.gather(*(refresh((one, two)[number % 2], session) for number in range(10)))
            assert len({answer.json()["refresh_token"] for answer in answers}) == 1

    async def test_a_gateway_without_the_new_key_ends_no_session_for_it(self, platform: Platform, user: str) -> None:
        """Someone has left out the first step: the retry cannot be answered here, and is no reuse either."""
        async with (
            running(platform, settings=keys("old")) as one,
            running(platform, settings=keys("new", "old")) as two,
        ):
            session = (await self.open(one, user)).json()
            given = await refresh(two, session)
            assert_problem(await refresh(one, session), 503)
            assert (await refresh(two, given.json())).status_code == 200
