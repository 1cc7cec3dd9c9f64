"""REST: sessions, notifications, people, events, dead letters, statistics, and problems for what is wrong."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec
import pytest

from schemas.stats import TablePart, TablesStats
from tests.integration.gateway.harness import OPERATOR, SERVICE, Platform, Running, as_json, assert_problem, running

PART = {
    "table": "seen",
    "agent": "video",
    "partition": 0,
    "window_seconds": 600.0,
    "late_policy": "accept",
    "state": "running",
    "keys": 3,
    "bytes": 555,
    "hits": 1,
    "misses": 3,
    "late": 0,
    "stream_time": None,
    "buckets": [],
    "recovery": None,
    "log": {"topic": "video-log"},
    "worker": "one",
}


async def test_session_bodies(server: Running, user: str) -> None:
    opened = await server.session(user.upper())
    assert set(opened) == {"session_id", "access_token", "refresh_token", "expires_in"}
    assert opened["expires_in"] == 600
    assert server.gateway.tokens.read_access(opened["access_token"]).user_id == user
    refreshed = await server.http.post("/v1/sessions/refresh", json={"refresh_token": opened["refresh_token"]})
    assert refreshed.status_code == 200
    assert refreshed.headers["cache-control"] == "no-store"
    body = refreshed.json()
    assert set(body) == set(opened)
    assert body["session_id"] == opened["session_id"]
    assert body["refresh_token"] != opened["refresh_token"]


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/v1/sessions", {}, "user_id"),
        ("POST", "/v1/sessions", {"user_id": 5}, "user_id"),
        ("POST", "/v1/sessions", {"user_id": "nobody"}, "user_id"),
        ("POST", "/v1/sessions/refresh", {}, "refresh_token"),
        ("PUT", "/v1/profiles/x", {"name": "Ada"}, "id"),
        ("PUT", f"/v1/profiles/{uuid4()}", {"name": ""}, "name"),
        ("PUT", f"/v1/follows/x/{uuid4()}", None, "follower"),
        ("PUT", f"/v1/follows/{uuid4()}/x", None, "followed"),
        ("DELETE", "/v1/sessions/x", None, "id"),
    ],
)
async def test_wrong_input_of_a_service_names_the_field(
    server: Running, method: str, path: str, body: Any, field: str
) -> None:
    response = await server.http.request(method, path, json=body, headers=SERVICE)
    assert_problem(response, 422)
    assert field in response.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("GET", "/v1/notifications?limit=0", None, "limit"),
        ("GET", "/v1/notifications?limit=201", None, "limit"),
        ("GET", "/v1/notifications?limit=x", None, "limit"),
        ("GET", "/v1/notifications?limit=-1", None, "limit"),
        ("GET", "/v1/notifications?state=lost", None, "state"),
        ("GET", "/v1/notifications?type=liked", None, "type"),
        ("GET", "/v1/notifications?cursor=x", None, "cursor"),
        ("GET", "/v1/notifications?cursor=bm9wZQ", None, "cursor"),
        ("GET", "/v1/notifications/x", None, "id"),
        ("PATCH", f"/v1/notifications/{uuid4()}", {"state": "gone"}, "state"),
        ("PATCH", f"/v1/notifications/{uuid4()}", {}, "state"),
        ("POST", "/v1/notifications/mark", {"state": "read"}, "up_to"),
        ("POST", "/v1/notifications/mark", {"state": "read", "notifications": []}, "notifications"),
        ("POST", "/v1/notifications/mark", {"state": "read", "notifications": ["x"]}, "notifications[0]"),
        ("POST", "/v1/notifications/mark", {"state": "read", "notifications": [str(uuid4())] * 201}, "notifications"),
        ("POST", "/v1/notifications/mark", {"state": "read", "up_to": "x"}, "up_to"),
        ("POST", "/v1/notifications/mark", {"state": "read", "up_to": str(uuid4()), "notifications": ["x"]}, "up_to"),
    ],
)
async def test_wrong_input_of_a_user_names_the_field(
    server: Running, user: str, method: str, path: str, body: Any, field: str
) -> None:
    response = await server.http.request(method, path, json=body, headers=await server.bearer(user))
    assert_problem(response, 422)
    assert field in response.json()["detail"]


async def test_bodies_that_are_not_json_or_too_large(server: Running) -> None:
    for content in (b"", b"{", b"\xff\xfe", b"[" * 50_000):
        assert_problem(await server.http.post("/v1/sessions", content=content, headers=SERVICE), 422)
    assert_problem(await server.http.post("/v1/sessions", content=b" " * 65_537, headers=SERVICE), 413)


async def test_unknown_routes_and_methods_are_problems(server: Running) -> None:
    for path in ("/nope", "/v1/notifications/", "/v1/sessions/a/b", "/v1/streams"):
        assert_problem(await server.http.get(path), 404)
    response = await server.http.put("/v1/notifications/x")
    assert_problem(response, 405)
    assert response.headers["allow"] == "DELETE, GET, HEAD, PATCH"


async def test_lists_pages_and_filters(platform: Platform, server: Running, user: str) -> None:
    bearer = await server.bearer(user)
    added = await platform.deliver(user, 7) + await platform.deliver(user, 2, type="user.followed")
    newest_first = [entry.notification.id for entry in reversed(added)]
    assert await every_page(server, bearer, "limit=2") == newest_first
    assert await every_page(server, bearer, "limit=9") == newest_first
    assert await every_page(server, bearer, "limit=1&type=user.followed") == newest_first[:2]
    mark = {"state": "read", "up_to": added[3].notification.id}
    marked = await server.http.post("/v1/notifications/mark", json=mark, headers=bearer)
    assert marked.json()["unread"] == 5
    assert await every_page(server, bearer, "limit=2&state=unread") == newest_first[:5]
    assert await every_page(server, bearer, "limit=3&state=read") == newest_first[5:]
    page = (await server.http.get("/v1/notifications?limit=2&state=unread", headers=bearer)).json()
    other = await server.http.get(f"/v1/notifications?cursor={page['page']['next']}", headers=bearer)
    assert_problem(other, 422)
    assert "filters" in other.json()["detail"]


async def test_lists_go_on_in_history_where_the_inbox_ends(platform: Platform, server: Running, user: str) -> None:
    """The inbox keeps 500; what it has let go is found behind it, without a seam."""
    bearer = await server.bearer(user)
    added = await platform.deliver(user, 512, fan_out=False)
    newest_first = [entry.notification.id for entry in reversed(added)]
    assert await every_page(server, bearer, "limit=200") == newest_first
    assert await every_page(server, bearer, "limit=100") == newest_first
    oldest = await server.http.get(f"/v1/notifications/{newest_first[-1]}", headers=bearer)
    assert oldest.json() == as_json(added[0].notification)
    patched = await server.http.patch(
        f"/v1/notifications/{newest_first[-1]}", json={"state": "archived"}, headers=bearer
    )
    assert patched.json()["archived_at"] is not None
    assert await every_page(server, bearer, "limit=200&state=archived") == newest_first[-1:]


async def every_page(server: Running, bearer: dict[str, str], query: str) -> list[str]:
    found: list[str] = []
    cursor = ""
    while True:
        response = await server.http.get(f"/v1/notifications?{query}{cursor}", headers=bearer)
        assert response.status_code == 200, response.text
        body = response.json()
        assert body["data"], "a page is empty"
        found += [notification["id"] for notification in body["data"]]
        if body["page"]["next"] is None:
            return found
        cursor = f"&cursor={body['page']['next']}"


async def test_single_notifications(platform: Platform, server: Running, user: str) -> None:
    bearer = await server.bearer(user)
    [added] = await platform.deliver(user)
    path = f"/v1/notifications/{added.notification.id}"
    in_capitals = f"/v1/notifications/{added.notification.id.upper()}"
    assert (await server.http.get(in_capitals, headers=bearer)).json() == as_json(added.notification)
    async with server.client(user) as client:
        read = await server.http.patch(path, json={"state": "read"}, headers=bearer)
        assert read.json()["read_at"] is not None
        assert (await client.next())["state"] == "read"
        unread = await server.http.patch(path, json={"state": "unread"}, headers=bearer)
        assert unread.json()["read_at"] is None
        assert (await client.next())["state"] == "unread"
        assert (await server.http.delete(path, headers=bearer)).status_code == 204
        gone = await client.next()
        assert (gone["state"], gone["unread"]) == ("deleted", 0)
    for method in ("GET", "DELETE"):
        assert_problem(await server.http.request(method, path, headers=bearer), 404)


async def test_counts_and_repeated_marks(platform: Platform, server: Running, user: str) -> None:
    bearer = await server.bearer(user)
    added = await platform.deliver(user, 3)
    body = {"state": "read", "notifications": [added[0].notification.id], "id": "once"}
    first = (await server.http.post("/v1/notifications/mark", json=body, headers=bearer)).json()
    again = (await server.http.post("/v1/notifications/mark", json=body, headers=bearer)).json()
    counts = (await server.http.get("/v1/counts", headers=bearer)).json()
    assert first == again == counts
    assert counts == {"unseen": 2, "unread": 2, "position": {**counts["position"], "offset": 4, "tail": "once"}}


async def test_follows_and_profiles(platform: Platform, server: Running) -> None:
    follower, followed = str(uuid4()), str(uuid4())
    people = platform.stores.people
    path = f"/v1/follows/{follower}/{followed}"
    assert (await server.http.put(path, headers=SERVICE)).status_code == 204
    assert await people.followers(followed, "", 10) == [follower]
    assert (await server.http.delete(path, headers=SERVICE)).status_code == 204
    assert await people.followers(followed, "", 10) == []
    response = await server.http.put(f"/v1/profiles/{follower}", json={"name": "Ada"}, headers=SERVICE)
    assert response.status_code == 204
    assert await people.names([follower]) == {follower: "Ada"}
    assert_problem(await server.http.put(f"/v1/follows/{follower}/{follower}", headers=SERVICE), 422)


async def test_stats(platform: Platform, server: Running) -> None:
    alone = (await server.http.get("/stats/tables", headers=OPERATOR)).json()
    assert alone["tables"] == []
    assert "engine" in alone["note"]

    part = msgspec.convert(PART, TablePart)

    async def tables() -> TablesStats:
        return TablesStats(tables=[part])

    async with running(platform, tables=tables) as engine:
        answer = (await engine.http.get("/stats/tables", headers=OPERATOR)).json()
        assert answer["tables"] == [PART]
        assert answer["gateway"] == {"users": 0, "connections": 0, "ready": True}
        assert (await engine.http.get("/stats/streams", headers=OPERATOR)).json()["streams"] == []


async def test_health_and_metrics(server: Running, user: str) -> None:
    assert (await server.http.get("/healthz")).json() == {"status": "ok"}
    assert (await server.http.get("/readyz")).json() == {"status": "ready"}
    async with server.client(user):
        metrics = (await server.http.get("/metrics")).text
    assert "pavilion_gateway_connections 1.0" in metrics
    for name in ("frames_total", "resumes_total", "closes_total", "positions_repaired_total"):
        assert f"pavilion_gateway_{name}" in metrics


async def test_an_unexpected_error_is_a_500_without_internals(
    platform: Platform, server: Running, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def summaries(user_ids: Any) -> Any:
        raise KeyError("secret")

    bearer = await server.bearer(user)
    monkeypatch.setattr(platform.stores.inbox, "summaries", summaries)
    response = await server.http.get("/v1/counts", headers=bearer)
    assert_problem(response, 500)
    assert "secret" not in response.text
    assert "KeyError" not in response.text


class TestDemo:
    async def test_a_session_and_an_event(self, platform: Platform, server: Running) -> None:
        opened = await server.http.post("/demo/session")
        assert opened.status_code == 201
        bearer = {"authorization": f"Bearer {opened.json()['access_token']}"}
        assert (await server.http.get("/v1/counts", headers=bearer)).status_code == 200
        before = [await platform.published(f"{group}-events") for group in ("video", "comment", "user")]
        assert (await server.http.post("/demo/event")).json() == {"accepted": 1}
        after = [await platform.published(f"{group}-events") for group in ("video", "comment", "user")]
        assert sum(map(len, after)) == sum(map(len, before)) + 1

    @pytest.mark.guarantee("G9")
    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"host": "evil.example"},
            {"host": "evil.example:8000", "origin": "http://evil.example:8000"},
            {"host": "127.0.0.1.evil.example"},
        ],
    )
    async def test_only_for_this_machine(self, server: Running, headers: dict[str, str]) -> None:
        for path in ("/demo/session", "/demo/event"):
            assert_problem(await server.http.post(path, headers=headers), 403)

    async def test_not_outside_demo_mode(self, platform: Platform) -> None:
        async with running(platform, settings={"demo": False}) as server:
            for method, path in (("GET", "/"), ("GET", "/page/page.js"), ("POST", "/demo/session")):
                assert_problem(await server.http.request(method, path), 404)

    async def test_the_page_has_a_policy(self, server: Running) -> None:
        for path, kind in (("/", "text/html"), ("/page/page.js", "text/javascript"), ("/page/page.css", "text/css")):
            response = await server.http.get(path)
            assert response.status_code == 200
            assert response.headers["content-type"].startswith(kind)
            assert "default-src 'none'" in response.headers["content-security-policy"]
        for path in ("/page/..%2fapp.py", "/page/none.js", "/page/%2e%2e/app.py"):
            assert_problem(await server.http.get(path), 404)
